// Starts a small fleet and a proxy, fills them with what the tests need, runs the tests or takes
// the pictures, and stops everything again.

import { spawn, execFile } from "node:child_process";
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { chain, markup } from "./hostile/chain.mjs";
import { applyDataSets } from "./data_sets_applied.mjs";
import { get, things } from "./pages.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const programs = resolve(process.env.PROGRAMS);
const run = promisify(execFile);

/// Where nginx serves the same pages, and where it also says for whom, so that a token is needed.
const PREFIX = "/x/";
const GUARDED_PREFIX = "/guarded/";

/// How long the fleet may take until it has what the tests ask for, in milliseconds.
const PATIENCE = 90_000;

/// The tests want little load, the pictures a busy fleet.
const forPictures = process.argv[2] === "--screenshots";
const SIZE = forPictures
  ? ["--pods=2", "--agents=20", "--cinemas=2", "--speed=120"]
  : ["--pods=1", "--agents=8", "--cinemas=1", "--speed=20"];

const children = [];

function start(name, program, args, log, environment = {}) {
  const output = openSync(log, "a");
  const child = spawn(program, args, {
    stdio: ["ignore", output, output],
    env: { ...process.env, ...environment },
  });
  closeSync(output);
  child.on("exit", (code) => {
    child.ended = true;
    if (!child.stopping) console.error(`${name} ended by itself (${code}); its log: ${log}`);
  });
  children.push(child);
  return child;
}

async function stop() {
  for (const child of children.reverse()) {
    if (child.ended) continue;
    child.stopping = true;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
  }
}

/// Waits until `what` gives something true, and returns it.
async function until(name, what) {
  const began = Date.now();
  let last;
  while (Date.now() - began < PATIENCE) {
    try {
      const found = await what();
      if (found) return found;
    } catch (error) {
      last = error;
    }
    await sleep(300);
  }
  throw new Error(`waited ${PATIENCE / 1000} s in vain for ${name}`, { cause: last });
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

async function startProxy(directory, root) {
  const port = await freePort();
  const file = join(directory, "nginx.conf");
  writeFileSync(file, `
    daemon off;
    worker_processes 1;
    pid ${directory}/nginx.pid;
    error_log stderr warn;
    events { worker_connections 256; }
    http {
      access_log off;
      client_body_temp_path ${directory}/nginx-body;
      proxy_temp_path ${directory}/nginx-proxy;
      fastcgi_temp_path ${directory}/nginx-fastcgi;
      uwsgi_temp_path ${directory}/nginx-uwsgi;
      scgi_temp_path ${directory}/nginx-scgi;
      server {
        listen 127.0.0.1:${port};
        # The slash at the end of the address takes the prefix away.
        location ${PREFIX} {
          proxy_pass ${root};
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
        }
        location ${GUARDED_PREFIX} {
          proxy_pass ${root};
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $remote_addr;
        }
      }
    }
  `);
  start("nginx", "/usr/sbin/nginx", ["-c", file, "-p", directory], join(directory, "nginx.log"));
  const proxy = `http://127.0.0.1:${port}`;
  const prefixed = `${proxy}${PREFIX}`;
  await until("nginx", async () => (await fetch(prefixed)).ok);
  return { prefixed, guarded: `${proxy}${GUARDED_PREFIX}` };
}

/// Has chains fail and change, so that the pages have something to show.
async function disturb(chains) {
  const tell = (path, body) => fetch(`${chains}/-/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  await tell("redesign", { chain: "megabox-1", redesign: "halved-maps" });
  await tell("fault", { chain: "cds-1", kind: "500", fraction: 0.02 });
  await tell("fault", { chain: "bhd-1", kind: "login", fraction: 0.002 });
}

async function main() {
  const directory = mkdtempSync(join(tmpdir(), "fullhouse-browser."));
  // Postgres may run as another user, who must be able to enter.
  chmodSync(directory, 0o711);
  let code = 1;
  try {
    const world = await startFleet(directory);
    code = await runTests(world);
  } catch (error) {
    console.error(error);
  } finally {
    await stop();
  }
  if (code === 0 && !process.env.KEEP) rmSync(directory, { recursive: true });
  else console.error(`logs and data are in ${directory}`);
  process.exit(code);
}

/// Adds a source whose every text is markup.
async function addHostileChain(directory, database) {
  const hostile = await chain();
  const definition = join(directory, "hostile.toml");
  writeFileSync(definition, readFileSync(join(here, "hostile/source.toml"), "utf8").replace('"BASE"', `"${hostile.address}"`));
  await command(database, ["source", "apply", definition]);
}

/// Runs a command of the coordinator on the database; gives what it prints.
async function command(database, args) {
  const { stdout } = await run(join(programs, "coordinator"), args, {
    env: {
      ...process.env,
      FULLHOUSE_DATABASE__URL: database.replace(/&passfile=.*/, ""),
      PGPASSFILE: database.match(/passfile=(.*)/)[1],
    },
  });
  return stdout;
}

/// Stores received events and alerts, applies data sets, in the tests also some whose every text is markup.
async function addRows(directory, database) {
  const { stdout } = await run(join(here, "../../.ci/postgres"), []);
  const psql = async (...args) => {
    const quiet = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"];
    await run(join(stdout.trim(), "psql"), [database, ...quiet, ...args]);
  };
  await psql(`--file=${join(here, "events.sql")}`);
  await psql(`--file=${join(here, "alerts.sql")}`);
  await applyDataSets(
    directory,
    (args) => command(database, args),
    (statement) => psql(`--command=${statement}`),
    until,
  );
  if (!forPictures) {
    for (const kind of ["event", "alert"]) await psql(`--set=markup=${markup(kind)}`, `--file=${join(here, `hostile/${kind}s.sql`)}`);
  }
}

async function startFleet(directory) {
  const fleet = join(directory, "fleet");
  const log = join(directory, "up.log");
  start("coordinator up", join(programs, "coordinator"), [
    "up", `--directory=${fleet}`, "--chains=7", "--people=0", ...SIZE,
  ], log);
  const output = () => readFileSync(log, "utf8");
  const root = await until("the address of the page", () => output().match(/page is (http:\S+\/)/)?.[1]);
  const database = output().match(/psql '([^']+)'/)[1];
  const port = readFileSync(join(fleet, "chains.port"), "utf8").trim();
  await until("an answer of the page", async () => (await fetch(root)).ok);

  if (!forPictures) await addHostileChain(directory, database);
  await addRows(directory, database);
  await until("snapshots", async () => (await get(root, "v1/fleet")).snapshots > 100);
  await disturb(`http://127.0.0.1:${port}`);
  await until("a failed job and a code to map", async () => {
    const text = await (await fetch(root)).text();
    return text.includes("House") && /jobs\/\d+/.test(text);
  });
  if (forPictures) {
    // Curves and trends need a while.
    await sleep(Number(process.env.FILL ?? 120) * 1000);
  } else {
    await until("a pair of films in doubt", async () => (await get(root, "v1/film-pairs")).rows.length > 0);
    await until("a sale to replay", async () => (await things(root, "hostile")).steps >= 4);
  }
  const made = await command(database, ["token", "create", "--name=browser", "--scope=operate"]);
  return { root, ...await startProxy(directory, root), token: made.match(/fh_\w+/)[0], database, directory };
}

/// Runs the tests, or takes the pictures; gives the code with which that ended.
async function runTests({ root, prefixed, guarded, token, database, directory }) {
  const chosen = process.argv[2];
  const args = forPictures
    ? [join(here, "screenshots.mjs")]
    : ["--test", "--test-reporter=spec", ...(chosen ? [`--test-name-pattern=${chosen}`] : []), join(here, "all.test.mjs")];
  const tests = spawn(process.execPath, args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ROOT: root, PREFIXED: prefixed, GUARDED: guarded, TOKEN: token, DATABASE: database, WORK: directory },
  });
  return new Promise((done) => tests.on("exit", (code) => done(code ?? 1)));
}

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, async () => {
  await stop();
  process.exit(1);
});
await main();
