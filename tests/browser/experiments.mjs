// Experiments: the ratio of users first, intervals on one axis, the decision in words; and how one ends.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open, roots } from "./browser.mjs";
import { get } from "./pages.mjs";

const root = process.env.ROOT;

for (const place of roots) {
  test(`an experiment is found and read, at ${new URL(place).pathname}`, async () => {
    await open(place, "experiments", {}, async (page) => {
      const names = await page.locator("#experiments tbody th a").allTextContents();
      assert.ok(names.indexOf("trailer-plays") < names.indexOf("new-seat-map"), `those that run first: ${names}`);
      await page.getByRole("link", { name: "new-seat-map" }).click();
      await page.waitForURL(`${place}experiments/new-seat-map`);
      assert.match(await page.locator("#ratio").textContent(), /came to the variations in the wanted ratio/);
      assert.equal(await page.locator(".chart.intervals g").count(), 3);
      assert.equal(await page.locator(".chart.intervals .zero").count(), 1);
      const shown = await get(root, "v1/experiments/new-seat-map");
      const words = await page.locator("#words").textContent();
      for (const metric of shown.metrics) assert.ok(words.includes(metric.comparisons[0].sentence), metric.name);
      assert.equal(shown.metrics[0].comparisons[0].outcome, "better");
      assert.equal(shown.metrics[2].comparisons[0].outcome, "worse");
    });
  });
}

test("an experiment whose users are spread wrongly says so before all else", async () => {
  await open(root, "experiments/price-first", {}, async (page) => {
    assert.match(await page.locator("#ratio.bad").textContent(), /Do not decide by this experiment/);
    assert.equal(await page.locator(".chart.intervals g.doubtful").count(), 6);
    assert.equal(await page.getByRole("button", { name: "End this experiment" }).count(), 0);
  });
});

test("an experiment that nobody saw says so, and can be ended", async () => {
  await open(root, "experiments/trailer-plays", { script: false }, async (page) => {
    await page.getByText("Nobody was exposed yet").waitFor();
    await page.getByLabel("Reason").fill("not shown to anyone");
    await page.getByRole("button", { name: "End this experiment" }).click();
    await page.getByRole("status").filter({ hasText: "experiment trailer-plays is over" }).waitFor();
    const { state } = await get(root, "v1/experiments/trailer-plays");
    assert.equal(state, "ending");
    const audit = await get(root, "v1/audit?subject=experiment/trailer-plays");
    assert.equal((audit.rows ?? audit)[0].action, "experiment.end");
  });
});

test("rejected events are checked again by a button, and say what became of them", async () => {
  await open(root, "events?client=kiosk-kr", { script: false }, async (page) => {
    await page.getByLabel("Words of the reason").fill("is not a time");
    await page.getByLabel("Reason", { exact: true }).fill("the clock is corrected");
    await page.getByRole("button", { name: "Check again and store" }).click();
    await page.getByRole("status").filter({ hasText: "1 rejected events were checked again" }).waitFor();
    await page.locator("#rejects").getByText("checked again").first().waitFor();
  });
});
