// What becomes of an account, in a real browser: another address, activity, data, and its end.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { signIn, startBrowser, startDev, watch } from "./support.mjs";
import { look, SCREENS } from "./support/look.mjs";

let browser;

before(async () => {
  browser = await startBrowser();
});
after(() => browser?.close());

/** The newest mail with this subject, as the address of its link. */
async function mailed(page, dev, subject) {
  await page.goto(`${dev.issuer}/dev/mail`);
  return page.locator("article", { hasText: subject }).first().locator("a").getAttribute("href");
}

for (const [variant, options] of Object.entries(SCREENS)) {
  test(`an account gets another address, is looked through, taken along and deleted on a ${variant} screen`, async () => {
    const dev = await startDev();
    const context = await browser.newContext({ ...options, javaScriptEnabled: true, acceptDownloads: true });
    const page = await context.newPage();
    const problems = watch(page, { origins: [dev.issuer] });
    const seen = async (picture, path) => {
      if (path) await page.goto(`${dev.issuer}${path}`);
      await look(page, picture, variant);
      assert.deepEqual(problems.splice(0), [], picture);
    };
    try {
      await page.goto(`${dev.issuer}/login`);
      await signIn(page, dev.users.bob);
      await page.waitForSelector("#home-account");
      await page.goto(`${dev.issuer}/account`);
      await page.click("#email-change");
      await page.waitForSelector("#email-form");
      await seen("account-email");
      await page.fill("#email", "not an address");
      await page.click("#email-submit");
      await page.waitForSelector("#email-problem");
      problems.splice(0);
      await seen("account-email-error");
      await page.fill("#email", "bob@new.example");
      await page.click("#email-submit");
      await page.waitForSelector("#check-mail");
      await seen("account-email-sent");
      await page.goto(await mailed(page, dev, "Confirm your new email address"));
      await seen("change-email");
      await page.click("#link-submit");
      await page.waitForSelector("#account-done");
      await seen("change-email-done");
      await page.click("#done-signin");
      await page.waitForSelector("text=bob@new.example");

      await page.goto(await mailed(page, dev, "Your email address was changed"));
      await seen("revert-email");
      await page.click("#link-submit");
      await page.waitForSelector("#account-done");
      await seen("revert-email-done");

      await page.goto(`${dev.issuer}/login`);
      await signIn(page, dev.users.bob);
      await page.waitForSelector("#home-account");
      await seen("account-activity", "/account/activity");
      assert.equal(await page.getAttribute("#not-you", "href"), "/account/security");
      await seen("account-data", "/account/data");
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("#data-export")]);
      assert.equal(download.suggestedFilename(), "account.json");
      const told = JSON.parse(await readFile(await download.path(), "utf8"));
      assert.equal(told.profile.email, dev.users.bob.email);
      assert.ok(told.activity.some(({ event }) => event === "email_change_undone"));

      await page.click("#account-delete");
      await page.waitForSelector("#delete-form");
      await seen("account-delete");
      await page.click("#delete-submit");
      await page.waitForSelector("#confirm-problem");
      problems.splice(0);
      await seen("account-delete-error");
      await page.fill("#confirm", dev.users.bob.email);
      await page.click("#delete-submit");
      await page.waitForSelector("#account-done");
      await seen("account-deleted");
      await page.goto(`${dev.issuer}/login`);
      await signIn(page, dev.users.bob);
      await page.waitForSelector("[aria-invalid=true]");
    } finally {
      await context.close();
      await dev.stop();
    }
  });
}
