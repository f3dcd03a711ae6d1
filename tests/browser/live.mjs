// The fleet page keeps itself fresh without disturbing its reader.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { open, roots } from "./browser.mjs";

for (const root of roots) {
  test(`the fleet page refreshes its parts and does not load again, at ${new URL(root).pathname}`, async () => {
    await open(root, "", {}, async (page) => {
      await page.evaluate(() => { window.isSame = true; });
      const summary = await page.locator("#summary").textContent();
      await page.waitForFunction((before) => document.getElementById("summary").textContent !== before, summary, { timeout: 15_000 });
      assert.equal(await page.evaluate(() => window.isSame), true);
    });
  });
}

test("a selection on the fleet page stays until it is given up", async () => {
  await open(process.env.ROOT, "", {}, async (page) => {
    const summary = await page.locator("#summary").textContent();
    await page.evaluate(() => document.getSelection().selectAllChildren(document.getElementById("summary")));
    const interval = Number(await page.locator("body").getAttribute("data-refresh"));
    await sleep(interval * 2500);
    assert.equal(await page.evaluate(() => document.getSelection().toString().trim()), summary.trim());
    await page.evaluate(() => document.getSelection().removeAllRanges());
    await page.waitForFunction((before) => document.getElementById("summary").textContent !== before, summary, { timeout: 15_000 });
  });
});

test("the fleet page says that it is old when the server does not answer", async () => {
  await open(process.env.ROOT, "", {}, async (page) => {
    assert.equal(await page.locator("#stale").isVisible(), false);
    await page.evaluate(() => { window.fetch = () => Promise.reject(new TypeError("no network")); });
    await page.locator("#stale").waitFor({ state: "visible", timeout: 20_000 });
  });
});
