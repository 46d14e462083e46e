// Each page as people see it: on a desktop, on a 360 px phone, light and dark. Screenshots land in target/screenshots.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import * as client from "openid-client";
import { allow, callbackServer, signIn, startBrowser, startDev, startServe, submitUserCode, watch } from "./support.mjs";

const ALICE = { email: "alice@example.test", password: "an orange window in march" };
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FOLDER = resolve(process.env.SCREENSHOTS ?? join(import.meta.dirname, "../../target/screenshots"));
const LOOKS = {
  desktop: { viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  phone: { viewport: { width: 360, height: 740 }, colorScheme: "light", deviceScaleFactor: 2 },
  "desktop-dark": { viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  "phone-dark": { viewport: { width: 360, height: 740 }, colorScheme: "dark", deviceScaleFactor: 2 },
};
let app, browser, dev, server;

before(async () => {
  mkdirSync(FOLDER, { recursive: true });
  [app, browser, dev] = await Promise.all([callbackServer(), startBrowser(), startDev()]);
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

/** Holds the page that is shown to the rules of every page, and takes its picture. */
async function look(page, name, variant) {
  await page.screenshot({ path: join(FOLDER, `${name}-${variant}.png`), fullPage: true });
  assert.equal(await page.locator("h1").count(), 1, `${name}: exactly one h1`);
  const { scroll, client: width } = await page.evaluate(() => ({
    scroll: document.documentElement.scrollWidth,
    client: document.documentElement.clientWidth,
  }));
  assert.ok(scroll <= width, `${name}: scrolls sideways, ${scroll} px in ${width} px`);
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), [], `${name}: accessibility`);
}

for (const [variant, options] of Object.entries(LOOKS)) {
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
    step("demo", async () => {
      await page.goto(`${dev.issuer}/demo`);
      await page.waitForSelector("#demo-login");
    });
    step("demo-signed-in", async () => {
      await page.click("#demo-login");
      await signIn(page, dev.users.alice);
      const found = await page.waitForSelector("#consent-allow, #demo-id-token");
      if ((await found.getAttribute("id")) === "consent-allow") await allow(page);
      await page.waitForSelector("#demo-id-token");
    });
  });
}
