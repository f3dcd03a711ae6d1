//! Alerts: what is wrong now, what is silenced, what ended, and who is notified.

use std::{fmt::Write as _, time::Duration};

use actix_web::{HttpRequest, HttpResponse, web::Data};
use askama::Template;
use chrono::{DateTime, Utc};
use schema::alert::overview::{AlertCounts, ConditionCheck};

use super::{
    Frame,
    alert_rows::{self, EndedRow, OpenAlert, ReceiverRow, SilenceRow, by_severity},
    format, render,
};
use crate::{
    overview::alerts::{Alerts, MAX_ENDED, receivers},
    problem::WebError,
    state::WebState,
};

/// Choices for how long a silence lasts, in hours.
const SILENCE_HOURS: [(i64, &str); 6] = [
    (1, "1 hour"),
    (4, "4 hours"),
    (24, "1 day"),
    (72, "3 days"),
    (168, "7 days"),
    (720, "30 days"),
];
/// If no condition was looked at for this long, the page says that it may be old.
const UNWATCHED_AFTER: Duration = Duration::from_mins(1);

#[derive(Template)]
#[template(path = "alerts.html")]
struct AlertsPage {
    frame: Frame,
    summary: String,
    /// Why what is shown may be old.
    unwatched: Option<String>,
    open: Vec<OpenAlert>,
    silenced: Vec<OpenAlert>,
    failing: Vec<ConditionCheck>,
    ended: Vec<EndedRow>,
    has_more_ended: bool,
    silences: Vec<SilenceRow>,
    receivers: Vec<ReceiverRow>,
    conditions: Vec<String>,
    hours: [(i64, &'static str); 6],
}

/// `GET /alerts`.
///
/// # Errors
///
/// If the database does not answer in time.
pub async fn alerts(request: HttpRequest, state: Data<WebState>) -> Result<HttpResponse, WebError> {
    let alerts = state.overview.alerts(&state.db).await?;
    let now = &alerts.now;
    let counts = counts(&alerts);
    let (silenced, open): (Vec<OpenAlert>, Vec<OpenAlert>) = by_severity(&alerts.open)
        .into_iter()
        .map(|alert| {
            let runbook = state
                .operations
                .alert_runbook(&alert.condition, &alert.subject);
            OpenAlert::of(alert, runbook, now)
        })
        .partition(|alert| alert.silence.is_some());
    let listed = usize::try_from(MAX_ENDED).unwrap_or(usize::MAX);
    let ended = alerts.ended.iter().take(listed);
    let receivers = receivers(state.operations.alert_receivers(), &alerts.backlogs);
    let mut frame = Frame::of(&request, &state, "Alerts", "alerts").live(5);
    // What this page lists, which may be newer than the last sample.
    frame.alerts = counts;
    let page = AlertsPage {
        frame,
        summary: summary(counts, silenced.len(), &alerts),
        unwatched: unwatched(&alerts.checks, now),
        open,
        silenced,
        failing: alerts
            .checks
            .iter()
            .filter(|check| check.failed_since.is_some())
            .cloned()
            .collect(),
        ended: ended.map(|alert| EndedRow::of(alert, now)).collect(),
        has_more_ended: alerts.ended.len() > listed,
        silences: alerts
            .silences
            .iter()
            .map(|silence| SilenceRow::of(silence, now))
            .collect(),
        receivers: receivers
            .iter()
            .map(|receiver| ReceiverRow::of(receiver, now))
            .collect(),
        conditions: alerts
            .checks
            .iter()
            .map(|check| check.condition.clone())
            .collect(),
        hours: SILENCE_HOURS,
    };
    render(&request, &page)
}

/// Counts the open alerts that are not silenced.
fn counts(alerts: &Alerts) -> AlertCounts {
    let mut counts = AlertCounts::default();
    for alert in &alerts.open {
        if alert.silenced_until.is_some() {
            continue;
        }
        match alert.severity.as_str() {
            "critical" => counts.critical += 1,
            "warning" => counts.warning += 1,
            _ => counts.info += 1,
        }
    }
    counts
}

fn last_checked(checks: &[ConditionCheck]) -> Option<DateTime<Utc>> {
    let looked = checks.iter().filter(|check| check.failed_since.is_none());
    looked.map(|check| check.checked_at).max()
}

fn summary(counts: AlertCounts, silenced: usize, alerts: &Alerts) -> String {
    let mut summary = match alert_rows::words(counts) {
        words if words.is_empty() => "Nothing is wrong".to_owned(),
        words => format!("Open now: {words}"),
    };
    if silenced > 0 {
        write!(summary, "; {silenced} silenced").ok();
    }
    if let Some(at) = last_checked(&alerts.checks) {
        let checked = format::counted(alerts.checks.len(), "condition");
        let ago = format::ago(&at, &alerts.now);
        write!(summary, ". {checked} are looked at, the last {ago}").ok();
    }
    summary + "."
}

/// Why what is shown may be old; `None` if conditions are looked at.
fn unwatched(checks: &[ConditionCheck], now: &DateTime<Utc>) -> Option<String> {
    let Some(at) = last_checked(checks) else {
        return Some(
            "No condition was looked at within a day: nobody leads, or nothing can be stored. \
             An alert that should be here may be missing. Next: coordinator doctor"
                .to_owned(),
        );
    };
    let age = (*now - at).to_std().unwrap_or_default();
    (age > UNWATCHED_AFTER).then(|| {
        format!(
            "No condition was looked at for {}: nobody leads, or nothing can be stored. What is \
             below is as it was then. Next: coordinator doctor",
            format::span(age.as_secs_f64())
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_nobody_keeps_up_says_so() {
        let now: DateTime<Utc> = "2026-11-30T05:00:00Z".parse().unwrap();
        let check = |seconds: i64, is_failing: bool| ConditionCheck {
            condition: "odd".to_owned(),
            checked_at: now - chrono::Duration::seconds(seconds),
            failed_since: is_failing.then_some(now),
            error: None,
        };
        assert_eq!(unwatched(&[check(600, false), check(5, false)], &now), None);
        let old = unwatched(&[check(600, false), check(5, true)], &now).unwrap();
        assert!(old.contains("for 10 min"), "{old}");
        assert!(unwatched(&[], &now).is_some());
    }
}
