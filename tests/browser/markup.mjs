// Markup in what a source sends, and in the address of a page, is text.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open } from "./browser.mjs";
import { markup } from "./hostile/chain.mjs";
import { get, pages } from "./pages.mjs";

const root = process.env.ROOT;

/// Runs in the page: elements that came out of a text.
function planted() {
  return [...document.querySelectorAll(
    ".hostile, img[src=x], [onerror], script:not([src]), a[href^='javascript:' i], base, iframe, object",
  )].map((element) => element.outerHTML.slice(0, 200));
}

async function isUnharmed(path, status) {
  await open(root, path, { status }, async (page) => {
    assert.deepEqual(await page.evaluate(planted), [], path);
    assert.equal(await page.evaluate(() => window.hostile), undefined, path);
  });
}

/// Pages whose every text came from the hostile chain.
async function hostilePages() {
  const rows = async (path) => {
    const list = await get(root, path);
    return Array.isArray(list) ? list : list.rows;
  };
  const showtimes = await rows("v1/showtimes?source=hostile");
  const jobs = await rows("v1/jobs?source=hostile");
  const failed = await rows("v1/jobs?source=hostile&outcome=failed");
  const tasks = await rows("v1/tasks?source=hostile");
  const works = await rows("v1/works?title=hostile");
  const [showtime] = showtimes;
  const { steps, seats } = await get(root, `v1/showtimes/${showtime.showtime_id}/seats`);
  void steps;
  return [
    "", "sources", "sources/hostile", "showtimes?source=hostile", "films?source=hostile", "cinemas?source=hostile",
    "jobs?source=hostile", "tasks?source=hostile", "explore?q=hostile", "explore?q=film", "database",
    ...works.slice(0, 2).map((work) => `works/${work.work_id}`), "works?title=hostile", "film-pairs", "anomalies?state=rejected",
    "events", "events?client=hostile", "events/hostile", "experiments", "experiments/hostile", "alerts",
    `showtimes/${showtime.showtime_id}`, `films/${showtime.film_id}`, `cinemas/${showtime.cinema_id}`,
    `showtimes/${showtime.showtime_id}?seat=${encodeURIComponent(seats?.[0]?.key ?? "0<b class=hostile>")}`,
    ...[...jobs.slice(0, 3), ...failed.slice(0, 2)].map((job) => `jobs/${job.job_id}`),
    ...tasks.slice(0, 5).map((task) => `tasks/${task.task_id}`),
  ];
}

for (const path of await hostilePages()) {
  test(`/${path}: markup of a source is text`, async () => isUnharmed(path));
}

for (const { name, path, status } of await pages(root)) {
  test(`${name}: markup in parameters is text`, async () => {
    const query = new URLSearchParams(
      ["q", "zone", "seat", "at", "source", "state", "outcome", "error", "step", "from", "to", "after", "before", "day", "notice", "pair", "territory", "kind", "title", "client", "step", "unit"]
        .map((parameter) => [parameter, markup(parameter)]),
    );
    // A parameter may be refused, but not run.
    const { status: given } = await fetch(new URL(`${path.split("?")[0]}?${query}`, root));
    assert.ok(given < 500, `status ${given}`);
    await isUnharmed(`${path.split("?")[0]}?${query}`, given);
  });
}
