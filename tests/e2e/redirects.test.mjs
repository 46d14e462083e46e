// "Sign in" and "Allow" really arrive at every kind of redirect URI, under our policy. Chromium applies `form-action`
// to the whole chain of redirects after a form is sent, so only a real browser shows that they do.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as client from "openid-client";
import { allow, allowIfAsked, callbackServer, signIn, startBrowser, startServe, watch } from "./support.mjs";

const ALICE = { email: "alice@example.test", password: "an orange window in march" };
const HOST = "app.example";
const CUSTOM = "com.example.app:/callback";
const apps = {};
let browser, server;

before(async () => {
  apps.loopback = await callbackServer();
  apps.https = await callbackServer({ tlsHost: HOST });
  browser = await startBrowser({ hosts: [HOST] });
  server = await startServe({
    users: { [ALICE.email]: ALICE.password },
    clients: {
      loopback: ["--native", "--redirect", "http://127.0.0.1/callback"],
      https: ["--web", "--redirect", apps.https.callback],
      custom: ["--native", "--redirect", CUSTOM],
    },
  });
});
after(async () => {
  await browser?.close();
  await Promise.all([apps.loopback?.close(), apps.https?.close()]);
  await server?.stop();
});

function tab() {
  return browser.newContext({ ignoreHTTPSErrors: true }).then((context) => context.newPage());
}

/** A new authorization request of the named client, and what redeems its code. */
async function request(name, redirectUri, parameters = {}) {
  const { client_id, client_secret } = server.clients[name];
  const authentication = client_secret ? client.ClientSecretBasic(client_secret) : client.None();
  const config = await client.discovery(new URL(server.issuer), client_id, {}, authentication, { execute: [client.allowInsecureRequests] });
  const checks = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState(), idTokenExpected: true };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: "openid email",
    state: checks.expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    ...parameters,
  });
  const redeem = async (returned) => {
    const tokens = await client.authorizationCodeGrant(config, returned, checks);
    assert.equal(tokens.claims().aud, client_id);
  };
  return { url: url.href, redeem, state: checks.expectedState };
}

for (const [kind, redirectUri] of [["loopback", () => apps.loopback.callback], ["https", () => apps.https.callback]]) {
  describe(`a ${kind} redirect URI`, () => {
    test('"Cancel" arrives with access_denied and the state', async () => {
      const page = await tab();
      const problems = watch(page, { origins: [server.issuer, apps[kind].origin] });
      const { url, state } = await request(kind, redirectUri());
      await page.goto(url);
      await signIn(page, ALICE);
      await page.click("#consent-deny");
      const { url: returned } = await apps[kind].next();
      assert.equal(returned.searchParams.get("error"), "access_denied");
      assert.equal(returned.searchParams.get("state"), state);
      assert.equal(returned.searchParams.get("iss"), server.issuer);
      assert.deepEqual(problems, []);
      await page.context().close();
    });

    test('"Allow" arrives with a code that buys tokens', async () => {
      const page = await tab();
      const problems = watch(page, { origins: [server.issuer, apps[kind].origin] });
      const { url, redeem } = await request(kind, redirectUri());
      await page.goto(url);
      await signIn(page, ALICE);
      await allow(page);
      await redeem((await apps[kind].next()).url);
      await page.waitForURL(`${redirectUri()}?*`);
      assert.deepEqual(problems, []);
      await page.context().close();
    });

    // RFC 8252 §8.6: any program of the computer could pose as a public client there, so consent is not remembered.
    const sooner = kind === "https" ? '"Sign in" alone' : '"Sign in" and again "Allow"';
    test(`${sooner} arrives when consent was given before`, async () => {
      const page = await tab();
      const problems = watch(page, { origins: [server.issuer, apps[kind].origin] });
      const { url, redeem } = await request(kind, redirectUri());
      await page.goto(url);
      await signIn(page, ALICE);
      if (kind === "loopback") await allow(page);
      await redeem((await apps[kind].next()).url);
      assert.deepEqual(problems, []);
      await page.context().close();
    });

    for (const javaScriptEnabled of [true, false]) {
      test(`form_post delivers the code by POST with JavaScript ${javaScriptEnabled ? "on" : "off"}`, async () => {
        const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled });
        const page = await context.newPage();
        const problems = watch(page, { origins: [server.issuer, apps[kind].origin] });
        const { url, redeem } = await request(kind, redirectUri(), { response_mode: "form_post" });
        await page.goto(url);
        await signIn(page, ALICE);
        if (kind === "loopback") await allow(page);
        if (!javaScriptEnabled) await page.click("#form-post-submit");
        const arrival = await apps[kind].next();
        assert.equal(arrival.method, "POST");
        assert.equal(arrival.url.search, "");
        const returned = new URL(redirectUri());
        returned.search = arrival.form.toString();
        await redeem(returned);
        assert.deepEqual(problems, []);
        await context.close();
      });
    }
  });
}

describe("a custom-scheme redirect URI", () => {
  const link = async (page) => new URL(await (await page.waitForSelector("#return-link")).getAttribute("href"));

  test('"Allow" ends on a page with a visible link to the app that carries a code', async () => {
    const page = await tab();
    const problems = watch(page, { origins: [server.issuer] });
    const { url, redeem } = await request("custom", CUSTOM);
    await page.goto(url);
    await signIn(page, ALICE);
    await allow(page);
    const returned = await link(page);
    assert.ok(returned.href.startsWith(`${CUSTOM}?`), returned.href);
    assert.ok(await page.isVisible("#return-link"));
    await redeem(returned);
    assert.deepEqual(problems, []);
    await page.context().close();
  });

  test("that page itself asks the system for the app of that scheme", async () => {
    const page = await tab();
    const { url } = await request("custom", CUSTOM);
    await page.goto(url);
    // No program is there for the scheme, so the request that would start it fails.
    const asked = page.waitForEvent("requestfailed", (failed) => failed.url().startsWith(`${CUSTOM}?`));
    await signIn(page, ALICE);
    await allowIfAsked(page, "#return-link");
    await asked;
    await page.context().close();
  });
});
