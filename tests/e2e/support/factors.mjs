// What people carry: an authenticator app, and an authenticator for passkeys inside the browser.
import { createHmac } from "node:crypto";

const STEP_MS = 30_000;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(text) {
  let bits = "";
  for (const letter of text.replace(/\s/g, "")) bits += ALPHABET.indexOf(letter).toString(2).padStart(5, "0");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** The code of RFC 6238 that an app with this secret shows; with `next` the one of a step after the present one. */
export async function code(secret, { next = false } = {}) {
  if (next) await new Promise((resolve) => setTimeout(resolve, STEP_MS - (Date.now() % STEP_MS) + 200));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS)));
  const mac = createHmac("sha1", base32(secret)).update(counter).digest();
  const offset = mac.at(-1) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** On the page that sets an app up: types its first code; gives secret and recovery codes. */
export async function turnOnApp(page) {
  const secret = await page.textContent("#app-secret");
  await page.fill("#app-form [name=code]", await code(secret));
  await page.click("#app-submit");
  const codes = (await page.textContent("#recovery-codes")).trim().split(/\s+/);
  return { secret, codes };
}

/** A virtual authenticator that keeps discoverable passkeys and verifies its user (Chrome DevTools Protocol, WebAuthn). */
export async function addAuthenticator(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable", { enableUI: false });
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    /** Whether it answers by itself. */
    automatic: (enabled) => cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled }),
    /** Whether it can verify its user. */
    verified: (isUserVerified) => cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
    /** Sets the signature counter of its one passkey. */
    async setCounter(signCount) {
      const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
      await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
      await cdp.send("WebAuthn.addCredential", { authenticatorId, credential: { ...credentials[0], signCount } });
    },
  };
}
