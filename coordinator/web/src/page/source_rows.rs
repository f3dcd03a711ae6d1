//! What the page of a source says of its state, steps and failures.

use chrono::{DateTime, Utc};
use schema::{
    attribute::Attribute,
    reading::source::{FailingStep, FailureCount, SourceDetail, StepDetail},
};

use super::{
    address, format,
    svg::{self, State},
    time_text::TimeText,
};
use crate::diagnosis;

pub(super) struct Why {
    pub(super) class: &'static str,
    pub(super) text: String,
    pub(super) diagnosis: Option<&'static str>,
    pub(super) since: TimeText,
    pub(super) job_id: Option<i64>,
    pub(super) next: String,
}

/// What the source says of showtimes by a code.
pub(super) struct AttributeRow {
    pub(super) code: String,
    pub(super) meaning: Option<String>,
    pub(super) showtimes: String,
    pub(super) discovered_by: i64,
}

impl AttributeRow {
    pub(super) fn of(attribute: &Attribute) -> Self {
        Self {
            code: attribute.code.clone(),
            meaning: attribute.meaning.as_ref().map(ToString::to_string),
            showtimes: format::grouped(attribute.showtimes),
            discovered_by: attribute.discovered_by,
        }
    }
}

pub(super) struct StepRow {
    pub(super) mark: String,
    pub(super) name: String,
    pub(super) parent: String,
    pub(super) yields: String,
    pub(super) every: String,
    pub(super) health: String,
    pub(super) reason: String,
    pub(super) job_id: Option<i64>,
    pub(super) tasks: String,
    pub(super) due: String,
    pub(super) failing: String,
    pub(super) last_answer: Option<TimeText>,
    pub(super) limit: String,
    pub(super) tasks_href: String,
}

pub(super) struct FailingRow {
    pub(super) step: String,
    pub(super) tasks: String,
    pub(super) since: TimeText,
    pub(super) job_id: i64,
    pub(super) reason: String,
    pub(super) error: String,
    pub(super) last_good: Option<TimeText>,
    pub(super) changed: Vec<String>,
}

pub(super) struct FailureRow {
    pub(super) step: String,
    pub(super) reason: String,
    pub(super) jobs: String,
    pub(super) first: TimeText,
    pub(super) first_job_id: i64,
    pub(super) last: TimeText,
    pub(super) last_job_id: i64,
    pub(super) error: String,
    pub(super) href: String,
}

pub(super) fn summary(detail: &SourceDetail) -> String {
    let version = match (detail.definition_version, detail.definition_applied_at) {
        (Some(version), Some(at)) => {
            format!(
                "definition version {version}, in force since {} UTC",
                format::utc(&at)
            )
        }
        _ => "no definition in force".to_owned(),
    };
    format!(
        "{}; {} of {} jobs of the last five minutes failed.",
        version,
        format::grouped(detail.failed),
        format::grouped(detail.failed + detail.succeeded)
    )
}

pub(super) fn why(detail: &SourceDetail) -> Option<Why> {
    let now = &detail.now;
    if let Some(reason) = &detail.state_reason {
        return Some(Why {
            class: if detail.state == "paused" {
                "warn"
            } else {
                "bad"
            },
            text: reason.clone(),
            diagnosis: None,
            since: TimeText::ago(&detail.state_changed_at, now),
            job_id: None,
            next: "Nothing is sent to it until a person resumes it.".to_owned(),
        });
    }
    if detail.health == "healthy" {
        return None;
    }
    let reason = detail
        .health_reason
        .clone()
        .or_else(|| detail.last_error.clone())?;
    let next = match detail.health.as_str() {
        "quarantined" => {
            "Only probes are sent. Compare the answer in quarantine below with the definition: correct \
             the definition, or accept the answers if they are true."
        }
        "over its cap" => {
            "What is beyond the cap is not stored: correct the definition, or raise the cap."
        }
        _ if reason.contains("nothing maps") => {
            "Map the codes below: the past is corrected as well."
        }
        _ => "Most answers can be used. The errors below say which cannot.",
    };
    Some(Why {
        class: if detail.health == "degraded" {
            "warn"
        } else {
            "bad"
        },
        diagnosis: diagnosis::name(&reason),
        text: reason,
        since: TimeText::ago(&detail.health_changed_at, now),
        job_id: detail.health_job_id,
        next: next.to_owned(),
    })
}

pub(super) fn step_row(step: &StepDetail, source: &str, now: DateTime<Utc>) -> StepRow {
    let state = match step.health.as_str() {
        "healthy" => State::Ok,
        "degraded" => State::Warn,
        _ => State::Bad,
    };
    StepRow {
        mark: svg::mark(state),
        name: step.step.clone(),
        parent: step.parent.clone().unwrap_or_default(),
        yields: step.yields.clone(),
        every: format::span(f64::from(step.every_seconds)),
        health: step.health.clone(),
        reason: step.health_reason.clone().unwrap_or_default(),
        job_id: step.health_job_id.filter(|_| step.health != "healthy"),
        tasks: format::grouped(step.tasks),
        due: format::grouped(step.due),
        failing: format::grouped(step.failing),
        last_answer: step.last_answer_at.map(|at| TimeText::ago(&at, &now)),
        limit: format!(
            "{}: {}/s",
            step.limit_key,
            format::rate(step.rate_now, step.rate_per_second)
        ),
        tasks_href: format!(
            "tasks{}",
            address::query(&[("source", Some(source)), ("step", Some(&step.step))])
        ),
    }
}

pub(super) fn failing_row(step: &FailingStep, now: DateTime<Utc>) -> FailingRow {
    FailingRow {
        step: step.step.clone(),
        tasks: format::grouped(step.failing_tasks),
        since: TimeText::ago(&step.first_failed_at, &now),
        job_id: step.first_job_id,
        reason: step.first_reason.clone(),
        error: step.first_error.clone().unwrap_or_default(),
        last_good: step.last_success_at.map(|at| TimeText::ago(&at, &now)),
        changed: step.changed_before.clone(),
    }
}

pub(super) fn failure_row(failure: &FailureCount, now: DateTime<Utc>) -> FailureRow {
    let filter = if failure.reason == "lost" {
        "outcome"
    } else {
        "class"
    };
    FailureRow {
        step: failure.step.clone(),
        reason: failure.reason.clone(),
        jobs: format::grouped(failure.jobs),
        first: TimeText::ago(&failure.first_at, &now),
        first_job_id: failure.first_job_id,
        last: TimeText::ago(&failure.last_at, &now),
        last_job_id: failure.last_job_id,
        error: failure.last_error.clone().unwrap_or_default(),
        href: format!(
            "jobs{}",
            address::query(&[
                ("source", Some(&failure.source)),
                ("step", Some(&failure.step)),
                (filter, Some(&failure.reason)),
                ("since", Some("1d")),
            ])
        ),
    }
}
