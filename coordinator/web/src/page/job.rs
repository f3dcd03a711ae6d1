//! One job: what failed and why first, then its phases, log, answer, tree, and what it stored.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use chrono::{DateTime, Utc};
use schema::reading::{
    Counted, Reader,
    job::{
        JobAhead, JobDetail, LogLine, StoredShowtime, StoredSnapshot, ahead, ended, log,
        stored_showtimes, stored_snapshot,
    },
    job_tree::{Ancestor, Descendant, ancestors, count_descendants, descendants},
    source_answer::held_body,
};

use super::{
    Frame, address, format,
    jobs::outcome_mark,
    moment::Moment,
    phase::{self, PhaseRow},
    render,
};
use crate::{
    body::{self, ShownBody},
    diagnosis,
    problem::WebError,
    state::WebState,
};

/// Discovered tasks that are listed.
const MAX_CHILDREN: i64 = 20;
/// Stored showtimes that are listed.
const MAX_SHOWTIMES: i64 = 20;

/// The page of a job that ended.
#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    frame: Frame,
    job: JobDetail,
    mark: String,
    outcome: String,
    task: Option<String>,
    ended: Moment,
    verdict: Option<Verdict>,
    phases: Vec<PhaseRow>,
    whole: String,
    facts: Vec<(&'static str, String)>,
    log: Vec<LogRow>,
    answer: Option<AnswerRow>,
    stored: Option<StoredRow>,
    showtimes: Vec<ShowtimeRow>,
    ancestors: Vec<TreeRow>,
    children: Vec<TreeRow>,
    child_count: String,
    similar: Option<String>,
}

/// Why a job did not succeed.
struct Verdict {
    text: String,
    diagnosis: Option<&'static str>,
    meaning: &'static str,
    next: String,
}

struct LogRow {
    at: Moment,
    level: String,
    class: &'static str,
    message: String,
}

struct AnswerRow {
    reason: String,
    content_type: String,
    size: String,
    body: ShownBody,
}

struct StoredRow {
    showtime_id: i32,
    film: String,
    cinema: String,
    starts: String,
    what: String,
}

struct ShowtimeRow {
    showtime_id: i32,
    film: String,
    starts: String,
    what: &'static str,
}

struct TreeRow {
    mark: String,
    job_id: Option<i64>,
    name: String,
    detail: String,
    href: Option<String>,
    log: Vec<String>,
}

/// The page of a job that runs or is queued.
#[derive(Template)]
#[template(path = "job_ahead.html")]
struct JobAheadPage {
    frame: Frame,
    job: JobAhead,
    is_running: bool,
    task: String,
    mark: String,
    summary: String,
    facts: Vec<(&'static str, String)>,
}

/// `GET /jobs/{id}`.
///
/// # Errors
///
/// If there is no such job, or the database does not answer in time.
pub async fn job(
    request: HttpRequest,
    state: Data<WebState>,
    path: Path<i64>,
) -> Result<HttpResponse, WebError> {
    let job_id = path.into_inner();
    let now = state.now().await?;
    let mut db = Reader::begin(&state.db).await?;
    let Some(job) = ended(&mut db, job_id).await? else {
        let job = ahead(&mut db, job_id).await?;
        let job = job.ok_or_else(|| WebError::no("job", job_id))?;
        return render(&request, &ahead_page(&request, &state, job));
    };
    let log = log(&mut db, job_id, job.finished_at).await?;
    let answer = held_body(&mut db, job_id).await?;
    let ancestors = ancestors(&mut db, job_id).await?;
    let children = descendants(&mut db, job_id, MAX_CHILDREN).await?;
    let child_count = count_descendants(&mut db, job_id).await?;
    let stored = match (job.yields.as_str(), job.subject_id, job.observed_at) {
        ("seats" | "prices", Some(showtime), Some(at)) => {
            stored_snapshot(&mut db, showtime, at, job_id).await?
        }
        _ => None,
    };
    let showtimes = match (job.yields.as_str(), job.subject_id) {
        ("showtimes", Some(cinema)) => {
            stored_showtimes(&mut db, cinema, job_id, MAX_SHOWTIMES).await?
        }
        _ => Vec::new(),
    };
    let frame = Frame::of(&request, &state, &format!("Job {job_id}"), "jobs");
    let zone = frame.zone;
    let page = JobPage {
        frame,
        mark: outcome_mark(&job.outcome),
        outcome: outcome(&job),
        task: job
            .key
            .as_deref()
            .map(|key| task_href(&job.source, &job.step, key)),
        ended: Moment::ago(&job.finished_at, &now),
        verdict: verdict(&job),
        phases: phase::rows(&job),
        whole: whole(&job),
        facts: facts(&job),
        log: log.iter().map(log_row).collect(),
        answer: answer.map(|answer| AnswerRow {
            reason: answer.reason,
            content_type: answer.content_type.unwrap_or_default(),
            size: format::bytes(i64::from(answer.body_bytes)),
            body: body::of_gzip(&answer.body, answer.body_bytes),
        }),
        stored: stored.map(|stored| stored_row(&stored, zone)),
        showtimes: showtimes
            .iter()
            .map(|showtime| showtime_row(showtime, zone))
            .collect(),
        ancestors: ancestors.iter().map(|one| ancestor_row(one, now)).collect(),
        children: children
            .iter()
            .map(|one| child_row(one, &job.source, now))
            .collect(),
        child_count: counted(child_count),
        similar: similar(&job),
        job,
    };
    render(&request, &page)
}

fn counted(count: Counted) -> String {
    format!(
        "{}{}",
        format::grouped(count.count),
        if count.is_more { "+" } else { "" }
    )
}

/// The way to the page of a task.
#[must_use]
pub fn task_href(source: &str, step: &str, key: &str) -> String {
    format!(
        "tasks/{}/{}/{}",
        address::encode(source),
        address::encode(step),
        address::encode(key)
    )
}

fn outcome(job: &JobDetail) -> String {
    match (&job.error_class, job.changed) {
        (Some(class), _) => format!("{}: {class}", job.outcome),
        (None, Some(true)) => format!("{}, seats changed", job.outcome),
        (None, Some(false)) => format!("{}, nothing changed", job.outcome),
        (None, None) => job.outcome.clone(),
    }
}

fn verdict(job: &JobDetail) -> Option<Verdict> {
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

/// The jobs that failed in the same way within the last day.
fn similar(job: &JobDetail) -> Option<String> {
    let class = job.error_class.as_deref()?;
    Some(format!(
        "jobs{}",
        address::query(&[
            ("source", Some(&job.source)),
            ("step", Some(&job.step)),
            ("class", Some(class)),
            ("since", Some("1d")),
        ])
    ))
}

fn whole(job: &JobDetail) -> String {
    #[allow(clippy::cast_precision_loss)]
    let millis = (job.finished_at - job.enqueued_at).num_milliseconds() as f64;
    format::span(millis / 1e3)
}

fn facts(job: &JobDetail) -> Vec<(&'static str, String)> {
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

fn log_row(line: &LogLine) -> LogRow {
    LogRow {
        at: Moment::utc(&line.logged_at),
        level: line.level.clone(),
        class: match line.level.as_str() {
            "error" => "bad",
            "warn" => "warn",
            _ => "",
        },
        message: line.message.clone(),
    }
}

fn stored_row(stored: &StoredSnapshot, zone: format::Zone) -> StoredRow {
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

fn showtime_row(showtime: &StoredShowtime, zone: format::Zone) -> ShowtimeRow {
    ShowtimeRow {
        showtime_id: showtime.showtime_id,
        film: showtime.film.clone(),
        starts: zone.write(showtime.starts_at, Some(&showtime.timezone)),
        what: if showtime.is_new { "new" } else { "changed" },
    }
}

fn ancestor_row(one: &Ancestor, now: DateTime<Utc>) -> TreeRow {
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

fn child_row(one: &Descendant, source: &str, now: DateTime<Utc>) -> TreeRow {
    let last = match (&one.last_outcome, one.last_finished_at) {
        (Some(outcome), Some(at)) => format!("last {outcome} {}", format::ago(&at, &now)),
        _ => "not run yet".to_owned(),
    };
    TreeRow {
        mark: outcome_mark(one.last_outcome.as_deref().unwrap_or("none")),
        job_id: one.last_job_id,
        name: format!("{} {}", one.step, one.key),
        detail: format!("{}; {last}", if one.is_new { "new" } else { "changed" }),
        href: Some(task_href(source, &one.step, &one.key)),
        log: Vec::new(),
    }
}

fn ahead_page(request: &HttpRequest, state: &WebState, job: JobAhead) -> JobAheadPage {
    let title = format!("Job {}", job.job_id);
    let mut facts = vec![
        ("attempt", job.attempt.to_string()),
        (
            "queued since",
            format!("{} UTC", format::utc(&job.enqueued_at)),
        ),
    ];
    if let Some(pod) = &job.pod {
        facts.push(("pod", pod.clone()));
    }
    if let Some(at) = &job.lease_expires_at {
        facts.push(("lease", Moment::distance(at, &job.now).text));
    }
    if let Some(at) = &job.expires_at {
        facts.push(("permits run out", Moment::distance(at, &job.now).text));
    }
    JobAheadPage {
        frame: Frame::of(request, state, &title, "jobs").live(2),
        is_running: job.claimed_at.is_some(),
        mark: outcome_mark(if job.claimed_at.is_some() {
            "running"
        } else {
            "queued"
        }),
        task: task_href(&job.source, &job.step, &job.key),
        summary: match job.claimed_at {
            Some(at) => format!(
                "A pod claimed it {}. Its result, log and phases are here when it ends.",
                format::ago(&at, &job.now)
            ),
            None => format!(
                "The leader placed it {}; it waits for a pod with a free agent.",
                format::ago(&job.enqueued_at, &job.now)
            ),
        },
        facts,
        job,
    }
}
