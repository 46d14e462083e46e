// Headless Chromium, and what it complains about.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const CANDIDATES = ["chromium", "chromium-browser", "google-chrome"].flatMap((name) =>
  (process.env.PATH ?? "").split(":").map((folder) => `${folder}/${name}`),
);

/** `hosts` maps names to 127.0.0.1 inside this browser. */
export async function startBrowser({ hosts = [] } = {}) {
  const executablePath = process.env.CHROMIUM ?? CANDIDATES.find((path) => existsSync(path));
  if (!executablePath) throw new Error("no Chromium on this machine");
  return chromium.launch({
    executablePath,
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      ...(hosts.length > 0 ? [`--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(",")}`] : []),
    ],
  });
}

/**
 * Collects what goes wrong in a page: policy violations, script errors, console errors, and requests to origins other
 * than the given ones. `problems` is empty after a good run.
 */
export function watch(page, { origins }) {
  const problems = [];
  page.on("console", (message) => {
    if (message.type() === "error" || /content security policy/i.test(message.text())) problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`script: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && !origins.includes(url.origin)) problems.push(`request: ${url.origin}${url.pathname}`);
  });
  return problems;
}
