// The page of a showtime: from a seat to the log line and the body, and the replay of the sale.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open, roots } from "./browser.mjs";
import { get, things } from "./pages.mjs";

// A seat of the hostile chain is sold every few seconds.
const { showtime } = await things(process.env.ROOT, "hostile");

/// The places, in the order of the map, of seats that changed after the first snapshot.
async function changedSeats() {
  const { steps } = await get(process.env.ROOT, `v1/showtimes/${showtime}/series`);
  return steps.slice(1).flatMap(({ changes = [] }) => changes.filter((_, place) => place % 2 === 0));
}

for (const root of roots) {
  for (const script of [true, false]) {
    const way = `${script ? "with" : "without"} script, at ${new URL(root).pathname}`;
    test(`from a seat to the log line and the body in three clicks, ${way}`, async () => {
      const [seat] = await changedSeats();
      assert.notEqual(seat, undefined, "no seat of the showtime has changed");
      await open(root, `showtimes/${showtime}`, { script }, async (page) => {
        // One: the seat, which names the jobs that saw it change.
        await page.locator("#map svg a").nth(seat).click();
        const history = page.locator("#seat .log a[href*='jobs/']");
        await history.first().waitFor();
        assert.ok(await history.count() >= 2, "a seat that changed has two states");
        const number = (await history.last().textContent()).match(/\d+/)[0];
        // Two: the job, with its log.
        await history.last().click();
        await page.waitForURL(`**/jobs/${number}`);
        assert.ok(await page.locator("#log").isVisible());
        assert.match(await page.locator("#request").textContent(), /http:\/\/127\.0\.0\.1/);
        // Three: the body of its answer, as it came.
        await page.locator("a[href*='body']").first().click();
        const body = await page.locator("#body pre, body > pre").first().textContent();
        assert.match(body, /"seats":\[/);
      });
    });
  }
}

test("the slider replays the sale with the arrow keys, and the address names what is shown", async () => {
  const root = process.env.ROOT;
  const { steps } = await get(root, `v1/showtimes/${showtime}/series`);
  assert.ok(steps.length >= 3, `${steps.length} snapshots`);
  await open(root, `showtimes/${showtime}`, {}, async (page, { answers }) => {
    const slider = page.locator("#step");
    await slider.waitFor({ state: "visible" });
    const map = () => page.locator("#map use").evaluateAll((all) => all.map((use) => use.getAttribute("href")).join());
    const counted = () => page.locator("#legend b[data-status='1']").textContent();
    const before = { map: await map(), text: await slider.getAttribute("aria-valuetext"), sold: await counted() };
    // The browser may read the icon again when the address changes.
    const asked = () => answers.filter((answer) => !answer.url().endsWith("icon.svg")).map((answer) => answer.url());
    const askedBefore = asked();

    await slider.focus();
    await page.keyboard.press("Home");
    assert.equal(await slider.inputValue(), "0");
    assert.notEqual(await map(), before.map);
    assert.notEqual(await slider.getAttribute("aria-valuetext"), before.text);
    // The page's own word: what the driver knows of the address comes later.
    const shownAddress = () => page.evaluate(() => location.href);
    assert.match(await shownAddress(), /\bat=/);
    await page.keyboard.press("ArrowRight");
    assert.equal(await slider.inputValue(), "1");
    await page.keyboard.press("End");
    assert.equal(await map(), before.map);
    assert.equal(await counted(), before.sold);
    assert.deepEqual(asked(), askedBefore, "a step of the replay asks the server nothing");

    // The page of an earlier snapshot shows what the replay showed.
    await page.keyboard.press("Home");
    const [first, address] = [await map(), await shownAddress()];
    await page.goto(address);
    assert.equal(await map(), first);
  });
});

test("the arrow keys go from seat to seat, and Enter shows the history of one", async () => {
  await open(process.env.ROOT, `showtimes/${showtime}`, {}, async (page) => {
    await page.locator("#map svg a[tabindex='0']").focus();
    const name = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    const before = await name();
    await page.keyboard.press("ArrowRight");
    const after = await name();
    assert.notEqual(after, before);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\bseat=/);
    await page.locator("#seat h2", { hasText: after.split(",")[0] }).waitFor();
  });
});
