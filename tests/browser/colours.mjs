// What is told apart by colour can be told apart by people who see colours differently.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open } from "./browser.mjs";
import { culori } from "./tools.mjs";

/// Colours that stand beside each other and the least difference of two of them, by CIEDE2000: beyond
/// 5 two colours are seen as different at a glance. Seats have nothing but their colour; the marks of a
/// state have a shape of their own too. Parts of a column have their order, which the legend repeats.
const SETS = [
  { name: "seats", colours: ["sold", "held", "blocked", "free"], least: 15 },
  { name: "parts of a column", colours: ["sold", "held", "part2", "part3", "edge"], least: 10 },
  { name: "marks of a state", colours: ["ok", "warn", "bad"], least: 7 },
];

const VISIONS = {
  "all colours": (colour) => colour,
  protanopia: culori.filterDeficiencyProt(1),
  deuteranopia: culori.filterDeficiencyDeuter(1),
  tritanopia: culori.filterDeficiencyTrit(1),
};

const difference = culori.differenceCiede2000();

for (const scheme of ["light", "dark"]) {
  test(`colours differ for every kind of colour vision, ${scheme}`, async () => {
    await open(process.env.ROOT, "", { scheme }, async (page) => {
      const tooNear = [];
      for (const { name, colours, least } of SETS) {
        const values = await page.evaluate((all) => all.map(
          (one) => getComputedStyle(document.documentElement).getPropertyValue(`--${one}`).trim(),
        ), colours);
        assert.ok(values.every((value) => culori.parse(value)), `${values}`);
        for (const [vision, see] of Object.entries(VISIONS)) {
          for (const [i, one] of values.entries()) {
            for (const [j, other] of values.entries()) {
              if (i >= j) continue;
              const found = difference(see(one), see(other));
              if (found < least) tooNear.push(`${name}, ${vision}: ${colours[i]} and ${colours[j]} differ by ${found.toFixed(1)}`);
            }
          }
        }
      }
      assert.deepEqual(tooNear, []);
    });
  });
}
