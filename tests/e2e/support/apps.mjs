// Relying parties and plain pages of the tests, on loopback ports of their own.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

const WAIT_MS = 15_000;
const PAGE = (title) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><h1 id="arrived">${title}</h1></body></html>`;

async function listen(server, host = "127.0.0.1") {
  server.listen(0, host);
  await once(server, "listening");
  return server.address().port;
}

async function close(server) {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}

function selfSigned(host) {
  const folder = mkdtempSync(join(tmpdir(), "keywright-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", `/CN=${host}`,
      "-addext", `subjectAltName=DNS:${host}`, "-keyout", key, "-out", cert],
    { stdio: "pipe" },
  );
  const pair = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return pair;
}

/** The app a client redirects to: `next()` gives the next request that arrived at /callback. With `tlsHost` it speaks https. */
export async function callbackServer({ tlsHost } = {}) {
  const arrived = [];
  const waiting = [];
  const handler = async (request, response) => {
    const url = new URL(request.url, origin);
    if (url.pathname !== "/callback") return response.writeHead(204).end();
    let body = "";
    for await (const chunk of request) body += chunk;
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(PAGE("Arrived"));
    const arrival = { method: request.method, url, form: new URLSearchParams(body) };
    const waiter = waiting.shift();
    if (waiter) waiter(arrival);
    else arrived.push(arrival);
  };
  const server = tlsHost ? https.createServer(selfSigned(tlsHost), handler) : http.createServer(handler);
  const port = await listen(server);
  const origin = tlsHost ? `https://${tlsHost}:${port}` : `http://127.0.0.1:${port}`;
  return {
    port,
    origin,
    callback: `${origin}/callback`,
    next() {
      if (arrived.length > 0) return Promise.resolve(arrived.shift());
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("nothing arrived at the app's redirect URI")), WAIT_MS);
        waiting.push((arrival) => {
          clearTimeout(timer);
          resolve(arrival);
        });
      });
    },
    close: () => close(server),
  };
}

/** Serves the given files (path → { type, body }) at http://HOST:port. */
export async function staticServer(files, host = "127.0.0.1") {
  const server = http.createServer((request, response) => {
    const file = files[new URL(request.url, "http://localhost").pathname];
    if (!file) return response.writeHead(204).end();
    response.writeHead(200, { "content-type": file.type }).end(file.body);
  });
  const port = await listen(server);
  return { origin: `http://${host}:${port}`, close: () => close(server) };
}
