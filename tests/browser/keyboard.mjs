// Every page can be used with the keyboard alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open } from "./browser.mjs";
import { pages } from "./pages.mjs";

for (const { name, path, status } of await pages(process.env.ROOT)) {
  test(`${name}: the first tab skips to the content, and the order of tabs reaches it`, async () => {
    await open(process.env.ROOT, path, { status }, async (page) => {
      const focused = () => page.evaluate(() => {
        const { tagName, id, className } = document.activeElement;
        const style = getComputedStyle(document.activeElement);
        return { tagName, id, className, outline: style.outlineStyle, inMain: Boolean(document.activeElement.closest("main")) };
      });
      await page.keyboard.press("Tab");
      assert.equal((await focused()).className, "skip");
      await page.keyboard.press("Enter");
      assert.equal((await focused()).id, "content");

      await page.evaluate(() => document.activeElement.blur());
      const hasContent = await page.locator("main :is(a[href], button:visible, input, summary)").count();
      let steps = 0;
      for (let now; hasContent && !now?.inMain; steps += 1) {
        assert.ok(steps < 20, "twenty tabs do not reach the content");
        await page.keyboard.press("Tab");
        now = await focused();
        assert.notEqual(now.outline, "none", `the focus is not seen on ${JSON.stringify(now)}`);
      }
    });
  });
}
