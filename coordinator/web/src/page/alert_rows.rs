//! Alerts, silences and receivers as the page shows them.

use chrono::{DateTime, Utc};
use schema::{
    alert::{
        AlertRow, Severity, SubjectKind,
        overview::{AlertCounts, EndedAlert},
    },
    silence::Silence,
};

use super::{
    address::encode,
    format,
    svg::{self, State},
    time_text::TimeText,
};
use crate::{operations::alert::AlertRunbook, overview::alerts::ReceiverNow};

/// An open alert.
pub(super) struct OpenAlert {
    pub(super) alert_id: i64,
    pub(super) mark: String,
    pub(super) severity: &'static str,
    /// Class of the tag of its severity.
    pub(super) class: &'static str,
    pub(super) condition: String,
    pub(super) subject: String,
    pub(super) link: Option<SubjectLink>,
    pub(super) text: String,
    pub(super) means: String,
    pub(super) next_step: String,
    pub(super) details: Option<String>,
    pub(super) runbook: Option<AlertRunbook>,
    pub(super) since: TimeText,
    /// When receivers were notified last.
    pub(super) notified: Option<TimeText>,
    pub(super) silence: Option<Silenced>,
}

/// Why nobody is notified of an alert.
pub(super) struct Silenced {
    pub(super) silence_id: i32,
    pub(super) until: TimeText,
    pub(super) reason: String,
}

/// Where more about a subject is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SubjectLink {
    pub(super) href: String,
    pub(super) label: String,
}

/// An alert that is over.
pub(super) struct EndedRow {
    pub(super) alert_id: i64,
    pub(super) severity: &'static str,
    pub(super) condition: String,
    pub(super) link: Option<SubjectLink>,
    pub(super) text: String,
    pub(super) ended: TimeText,
    pub(super) lasted: String,
}

/// A silence that is in force.
pub(super) struct SilenceRow {
    pub(super) silence_id: i32,
    pub(super) what: String,
    pub(super) reason: String,
    pub(super) created_by: String,
    pub(super) until: TimeText,
}

/// A receiver.
pub(super) struct ReceiverRow {
    pub(super) mark: String,
    pub(super) name: String,
    pub(super) gets: String,
    pub(super) waiting: i64,
    pub(super) since: Option<TimeText>,
    pub(super) last_sent: Option<TimeText>,
    pub(super) given_up: i64,
    pub(super) error: Option<String>,
}

/// The severity of a word; of a word that this version does not know, the highest.
fn severity_of(word: &str) -> Severity {
    let found = Severity::ALL.into_iter().find(|one| one.word() == word);
    found.unwrap_or(Severity::Critical)
}

/// The page that has more about a subject.
fn link(kind: &str, subject: &str) -> Option<SubjectLink> {
    let name = encode(subject);
    let (href, label) = match SubjectKind::of(kind)? {
        SubjectKind::Fleet => (String::new(), "fleet".to_owned()),
        SubjectKind::Source => (format!("sources/{name}"), format!("source {subject}")),
        SubjectKind::LimitKey => ("sources#limits".to_owned(), format!("limit key {subject}")),
        SubjectKind::Pod => (format!("jobs?pod={name}"), format!("jobs of pod {subject}")),
        SubjectKind::Pass => ("database#passes".to_owned(), format!("pass {subject}")),
        SubjectKind::Rollup => ("database#rollups".to_owned(), format!("rollup {subject}")),
        SubjectKind::Table => ("database#partitions".to_owned(), format!("table {subject}")),
        SubjectKind::BuiltDataSet => (format!("data-sets/{name}"), format!("data set {subject}")),
        SubjectKind::DataSet => ("database#exports".to_owned(), format!("export {subject}")),
        SubjectKind::Anomaly => (format!("anomalies/{name}"), format!("anomaly {subject}")),
        SubjectKind::Client => (format!("events?client={name}"), format!("client {subject}")),
        SubjectKind::Region => ("events".to_owned(), format!("region {subject}")),
        SubjectKind::Server => ("database".to_owned(), "database".to_owned()),
        SubjectKind::Receiver => ("alerts#receivers".to_owned(), format!("receiver {subject}")),
        // The page that shows this alert has all that there is about a condition.
        SubjectKind::Condition => return None,
    };
    Some(SubjectLink { href, label })
}

impl OpenAlert {
    pub(super) fn of(alert: &AlertRow, runbook: Option<AlertRunbook>, now: &DateTime<Utc>) -> Self {
        let severity = severity_of(&alert.severity);
        let (state, class) = match severity {
            Severity::Critical => (State::Bad, "bad"),
            Severity::Warning => (State::Warn, "warn"),
            Severity::Info => (State::Off, ""),
        };
        let silence = alert.silence_id.zip(alert.silenced_until);
        Self {
            alert_id: alert.alert_id,
            mark: svg::mark(state),
            severity: severity.word(),
            class,
            condition: alert.condition.clone(),
            subject: alert.subject.clone(),
            link: link(&alert.subject_kind, &alert.subject),
            text: alert.text.clone(),
            means: alert.means.clone(),
            next_step: alert.next_step.clone(),
            details: alert.details.clone(),
            runbook,
            since: TimeText::ago(&alert.opened_at, now),
            notified: alert.notified_at.map(|at| TimeText::ago(&at, now)),
            silence: silence.map(|(silence_id, until)| Silenced {
                silence_id,
                until: TimeText::distance(&until, now),
                reason: alert.silence_reason.clone().unwrap_or_default(),
            }),
        }
    }
}

/// Puts the gravest first, and of one severity those that have been open for longest.
pub(super) fn by_severity(alerts: &[AlertRow]) -> Vec<&AlertRow> {
    let mut sorted: Vec<&AlertRow> = alerts.iter().collect();
    sorted.sort_by_key(|alert| {
        (
            std::cmp::Reverse(severity_of(&alert.severity)),
            alert.opened_at,
            alert.alert_id,
        )
    });
    sorted
}

impl EndedRow {
    pub(super) fn of(alert: &EndedAlert, now: &DateTime<Utc>) -> Self {
        let lasted = (alert.resolved_at - alert.opened_at).as_seconds_f64();
        Self {
            alert_id: alert.alert_id,
            severity: severity_of(&alert.severity).word(),
            condition: alert.condition.clone(),
            link: link(&alert.subject_kind, &alert.subject),
            text: alert.text.clone(),
            ended: TimeText::ago(&alert.resolved_at, now),
            lasted: format::whole_seconds(lasted),
        }
    }
}

impl SilenceRow {
    pub(super) fn of(silence: &Silence, now: &DateTime<Utc>) -> Self {
        Self {
            silence_id: silence.silence_id,
            what: match (silence.condition.as_str(), silence.subject.as_str()) {
                ("*", "*") => "all alerts".to_owned(),
                ("*", subject) => format!("all alerts of {subject}"),
                (condition, "*") => format!("{condition}, all subjects"),
                (condition, subject) => format!("{condition} of {subject}"),
            },
            reason: silence.reason.clone(),
            created_by: silence.created_by.clone(),
            until: TimeText::distance(&silence.until_at, now),
        }
    }
}

impl ReceiverRow {
    pub(super) fn of(receiver: &ReceiverNow, now: &DateTime<Utc>) -> Self {
        let backlog = receiver.backlog.as_ref();
        let waiting = backlog.map_or(0, |backlog| backlog.waiting);
        let error = backlog.and_then(|backlog| backlog.last_error.clone());
        let state = match (receiver.settings.is_some(), &error) {
            (true, None) => State::Ok,
            (true, Some(_)) => State::Warn,
            (false, _) => State::Off,
        };
        let time = |at: Option<DateTime<Utc>>| at.map(|at| TimeText::ago(&at, now));
        Self {
            mark: svg::mark(state),
            name: receiver.name.clone(),
            gets: match receiver.settings {
                Some((kind, "info")) => format!("{kind}, every severity"),
                Some((kind, "warning")) => format!("{kind}, warning and critical"),
                Some((kind, severity)) => format!("{kind}, {severity}"),
                None => "not in the settings of this coordinator".to_owned(),
            },
            waiting,
            since: time(backlog.and_then(|backlog| backlog.waiting_since)),
            last_sent: time(backlog.and_then(|backlog| backlog.last_sent_at)),
            given_up: backlog.map_or(0, |backlog| backlog.given_up),
            error,
        }
    }
}

/// Open alerts in words, such as `1 critical, 2 warnings`.
pub(super) fn words(alerts: AlertCounts) -> String {
    let mut parts = Vec::new();
    if alerts.critical > 0 {
        parts.push(format!("{} critical", alerts.critical));
    }
    if alerts.warning > 0 {
        parts.push(format::counted(alerts.warning, "warning"));
    }
    if alerts.info > 0 {
        parts.push(format!("{} good to know", alerts.info));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_leads_to_its_page() {
        let href = |kind: &str, subject: &str| link(kind, subject).map(|link| link.href);
        assert_eq!(href("source", "a b").as_deref(), Some("sources/a%20b"));
        assert_eq!(href("pod", "pod-1").as_deref(), Some("jobs?pod=pod-1"));
        assert_eq!(href("condition", "odd"), None);
        assert_eq!(href("of another version", "x"), None);
    }

    #[test]
    fn counts_are_said_in_words() {
        let counts = |critical, warning, info| AlertCounts {
            critical,
            warning,
            info,
        };
        assert_eq!(words(counts(1, 2, 0)), "1 critical, 2 warnings");
        assert_eq!(words(counts(0, 1, 3)), "1 warning, 3 good to know");
        assert_eq!(words(counts(0, 0, 0)), "");
    }
}
