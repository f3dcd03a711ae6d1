// Takes the pictures in coordinator/web/screenshots.

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { browser } from "./browser.mjs";
import { pages } from "./pages.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.env.SCREENSHOTS ?? join(here, "../../coordinator/web/screenshots"));

/// Pages that are shown in dark and on a phone too.
const IN_ALL_LOOKS = new Set(["fleet", "showtime"]);
const LOOKS = [
  { suffix: "", width: 1280, scheme: "light" },
  { suffix: "-dark", width: 1280, scheme: "dark" },
  { suffix: "-phone", width: 390, scheme: "light" },
  ...(process.env.ALL_LOOKS ? [
    { suffix: "-phone-dark", width: 390, scheme: "dark" },
    { suffix: "-wall", width: 2560, scheme: "light" },
    { suffix: "-wall-dark", width: 2560, scheme: "dark" },
  ] : []),
];

/// Longer pages are cut.
const MAX_HEIGHT = { 390: 1600, 1280: 1000, 2560: 1440 };

mkdirSync(target, { recursive: true });
// PAGES=NAME,NAME takes only the pictures of these pages again.
if (!process.env.PAGES) for (const old of readdirSync(target)) if (old.endsWith(".png")) rmSync(join(target, old));

const files = [];
for (const { name, path, isHostile } of await pages(process.env.ROOT)) {
  if (isHostile || (process.env.PAGES && !process.env.PAGES.split(",").includes(name))) continue;
  for (const { suffix, width, scheme } of LOOKS) {
    if (suffix && !IN_ALL_LOOKS.has(name) && !process.env.ALL_LOOKS) continue;
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: scheme,
      reducedMotion: "reduce",
      locale: "en-GB",
      timezoneId: "UTC",
    });
    const page = await context.newPage();
    // To look at a style sheet without building.
    if (process.env.STYLE) {
      await page.route("**/style.css", (route) => route.fulfill({ path: process.env.STYLE, contentType: "text/css" }));
    }
    await page.goto(new URL(path, process.env.ROOT).href);
    await page.evaluate(() => document.fonts.ready);
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    const file = join(target, `${name}${suffix}.png`);
    await page.setViewportSize({ width, height: Math.min(height, MAX_HEIGHT[width]) });
    await page.screenshot({ path: file, animations: "disabled" });
    await context.close();
    files.push(file);
  }
}
await browser.close();
// Pictures to look at, not to commit, may be larger.
const bound = process.env.ALL_LOOKS ? ["1000000"] : ["60000"];
execFileSync("/usr/bin/python3", [join(here, "shrink.py"), ...bound, ...files], { stdio: "inherit" });
