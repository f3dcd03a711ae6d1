// Every page, with the address of a thing that exists, found by the API.

/// Reads JSON of the API.
export async function get(root, path) {
  const answer = await fetch(new URL(path, root));
  if (!answer.ok) throw new Error(`${path}: status ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

async function rows(root, path) {
  const list = await get(root, path);
  return Array.isArray(list) ? list : list.rows;
}

/// Finds what the pages of single things show: a job of each kind, and the showtime of a chain whose
/// sale has the most snapshots.
export async function things(root, source = "bhd-1") {
  const [failed] = await rows(root, "v1/jobs?outcome=failed");
  const [good] = await rows(root, `v1/jobs?outcome=succeeded&step=seats&source=${source}`);
  const [task] = await rows(root, `v1/tasks?source=${source}`);
  // Those that are on now have been sold.
  const from = new Date(Date.now() + 600_000).toISOString();
  const showtimes = await rows(root, `v1/showtimes?source=${source}&from_at=${from}&limit=60`);
  const sales = await Promise.all(showtimes.map(async (one) => {
    const series = await get(root, `v1/showtimes/${one.showtime_id}/series`).catch(() => ({ steps: [] }));
    return { ...one, steps: series.steps.length };
  }));
  const { showtime_id: showtime, film_id: film, cinema_id: cinema, steps } = sales.reduce(
    (best, one) => (one.steps > best.steps ? one : best),
  );
  // The work at most chains that sold most.
  const works = await rows(root, "v1/works?limit=200");
  const sold = (work) => work.recent.reduce((sum, one) => sum + one, 0);
  const [{ work_id: work }] = works.toSorted((one, other) => other.films - one.films || sold(other) - sold(one));
  return { failed: failed.job_id, good: good.job_id, task: task.task_id, showtime, film, cinema, steps, work };
}

/// A funnel in the address of the page of a client.
const FUNNEL = ["film opened", "seats chosen", "ticket bought"]
  .map((step) => `step=${encodeURIComponent(step)}`).join("&");

const listed = new Map();

/// Lists the pages: a name for messages and pictures, and the path below the root. All that ask for the
/// same root share one search.
export function pages(root) {
  if (!listed.has(root)) listed.set(root, findPages(root));
  return listed.get(root);
}

async function findPages(root) {
  const { failed, good, task, showtime, film, cinema, work } = await things(root);
  return [
    { name: "fleet", path: "" },
    { name: "alerts", path: "alerts" },
    { name: "reports", path: "reports" },
    { name: "sources", path: "sources" },
    { name: "source", path: "sources/major-1" },
    { name: "source-in-quarantine", path: "sources/megabox-1" },
    { name: "source-hostile", path: "sources/hostile", isHostile: true },
    { name: "jobs", path: "jobs" },
    { name: "job", path: `jobs/${good}` },
    { name: "job-failed", path: `jobs/${failed}` },
    { name: "tasks", path: "tasks" },
    { name: "task", path: `tasks/${task}` },
    { name: "showtimes", path: "showtimes" },
    { name: "showtime", path: `showtimes/${showtime}` },
    { name: "works", path: "works" },
    { name: "work", path: `works/${work}` },
    { name: "film-pairs", path: "film-pairs" },
    { name: "anomalies", path: "anomalies" },
    { name: "anomaly", path: "anomalies/2" },
    { name: "anomalies-hostile", path: "anomalies?state=rejected", isHostile: true },
    { name: "films", path: "films" },
    { name: "film", path: `films/${film}` },
    { name: "cinemas", path: "cinemas" },
    { name: "cinema", path: `cinemas/${cinema}` },
    { name: "events", path: "events" },
    { name: "event-client", path: `events/app-fr?${FUNNEL}` },
    { name: "data-sets", path: "data-sets" },
    { name: "data-set", path: "data-sets/partner_invoice" },
    { name: "data-set-failed", path: "data-sets/partner_report" },
    { name: "experiments", path: "experiments" },
    { name: "experiment", path: "experiments/new-seat-map" },
    { name: "experiment-mismatch", path: "experiments/price-first" },
    { name: "experiment-new", path: "experiments/trailer-plays" },
    { name: "experiment-hostile", path: "experiments/hostile", isHostile: true },
    { name: "events-hostile", path: "events?client=hostile", isHostile: true },
    { name: "event-client-hostile", path: "events/hostile", isHostile: true },
    { name: "database", path: "database" },
    { name: "explore", path: "explore?q=500" },
    { name: "explore-empty", path: "explore?q=nothing+has+this+name" },
    { name: "login", path: "login" },
    { name: "not-found", path: "nowhere", status: 404 },
  ];
}
