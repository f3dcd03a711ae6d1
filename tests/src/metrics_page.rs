//! The reference of all metrics, `coordinator/METRICS.md`, from the documentation of the code.
//!
//! A metric is documented where it is declared: a comment that begins with its name and its labels in
//! backquotes, then says what it shows. The type of the field behind it says what kind it is.

use std::{fmt::Write as _, fs, io, path::Path};

/// The files that declare metrics, and which programs show them.
const FILES: [(&str, &str); 12] = [
    ("agent/liveness/src/build_info.rs", "Every program"),
    ("agent/liveness/src/stall/watch.rs", "Every program"),
    ("agent/telemetry/src/metrics.rs", "Every program"),
    ("coordinator/src/metrics.rs", "Coordinators"),
    ("coordinator/src/metrics/alert.rs", "Coordinators"),
    ("coordinator/src/metrics/pass.rs", "Coordinators"),
    ("coordinator/src/metrics/rollup.rs", "Coordinators"),
    ("coordinator/src/metrics/data_set.rs", "Coordinators"),
    ("coordinator/src/metrics/maintenance.rs", "Coordinators"),
    ("coordinator/src/metrics/export.rs", "Coordinators"),
    ("agent/src/metrics.rs", "Pods"),
    ("agent/receive/src/metrics.rs", "Receivers"),
];

const HEAD: &str = "# Metrics\n\n\
    For operators. Every program shows its metrics at `/metrics` of its probes' address, port 9000 by default. \
    This page is rendered from the documentation of the code. Rules and dashboards that use them are in \
    [k8s/monitoring](../k8s/monitoring); what to do about each alert is in [ALERTS.md](ALERTS.md).\n";

/// A metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricEntry {
    /// Which programs show it.
    pub shown_by: &'static str,
    /// Its name.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Its labels, with commas between.
    pub labels: String,
    /// What it shows.
    pub means: String,
}

/// Reads every metric that the code documents.
///
/// # Errors
///
/// If a file of the code cannot be read.
pub fn metrics() -> io::Result<Vec<MetricEntry>> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for (file, shown_by) in FILES {
        let text = fs::read_to_string(repository.join(file))?;
        found.extend(read(&text, shown_by));
    }
    Ok(found)
}

/// Reads the metrics of one file.
fn read(text: &str, shown_by: &'static str) -> Vec<MetricEntry> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut found = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let Some((named, means)) = line
            .strip_prefix("/// `fullhouse_")
            .and_then(|rest| rest.split_once("`: "))
        else {
            continue;
        };
        let comment = lines[place + 1..]
            .iter()
            .take_while(|line| line.starts_with("///"));
        let means = comment.clone().fold(means.to_owned(), |means, line| {
            format!("{means} {}", line.trim_start_matches('/').trim())
        });
        let declared = lines.get(place + 1 + comment.count());
        let (name, labels) = named.split_once('{').unwrap_or((named, ""));
        found.push(MetricEntry {
            shown_by,
            name: format!("fullhouse_{name}"),
            kind: kind(declared.copied().unwrap_or_default()),
            labels: labels.trim_end_matches('}').to_owned(),
            means: without_links(&means),
        });
    }
    found
}

/// The kind of the metric that a line declares; what is no field of a metric shows a gauge.
fn kind(declaration: &str) -> &'static str {
    if declaration.contains("Histogram") {
        "histogram"
    } else if declaration.contains("Counter") {
        "counter"
    } else {
        "gauge"
    }
}

/// Leaves of each link to the code its words, and of several spaces one.
fn without_links(text: &str) -> String {
    let mut parts = text.split("](");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if let Some(at) = plain.rfind('[') {
            plain.remove(at);
        }
        plain.push_str(part.split_once(')').map_or("", |(_, behind)| behind));
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writes the page.
#[must_use]
pub fn page(metrics: &[MetricEntry]) -> String {
    let mut page = HEAD.to_owned();
    let mut section = "";
    for metric in metrics {
        if metric.shown_by != section {
            section = metric.shown_by;
            // Writing to a text does not fail.
            let _ = write!(
                page,
                "\n## {section}\n\n| metric | kind | labels | what it shows |\n|---|---|---|---|\n"
            );
        }
        let MetricEntry {
            name,
            kind,
            labels,
            means,
            ..
        } = metric;
        let _ = writeln!(page, "| `{name}` | {kind} | {labels} | {means} |");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_read_with_its_labels_kind_and_words() {
        let text = "    /// `fullhouse_fetch_seconds{source, outcome}`: request sent to\n    /// body complete.\n    ///\n    \
                    /// `outcome` is [`label`](schema::label).\n    pub fetch: HistogramVec,";
        let entry = MetricEntry {
            shown_by: "Pods",
            name: "fullhouse_fetch_seconds".to_owned(),
            kind: "histogram",
            labels: "source, outcome".to_owned(),
            means: "request sent to body complete. `outcome` is `label`.".to_owned(),
        };
        assert_eq!(read(text, "Pods"), [entry]);
        assert_eq!(read("/// Counts `fullhouse_x`: no.", "Pods"), []);
    }
}
