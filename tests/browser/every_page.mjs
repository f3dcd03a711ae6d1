// What holds for every page, at every width, in light and dark, at the root and below a prefix.

import assert from "node:assert/strict";
import { test } from "node:test";

import { axeFindings, open, roots } from "./browser.mjs";
import { pages } from "./pages.mjs";

const WIDTHS = [390, 1280, 2560];
const SCHEMES = ["light", "dark"];

/// Where axe looks too: the structure differs by width, the contrast by scheme. Below a prefix only
/// addresses differ, so there it looks once.
const AXE_LOOKS = ["390 light", "1280 light", "1280 dark"];

/// Bytes of a page with its style sheet and scripts, as they come over the wire.
const MAX_PAGE_BYTES = 100_000;

const everyPage = await pages(process.env.ROOT);

for (const root of roots) {
  const place = root === process.env.PREFIXED ? " below a prefix" : "";
  for (const { name, path, status } of everyPage) {
    test(`${name}${place}: no error, accessible, light and small, complete without script`, async () => {
      let withScript;
      let html;
      await open(root, path, { status }, async (page, { faults, answers }) => {
        html = await answers[0].text();
        faults.push(...await tooHeavy(answers));
        withScript = await content(page);
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          for (const scheme of SCHEMES) {
            await page.emulateMedia({ colorScheme: scheme });
            const look = `${width} ${scheme}`;
            const looks = root === process.env.PREFIXED ? ["1280 light"] : AXE_LOOKS;
            const found = [
              ...(looks.includes(look) ? await axeFindings(page) : []),
              ...await page.evaluate(overflow),
            ];
            faults.push(...found.map((one) => `${width} px, ${scheme}: ${one}`));
          }
        }
      });
      // The same text again: the fleet goes on meanwhile.
      await open(root, path, { status, script: false, html }, async (page) => {
        assert.deepEqual(await content(page), withScript, "headings, columns and labels without script");
      });
    });
  }
}

async function tooHeavy(answers) {
  const sizes = await Promise.all(answers.map(async (answer) => {
    const isImage = answer.request().resourceType() === "image";
    return { url: answer.url(), bytes: isImage ? 0 : (await answer.request().sizes()).responseBodySize };
  }));
  const bytes = sizes.reduce((sum, one) => sum + one.bytes, 0);
  if (bytes <= MAX_PAGE_BYTES) return [];
  return [`the page has ${bytes} bytes, more than ${MAX_PAGE_BYTES}: ${sizes.map((one) => `${one.url} ${one.bytes}`)}`];
}

async function content(page) {
  const marked = page.locator("h1, h2, h3, th[scope=col], label");
  return marked.evaluateAll((all) => all.map((element) => element.textContent.trim()));
}

/// Runs in the page: what sticks out at the right, one line each.
function overflow() {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.querySelectorAll("main *, header *, footer *")].filter(
    (element) => element.getBoundingClientRect().right > width + 1 && !element.closest(".scroll, nav, svg"),
  );
  return [`the document is ${document.documentElement.scrollWidth} px wide: ${wide.slice(0, 5).map(
    (element) => `${element.tagName}.${element.className} ${element.textContent.slice(0, 40)}`,
  )}`];
}
