// Every page works with JavaScript off.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as client from "openid-client";
import { allow, callbackServer, enterUserCode, signIn, startBrowser, startServe, watch } from "./support.mjs";

const ALICE = { email: "alice@example.test", password: "an orange window in march" };
let app, browser, server;

before(async () => {
  app = await callbackServer();
  browser = await startBrowser();
  server = await startServe({
    users: { [ALICE.email]: ALICE.password },
    clients: { web: ["--web", "--redirect", app.callback], tv: ["--device"] },
  });
});
after(async () => {
  await browser?.close();
  await app?.close();
  await server?.stop();
});

async function tab() {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  return { context, page, problems: watch(page, { origins: [server.issuer, app.origin] }) };
}

function discover(name) {
  const { client_id, client_secret } = server.clients[name];
  const authentication = client_secret ? client.ClientSecretBasic(client_secret) : client.None();
  return client.discovery(new URL(server.issuer), client_id, {}, authentication, { execute: [client.allowInsecureRequests] });
}

test("the code flow with a wrong password on the way, and signing out, work without JavaScript", async () => {
  const config = await discover("web");
  const checks = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState(), idTokenExpected: true };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: app.callback,
    scope: "openid email",
    state: checks.expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
  });
  const { context, page } = await tab();
  await page.goto(url.href);
  await signIn(page, { ...ALICE, password: "not it" });
  await page.waitForSelector("[aria-invalid=true]");
  assert.match(await page.title(), /^Error: /);
  assert.equal(await page.inputValue("[name=username]"), ALICE.email);
  assert.equal(await page.inputValue("[name=password]"), "");
  await signIn(page, ALICE);
  await allow(page);
  const tokens = await client.authorizationCodeGrant(config, (await app.next()).url, checks);
  assert.equal(tokens.claims().aud, server.clients.web.client_id);

  await page.goto(client.buildEndSessionUrl(config).href);
  await page.click("#logout-confirm");
  await page.waitForSelector("#logout-success");
  await page.goto(url.href);
  await page.waitForSelector("#login-form");
  await context.close();
});

test("an API key is made and revoked without JavaScript", async () => {
  const { context, page, problems } = await tab();
  await page.goto(`${server.issuer}/account/api-keys`);
  await signIn(page, ALICE);
  await page.click("#api-key-new");
  await page.fill("#name", "backup");
  await page.click("#api-key-submit");
  const key = await page.textContent("#api-key");
  const verify = () => fetch(`${server.issuer}/auth/verify`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal((await verify()).status, 200);
  await page.click("#api-key-done");
  await page.click("text=Revoke");
  await page.waitForSelector("text=You have no API keys.");
  assert.equal((await verify()).status, 401);
  assert.deepEqual(problems, []);
  await context.close();
});

test("a device is connected without JavaScript", async () => {
  const config = await discover("tv");
  const device = await client.initiateDeviceAuthorization(config, { scope: "openid" });
  const { context, page, problems } = await tab();
  await page.goto(device.verification_uri);
  await enterUserCode(page, ALICE, device.user_code);
  await page.check("#device-confirm");
  await page.click("#device-allow");
  await page.waitForSelector("#device-done");
  const tokens = await client.pollDeviceAuthorizationGrant(config, device);
  assert.equal(tokens.claims().aud, server.clients.tv.client_id);
  assert.deepEqual(problems, []);
  await context.close();
});
