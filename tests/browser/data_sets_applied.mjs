// The data sets that the pages show: some that are built, one whose check fails, and what waits for it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

const DAY = 86_400_000;

/// Name, what it is for, inputs, query, and further lines of the file.
const SETS = [
  ["cinema_admissions", "Admissions of each cinema on a day", ["rollup/cinema_day"],
    "SELECT cinema_id, sum(admissions) AS admissions FROM cinema_day WHERE business_on = :day GROUP BY cinema_id",
    `deadline = "07:00"`],
  ["territory_share", "Admissions of each territory on a day, and their share of all", ["rollup/territory_day"],
    "SELECT territory, sum(admissions) AS admissions FROM territory_day WHERE business_on = :day GROUP BY territory", ""],
  ["film_admissions", "Admissions of each film on a day", ["rollup/film_day"],
    "SELECT film_id, sum(admissions) AS admissions FROM film_day WHERE business_on = :day GROUP BY film_id", ""],
  ["app_events", "Events of the app on a day, beside the admissions", ["events/app-fr", "territory_share"],
    `SELECT event, sum(events) AS events, (SELECT sum(admissions) FROM territory_share WHERE day = :day) AS admissions
     FROM event_hour WHERE client = 'app-fr' AND (bucket_at AT TIME ZONE 'UTC')::date = :day GROUP BY event`, ""],
  ["partner_report", "What the partners get; every film must be named", ["film_admissions"],
    "SELECT count(*) AS films, sum(admissions) AS admissions FROM film_admissions WHERE day = :day",
    `check = "SELECT films > 1000 AS is_complete FROM partner_report WHERE day = :day"`],
  ["partner_invoice", "What each partner pays", ["partner_report", "cinema_admissions"],
    "SELECT sum(admissions) * 0.02 AS amount FROM partner_report WHERE day = :day", ""],
];

const WHOLE = ["month", "Admissions of each territory by month", ["territory_share", "cinema_admissions"],
  "SELECT date_trunc('month', day)::date AS month, territory, sum(admissions) AS admissions FROM territory_share GROUP BY 1, 2",
  `partition = "none"`];

function file([name, description, inputs, query, more], since) {
  const first = since ? `since = ${since}\n` : "";
  return `name = "${name}"\ndescription = "${description}"\n${first}inputs = ${JSON.stringify(inputs)}\n${more}\n`
    + `query = """\n${query}\n"""\n`;
}

/// Applies them, and waits until one failed for the third time; `sql` runs a statement.
export async function applyDataSets(directory, command, sql, until) {
  const since = new Date(Date.now() - 5 * DAY).toISOString().slice(0, 10);
  const files = [...SETS.map((one) => [one[0], file(one, since)]), [WHOLE[0], file(WHOLE)]].map(([name, text]) => {
    const path = join(directory, `${name}.toml`);
    writeFileSync(path, text);
    return path;
  });
  await sql("SELECT apply_access()");
  await command(["data-set", "apply", ...files]);
  await until("a data set that failed", async () => {
    await sql("UPDATE data_set_day SET tries = 3 WHERE tries > 0");
    const sets = JSON.parse(await command(["data-set", "list", "--json"]));
    const states = new Map(sets.map((one) => [one.name, one.state]));
    return states.get("partner_report") === "failed" && states.get("month") === "built";
  });
}
