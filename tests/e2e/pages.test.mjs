// Each page as people see it: on a desktop, on a 360 px phone, light and dark. Screenshots land in target/screenshots.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as client from "openid-client";
import { allow, allowIfAsked, callbackServer, signIn, startBrowser, startDev, startServe, submitUserCode, watch } from "./support.mjs";
import { look, SCREENS } from "./support/look.mjs";

const ALICE = { email: "alice@example.test", password: "an orange window in march" };
let app, browser, dev, server;

before(async () => {
  app = await callbackServer();
  browser = await startBrowser();
  dev = await startDev();
  server = await startServe({
    users: { [ALICE.email]: ALICE.password },
    clients: {
      "Summer Garden": ["--web", "--redirect", app.callback],
      "Pocket Notes": ["--native", "--redirect", "com.example.notes:/callback"],
      "Living room TV": ["--device"],
    },
  });
});
after(async () => {
  await browser?.close();
  await app?.close();
  await Promise.all([dev?.stop(), server?.stop()]);
});

function configuration(name) {
  const { client_id, client_secret } = server.clients[name];
  const authentication = client_secret ? client.ClientSecretBasic(client_secret) : client.None();
  return client.discovery(new URL(server.issuer), client_id, {}, authentication, { execute: [client.allowInsecureRequests] });
}

async function authorizationUrl(name, redirectUri, parameters = {}) {
  return client.buildAuthorizationUrl(await configuration(name), {
    redirect_uri: redirectUri,
    scope: "openid profile email offline_access",
    state: client.randomState(),
    code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
    code_challenge_method: "S256",
    ...parameters,
  }).href;
}

for (const [variant, options] of Object.entries(SCREENS)) {
  describe(`on a ${variant} screen every page has one heading, fits, is accessible and calls no other origin`, () => {
    let context, page, problems;
    const openTab = async () => {
      await page?.close();
      page = await context.newPage();
      problems = watch(page, { origins: [server.issuer, dev.issuer, app.origin] });
    };
    before(async () => {
      context = await browser.newContext(options);
      await openTab();
    });
    after(() => context.close());

    const step = (name, go) =>
      test(name, async () => {
        await go();
        await look(page, name, variant);
        assert.deepEqual(problems.splice(0), [], `${name}: problems`);
      });

    step("login", async () => {
      await page.goto(await authorizationUrl("Summer Garden", app.callback, { prompt: "consent" }));
      await page.waitForSelector("#login-form");
    });
    step("login-error", async () => {
      await signIn(page, { ...ALICE, password: "not it" });
      await page.waitForSelector("[aria-invalid=true]");
      // An answer with a 4xx status is told in the console: that is how it should be.
      problems.splice(0);
    });
    step("consent", async () => {
      await signIn(page, ALICE);
      await page.waitForSelector("#consent-allow");
    });
    step("form-post", async () => {
      // Its script would send the form at once.
      await page.route("**/*.js", (route) => route.abort());
      await page.goto(await authorizationUrl("Summer Garden", app.callback, { response_mode: "form_post", prompt: "consent" }));
      await allow(page);
      await page.waitForSelector("#form-post-submit");
      await page.unroute("**/*.js");
      problems.splice(0);
    });
    step("return", async () => {
      await page.goto(await authorizationUrl("Pocket Notes", "com.example.notes:/callback", { prompt: "consent" }));
      await allow(page);
      await page.waitForSelector("#return-link");
    });
    step("device", async () => {
      // The last page still waits for the app of its custom scheme.
      await openTab();
      await page.goto(`${server.issuer}/device`);
      await page.waitForSelector("#device-form");
    });
    step("device-confirm", async () => {
      const { user_code } = await client.initiateDeviceAuthorization(await configuration("Living room TV"), { scope: "openid profile" });
      await submitUserCode(page, user_code);
      await page.waitForSelector("#device-allow");
    });
    step("device-done", async () => {
      await page.check("#device-confirm");
      await page.click("#device-allow");
      await page.waitForSelector("#device-done");
    });
    step("home-signed-in", async () => {
      await page.goto(server.issuer);
      await page.waitForSelector("#home-signout");
    });
    step("error", async () => {
      await page.goto(await authorizationUrl("Summer Garden", "https://elsewhere.example/callback"));
      await page.waitForSelector("#oauth-error");
      assert.match(await page.textContent("#oauth-error"), /redirect_uri/);
      problems.splice(0);
    });
    step("logout", async () => {
      await page.goto(`${server.issuer}/end_session`);
      await page.waitForSelector("#logout-confirm");
    });
    step("signed-out", async () => {
      await page.click("#logout-confirm");
      await page.waitForSelector("#logout-success");
    });
    step("home", () => page.goto(server.issuer));
    step("forgot-password", async () => {
      await page.goto(`${dev.issuer}/login`);
      await page.click("#login-forgot");
      await page.waitForSelector("#mail-form");
    });
    step("forgot-password-error", async () => {
      await page.click("#mail-submit");
      await page.waitForSelector("#email-problem");
      problems.splice(0);
    });
    step("check-mail", async () => {
      await page.fill("#email", dev.users.bob.email);
      await page.click("#mail-submit");
      await page.waitForSelector("#check-mail");
    });
    step("dev-mail", async () => {
      await page.goto(`${dev.issuer}/dev/mail`);
      await page.waitForSelector("#dev-mails article");
    });
    step("new-password", async () => {
      // The newest is the first; those of other screens are void.
      await page.goto(await page.getAttribute("#dev-mails a", "href"));
      await page.waitForSelector("#password-form");
    });
    step("new-password-error", async () => {
      await page.fill("#password", "short");
      await page.click("#password-submit");
      await page.waitForSelector("#password-problem");
      problems.splice(0);
    });
    step("link-gone", async () => {
      await page.goto(`${dev.issuer}/reset-password/kw_rl_made-up`);
      await page.waitForSelector("#link-gone");
      problems.splice(0);
    });
    step("demo", async () => {
      await page.goto(`${dev.issuer}/demo`);
      await page.waitForSelector("#demo-login");
    });
    step("demo-signed-in", async () => {
      await page.click("#demo-login");
      await signIn(page, dev.users.alice);
      await allowIfAsked(page, "#demo-id-token");
      await page.waitForSelector("#demo-id-token");
    });
  });
}
