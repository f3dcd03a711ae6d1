//! The rules of Prometheus: the conditions, what only Prometheus can see, and recording rules.
//!
//! The file `k8s/monitoring/rules.yaml` is what [`file()`] gives; `coordinator alert rules` prints it. The
//! hold time of a condition is the leader's, so its rule needs none; it goes on through a change of the
//! leader, who shows nothing until it has looked.

use std::{fmt::Write as _, time::Duration};

use schema::alert::Severity;

use super::{
    condition::{self, Condition},
    independent::{LIST, MetricAlert},
};

/// Where the runbook is, if nobody says: the file of this repository.
pub const RUNBOOK: &str = "coordinator/ALERTS.md";
/// Longer than a change of leaders takes.
const KEEP_FIRING: Duration = Duration::from_mins(2);
/// Letters of a line of the file at most.
const MAX_LINE: usize = 96;

/// A rule that raises an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRule {
    /// Its name in Prometheus, such as `FullhouseSourceBlocked`.
    pub name: String,
    /// What holds while it is wrong.
    pub expression: String,
    /// How long it must hold before the alert fires.
    pub holds_for: Duration,
    /// How long the alert fires after it held last.
    pub keep_firing_for: Duration,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, the same for all subjects.
    pub summary: String,
    /// What it means, and what to do.
    pub description: String,
    /// Name of the section of the runbook.
    pub anchor: &'static str,
}

/// A rule that records an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordingRule {
    /// Name of the series: what it is by, what it counts, how.
    pub name: &'static str,
    /// What is recorded.
    pub expression: &'static str,
}

/// What dashboards show again and again.
pub const RECORDED: [RecordingRule; 8] = [
    RecordingRule {
        name: "fullhouse:claim_tasks:rate5m",
        expression: "sum(rate(fullhouse_claim_tasks_total[5m]))",
    },
    RecordingRule {
        name: "result:fullhouse_store_snapshots:rate5m",
        expression: "sum by (result) (rate(fullhouse_store_snapshots_total[5m]))",
    },
    RecordingRule {
        name: "source:fullhouse_fetch:rate5m",
        expression: "sum by (source) (rate(fullhouse_fetch_duration_seconds_count[5m]))",
    },
    RecordingRule {
        name: "source:fullhouse_fetch_failures:ratio_rate5m",
        expression: "1 - sum by (source) \
                     (rate(fullhouse_fetch_duration_seconds_count{outcome=~\"ok|unchanged\"}[5m])) / \
                     sum by (source) (rate(fullhouse_fetch_duration_seconds_count[5m]))",
    },
    RecordingRule {
        name: "source:fullhouse_fetch_duration_seconds:p95_rate5m",
        expression: "histogram_quantile(0.95, sum by (source, le) \
                     (rate(fullhouse_fetch_duration_seconds_bucket[5m])))",
    },
    RecordingRule {
        name: "fullhouse:claim_queued_seconds:p99_rate5m",
        expression: "histogram_quantile(0.99, sum by (le) \
                     (rate(fullhouse_claim_queued_seconds_bucket[5m])))",
    },
    RecordingRule {
        name: "fullhouse:agent_slots:busy_ratio",
        expression: "sum(fullhouse_agent_slots{state=\"busy\"}) / sum(fullhouse_agent_slots)",
    },
    RecordingRule {
        name: "result:fullhouse_receive_events:rate5m",
        expression: "sum by (result) (rate(fullhouse_receive_events_total[5m]))",
    },
];

impl AlertRule {
    /// The rule of a condition.
    #[must_use]
    pub fn of_condition(condition: &Condition) -> Self {
        let anonymous = |text: &str| text.replace("{subject}", "…");
        Self {
            name: camel_case(condition.name),
            expression: format!(
                "max(fullhouse_alert_active{{condition=\"{}\"}}) > 0",
                condition.name
            ),
            holds_for: Duration::ZERO,
            keep_firing_for: KEEP_FIRING,
            severity: condition.severity,
            summary: anonymous(condition.what),
            description: format!(
                "{{{{ $value }}}} open. It means: {}. Which ones: the page of alerts, or coordinator alert list. \
                 Next: {}",
                condition.means,
                anonymous(condition.next_step)
            ),
            anchor: condition.name,
        }
    }

    /// The rule of an alert over metrics.
    #[must_use]
    pub fn of_metrics(alert: &MetricAlert) -> Self {
        Self {
            name: camel_case(alert.name),
            expression: alert.expression.to_owned(),
            holds_for: alert.holds_for,
            keep_firing_for: Duration::ZERO,
            severity: alert.severity,
            summary: alert.what.to_owned(),
            description: format!("It means: {}.", alert.means),
            anchor: alert.name,
        }
    }
}

/// Returns the rules that raise alerts: of every condition, then those over metrics.
#[must_use]
pub fn alert_rules() -> Vec<AlertRule> {
    condition::all()
        .map(AlertRule::of_condition)
        .chain(LIST.iter().map(AlertRule::of_metrics))
        .collect()
}

/// Writes the file of rules; `runbook` is the address of the runbook, without the anchor.
#[must_use]
pub fn file(runbook: &str) -> String {
    let mut text = "# Rules for Prometheus 2.42 and later: made by `coordinator alert rules`, not by hand.\ngroups:\n"
        .to_owned();
    let conditions = condition::all().map(AlertRule::of_condition);
    group(&mut text, "fullhouse-conditions", conditions, runbook);
    let independent = LIST.iter().map(AlertRule::of_metrics);
    group(&mut text, "fullhouse-metrics", independent, runbook);
    text.push_str("  - name: fullhouse-recorded\n    rules:\n");
    for rule in RECORDED {
        // Writing to a text does not fail.
        let _ = writeln!(text, "      - record: {}", rule.name);
        folded(&mut text, 8, "expr", rule.expression);
    }
    text
}

fn group(text: &mut String, name: &str, rules: impl Iterator<Item = AlertRule>, runbook: &str) {
    let _ = writeln!(text, "  - name: {name}\n    rules:");
    for rule in rules {
        let _ = writeln!(text, "      - alert: {}", rule.name);
        folded(text, 8, "expr", &rule.expression);
        for (key, time) in [
            ("for", rule.holds_for),
            ("keep_firing_for", rule.keep_firing_for),
        ] {
            if !time.is_zero() {
                let _ = writeln!(text, "        {key}: {}s", time.as_secs());
            }
        }
        let _ = writeln!(
            text,
            "        labels:\n          severity: {}\n        annotations:",
            rule.severity.word()
        );
        folded(text, 10, "summary", &rule.summary);
        folded(text, 10, "description", &rule.description);
        folded(
            text,
            10,
            "runbook_url",
            &format!("{runbook}#{}", rule.anchor),
        );
    }
}

/// Writes a key whose text is folded into lines: a line break in it is a space.
fn folded(text: &mut String, indent: usize, key: &str, value: &str) {
    let _ = writeln!(text, "{:indent$}{key}: >-", "");
    let room = MAX_LINE - indent - 2;
    let mut line = String::new();
    for word in value.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            let _ = writeln!(text, "{:indent$}  {line}", "");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(text, "{:indent$}  {line}", "");
}

/// `source_blocked` as `FullhouseSourceBlocked`.
fn camel_case(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    std::iter::once("Fullhouse".to_owned())
        .chain(words)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_folded_between_words() {
        let mut text = String::new();
        folded(&mut text, 2, "expr", &"word ".repeat(30));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "  expr: >-");
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() <= MAX_LINE), "{text}");
    }

    #[test]
    fn a_name_is_in_camel_case() {
        assert_eq!(camel_case("source_blocked"), "FullhouseSourceBlocked");
    }
}
