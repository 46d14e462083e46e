// Small help for pages that work without it: focus on the problem, show password, copy, no double submission.
(() => {
  "use strict";

  const button = (className, text) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = className;
    made.textContent = text;
    return made;
  };

  document.getElementById("problems")?.focus();

  for (const input of document.querySelectorAll("input[data-show]")) {
    const toggle = button("", input.dataset.show);
    const frame = document.createElement("div");
    const show = (visible) => {
      input.type = visible ? "text" : "password";
      toggle.textContent = visible ? input.dataset.hide : input.dataset.show;
    };
    frame.className = "show";
    toggle.id = `${input.id}-show`;
    input.labels[0].id = `${input.id}-label`;
    toggle.setAttribute("aria-labelledby", `${toggle.id} ${input.id}-label`);
    toggle.addEventListener("click", () => show(input.type === "password"));
    input.form.addEventListener("submit", () => show(false));
    const focused = document.activeElement === input;
    input.replaceWith(frame);
    frame.append(input, toggle);
    if (focused) input.focus();
  }

  for (const source of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) break;
    const copy = button("copy", source.dataset.copy);
    const status = document.createElement("span");
    status.className = "hidden";
    status.setAttribute("role", "status");
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.innerText);
      copy.textContent = status.textContent = source.dataset.copied;
      setTimeout(() => {
        copy.textContent = source.dataset.copy;
        status.textContent = "";
      }, 2000);
    });
    source.after(copy, status);
  }

  for (const form of document.forms) {
    let sent = false;
    const again = () => {
      sent = false;
      form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    };
    form.addEventListener("submit", (event) => {
      if (sent) return event.preventDefault();
      sent = true;
      event.submitter?.setAttribute("aria-busy", "true");
      setTimeout(again, 8000);
    });
    addEventListener("pageshow", again);
  }
})();
