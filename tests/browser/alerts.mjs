// Alerts: what is wrong stands first, is counted on every page, and can be silenced and heard again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open, roots } from "./browser.mjs";
import { get } from "./pages.mjs";

const root = process.env.ROOT;

/// Answers the question of a form; a dialog is a fault elsewhere.
function accept(page, questions) {
  page.removeAllListeners("dialog");
  page.on("dialog", (dialog) => {
    questions.push(dialog.message());
    return dialog.accept();
  });
}

const silences = async () => (await get(root, "v1/alert-silences")).rows.filter((one) => one.condition === "backup_old");

for (const place of roots) {
  test(`every page counts what is wrong and leads to it, at ${new URL(place).pathname}`, async () => {
    await open(place, "jobs", {}, async (page) => {
      const link = page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name: /^Alerts/ });
      assert.match(await link.textContent(), /^Alerts \d+ open: .*critical/);
      await link.click();
      await page.waitForURL(`${place}alerts`);
      assert.match(await page.locator("#open li").first().textContent(), /critical/);
    });
  });

  for (const script of [true, false]) {
    const way = `${script ? "with" : "without"} script, at ${new URL(place).pathname}`;
    test(`an alert is silenced with a reason and an end, and the silence is ended, ${way}`, async () => {
      const questions = [];
      await open(place, "alerts", { script }, async (page) => {
        accept(page, questions);
        const item = page.locator("#open li").filter({ hasText: "the backup of the server is old" });
        await item.getByText("Silence it").click();
        await item.getByLabel("For").selectOption("4 hours");
        await item.getByLabel("Reason").fill(`a new disk comes, ${way}`);
        await item.getByRole("button", { name: "Silence" }).click();
        await page.waitForURL(`${place}alerts`);
        await page.getByRole("status").filter({ hasText: "no messages about backup_old server for 4h" }).waitFor();
        const quiet = page.locator("#silenced li").filter({ hasText: "the backup of the server is old" });
        assert.match(await quiet.textContent(), /silenced, ends in .*a new disk comes/);
        const [{ silence_id: number, reason }] = await silences();
        assert.equal(reason, `a new disk comes, ${way}`);

        const row = page.locator(`#silence-${number}`);
        await row.getByText("End it now").click();
        await row.getByLabel("Reason").fill("the disk is in");
        await row.getByRole("button", { name: `End silence ${number}` }).click();
        await page.getByRole("status").filter({ hasText: `silence ${number} is over` }).waitFor();
        await page.locator("#open li").filter({ hasText: "the backup of the server is old" }).waitFor();
        assert.deepEqual(await silences(), []);
      });
      assert.equal(questions.length, script ? 2 : 0, `${questions}`);
    });
  }
}
