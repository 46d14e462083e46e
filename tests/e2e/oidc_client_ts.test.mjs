// npm `oidc-client-ts` as single-page apps use it: our own /demo, and an app on another origin.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { allow, allowIfAsked, signIn, startBrowser, startServe, startDev, staticServer, watch } from "./support.mjs";

const ALICE = { email: "alice@example.test", password: "an orange window in march" };
const LIBRARY = new URL("./node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js", import.meta.url);
let browser, dev;

before(async () => {
  browser = await startBrowser();
  dev = await startDev();
});
after(async () => {
  await browser?.close();
  await dev?.stop();
});

const text = (page, selector) => page.textContent(selector);
const stored = (page) => page.evaluate(() => Object.keys(localStorage));

/** A page at /demo where alice is signed in. */
async function demo() {
  const context = await browser.newContext();
  const page = await context.newPage();
  const problems = watch(page, { origins: [dev.issuer] });
  await page.goto(`${dev.issuer}/demo`);
  await page.click("#demo-login");
  await signIn(page, dev.users.alice);
  await allowIfAsked(page, "#demo-id-token");
  await page.waitForSelector("#demo-id-token");
  return { context, page, problems };
}

test("the demo app shows the decoded tokens of alice after she signed in", async () => {
  const { context, page, problems } = await demo();
  assert.match(await text(page, "#demo-id-token"), new RegExp(dev.issuer.replaceAll("/", "\\/")));
  assert.match(await text(page, "#demo-access-token"), /"exp"/);
  assert.deepEqual(await stored(page), []);
  assert.deepEqual(problems, []);
  await context.close();
});

test("the demo app calls userinfo with its access token", async () => {
  const { context, page, problems } = await demo();
  await page.click("#demo-userinfo");
  await page.waitForFunction((email) => document.querySelector("#demo-userinfo-result")?.textContent.includes(email), dev.users.alice.email);
  assert.deepEqual(problems, []);
  await context.close();
});

test("the demo app gets a new access token by refresh", async () => {
  const { context, page, problems } = await demo();
  const before = await text(page, "#demo-access-token");
  await page.click("#demo-refresh");
  await page.waitForFunction((old) => document.querySelector("#demo-access-token")?.textContent !== old, before);
  assert.deepEqual(await stored(page), []);
  assert.deepEqual(problems, []);
  await context.close();
});

test("the demo app signs alice out at the server and comes back to the demo", async () => {
  const { context, page, problems } = await demo();
  await page.click("#demo-logout");
  await page.waitForSelector("#demo-login, #logout-success, #logout-confirm");
  if (await page.$("#logout-confirm")) await page.click("#logout-confirm");
  if (await page.waitForSelector("#demo-login, #logout-success").then((found) => found.getAttribute("id")) === "logout-success") {
    await page.goto(`${dev.issuer}/demo`);
  }
  await page.click("#demo-login");
  await page.waitForSelector("#login-form");
  assert.deepEqual(problems, []);
  await context.close();
});

const APP = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>App</title><script src="/oidc-client-ts.js"></script></head>
<body><h1>App</h1><button id="login">Sign in</button><pre id="result"></pre>
<script type="module">
const settings = await (await fetch("/settings.json")).json();
const store = new oidc.WebStorageStateStore({ store: sessionStorage });
const manager = new oidc.UserManager({ ...settings, redirect_uri: location.origin + "/callback", userStore: store, stateStore: store,
  loadUserInfo: true, automaticSilentRenew: false });
const show = (user) => (document.querySelector("#result").textContent = JSON.stringify(user.profile));
document.querySelector("#login").onclick = () => manager.signinRedirect();
if (location.pathname === "/callback") {
  const user = await manager.signinCallback();
  await (await fetch(await manager.metadataService.getKeysEndpoint(false))).json();
  show(user.refresh_token ? await manager.signinSilent() : user);
}
</script></body></html>`;

test("an app on another origin signs alice in: discovery, keys, token and userinfo answer cross-origin", async () => {
  const page = { type: "text/html; charset=utf-8", body: APP };
  const files = { "/": page, "/callback": page, "/oidc-client-ts.js": { type: "text/javascript", body: await readFile(LIBRARY) } };
  const app = await staticServer(files);
  const server = await startServe({
    users: { [ALICE.email]: ALICE.password },
    clients: { app: ["--spa", "--redirect", `${app.origin}/callback`] },
  });
  try {
    const settings = { authority: server.issuer, client_id: server.clients.app.client_id, scope: "openid profile email" };
    files["/settings.json"] = { type: "application/json", body: JSON.stringify(settings) };
    const context = await browser.newContext();
    const tab = await context.newPage();
    const problems = watch(tab, { origins: [app.origin, server.issuer] });
    await tab.goto(app.origin);
    await tab.click("#login");
    await signIn(tab, ALICE);
    await allow(tab);
    await tab.waitForFunction(() => document.querySelector("#result")?.textContent !== "");
    const profile = JSON.parse(await text(tab, "#result"));
    assert.equal(profile.email, ALICE.email);
    assert.deepEqual(problems, []);
    await context.close();
  } finally {
    await server.stop();
    await app.close();
  }
});
