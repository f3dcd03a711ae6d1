//! The report of a day as HTML for a mail or a file, as text, and as CSV.
//!
//! The page of the web server shows the same parts: see the template `report_body.html`.

use std::fmt::Write as _;

use askama::Template;
use schema::report::{DailyReport, ReportedSource};

pub use askama::Error as RenderError;

use crate::page::format;

/// What stands in place of costs that could not be added up.
const TOO_SLOW: &str = "not known: adding up the jobs of the day took more than a minute";

/// The report as a page of its own, without script and without other files.
#[derive(Template)]
#[template(path = "report_mail.html")]
struct ReportFile<'a> {
    report: &'a DailyReport,
    shown: &'a ShownReport,
}

/// What a report says, as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownReport {
    /// What it is of.
    pub title: String,
    /// The day in a sentence.
    pub summary: String,
    /// Sources with their shares.
    pub sources: Vec<SourceLine>,
    /// Costs, if it is of the fleet.
    pub cost: Vec<CostLine>,
}

/// A source in a territory.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceLine {
    /// Source and territory.
    pub name: String,
    /// Showtimes, seen, share seen, exact, cancelled, admissions.
    pub cells: [String; 6],
}

/// What a source cost.
#[derive(Debug, Clone, PartialEq)]
pub struct CostLine {
    /// Its name.
    pub name: String,
    /// Jobs, failed, requests, bytes, time of agents.
    pub cells: [String; 5],
}

impl ShownReport {
    /// Puts a report into words.
    #[must_use]
    pub fn of(report: &DailyReport) -> Self {
        let sum = |count: fn(&ReportedSource) -> i64| report.sources.iter().map(count).sum::<i64>();
        let (showtimes, seen) = (sum(|one| one.showtimes), sum(|one| one.seen));
        let title = match &report.partner {
            Some(partner) => format!("Report of {} for {partner}", report.day),
            None => format!("Report of {}", report.day),
        };
        let summary = if showtimes == 0 {
            "No showtime is known of this day.".to_owned()
        } else {
            format!(
                "{} of {} showtimes were seen ({}), {} were not; {} admissions in {}.",
                format::grouped(seen),
                format::grouped(showtimes),
                share(seen, showtimes),
                format::grouped(showtimes - seen),
                format::grouped(sum(|one| one.admissions)),
                format::counted(
                    usize::try_from(sum(|one| one.cinemas)).unwrap_or(0),
                    "cinema"
                ),
            )
        };
        let cost = report.fleet.iter().flat_map(|fleet| &fleet.cost).flatten();
        Self {
            title,
            summary,
            sources: report
                .sources
                .iter()
                .map(|one| SourceLine {
                    name: format!("{} {}", one.source, one.territory),
                    cells: [
                        format::grouped(one.showtimes),
                        format::grouped(one.seen),
                        share(one.seen, one.showtimes),
                        format::grouped(one.exact),
                        format::grouped(one.cancelled),
                        format::grouped(one.admissions),
                    ],
                })
                .collect(),
            cost: cost
                .map(|one| CostLine {
                    name: one.source.clone(),
                    cells: [
                        format::grouped(one.jobs),
                        format::grouped(one.failed),
                        format::grouped(one.requests),
                        format::bytes(one.bytes),
                        format::span(one.agent_seconds),
                    ],
                })
                .collect(),
        }
    }
}

/// A part of a whole in per cent.
fn share(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = part.saturating_mul(1_000) / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// The report as HTML that needs nothing else.
///
/// # Errors
///
/// If the template cannot be filled.
pub fn html(report: &DailyReport) -> Result<String, RenderError> {
    let shown = ShownReport::of(report);
    ReportFile {
        report,
        shown: &shown,
    }
    .render()
}

/// The report as text.
#[must_use]
pub fn text(report: &DailyReport) -> String {
    let shown = ShownReport::of(report);
    let mut text = format!("{}\n\n{}\n", shown.title, shown.summary);
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n{title}\n- {}\n", lines.join("\n- "));
        }
    };
    let sources = shown.sources.iter().map(|one| {
        let [showtimes, seen, share, exact, cancelled, admissions] = &one.cells;
        format!(
            "{}: {seen} of {showtimes} showtimes seen ({share}), {exact} exact, {cancelled} \
             cancelled, {admissions} admissions",
            one.name
        )
    });
    section("Sources", sources.collect());
    let missed = report.missed.iter().map(|one| {
        format!(
            "{} {}: {} of {} showtimes",
            one.source, one.cinema, one.missed, one.showtimes
        )
    });
    section("Not seen", missed.collect());
    let works = report.works.iter().map(|one| {
        format!(
            "{}: {} admissions, {} showtimes in {} cinemas",
            one.title,
            format::grouped(one.admissions),
            format::grouped(one.showtimes),
            format::grouped(one.cinemas)
        )
    });
    section("Top works", works.collect());
    if let Some(fleet) = &report.fleet {
        let alerts = fleet.alerts.iter().map(|one| {
            let end = if one.resolved_at.is_some() {
                "over"
            } else {
                "open"
            };
            format!("{} ({end}): {}", one.severity, one.text)
        });
        section("Alerts", alerts.collect());
        let anomalies = fleet.anomalies.iter();
        let anomalies = anomalies.map(|one| format!("{}: {}", one.subject, one.reason));
        section("Anomalies", anomalies.collect());
    }
    let cost = shown.cost.iter().map(|one| {
        let [jobs, failed, requests, bytes, agents] = &one.cells;
        format!(
            "{}: {jobs} jobs, {failed} failed, {requests} requests, {bytes}, {agents} of agents",
            one.name
        )
    });
    section("Cost (UTC day)", cost.collect());
    if report
        .fleet
        .as_ref()
        .is_some_and(|fleet| fleet.cost.is_none())
    {
        section("Cost (UTC day)", vec![TOO_SLOW.to_owned()]);
    }
    text
}

/// The report as CSV: a row for each value.
#[must_use]
pub fn csv(report: &DailyReport) -> String {
    let mut rows = vec!["day,part,name,value_name,value".to_owned()];
    let mut add = |part: &str, name: &str, values: &[(&str, String)]| {
        for (value_name, value) in values {
            let name = cell(name);
            rows.push(format!("{},{part},{name},{value_name},{value}", report.day));
        }
    };
    for one in &report.sources {
        let name = format!("{} {}", one.source, one.territory);
        let values = [
            ("cinemas", one.cinemas.to_string()),
            ("showtimes", one.showtimes.to_string()),
            ("seen", one.seen.to_string()),
            ("exact", one.exact.to_string()),
            ("cancelled", one.cancelled.to_string()),
            ("seats", one.seats.to_string()),
            ("admissions", one.admissions.to_string()),
        ];
        add("source", &name, &values);
    }
    for one in &report.works {
        let values = [
            ("cinemas", one.cinemas.to_string()),
            ("showtimes", one.showtimes.to_string()),
            ("seats", one.seats.to_string()),
            ("admissions", one.admissions.to_string()),
        ];
        add("work", &one.title, &values);
    }
    for one in &report.missed {
        let name = format!("{} {}", one.source, one.cinema);
        let values = [
            ("showtimes", one.showtimes.to_string()),
            ("missed", one.missed.to_string()),
        ];
        add("missed", &name, &values);
    }
    let fleet = report.fleet.as_ref();
    for one in fleet.iter().flat_map(|fleet| &fleet.cost).flatten() {
        let values = [
            ("jobs", one.jobs.to_string()),
            ("failed", one.failed.to_string()),
            ("requests", one.requests.to_string()),
            ("bytes", one.bytes.to_string()),
            ("agent_seconds", format!("{:.1}", one.agent_seconds)),
        ];
        add("cost", &one.source, &values);
    }
    for one in fleet.iter().flat_map(|fleet| &fleet.alerts) {
        add("alert", &one.text, &[("severity", one.severity.clone())]);
    }
    for one in fleet.iter().flat_map(|fleet| &fleet.anomalies) {
        add("anomaly", &one.subject, &[("reason", cell(&one.reason))]);
    }
    rows.join("\n") + "\n"
}

/// A text as a cell, which no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use schema::report::{FleetReport, ReportedCost, ReportedWork};

    use super::*;

    fn report() -> DailyReport {
        DailyReport {
            day: "2026-11-30".parse().unwrap(),
            partner: None,
            sources: vec![ReportedSource {
                source: "bhd".to_owned(),
                territory: "VN".to_owned(),
                cinemas: 2,
                showtimes: 1_200,
                seen: 1_100,
                exact: 900,
                cancelled: 3,
                seats: 100_000,
                admissions: 25_000,
            }],
            works: vec![ReportedWork {
                title: "=Rain & <Fire>".to_owned(),
                cinemas: 2,
                showtimes: 10,
                seats: 1_000,
                admissions: 500,
            }],
            missed: Vec::new(),
            fleet: Some(FleetReport {
                cost: Some(vec![ReportedCost {
                    source: "bhd".to_owned(),
                    jobs: 5_000,
                    failed: 5,
                    requests: 5_100,
                    bytes: 2_000_000,
                    agent_seconds: 90.0,
                }]),
                ..FleetReport::default()
            }),
        }
    }

    #[test]
    fn the_text_says_what_was_seen_missed_and_what_it_cost() {
        // Groups of digits are apart by a narrow space.
        let text = text(&report()).replace('\u{202f}', " ");
        for part in [
            "Report of 2026-11-30\n",
            "1 100 of 1 200 showtimes were seen (91.6 %), 100 were not; 25 000 admissions in 2 cinemas.",
            "bhd VN: 1 100 of 1 200 showtimes seen",
            "bhd: 5 000 jobs, 5 failed, 5 100 requests, 2.0 MB, 90 s of agents",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let partner = DailyReport {
            partner: Some("plaza".to_owned()),
            fleet: None,
            ..report()
        };
        assert!(!super::text(&partner).contains("Cost"));
    }

    #[test]
    fn titles_are_escaped_in_html_and_guarded_in_csv() {
        let html = html(&report()).unwrap();
        assert!(
            html.contains("&#60;Fire&#62;") && !html.contains("<Fire>"),
            "{html}"
        );
        assert!(!html.contains("<script"));
        let csv = csv(&report());
        assert!(
            csv.contains("2026-11-30,work,\"'=Rain & <Fire>\",admissions,500\n"),
            "{csv}"
        );
    }
}
