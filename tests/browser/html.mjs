// Every page is valid HTML, and every link on it leads somewhere.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";

import { roots } from "./browser.mjs";
import { pages } from "./pages.mjs";
import { vnu } from "./tools.mjs";

/// Asks when the server allows it: there are more links than a viewer may ask for at once.
async function ask(address) {
  for (;;) {
    const answer = await fetch(address);
    if (answer.status !== 429) return answer;
    await answer.body?.cancel();
    await setTimeout(1000 * Number(answer.headers.get("Retry-After")));
  }
}

const everyPage = await pages(process.env.ROOT);

test("every page is valid HTML", async () => {
  const directory = join(process.env.WORK, "html");
  mkdirSync(directory, { recursive: true });
  const files = await Promise.all(everyPage.map(async ({ name, path }) => {
    const file = join(directory, `${name}.html`);
    writeFileSync(file, await (await fetch(new URL(path, process.env.ROOT))).text());
    return file;
  }));
  // One virtual machine for all: its start takes longer than the check.
  const report = await new Promise((done) => {
    execFile("java", ["-jar", vnu, "--format", "json", "--stdout", ...files], { maxBuffer: 1 << 26 }, (_, stdout) => done(stdout));
  });
  const findings = JSON.parse(report).messages.map(
    ({ url, lastLine, message, extract }) => `${url?.split("/").pop()}:${lastLine}: ${message} ${extract ?? ""}`,
  );
  assert.deepEqual(findings, []);
});

for (const root of roots) {
  test(`every link and form leads to something that exists, at ${new URL(root).pathname}`, async () => {
    const asked = new Map();
    for (const { name, path, status } of everyPage) {
      if (status) continue;
      const address = new URL(path, root);
      const html = await (await ask(address)).text();
      for (const [, text] of html.matchAll(/\b(?:href|src|action)="([^"]*)"/g)) {
        const link = new URL(text.replaceAll("&amp;", "&"), address).href.split("#")[0];
        assert.ok(link.startsWith(root), `${name} links to ${link}`);
        // One of each kind is enough: the same link with another number is the same code.
        const kind = link.replaceAll(/\d+/g, "0");
        if (!asked.has(kind)) asked.set(kind, { name, link });
      }
    }
    assert.ok(asked.size > 50, `only ${asked.size} links`);
    for (const { name, link } of asked.values()) {
      const answer = await ask(link);
      await answer.body?.cancel();
      // Some addresses of forms take POST alone.
      assert.ok(answer.status < 400 || answer.status === 405, `${name} links to ${link}: status ${answer.status}`);
    }
  });
}
