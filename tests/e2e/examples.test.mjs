// The examples that people copy run against `keywright dev` as they are.
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { allowIfAsked, freePort, signIn, spawnProgram, startBrowser, startDev, watch } from "./support.mjs";

const FOLDER = resolve(process.env.KEYWRIGHT_EXAMPLES ?? join(import.meta.dirname, "../../target/debug/examples"));
let browser, dev;

before(async () => {
  browser = await startBrowser();
  dev = await startDev();
});
after(async () => {
  await browser?.close();
  await dev?.stop();
});

function settings(name) {
  const { client_id, client_secret } = dev.clients[name];
  return { KEYWRIGHT_ISSUER: dev.issuer, CLIENT_ID: client_id, CLIENT_SECRET: client_secret };
}

async function answers(url, program) {
  while (!(await fetch(url).catch(() => null))) {
    if (program.child.exitCode !== null) throw new Error(`the app ended:\n${program.stderr}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

test("the service example fetches a token for itself and ends well", async () => {
  const service = spawnProgram(join(FOLDER, "service"), [], { cwd: dev.folder, env: settings("demo-service") });
  assert.equal(await service.exited, 0, service.stderr);
  assert.doesNotMatch(service.stdout + service.stderr, new RegExp(dev.clients["demo-service"].client_secret));
});

test("the third-party app example signs alice in and greets her", async () => {
  const listen = `127.0.0.1:${await freePort()}`;
  const app = spawnProgram(join(FOLDER, "third_party_app"), [], { cwd: dev.folder, env: { ...settings("demo-web"), LISTEN: listen } });
  try {
    await answers(`http://${listen}/`, app);
    const context = await browser.newContext();
    const page = await context.newPage();
    const problems = watch(page, { origins: [dev.issuer, `http://${listen}`] });
    await page.goto(`http://${listen}/`);
    await page.click("a[href]");
    await signIn(page, dev.users.alice);
    await allowIfAsked(page, "#email");
    await page.waitForSelector("#email");
    assert.equal(await page.textContent("#email"), dev.users.alice.email);
    assert.equal(new URL(page.url()).host, listen);
    assert.deepEqual(problems.filter((problem) => !problem.includes("favicon")), []);
    await context.close();
  } finally {
    await app.stop();
  }
});
