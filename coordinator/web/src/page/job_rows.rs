//! What the page of a job says of its end, requests, log, result and tree.

use chrono::{DateTime, Utc};
use schema::{
    lineage::JobRequest,
    reading::{
        job::{JobDetail, JobShowtime, JobSnapshot, LogLine},
        job_tree::{Ancestor, Descendant},
    },
};

use super::{address::task_href, format, jobs::outcome_mark, time_text::TimeText};
use crate::{diagnosis, number::float};

/// Why a job did not succeed.
pub(super) struct Verdict {
    pub(super) text: String,
    pub(super) diagnosis: Option<&'static str>,
    pub(super) meaning: &'static str,
    pub(super) next: String,
}

pub(super) struct RequestRow {
    pub(super) position: i32,
    pub(super) job_id: i64,
    pub(super) is_this: bool,
    pub(super) kind: String,
    pub(super) url: String,
    pub(super) status: String,
    pub(super) size: String,
    pub(super) took: String,
    pub(super) note: String,
}

pub(super) struct LogRow {
    pub(super) at: TimeText,
    pub(super) level: String,
    pub(super) class: &'static str,
    pub(super) message: String,
    pub(super) fields: Vec<(String, String)>,
}

pub(super) struct StoredRow {
    pub(super) showtime_id: i32,
    pub(super) film: String,
    pub(super) cinema: String,
    pub(super) starts: String,
    pub(super) what: String,
}

pub(super) struct ShowtimeRow {
    pub(super) showtime_id: i32,
    pub(super) film: String,
    pub(super) starts: String,
    pub(super) what: &'static str,
}

pub(super) struct TreeRow {
    pub(super) mark: String,
    pub(super) job_id: Option<i64>,
    pub(super) name: String,
    pub(super) detail: String,
    pub(super) href: Option<String>,
    pub(super) log: Vec<String>,
}

pub(super) fn verdict(job: &JobDetail) -> Option<Verdict> {
    let class = match job.outcome.as_str() {
        "failed" => job.error_class.as_deref().unwrap_or_default(),
        "lost" => "lost",
        "cancelled" => {
            return Some(Verdict {
                text: job
                    .error
                    .clone()
                    .unwrap_or_else(|| "a person ended it".to_owned()),
                diagnosis: None,
                meaning: "Cancelled is not failed: a later result was refused, and nothing is counted against its source.",
                next: String::new(),
            });
        }
        _ => return None,
    };
    let text = job.error.clone().unwrap_or_else(|| {
        format!(
            "the pod {} died while it ran",
            job.pod.as_deref().unwrap_or_default()
        )
    });
    let retry = job.retry_after_seconds.map_or_else(String::new, |seconds| {
        format!(
            "The source asked to wait {}.",
            format::span(f64::from(seconds))
        )
    });
    Some(Verdict {
        diagnosis: diagnosis::name(&text),
        text,
        meaning: diagnosis::explain(class),
        next: retry,
    })
}

pub(super) fn facts(job: &JobDetail) -> Vec<(&'static str, String)> {
    let number = |value: Option<i32>| value.map(|value| format::grouped(i64::from(value)));
    let mut facts = vec![
        ("pod", job.pod.clone().unwrap_or_else(|| "gone".to_owned())),
        ("attempt", job.attempt.to_string()),
        ("requests", job.requests.to_string()),
    ];
    let mut add = |name, value: Option<String>| {
        if let Some(value) = value {
            facts.push((name, value));
        }
    };
    add(
        "HTTP status",
        job.http_status.map(|status| status.to_string()),
    );
    add(
        "body",
        job.response_bytes
            .map(|bytes| format::bytes(i64::from(bytes))),
    );
    add("rows", number(job.row_count));
    add(
        "rows not read",
        job.missing.map(|missing| match missing {
            0 => "the answer may be partial".to_owned(),
            some => format::grouped(i64::from(some)),
        }),
    );
    add("seats sold", number(job.sold.map(i32::from)));
    add("seats not mapped", number(job.unmapped.map(i32::from)));
    add(
        "data as of",
        job.observed_at
            .map(|at| format!("{} UTC", format::utc(&at))),
    );
    facts
}

pub(super) fn log_row(line: &LogLine) -> LogRow {
    LogRow {
        at: TimeText::utc(&line.logged_at),
        level: line.level.clone(),
        class: match line.level.as_str() {
            "error" => "bad",
            "warn" => "warn",
            _ => "",
        },
        message: line.message.clone(),
        fields: log_fields(line.fields.as_ref()),
    }
}

/// The values of a log line, each as JSON has it.
pub(super) fn log_fields(fields: Option<&serde_json::Value>) -> Vec<(String, String)> {
    let fields = fields.and_then(serde_json::Value::as_object);
    fields
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), value)
        })
        .collect()
}

pub(super) fn request_row(request: &JobRequest, job_id: i64) -> RequestRow {
    let mut notes = Vec::new();
    if let Some(cache) = &request.cache_result {
        notes.push(format!("cache: {cache}"));
    }
    if let Some(hits) = request.first_hits {
        notes.push(format!("{hits} earlier answered from the cache"));
    }
    if request.outcome != "succeeded" && request.outcome != "continued" {
        notes.push(request.outcome.clone());
    }
    let micros: i64 = request.phases().map(|(_, micros)| micros).sum();
    RequestRow {
        position: request.position,
        job_id: request.job_id,
        is_this: request.job_id == job_id,
        kind: request.kind.clone().unwrap_or_default(),
        url: request.url.clone().unwrap_or_default(),
        status: request
            .http_status
            .map_or_else(String::new, |status| status.to_string()),
        size: request
            .response_bytes
            .map_or_else(String::new, |bytes| format::bytes(i64::from(bytes))),
        took: format::span(float(micros) / 1e6),
        note: notes.join(", "),
    }
}

pub(super) fn stored_row(stored: &JobSnapshot, zone: format::Zone) -> StoredRow {
    let seats = match (stored.is_stored, stored.sold, stored.seats) {
        (true, Some(sold), Some(seats)) => {
            format!("a snapshot: {sold} of {seats} seats sold")
        }
        _ => "no snapshot: nothing had changed, or it is sealed by now".to_owned(),
    };
    StoredRow {
        showtime_id: stored.showtime_id,
        film: stored.film.clone(),
        cinema: stored.cinema.clone(),
        starts: zone.write(stored.starts_at, Some(&stored.timezone)),
        what: if stored.has_prices {
            format!("{seats}; and other prices")
        } else {
            seats
        },
    }
}

pub(super) fn showtime_row(showtime: &JobShowtime, zone: format::Zone) -> ShowtimeRow {
    ShowtimeRow {
        showtime_id: showtime.showtime_id,
        film: showtime.film.clone(),
        starts: zone.write(showtime.starts_at, Some(&showtime.timezone)),
        what: if showtime.is_new { "new" } else { "changed" },
    }
}

pub(super) fn ancestor_row(one: &Ancestor, now: DateTime<Utc>) -> TreeRow {
    TreeRow {
        mark: outcome_mark(&one.outcome),
        job_id: Some(one.job_id),
        name: format!("{} {}", one.step, one.key.as_deref().unwrap_or_default()),
        detail: format!(
            "{}, {}, definition version {}",
            one.outcome,
            format::ago(&one.finished_at, &now),
            one.definition_version
        ),
        href: one
            .key
            .as_deref()
            .map(|key| task_href(&one.source, &one.step, key)),
        log: one.log.clone(),
    }
}

pub(super) fn child_row(one: &Descendant, source: &str, now: DateTime<Utc>) -> TreeRow {
    let last = match (&one.last_outcome, one.last_finished_at) {
        (Some(outcome), Some(at)) => format!("last {outcome} {}", format::ago(&at, &now)),
        _ => "not run yet".to_owned(),
    };
    TreeRow {
        mark: outcome_mark(one.last_outcome.as_deref().unwrap_or("none")),
        job_id: one.last_job_id,
        name: format!("{} {}", one.step, one.key),
        detail: last,
        href: Some(task_href(source, &one.step, &one.key)),
        log: Vec::new(),
    }
}
