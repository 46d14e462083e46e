// What every test here shares. One file per job in support/; tests import from this page only.
export { startDev, startServe, freePort, spawnKeywright, spawnProgram } from "./support/server.mjs";
export { callbackServer, staticServer } from "./support/apps.mjs";
export { startBrowser, watch } from "./support/browser.mjs";
export { allow, allowIfAsked, enterUserCode, signIn, submitUserCode } from "./support/people.mjs";
