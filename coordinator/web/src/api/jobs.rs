//! Jobs: of the history, with their lineage, descendants and log lines; and those that run.

use actix_web::{
    HttpResponse, get,
    web::{Data, Json, Path, Query},
};
use schema::{
    lineage::{JobRequest, job_requests},
    reading::{
        Counted, Reader,
        job::{JobAhead, JobDetail, LogLine, ahead, ended, log},
        job_list::{JobRow, RunningRow, count, list, running},
        job_tree::{Ancestor, Descendant, ancestors, descendants},
        source_answer::held_body,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use super::list::Page;
use crate::{
    body,
    filter::{JobQuery, MAX_ROWS},
    problem::{Problem, WebError},
    state::WebState,
};

/// Tasks that a job discovered, at most.
const MAX_DESCENDANTS: i64 = 100;

/// Lists the jobs that ended, the newest first.
#[utoipa::path(
    tag = "jobs",
    params(JobQuery),
    responses(
        (status = 200, body = Page<JobRow>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/jobs")]
pub async fn jobs(
    state: Data<WebState>,
    query: Query<JobQuery>,
) -> Result<Json<Page<JobRow>>, WebError> {
    let filter = query.filter(state.now().await?)?;
    let limit = query.rows()?;
    let mut db = Reader::begin(&state.db).await?;
    let rows = list(&mut db, &filter, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.ended_seq.to_string())))
}

/// Counts the jobs that ended, exactly up to 10,000.
#[utoipa::path(
    tag = "jobs",
    params(JobQuery),
    responses(
        (status = 200, body = Counted),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/jobs/count")]
pub async fn job_count(
    state: Data<WebState>,
    query: Query<JobQuery>,
) -> Result<Json<Counted>, WebError> {
    query.rows()?;
    let filter = query.filter(state.now().await?)?;
    let mut db = Reader::begin(&state.db).await?;
    Ok(Json(count(&mut db, &filter).await?))
}

/// Lists the jobs that run, at most 500, the longest first.
#[utoipa::path(
    tag = "jobs",
    responses(
        (status = 200, body = [RunningRow]),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/jobs/running")]
pub async fn running_jobs(state: Data<WebState>) -> Result<Json<Vec<RunningRow>>, WebError> {
    let mut db = Reader::begin(&state.db).await?;
    Ok(Json(running(&mut db, None, None, None, MAX_ROWS).await?))
}

/// A request of a conversation, by the job that sent it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Request {
    /// From 1.
    position: i32,
    /// The job.
    job_id: i64,
    /// `robots`, `first`, `step`, `page` or `redirect`.
    kind: Option<String>,
    /// The request, secrets removed.
    url: Option<String>,
    /// How the job ended.
    outcome: String,
    /// Status code of the answer.
    http_status: Option<i16>,
    /// Bytes of the body after decompression.
    response_bytes: Option<i32>,
    /// What the cache of the pod did.
    cache_result: Option<String>,
    /// Its phases that took place, in the order of time.
    phases: Vec<Phase>,
    /// Whether its body is archived.
    has_body: bool,
}

/// A phase of a job.
#[derive(Debug, Serialize, ToSchema)]
pub struct Phase {
    /// `queued`, `wait`, `connect`, `first byte`, `body`, `extract` or `store`.
    phase: String,
    /// Microseconds that it took.
    micros: i64,
}

impl Request {
    fn of(request: JobRequest) -> Self {
        let phases = request.phases().map(|(phase, micros)| Phase {
            phase: phase.to_owned(),
            micros,
        });
        Self {
            phases: phases.collect(),
            position: request.position,
            job_id: request.job_id,
            kind: request.kind,
            url: request.url,
            outcome: request.outcome,
            http_status: request.http_status,
            response_bytes: request.response_bytes,
            cache_result: request.cache_result,
            has_body: request.body_hash.is_some(),
        }
    }
}

/// A job: `ended`, or `ahead` while it is queued or runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Job {
    /// The id of its trace, if traces are sent and this one is kept.
    trace_id: Option<String>,
    /// The job as it ended.
    ended: Option<JobDetail>,
    /// The job while it is queued or runs.
    ahead: Option<JobAhead>,
    /// The jobs that led to it, its parent first.
    lineage: Vec<Ancestor>,
    /// The requests of its conversation, in order.
    requests: Vec<Request>,
    /// Tasks that it discovered, at most 100.
    descendants: Vec<Descendant>,
}

/// Reads one job with the jobs that led to it and the tasks that it discovered.
#[utoipa::path(
    tag = "jobs",
    params(("job" = i64, Path, description = "Number of the job")),
    responses(
        (status = 200, body = Job),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/jobs/{job}")]
pub async fn read_job(state: Data<WebState>, path: Path<i64>) -> Result<Json<Job>, WebError> {
    let mut db = Reader::begin(&state.db).await?;
    let trace = state.telemetry.trace_of(*path);
    let trace_id = trace.filter(|trace| trace.is_kept).map(|trace| trace.id);
    let Some(ended) = ended(&mut db, *path).await? else {
        let ahead = ahead(&mut db, *path).await?;
        let ahead = ahead.ok_or_else(|| WebError::no("job", *path))?;
        return Ok(Json(Job {
            trace_id,
            ended: None,
            ahead: Some(ahead),
            lineage: Vec::new(),
            requests: Vec::new(),
            descendants: Vec::new(),
        }));
    };
    Ok(Json(Job {
        trace_id,
        ended: Some(ended),
        ahead: None,
        lineage: ancestors(&mut db, *path).await?,
        requests: job_requests(&mut *db, *path)
            .await?
            .into_iter()
            .map(Request::of)
            .collect(),
        descendants: descendants(&mut db, *path, MAX_DESCENDANTS).await?,
    }))
}

/// Lists the log lines of a job that ended, at most 1,000.
#[utoipa::path(
    tag = "jobs",
    params(("job" = i64, Path, description = "Number of the job")),
    responses(
        (status = 200, body = [LogLine]),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/jobs/{job}/log")]
pub async fn job_log(
    state: Data<WebState>,
    path: Path<i64>,
) -> Result<Json<Vec<LogLine>>, WebError> {
    let mut db = Reader::begin(&state.db).await?;
    let job = ended(&mut db, *path).await?;
    let job = job.ok_or_else(|| WebError::no("ended job", *path))?;
    Ok(Json(log(&mut db, *path, job.finished_at).await?))
}

/// Reads the body of the answer of a job: from the archive, or from quarantine.
///
/// It is given as bytes to save, whatever its type: a browser must not run what a stranger wrote.
#[utoipa::path(
    tag = "jobs",
    params(("job" = i64, Path, description = "Number of the job")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/jobs/{job}/body")]
pub async fn job_body(state: Data<WebState>, path: Path<i64>) -> Result<HttpResponse, WebError> {
    let mut db = Reader::begin(&state.db).await?;
    let requests = job_requests(&mut *db, *path).await?;
    let held = held_body(&mut db, *path).await?;
    drop(db);
    let hash = requests
        .into_iter()
        .find(|request| request.job_id == *path)
        .and_then(|request| request.body_hash);
    let archived = match hash {
        Some(hash) => state.operations.archived_body(hash).await?,
        None => None,
    };
    let body = match (archived, held) {
        (Some(body), _) => body,
        (None, Some(held)) => body::whole_of_gzip(&held.body),
        (None, None) => return Err(WebError::no("stored body of job", *path)),
    };
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((
            "Content-Disposition",
            format!("attachment; filename=\"job-{}.body\"", *path),
        ))
        .body(body))
}
