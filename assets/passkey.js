// Passkeys: runs the ceremony that a form carries and posts the answer with the form. Without a script, or where the
// browser knows no passkeys, the rest of the page works and these forms stay hidden.
(() => {
  "use strict";
  if (!globalThis.PublicKeyCredential) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  // The options as they came, with bytes where the browser wants bytes.
  const decoded = ({ publicKey }) => {
    const list = (items) => items?.map((item) => ({ ...item, id: bytes(item.id) }));
    const made = { ...publicKey, challenge: bytes(publicKey.challenge) };
    if (publicKey.user) made.user = { ...publicKey.user, id: bytes(publicKey.user.id) };
    if (publicKey.excludeCredentials) made.excludeCredentials = list(publicKey.excludeCredentials);
    if (publicKey.allowCredentials) made.allowCredentials = list(publicKey.allowCredentials);
    return made;
  };

  const encoded = ({ id, rawId, type, response }) => {
    const parts = { clientDataJSON: text(response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) parts[name] = text(response[name]);
    }
    if (response.getTransports) parts.transports = response.getTransports();
    return JSON.stringify({ id, rawId: text(rawId), type, response: parts, extensions: {} });
  };

  const send = (form, ceremony, credential) => {
    form.elements.ceremony.value = ceremony;
    form.elements.credential.value = encoded(credential);
    form.submit();
  };

  // What to ask the authenticator: in the form, or fetched at the moment it is needed.
  const begin = async (form) => {
    if (!form.dataset.options.startsWith("/")) {
      return { ceremony: form.elements.ceremony.value, options: JSON.parse(form.dataset.options) };
    }
    const body = new URLSearchParams({ flow: form.elements.flow.value, csrf: form.elements.csrf.value });
    const answer = await fetch(form.dataset.options, { method: "POST", body });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const status = form.querySelector("[data-failed]");
    let waiting;

    const run = async (mediation) => {
      waiting?.abort();
      waiting = new AbortController();
      const { signal } = waiting;
      const { ceremony, options } = await begin(form);
      if (signal.aborted) return;
      const publicKey = decoded(options);
      const credential =
        form.dataset.passkey === "create"
          ? await navigator.credentials.create({ publicKey, signal })
          : await navigator.credentials.get({ publicKey, signal, mediation });
      send(form, ceremony, credential);
    };

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      status.textContent = "";
      run().catch((error) => {
        if (error.name === "AbortError") return;
        form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
        status.textContent = error.name === "InvalidStateError" ? status.dataset.known ?? status.dataset.failed : status.dataset.failed;
        dispatchEvent(new Event("pageshow"));
      });
    });
    form.hidden = false;

    // Autofill: the browser offers passkeys in the field of the user name.
    if ("autofill" in form.dataset) {
      PublicKeyCredential.isConditionalMediationAvailable?.().then(
        (available) => available && run("conditional").catch(() => {}),
      );
    }
  }
})();
