//! One job: what failed and why first, then its phases, log, answer, tree, and what it stored.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use schema::{
    lineage::job_requests,
    reading::{
        Reader,
        job::{JobDetail, ahead, ended, log, stored_showtimes, stored_snapshot},
        job_tree::{ancestors, count_descendants, descendants},
        source_answer::held_body,
    },
};
use telemetry::FoundTrace;

use super::{
    Frame,
    address::{self, task_href},
    format,
    job_ahead::ahead_page,
    job_rows::{
        LogRow, RequestRow, ShowtimeRow, StoredRow, TreeRow, Verdict, ancestor_row, child_row,
        facts, log_row, request_row, showtime_row, stored_row, verdict,
    },
    jobs::outcome_mark,
    phase::{self, PhaseRow},
    render,
    time_text::TimeText,
};
use crate::{
    body::{self, ShownBody},
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
    ended: TimeText,
    verdict: Option<Verdict>,
    phases: Vec<PhaseRow>,
    whole: String,
    facts: Vec<(&'static str, String)>,
    trace: Option<FoundTrace>,
    requests: Vec<RequestRow>,
    log: Vec<LogRow>,
    answer: Option<AnswerRow>,
    stored: Option<StoredRow>,
    showtimes: Vec<ShowtimeRow>,
    ancestors: Vec<TreeRow>,
    children: Vec<TreeRow>,
    child_count: String,
    similar: Option<String>,
}

struct AnswerRow {
    note: String,
    body: ShownBody,
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
    let requests = job_requests(&mut *db, job_id).await?;
    let held = held_body(&mut db, job_id).await?;
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
    drop(db);
    let own = requests.iter().find(|request| request.job_id == job_id);
    let answer = match held {
        Some(held) => Some(AnswerRow {
            note: format!(
                "{}, {}; in quarantine: {}",
                format::bytes(i64::from(held.body_bytes)),
                held.content_type.as_deref().unwrap_or("of no type"),
                held.reason
            ),
            body: body::of_gzip(&held.body, held.body_bytes),
        }),
        None => archived(&state, own.and_then(|own| own.body_hash.clone())).await,
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
        ended: TimeText::ago(&job.finished_at, &now),
        verdict: verdict(&job),
        phases: phase::rows(&job, own),
        requests: requests
            .iter()
            .map(|request| request_row(request, job_id))
            .collect(),
        whole: whole(&job),
        facts: facts(&job),
        trace: state.telemetry.trace_of(job_id),
        log: log.iter().map(log_row).collect(),
        answer,
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
        child_count: format::bounded(child_count),
        similar: similar(&job),
        job,
    };
    render(&request, &page)
}

/// Reads a body from the archive; one that cannot be read says why in place of its text.
async fn archived(state: &WebState, hash: Option<Vec<u8>>) -> Option<AnswerRow> {
    match state.operations.archived_body(hash?).await {
        Ok(body) => body.map(|body| AnswerRow {
            note: format!(
                "{}, from the archive, secrets removed",
                format::bytes(i64::try_from(body.len()).unwrap_or(i64::MAX))
            ),
            body: body::of_bytes(&body),
        }),
        Err(error) => Some(AnswerRow {
            note: error.to_string(),
            body: ShownBody::default(),
        }),
    }
}

fn outcome(job: &JobDetail) -> String {
    match (&job.error_class, job.changed) {
        (Some(class), _) => format!("{}, {class}", job.outcome),
        (None, Some(true)) => format!("{}, seats changed", job.outcome),
        (None, Some(false)) => format!("{}, nothing changed", job.outcome),
        (None, None) => job.outcome.clone(),
    }
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
    format::span((job.finished_at - job.enqueued_at).as_seconds_f64())
}
