// Markup in what a source sends, and in the address of a page, is text.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open } from "./browser.mjs";
import { markup } from "./hostile/chain.mjs";
import { pages } from "./pages.mjs";

/// Runs in the page: elements that came out of a text.
function planted() {
  return [...document.querySelectorAll(
    ".hostile, img[src=x], [onerror], script:not([src]), a[href^='javascript:' i], base, iframe, object",
  )].map((element) => element.outerHTML.slice(0, 200));
}

async function isUnharmed(path, status) {
  await open(process.env.ROOT, path, { status }, async (page) => {
    assert.deepEqual(await page.evaluate(planted), [], path);
    assert.equal(await page.evaluate(() => window.hostile), undefined, path);
  });
}

for (const { name, path, status } of await pages(process.env.ROOT)) {
  test(`${name}: markup in parameters is text`, async () => {
    const query = new URLSearchParams(
      ["q", "zone", "seat", "at", "source", "state", "outcome", "error", "step", "from", "to", "after", "before", "day", "notice"]
        .map((parameter) => [parameter, markup(parameter)]),
    );
    // A parameter may be refused, but not run.
    const { status: given } = await fetch(new URL(`${path}?${query}`, process.env.ROOT));
    assert.ok(given < 500, `status ${given}`);
    await isUnharmed(`${path}?${query}`, given);
  });
}
