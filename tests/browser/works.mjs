// Works and doubtful pairs: from the list to a film, and a verdict that is given and undone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { open, roots } from "./browser.mjs";
import { get, things } from "./pages.mjs";

const root = process.env.ROOT;
const { work } = await things(root);

/// Pairs that wait for a person, as `A-B`.
async function waiting() {
  const { rows } = await get(root, "v1/film-pairs");
  return rows.map(({ a, b }) => `${a.film_id}-${b.film_id}`);
}

/// Waits until the leader has looked at the films of a verdict again.
async function untilWaiting(pair) {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await waiting()).includes(pair)) return;
    await sleep(100);
  }
  assert.fail(`the pair ${pair} does not wait again`);
}

for (const place of roots) {
  test(`a work leads to its films and each film back to it, at ${new URL(place).pathname}`, async () => {
    const { films, title } = await get(root, `v1/works/${work}`);
    assert.ok(films.length > 1, `work ${work} is at one source alone`);
    await open(place, "works", {}, async (page) => {
      await page.getByLabel("title").fill(title);
      await page.getByRole("button", { name: "Show" }).click();
      await page.getByRole("link", { name: title, exact: true }).first().click();
      await page.waitForURL(`${place}works/${work}`);
      assert.equal(await page.locator("#films tbody tr").count(), films.length);
      assert.ok(await page.locator("#days svg rect").count() > 0, "the days are not drawn");
      await page.locator("#films tbody th a").first().click();
      await page.waitForURL(`${place}films/*`);
      await page.getByRole("link", { name: `work ${work}` }).click();
      await page.waitForURL(`${place}works/${work}`);
    });
  });

  for (const script of [true, false]) {
    const way = `${script ? "with" : "without"} script, at ${new URL(place).pathname}`;
    test(`a person decides a pair with the keyboard and undoes it, ${way}`, async () => {
      const [pair] = await waiting();
      const reason = `seen both, ${way} "'<b>`;
      await open(place, `film-pairs?pair=${pair}`, { script }, async (page) => {
        // Enter in the field decides nothing.
        await page.getByLabel("Reason").focus();
        await page.keyboard.type(reason);
        await page.keyboard.press("Enter");
        assert.ok((await waiting()).includes(pair), "Enter decided the pair");
        // The second button from the field.
        await page.keyboard.press("Tab");
        await page.keyboard.press("Tab");
        assert.equal(await page.evaluate(() => document.activeElement.textContent), "Different films");
        await page.keyboard.press("Enter");
        await page.waitForURL(`${place}film-pairs`);
        await page.getByRole("status").filter({ hasText: "are two works" }).waitFor();
        assert.ok(!(await waiting()).includes(pair), "the pair still waits");
        const row = page.locator("#verdicts tbody tr").filter({ hasText: reason });
        assert.match(await row.textContent(), /different films/);

        await row.getByRole("button", { name: /^Undo/ }).click();
        await page.getByRole("status").filter({ hasText: "are left to the rules again" }).waitFor();
        assert.equal(await page.locator("#verdicts tbody tr").filter({ hasText: reason }).count(), 0);
      });
      await untilWaiting(pair);
    });
  }
}

test("a pair that is decided is shown no longer, and its address says so", async () => {
  await open(root, "film-pairs?pair=1-1", {}, async (page) => {
    await page.getByRole("status").filter({ hasText: "waits for nobody" }).waitFor();
  });
});
