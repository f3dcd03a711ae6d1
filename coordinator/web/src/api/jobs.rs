//! Jobs: of the history, with their lineage, descendants and log lines; and those that run.

use actix_web::{
    get,
    web::{Data, Json, Path, Query},
};
use schema::reading::{
    Counted, Reader,
    job::{JobAhead, JobDetail, LogLine, ahead, ended, log},
    job_list::{JobRow, RunningRow, count, list, running},
    job_tree::{Ancestor, Descendant, ancestors, descendants},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::list::Page;
use crate::{
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

/// A job: `ended`, or `ahead` while it is queued or runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Job {
    /// The job as it ended.
    ended: Option<JobDetail>,
    /// The job while it is queued or runs.
    ahead: Option<JobAhead>,
    /// The jobs that led to it, its parent first.
    lineage: Vec<Ancestor>,
    /// Tasks that it discovered, or changed last, at most 100.
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
    let Some(ended) = ended(&mut db, *path).await? else {
        let ahead = ahead(&mut db, *path).await?;
        let ahead = ahead.ok_or_else(|| WebError::no("job", *path))?;
        return Ok(Json(Job {
            ended: None,
            ahead: Some(ahead),
            lineage: Vec::new(),
            descendants: Vec::new(),
        }));
    };
    Ok(Json(Job {
        ended: Some(ended),
        ahead: None,
        lineage: ancestors(&mut db, *path).await?,
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
