// Every page is valid HTML, and every link on it leads somewhere.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { open, roots } from "./browser.mjs";
import { pages } from "./pages.mjs";
import { vnu } from "./tools.mjs";

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
      await open(root, path, { status }, async (page) => {
        const links = await page.evaluate(() => [
          ...[...document.querySelectorAll("a[href]")].map((link) => new URL(link.getAttribute("href"), document.baseURI).href),
          ...[...document.querySelectorAll("form[method=get], form:not([method])")].map((form) => new URL(form.getAttribute("action") ?? "", document.baseURI).href),
        ]);
        for (const link of links) {
          assert.ok(link.startsWith(root), `${name} links to ${link}`);
          // One of each kind is enough: the same link with another number is the same code.
          const kind = link.split("#")[0].replaceAll(/\d+/g, "0");
          if (!asked.has(kind)) asked.set(kind, { name, link: link.split("#")[0] });
        }
      });
    }
    for (const { name, link } of asked.values()) {
      const answer = await fetch(link);
      await answer.body?.cancel();
      assert.ok(answer.status < 400, `${name} links to ${link}: status ${answer.status}`);
    }
  });
}
