// Starts the built server as an operator would, in a folder of its own, and stops it by its process id.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const BINARY = resolve(process.env.KEYWRIGHT_BIN ?? join(import.meta.dirname, "../../../target/debug/keywright"));
const READY_MS = 30_000;
const STOP_MS = 15_000;

// The caller's own KEYWRIGHT_ settings must not reach the server under test.
const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("KEYWRIGHT_")));

/** A started program with all it printed; `stop` ends it and gives its exit code. */
export function spawnProgram(file, args, { cwd, env = {}, input }) {
  const child = spawn(file, args, { cwd, env: { ...inherited, HOME: cwd, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  const program = { child, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (program.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (program.stderr += text));
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  program.exited = once(child, "close").then(([code, signal]) => code ?? signal);
  program.stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    const status = await program.exited;
    clearTimeout(late);
    return status;
  };
  return program;
}

export function spawnKeywright(args, options) {
  return spawnProgram(BINARY, args, options);
}

/** Runs one command to its end; its standard output when it succeeded. */
async function run(args, options) {
  const program = spawnKeywright(args, options);
  const status = await program.exited;
  if (status !== 0) throw new Error(`keywright ${args.join(" ")} ended with ${status}\n${program.stdout}${program.stderr}`);
  return program.stdout;
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

function within(ms, promise, what) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Ends a server as an operator does, and holds it to a clean end without a panic. */
async function stopServer(program, folder) {
  const status = await program.stop();
  await rm(folder, { recursive: true, force: true });
  if (/panicked at/.test(program.stderr)) throw new Error(`the server panicked:\n${program.stderr}`);
  if (status !== 0) throw new Error(`the server ended with ${status} on SIGTERM:\n${program.stderr.slice(-4000)}`);
}

/** `keywright dev`: its own description of issuer, users and clients, and `stop`. */
export async function startDev() {
  const folder = await mkdtemp(join(tmpdir(), "keywright-dev-"));
  const program = spawnKeywright(["dev", "--json", "--port", "0"], { cwd: folder });
  const failed = program.exited.then((status) => {
    throw new Error(`keywright dev ended with ${status}\n${program.stderr}`);
  });
  const [line] = await within(
    READY_MS,
    Promise.race([once(createInterface({ input: program.child.stdout }), "line"), failed]),
    "keywright dev ready",
  );
  failed.catch(() => {});
  const description = JSON.parse(line);
  return { ...description, folder, program, stop: () => stopServer(program, folder) };
}

/**
 * `keywright serve` on a new SQLite database with the given users (e-mail → password) and clients
 * (name → arguments of `client add`), set up by the command line before it starts. `args` are more arguments of `serve`.
 */
export async function startServe({ users = {}, clients = {}, env = {}, args = [] }) {
  const folder = await mkdtemp(join(tmpdir(), "keywright-serve-"));
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const settings = {
    KEYWRIGHT_PUBLIC_URL: issuer,
    KEYWRIGHT_SERVER__LISTEN: `127.0.0.1:${port}`,
    KEYWRIGHT_DATABASE__URL: `sqlite:${folder}/keywright.db`,
    KEYWRIGHT_KEYS__DIRECTORY: `${folder}/keys`,
    ...env,
  };
  const added = {};
  for (const [email, password] of Object.entries(users)) {
    await run(["user", "add", email, "--password-stdin"], { cwd: folder, env: settings, input: `${password}\n` });
  }
  for (const [name, args] of Object.entries(clients)) {
    added[name] = JSON.parse(await run(["client", "add", name, ...args, "--json"], { cwd: folder, env: settings }));
  }
  const program = spawnKeywright(["serve", ...args], { cwd: folder, env: settings });
  await within(READY_MS, ready(issuer, program), "keywright serve ready");
  return { issuer, clients: added, folder, program, stop: () => stopServer(program, folder) };
}

async function ready(issuer, program) {
  for (;;) {
    if (program.child.exitCode !== null) throw new Error(`keywright serve ended\n${program.stderr}`);
    const answer = await fetch(`${issuer}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((next) => setTimeout(next, 50));
  }
}
