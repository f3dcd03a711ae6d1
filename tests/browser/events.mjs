// Events: from the list of clients to a funnel, rejected events, and addresses that hold what was chosen.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open, roots } from "./browser.mjs";
import { get } from "./pages.mjs";

const root = process.env.ROOT;

for (const place of roots) {
  for (const script of [true, false]) {
    const way = `${script ? "with" : "without"} script, at ${new URL(place).pathname}`;

    test(`a client is chosen, and its users are followed through a funnel, ${way}`, async () => {
      await open(place, "events", { script }, async (page) => {
        await page.getByLabel("client").selectOption("app-fr");
        await page.getByRole("button", { name: "Show" }).click();
        await page.waitForURL(`${place}events?client=app-fr`);
        assert.equal(await page.locator("#keys tbody tr").count(), 3);
        await page.getByRole("link", { name: "Its active users and retention" }).click();
        await page.waitForURL(`${place}events/app-fr`);

        await page.getByLabel("retention by").selectOption("week");
        await page.getByRole("button", { name: "Show" }).click();
        await page.waitForURL(/unit=week/);
        await page.getByLabel("step 1").selectOption("film opened");
        await page.getByLabel("step 2").selectOption("seats chosen");
        await page.getByLabel("step 3").selectOption("ticket bought");
        await page.getByRole("button", { name: "Count" }).click();
        await page.waitForURL(/step=ticket\+bought/);
        // What was chosen before is kept.
        assert.equal(await page.getByLabel("retention by").inputValue(), "week");
        assert.equal(await page.getByLabel("step 2").inputValue(), "seats chosen");
        const users = await page.locator("#funnel tbody td[data-label=users]").allTextContents();
        const answer = await get(root, "v1/funnel?client=app-fr&step=film+opened&step=seats+chosen&step=ticket+bought");
        assert.deepEqual(users.map(Number), answer.map((step) => step.users));
        assert.ok(answer[0].users > answer[1].users && answer[1].users > answer[2].users, JSON.stringify(answer));
      });
    });
  }

  test(`a rejected event says who sent it, what is wrong and where, at ${new URL(place).pathname}`, async () => {
    await open(place, "events?client=app-fr", {}, async (page) => {
      const row = page.locator("#rejects tbody tr").filter({ hasText: "less than the minimum" });
      assert.match(await row.textContent(), /backend/);
      assert.equal(await row.locator("code").last().textContent(), "/properties/seats");
      await row.getByText("as sent").click();
      await row.getByText('"u-8812"').waitFor({ state: "visible" });
    });
  });
}

test("the triangle of retention leaves open what is not over", async () => {
  await open(root, "events/app-fr", {}, async (page) => {
    const rows = page.locator(".triangle tbody tr");
    const last = rows.last().locator("td.shade");
    assert.equal(await last.count(), 1);
    assert.equal(await last.textContent(), "not over");
    const all = await rows.first().locator("td.shade").allTextContents();
    assert.equal(all[0], "100 %");
    assert.ok(all.length > 10, `${all}`);
  });
});
