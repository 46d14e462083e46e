// The first administrator: the one-time link that `keywright serve` prints.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser, startServe, watch } from "./support.mjs";
import { look, SCREENS } from "./support/look.mjs";

const ADMIN = { email: "root@example.test", password: "an orange window in march" };
let browser, server;

before(async () => {
  browser = await startBrowser();
  server = await startServe({ args: ["--print-setup-link"] });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

function printedLink() {
  const { stdout, stderr } = server.program;
  const link = `${stdout}\n${stderr}`.match(/http:\/\/localhost:\d+\/setup\/\S+/)?.[0];
  assert.ok(link, "no set-up link was printed");
  return link;
}

for (const [variant, options] of Object.entries(SCREENS)) {
  test(`opening the link uses nothing up and shows an accessible form on a ${variant} screen`, async () => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const problems = watch(page, { origins: [server.issuer] });
    assert.equal((await page.goto(printedLink())).status(), 200);
    await page.waitForSelector("#setup-form");
    await look(page, "setup", variant);
    assert.deepEqual(problems, []);
    await context.close();
  });
}

test("the form makes one administrator, who is then signed in and can sign out, and the link is dead", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(printedLink());
  await page.fill("#email", ADMIN.email);
  await page.fill("#password", "short");
  await page.click("#setup-submit");
  await page.waitForSelector("#password[aria-invalid=true]");
  assert.match(await page.title(), /^Error: /);
  assert.equal(await page.inputValue("#email"), ADMIN.email);

  await page.fill("#password", ADMIN.password);
  await page.click("#setup-submit");
  await page.waitForSelector(`.account:has-text("${ADMIN.email}")`);
  assert.equal((await page.goto(printedLink())).status(), 404);

  await page.goto(server.issuer);
  await page.click("#home-signout");
  await page.waitForSelector("#logout-success");
  await context.close();
});
