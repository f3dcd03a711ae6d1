//! The timeline of a source: changes of its state and health, versions, first failures.

use chrono::{DateTime, Utc};
use schema::{
    audit::Entry,
    reading::source::{FailureCount, SourceEvent},
};

use super::{
    address,
    svg::{self, State},
    time_text::TimeText,
};
use crate::diagnosis;

/// An event of a timeline.
pub struct EventRow {
    /// Its mark.
    pub mark: String,
    /// When it was.
    pub at: TimeText,
    /// What happened, in few words.
    pub what: String,
    /// Why.
    pub why: String,
    /// What the reason looks like.
    pub diagnosis: Option<&'static str>,
    /// Where more of it is.
    pub href: Option<String>,
    /// What is there.
    pub label: String,
}

/// Makes the events of a timeline, the newest first; the first failure of each kind is an event, and
/// so is each action of a person.
#[must_use]
pub fn rows(
    events: &[SourceEvent],
    failures: &[FailureCount],
    actions: &[Entry],
    source: &str,
) -> Vec<EventRow> {
    let mut all: Vec<(DateTime<Utc>, EventRow)> = events
        .iter()
        .map(|event| (event.at, row(event, source)))
        .chain(failures.iter().map(|failure| {
            let row = EventRow {
                mark: svg::mark(State::Warn),
                at: TimeText::utc(&failure.first_at),
                what: format!("{}: first {} of the last day", failure.step, failure.reason),
                why: String::new(),
                diagnosis: None,
                href: Some(format!("jobs/{}", failure.first_job_id)),
                label: format!("job {}", failure.first_job_id),
            };
            (failure.first_at, row)
        }))
        .chain(actions.iter().map(|action| (action.at, action_row(action))))
        .collect();
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all.into_iter().map(|(_, row)| row).collect()
}

/// An action of a person as an event.
fn action_row(action: &Entry) -> EventRow {
    EventRow {
        mark: svg::mark(State::Off),
        at: TimeText::utc(&action.at),
        what: said(action),
        why: action.reason.clone().unwrap_or_default(),
        diagnosis: None,
        href: None,
        label: String::new(),
    }
}

/// Says who did what, and by which way.
#[must_use]
pub fn said(action: &Entry) -> String {
    let verb = action
        .action
        .split_once('.')
        .map_or(action.action.as_str(), |(_, verb)| verb);
    let way = match action.how.as_str() {
        "cli" => "by a command",
        "api" => "through the API",
        _ => "on the page",
    };
    format!("{}: {verb}, {way}", action.who)
}

fn row(event: &SourceEvent, source: &str) -> EventRow {
    let version: Option<i32> = event
        .new_state
        .strip_prefix("version ")
        .and_then(|number| number.parse().ok());
    let state = match event.new_state.as_str() {
        "healthy" | "active" => State::Ok,
        "paused" => State::Off,
        "degraded" => State::Warn,
        _ if version.is_some() => State::Off,
        _ => State::Bad,
    };
    let (href, label) = match (version, event.job_id) {
        (Some(version), _) if version > 1 => (
            Some(format!(
                "sources/{}?from={}&to={version}#versions",
                address::encode(source),
                version - 1
            )),
            "what it changed".to_owned(),
        ),
        (None, Some(job)) => (Some(format!("jobs/{job}")), format!("job {job}")),
        // The first version changed nothing.
        (Some(_) | None, _) => (None, String::new()),
    };
    EventRow {
        mark: svg::mark(state),
        at: TimeText::utc(&event.at),
        what: match (&event.step, version) {
            (Some(step), _) => format!("{step} is {}", event.new_state),
            (None, Some(version)) => format!("definition version {version} came into force"),
            (None, None) => format!("the source is {}", event.new_state),
        },
        diagnosis: event.reason.as_deref().and_then(diagnosis::name),
        why: event.reason.clone().unwrap_or_default(),
        href,
        label,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_leads_to_its_difference_and_a_health_to_its_job() {
        let event = |step: Option<&str>, new_state: &str, job_id| SourceEvent {
            at: DateTime::default(),
            step: step.map(str::to_owned),
            new_state: new_state.to_owned(),
            reason: None,
            job_id,
        };
        let rows = rows(
            &[
                event(None, "version 3", None),
                event(Some("seats"), "quarantined", Some(7)),
            ],
            &[],
            &[],
            "a b",
        );
        assert_eq!(
            rows[0].href.as_deref(),
            Some("sources/a%20b?from=2&to=3#versions")
        );
        assert_eq!(rows[1].href.as_deref(), Some("jobs/7"));
    }
}
