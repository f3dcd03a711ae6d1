// Data sets: the graph, why one waits, and a build that a person asks for.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open, roots } from "./browser.mjs";
import { get } from "./pages.mjs";

const root = process.env.ROOT;

for (const place of roots) {
  test(`a data set is found in the graph and says for whom it waits, at ${new URL(place).pathname}`, async () => {
    await open(place, "data-sets", {}, async (page) => {
      assert.equal(await page.locator(".graph .node:not(.source)").count(), 7);
      assert.equal(await page.locator(".graph .edge").count(), 10);
      await page.locator(".graph a").filter({ hasText: "partner_invoice" }).click();
      await page.waitForURL(`${place}data-sets/partner_invoice`);
      const why = await page.locator("#why").textContent();
      assert.match(why, /waits for partner_report/);
      assert.match(why, /partner_report of [0-9-]+ failed 3 times/);
    });
  });
}

test("a data set that failed shows its builds and its query, and is built again by a button", async () => {
  await open(root, "data-sets/partner_report", { script: false }, async (page) => {
    await page.locator("#builds").getByText("its check is not passed").first().waitFor();
    await page.locator("#query").getByText("film_admissions").first().waitFor();
    await page.getByLabel("Reason").fill("the films are named now");
    await page.getByRole("button", { name: "Build again" }).click();
    await page.getByRole("status").filter({ hasText: "builds of partner_report are due" }).waitFor();
    const audit = await get(root, "v1/audit?subject=data-set/partner_report");
    assert.equal(audit.rows[0].action, "data_set.build");
  });
});
