// npm `openid-client` as a web app's and a service's library, with a person in headless Chromium between.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as client from "openid-client";
import { allow, allowIfAsked, callbackServer, signIn, startBrowser, startServe } from "./support.mjs";

const ALICE = { email: "alice@example.test", password: "an orange window in march" };
const SCOPE = "openid profile email offline_access";
const AUTHENTICATION = { client_secret_basic: client.ClientSecretBasic, client_secret_post: client.ClientSecretPost };
const DATABASES = { SQLite: {}, PostgreSQL: { KEYWRIGHT_DATABASE__URL: process.env.E2E_POSTGRES_URL } };
let app, browser, server;

before(async () => {
  app = await callbackServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await app?.close();
});

function discover(name, authentication) {
  const { client_id, client_secret } = server.clients[name];
  return client.discovery(new URL(server.issuer), client_id, {}, authentication(client_secret), {
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  });
}

/** One whole code flow with PKCE, state and nonce, through login and consent. */
async function login(config, parameters = {}) {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: app.callback,
    scope: SCOPE,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    ...parameters,
  });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url.href);
  await signIn(page, ALICE);
  await allow(page);
  const { url: returned } = await app.next();
  await context.close();
  return client.authorizationCodeGrant(config, returned, checks);
}

for (const [database, env] of Object.entries(DATABASES)) {
  const skip = Object.values(env).includes(undefined) && "E2E_POSTGRES_URL names no database";
  describe(`on ${database}`, { skip }, () => {
    before(async () => {
      server = await startServe({
        users: { [ALICE.email]: ALICE.password },
        clients: {
          client_secret_basic: ["--web", "--redirect", app.callback, "--post-logout-redirect", app.callback],
          client_secret_post: ["--web", "--redirect", app.callback, "--auth-method", "client_secret_post"],
          service: ["--service"],
        },
        env,
      });
    });
    after(() => server?.stop());

    for (const [method, authentication] of Object.entries(AUTHENTICATION)) {
      test(`a web app that authenticates by ${method} gets tokens by code and PKCE, and uses, refreshes and revokes them`, async () => {
        const config = await discover(method, authentication);
        const tokens = await login(config, { prompt: "consent" });
        const claims = tokens.claims();
        assert.equal(claims.iss, server.issuer);
        assert.equal(claims.aud, server.clients[method].client_id);

        const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
        assert.equal(person.email, ALICE.email);
        assert.equal(typeof person.email_verified, "boolean");

        const live = await client.tokenIntrospection(config, tokens.access_token);
        assert.equal(live.active, true);
        assert.equal(live.sub, claims.sub);

        const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
        assert.notEqual(refreshed.access_token, tokens.access_token);
        assert.equal(refreshed.claims()?.sub, claims.sub);

        await client.tokenRevocation(config, refreshed.refresh_token ?? tokens.refresh_token);
        await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token ?? tokens.refresh_token), { error: "invalid_grant" });

        await client.tokenRevocation(config, refreshed.access_token);
        assert.equal((await client.tokenIntrospection(config, refreshed.access_token)).active, false);
      });
    }

    test("the end session URL of a web app signs the person out and comes back with its state", async () => {
      const config = await discover("client_secret_basic", client.ClientSecretBasic);
      const context = await browser.newContext();
      const page = await context.newPage();
      const checks = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState(), idTokenExpected: true };
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: app.callback,
        scope: "openid",
        state: checks.expectedState,
        code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
        code_challenge_method: "S256",
      });
      await page.goto(url.href);
      await signIn(page, ALICE);
      await allowIfAsked(page, "#arrived");
      const tokens = await client.authorizationCodeGrant(config, (await app.next()).url, checks);
      const leaving = { id_token_hint: tokens.id_token, post_logout_redirect_uri: app.callback, state: client.randomState() };
      await page.goto(client.buildEndSessionUrl(config, leaving).href);
      assert.deepEqual([...(await app.next()).url.searchParams], [["state", leaving.state]]);
      const again = new URL(url);
      again.searchParams.set("prompt", "none");
      await page.goto(again.href);
      assert.equal((await app.next()).url.searchParams.get("error"), "login_required");
      await context.close();
    });

    test("a service gets an access token for itself by client credentials", async () => {
      const config = await discover("service", client.ClientSecretBasic);
      const tokens = await client.clientCredentialsGrant(config);
      assert.equal(tokens.token_type, "bearer");
      assert.ok(tokens.expiresIn() > 0);
      assert.equal(tokens.refresh_token, undefined);
      const live = await client.tokenIntrospection(config, tokens.access_token);
      assert.equal(live.active, true);
      assert.equal(live.client_id, server.clients.service.client_id);
    });

    test("a wrong client secret is refused as invalid_client", async () => {
      const config = await client.discovery(new URL(server.issuer), server.clients.service.client_id, {}, client.ClientSecretBasic("wrong"), {
        execute: [client.allowInsecureRequests],
      });
      await assert.rejects(client.clientCredentialsGrant(config), (error) => error.status === 401 || error.error === "invalid_client");
    });
  });
}
