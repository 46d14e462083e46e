// Second factors and passkeys in a real browser with a virtual authenticator, and the pages of the account.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { callbackServer, signIn, startBrowser, startServe, watch } from "./support.mjs";
import { addAuthenticator, code, turnOnApp } from "./support/factors.mjs";
import { look, SCREENS } from "./support/look.mjs";

const PASSWORD = "an orange window in march";
const PEOPLE = ["ann", "ben", "cat", "dan", "eve", "fay", "gus", "hal"];
let app, browser, server;

const person = (name) => ({ email: `${name}@example.test`, password: PASSWORD });

before(async () => {
  app = await callbackServer();
  browser = await startBrowser();
  server = await startServe({
    users: Object.fromEntries(PEOPLE.map((name) => [`${name}@example.test`, PASSWORD])),
    clients: { "Summer Garden": ["--web", "--redirect", app.callback] },
  });
});
after(async () => {
  await browser?.close();
  await app?.close();
  await server?.stop();
});

async function tab(options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  return { context, page, problems: watch(page, { origins: [server.issuer, app.origin] }) };
}

async function enter(page, name) {
  await page.goto(`${server.issuer}/login`);
  await signIn(page, person(name));
}

/** Makes it a browser that offers passkeys by the button only, without autofill. */
const buttonOnly = (page) =>
  page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });

async function addPasskey(page, label) {
  await page.goto(`${server.issuer}/account/security/passkey`);
  await page.fill("#name", label);
  await page.click("#passkey-create");
}

test("an authenticator app is set up and asked for, and a recovery code stands in for it, without JavaScript", async () => {
  const { context, page, problems } = await tab({ javaScriptEnabled: false });
  await enter(page, "ann");
  await page.click("#home-account");
  await page.click("nav.tabs >> text=Security");
  await page.click("#app-add");
  const { secret, codes } = await turnOnApp(page);
  assert.equal(codes.length, 10);
  await page.click("#recovery-done");
  await page.waitForSelector("text=10 of 10 left");
  assert.deepEqual(problems, []);

  await page.context().clearCookies();
  await enter(page, "ann");
  await page.fill("#mfa-form [name=code]", "000000");
  await page.click("#mfa-submit");
  await page.waitForSelector("#code-problem");
  assert.match(await page.title(), /^Error: /);
  await page.click("#mfa-recovery");
  await page.fill("#mfa-form [name=code]", codes[0].toUpperCase());
  await page.click("#mfa-submit");
  await page.waitForSelector("#home-account");

  await page.context().clearCookies();
  await enter(page, "ann");
  await page.fill("#mfa-form [name=code]", await code(secret, { next: true }));
  await page.click("#mfa-submit");
  await page.waitForSelector("#home-account");
  await context.close();
});

test("a passkey is added, signs in by button, is asked for after a password, and is removed", async () => {
  const { context, page, problems } = await tab();
  await addAuthenticator(page);
  await buttonOnly(page);
  await enter(page, "ben");
  await page.waitForSelector("#home-account");
  await addPasskey(page, "Ben’s laptop");
  await page.click("#recovery-done");
  await page.waitForSelector("text=Ben’s laptop");

  // The same authenticator again is told, not added.
  await addPasskey(page, "Again");
  await page.waitForSelector("text=has a passkey for this account already");

  await page.context().clearCookies();
  await page.goto(`${server.issuer}/login`);
  await page.click("#passkey-signin");
  await page.waitForSelector("#home-account");
  assert.ok(await page.isVisible('.account:has-text("ben@example.test")'));

  await page.context().clearCookies();
  await enter(page, "ben");
  await page.waitForSelector("#mfa-passkey-form");
  await page.click("#mfa-passkey");
  await page.waitForSelector("#home-account");

  await page.goto(`${server.issuer}/account/security`);
  await page.waitForSelector("text=last used");
  await page.click("text=Remove");
  await page.waitForSelector("text=Removed.");
  await page.context().clearCookies();
  await enter(page, "ben");
  await page.waitForSelector("#home-account");
  assert.deepEqual(problems, []);
  await context.close();
});

test("a passkey signs in by autofill", async () => {
  const { context, page } = await tab();
  await addAuthenticator(page);
  await enter(page, "cat");
  await page.waitForSelector("#home-account");
  await addPasskey(page, "Phone");
  await page.waitForSelector("#recovery-codes");
  await page.context().clearCookies();
  // The virtual authenticator answers the request that waits behind the field of the user name.
  await page.goto(`${server.issuer}/login`);
  await page.waitForSelector("#home-account");
  assert.ok(await page.isVisible('.account:has-text("cat@example.test")'));
  await context.close();
});

test("a passkey whose user is not verified, or whose counter goes back, signs nobody in", async () => {
  const { context, page } = await tab();
  await buttonOnly(page);
  const authenticator = await addAuthenticator(page);
  await enter(page, "dan");
  await page.waitForSelector("#home-account");
  await addPasskey(page, "Key");
  await page.waitForSelector("#recovery-codes");
  await page.context().clearCookies();
  await page.goto(`${server.issuer}/login`);
  await authenticator.verified(false);
  await page.click("#passkey-signin");
  await page.waitForSelector("text=No passkey was used.");

  await authenticator.verified(true);
  await authenticator.setCounter(40);
  await page.goto(`${server.issuer}/login`);
  await page.click("#passkey-signin");
  await page.waitForSelector("#home-account");
  await page.context().clearCookies();
  await authenticator.setCounter(3);
  await page.goto(`${server.issuer}/login`);
  await page.click("#passkey-signin");
  await page.waitForSelector("text=That passkey did not work here.");
  await page.goto(`${server.issuer}/account`);
  await page.waitForSelector("#login-form");
  await context.close();
});

for (const [index, [variant, options]] of Object.entries(SCREENS).entries()) {
  test(`the pages of account and second step are accessible and fit on a ${variant} screen`, async () => {
    const name = PEOPLE[4 + index];
    const { context, page, problems } = await tab(options);
    const authenticator = await addAuthenticator(page);
    const seen = async (picture, path) => {
      if (path) await page.goto(`${server.issuer}${path}`);
      await look(page, picture, variant);
      assert.deepEqual(problems.splice(0), [], picture);
    };
    await enter(page, name);
    await page.waitForSelector("#home-account");
    await seen("home-account");
    await seen("account", "/account");
    await page.fill("#preferred_username", "Not Plain");
    await page.click("#profile-submit");
    await page.waitForSelector("#preferred_username-problem");
    problems.splice(0);
    await seen("account-error");
    await seen("account-security-off", "/account/security");
    await seen("account-password", "/account/security/password");
    await seen("account-app", "/account/security/app");
    await turnOnApp(page);
    await seen("account-recovery-codes");
    await seen("account-passkey", "/account/security/passkey");
    await page.fill("#name", "Work laptop with a rather long name");
    await page.click("#passkey-create");
    await page.waitForSelector("text=Added.");
    await seen("account-security");
    await seen("account-sessions", "/account/sessions");
    await seen("account-apps", "/account/apps");
    await seen("account-api-keys-none", "/account/api-keys");
    await page.click("#api-key-new");
    await page.waitForSelector("#api-key-form");
    await seen("account-api-key");
    await page.click("#api-key-submit");
    await page.waitForSelector("#name-problem");
    problems.splice(0);
    await seen("account-api-key-error");
    await page.fill("#name", "Nightly backup of the photo archive");
    await page.check("text=See your roles");
    await page.click("#api-key-submit");
    await page.waitForSelector("#api-key");
    assert.match(await page.textContent("#api-key"), /^kw_pat_[\w-]{74}$/);
    await seen("account-api-key-made");
    await page.click("#api-key-done");
    await page.waitForSelector("text=Nightly backup");
    await seen("account-api-keys");
    await page.context().clearCookies();
    await authenticator.automatic(false);
    await page.goto(`${server.issuer}/login`);
    await page.waitForSelector("#passkey-signin");
    await seen("login-passkey");
    await signIn(page, person(name));
    await page.waitForSelector("#mfa-form");
    await seen("mfa");
    await page.fill("#mfa-form [name=code]", "000000");
    await page.click("#mfa-submit");
    await page.waitForSelector("#code-problem");
    problems.splice(0);
    await seen("mfa-error");
    await page.click("#mfa-recovery");
    await page.waitForSelector("#mfa-other");
    await seen("mfa-recovery");
    await context.close();
  });
}
