//! What a message says.
//!
//! It is written with the alerts, in their transaction, and does not change afterwards: each time it
//! is sent it says the same. Alerts of one condition that begin, stay or end together are one message.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schema::alert::ToNotify;
use serde::{Deserialize, Serialize};

use super::{condition::Condition, rules::RUNBOOK};

/// Alerts that one message shows at most; it says how many more there are.
const MAX_SHOWN: usize = 50;

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageContent {
    /// `new`, `still` or `resolved`.
    pub kind: String,
    /// Name of the condition.
    pub condition: String,
    /// `critical`, `warning` or `info`.
    pub severity: String,
    /// What the condition means.
    pub means: String,
    /// The alerts.
    pub alerts: Vec<ToldAlert>,
    /// Alerts beyond these.
    pub more: usize,
    /// Section of the runbook.
    pub runbook: String,
    /// Address of the page of alerts.
    pub page: Option<String>,
}

/// An alert, as it was when the message was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToldAlert {
    /// Its number, the same in all messages about it.
    pub id: i64,
    /// What it is about.
    pub subject: String,
    /// What is wrong, the value and the limit.
    pub text: String,
    /// How to look, and what to do.
    pub next_step: String,
    /// The evidence.
    pub details: Option<String>,
    /// The last value.
    pub value: f64,
    /// The limit that it passed.
    pub threshold: f64,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When the condition held last.
    pub last_seen_at: DateTime<Utc>,
    /// When it was over.
    pub resolved_at: Option<DateTime<Utc>>,
}

impl From<ToNotify> for ToldAlert {
    fn from(alert: ToNotify) -> Self {
        Self {
            id: alert.alert_id,
            subject: alert.subject,
            text: alert.text,
            next_step: alert.next_step,
            details: alert.details,
            value: alert.value,
            threshold: alert.threshold,
            opened_at: alert.opened_at,
            last_seen_at: alert.last_seen_at,
            resolved_at: alert.resolved_at,
        }
    }
}

/// Makes a message of the alerts of each kind, with the numbers of all of them.
#[must_use]
pub fn group(
    condition: &Condition,
    page: Option<&str>,
    alerts: Vec<ToNotify>,
) -> Vec<(Vec<i64>, MessageContent)> {
    let mut kinds: BTreeMap<String, Vec<ToNotify>> = BTreeMap::new();
    for alert in alerts {
        kinds.entry(alert.kind.clone()).or_default().push(alert);
    }
    kinds
        .into_iter()
        .map(|(kind, mut alerts)| {
            let ids: Vec<i64> = alerts.iter().map(|alert| alert.alert_id).collect();
            alerts.truncate(MAX_SHOWN);
            let content = MessageContent {
                kind,
                condition: condition.name.to_owned(),
                severity: condition.severity.word().to_owned(),
                means: condition.means.to_owned(),
                more: ids.len() - alerts.len(),
                alerts: alerts.into_iter().map(ToldAlert::from).collect(),
                runbook: runbook_of(condition.name),
                page: page.map(alerts_page),
            };
            (ids, content)
        })
        .collect()
}

/// The section of the runbook, or of its page, of this name.
fn runbook_of(section: &str) -> String {
    format!("{RUNBOOK}#{section}")
}

/// The page of alerts below the address of the web page.
fn alerts_page(page: &str) -> String {
    format!("{}/alerts", page.trim_end_matches('/'))
}

impl MessageContent {
    /// Returns a message that only says that messages arrive.
    #[must_use]
    pub fn test(page: Option<&str>, now: DateTime<Utc>) -> Self {
        Self {
            kind: "new".to_owned(),
            condition: "test".to_owned(),
            severity: "info".to_owned(),
            means: "this is a test of `coordinator alert test`; nothing is wrong".to_owned(),
            alerts: vec![ToldAlert {
                id: 0,
                subject: "test".to_owned(),
                text: "messages of Fullhouse arrive here".to_owned(),
                next_step: "nothing is to be done".to_owned(),
                details: None,
                value: 0.0,
                threshold: 0.0,
                opened_at: now,
                last_seen_at: now,
                resolved_at: None,
            }],
            more: 0,
            runbook: runbook_of("receivers"),
            page: page.map(alerts_page),
        }
    }

    /// Returns one line that says what it is about.
    #[must_use]
    pub fn headline(&self) -> String {
        let count = self.alerts.len() + self.more;
        let about = match self.alerts.first() {
            Some(alert) if count == 1 => alert.subject.clone(),
            _ => format!("{count} alerts"),
        };
        let kind = match self.kind.as_str() {
            "new" => "",
            "still" => " still",
            _ => " resolved:",
        };
        format!("[{}]{kind} {}: {about}", self.severity, self.condition)
    }

    /// Returns a line for each alert that is shown.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.alerts.iter().map(ToldAlert::line).collect();
        if self.more > 0 {
            lines.push(format!(
                "and {} more: coordinator alert list shows all",
                self.more
            ));
        }
        lines
    }
}

impl ToldAlert {
    fn line(&self) -> String {
        let time = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
        let when = self.resolved_at.map_or_else(
            || format!("since {}", time(self.opened_at)),
            |at| format!("{} to {}", time(self.opened_at), time(at)),
        );
        let details = self
            .details
            .as_deref()
            .map(|details| format!(" ({details})"));
        format!(
            "{}{}; next: {} — {when}, alert {}",
            self.text,
            details.unwrap_or_default(),
            self.next_step,
            self.id
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{super::condition::all, *};

    #[test]
    fn alerts_of_a_kind_are_one_message_of_bounded_length() {
        let now = Utc::now();
        let alert = |id: i64, kind: &str| ToNotify {
            kind: kind.to_owned(),
            alert_id: id,
            subject: format!("source-{id}"),
            opened_at: now,
            last_seen_at: now,
            resolved_at: None,
            value: 1.0,
            threshold: 1.0,
            text: "odd".to_owned(),
            next_step: "look".to_owned(),
            details: None,
        };
        let mut alerts: Vec<ToNotify> = (1..=60).map(|id| alert(id, "new")).collect();
        alerts.push(alert(61, "resolved"));
        let condition = all().next().unwrap();
        let groups = group(condition, None, alerts);
        assert_eq!(groups.len(), 2);
        let (ids, new) = &groups[0];
        assert_eq!((ids.len(), new.alerts.len(), new.more), (60, 50, 10));
        assert_eq!(new.headline(), "[warning] source_quarantined: 60 alerts");
        assert_eq!(new.lines().len(), 51);
        assert_eq!(new.runbook, "coordinator/ALERTS.md#source_quarantined");
        let (_, resolved) = &groups[1];
        assert_eq!(
            resolved.headline(),
            "[warning] resolved: source_quarantined: source-61"
        );
    }
}
