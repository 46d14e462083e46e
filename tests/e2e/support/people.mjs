// What a person does on our pages.

/** Fills in and submits the login form. */
export async function signIn(page, { email, password }) {
  await page.fill("#login-form [name=username]", email);
  await page.fill("#login-form [name=password]", password);
  await page.click("#login-submit");
}

/** Allows what the consent page asks for. */
export async function allow(page) {
  await page.click("#consent-allow");
}

/** Allows where consent is asked for; where it is remembered, the element `next` appears instead. */
export async function allowIfAsked(page, next) {
  const found = await page.waitForSelector(`#consent-allow, ${next}`);
  if ((await found.getAttribute("id")) === "consent-allow") await allow(page);
}

/** Types the code that a device shows. */
export async function submitUserCode(page, code) {
  await page.fill("#device-form [name=user_code]", code);
  await page.click("#device-submit");
}

/** On a device page: signs in and types the code, in the order the pages ask for it, until `end` appears. */
export async function enterUserCode(page, user, code, end = "#device-allow") {
  for (;;) {
    const shown = await page.waitForSelector(`#login-form, #device-form, ${end}`);
    if (await page.isVisible(end)) return;
    const next = page.waitForEvent("framenavigated");
    if ((await shown.getAttribute("id")) === "login-form") await signIn(page, user);
    else await submitUserCode(page, code);
    await next;
  }
}
