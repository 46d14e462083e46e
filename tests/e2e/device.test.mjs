// RFC 8628 as a person meets it: `keywright login` in a terminal, and the device pages in a browser.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { enterUserCode, spawnKeywright, startBrowser, startDev, watch } from "./support.mjs";

const WAIT_MS = 30_000;
let browser, dev;

before(async () => {
  browser = await startBrowser();
  dev = await startDev();
});
after(async () => {
  await browser?.close();
  await dev?.stop();
});

/** A terminal in which `keywright login` has printed where to go and the code. */
async function terminal() {
  const home = await mkdtemp(join(tmpdir(), "keywright-login-"));
  const program = spawnKeywright(["login", "--issuer", dev.issuer, "--client", dev.clients["demo-cli"].client_id], { cwd: home });
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const printed = program.stdout + program.stderr;
    const code = printed.match(/\b[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}\b/)?.[0];
    const uri = printed.match(/http:\/\/localhost:\d+\/device\b/)?.[0];
    if (code && uri) return { program, code, uri, close: () => rm(home, { recursive: true, force: true }) };
    if (program.child.exitCode !== null || Date.now() > deadline) throw new Error(`keywright login printed no code:\n${printed}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

async function tab() {
  const context = await browser.newContext();
  const page = await context.newPage();
  return { context, page, problems: watch(page, { origins: [dev.issuer] }) };
}

function ended(program) {
  return Promise.race([program.exited, new Promise((late) => setTimeout(() => late("still running"), WAIT_MS).unref())]);
}

test("keywright login is signed in once alice typed its code, ticked that it is hers and allowed it", async () => {
  const login = await terminal();
  const { context, page, problems } = await tab();
  await page.goto(login.uri);
  await enterUserCode(page, dev.users.alice, login.code.toLowerCase().replace("-", " "));
  assert.match(await page.textContent("main"), new RegExp(login.code));
  await page.check("#device-confirm");
  await page.click("#device-allow");
  await page.waitForSelector("#device-done");
  assert.equal(await ended(login.program), 0, login.program.stderr);
  assert.deepEqual(problems, []);
  await context.close();
  await login.close();
});

test("keywright login fails with access_denied once alice refused the code", async () => {
  const login = await terminal();
  const { context, page, problems } = await tab();
  await page.goto(login.uri);
  await enterUserCode(page, dev.users.alice, login.code);
  await page.click("#device-deny");
  await page.waitForSelector("#device-done");
  assert.equal(await ended(login.program), 1);
  assert.match(login.program.stderr + login.program.stdout, /denied/i);
  assert.deepEqual(problems, []);
  await context.close();
  await login.close();
});

test("opening the complete link never approves, even for a signed-in person who allowed this client before", async () => {
  const { context, page } = await tab();
  for (const approve of [true, false]) {
    const login = await terminal();
    await page.goto(`${login.uri}?user_code=${login.code}`);
    assert.equal((await page.inputValue("[name=user_code]")).replace("-", ""), login.code.replace("-", ""));
    if (approve) {
      await enterUserCode(page, dev.users.bob, login.code);
      await page.check("#device-confirm");
      await page.click("#device-allow");
      assert.equal(await ended(login.program), 0, login.program.stderr);
    } else {
      await page.reload();
      // Longer than the polling interval of 5 s.
      await new Promise((next) => setTimeout(next, 7_000));
      assert.equal(login.program.child.exitCode, null, "the login ended although nobody approved it");
      await login.program.stop();
    }
    await login.close();
  }
  await context.close();
});

test("without the tick that this is my device nothing is connected", async () => {
  const login = await terminal();
  const { context, page } = await tab();
  await page.goto(login.uri);
  await enterUserCode(page, dev.users.alice, login.code);
  await page.evaluate(() => document.querySelector("#device-confirm").removeAttribute("required"));
  await page.click("#device-allow");
  await page.waitForSelector("#device-confirm[aria-invalid=true]");
  assert.equal(login.program.child.exitCode, null);
  await login.program.stop();
  await context.close();
  await login.close();
});

test("a wrong code is answered with an error beside the field", async () => {
  const { context, page } = await tab();
  await page.goto(`${dev.issuer}/device`);
  await enterUserCode(page, dev.users.alice, "BBBB-BBBB", "#user_code[aria-invalid=true]");
  assert.match(await page.title(), /^Error: /);
  await context.close();
});
