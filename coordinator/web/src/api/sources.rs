//! Sources: their state, definitions, history, codes and answers in quarantine.

use std::collections::BTreeMap;

use actix_web::{
    get,
    web::{Data, Json, Path, Query},
};
use chrono::{DateTime, Utc};
use schema::reading::{
    Reader,
    source::{
        DefinitionSummary, FailureCount, SourceDetail, SourceEvent, StepDetail, failures, history,
        one, steps, version_body, version_list,
    },
    source_answer::{HeldAnswer, held},
    source_code::{CodeRow, list as codes},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::list::{InstantKey, Page};
use crate::{
    filter::PageQuery,
    problem::{Problem, WebError},
    state::WebState,
};

/// A source.
#[derive(Debug, Serialize, ToSchema)]
pub struct Source {
    /// Short name.
    source: String,
    /// Its name for people.
    title: String,
    /// `healthy`, `degraded`, `quarantined`, `over its cap`, `paused` or `blocked`.
    health: String,
    /// Why it is not healthy.
    health_reason: Option<String>,
    /// When its health or the reason of it last changed.
    health_changed_at: Option<DateTime<Utc>>,
    /// The job after which it changed.
    health_job_id: Option<i64>,
    /// Why it is paused or blocked.
    state_reason: Option<String>,
    /// The version of the definition in force.
    definition_version: Option<i32>,
    /// The limit keys of its steps.
    limit_keys: Vec<String>,
    /// Tasks that are not retired.
    tasks: i64,
    /// Tasks of these that are due now.
    due: i64,
    /// Jobs of the last five minutes that succeeded.
    succeeded: i64,
    /// Jobs of the last five minutes that failed.
    failed: i64,
    /// The last answer of any age that could be used.
    last_answer_at: Option<DateTime<Utc>>,
    /// The failures of the last day, by step and class.
    failures: Vec<FailureCount>,
}

/// Lists all sources by name, as of some seconds ago.
#[utoipa::path(
    tag = "sources",
    responses((status = 200, body = [Source]), (status = 503, body = Problem, content_type = "application/problem+json"))
)]
#[get("/v1/sources")]
pub async fn sources(state: Data<WebState>) -> Result<Json<Vec<Source>>, WebError> {
    let now = state.sampler.now(&state.db).await?;
    let (overview, _) = state.overview.sources(&state.db).await?;
    let facts: BTreeMap<&str, _> = overview
        .facts
        .iter()
        .map(|facts| (facts.source.as_str(), facts))
        .collect();
    let sources = now.sample.sources.iter().map(|source| {
        let facts = facts.get(source.source.as_str());
        Source {
            source: source.source.clone(),
            title: facts.map_or_else(|| source.source.clone(), |facts| facts.title.clone()),
            health: source.health.clone(),
            health_reason: source.health_reason.clone(),
            health_changed_at: facts.map(|facts| facts.health_changed_at),
            health_job_id: facts.and_then(|facts| facts.health_job_id),
            state_reason: source.state_reason.clone(),
            definition_version: source.definition_version,
            limit_keys: facts.map_or_else(Vec::new, |facts| facts.limit_keys.clone()),
            tasks: source.tasks,
            due: facts.map_or(0, |facts| facts.due),
            succeeded: source.succeeded,
            failed: source.failed,
            last_answer_at: source
                .last_success_at
                .max(facts.and_then(|facts| facts.last_answer_at)),
            failures: overview
                .failures
                .iter()
                .filter(|failure| failure.source == source.source)
                .cloned()
                .collect(),
        }
    });
    Ok(Json(sources.collect()))
}

/// A source with its steps.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceInDepth {
    /// Its state and health.
    #[serde(flatten)]
    source: SourceDetail,
    /// Its steps, each after its parent.
    steps: Vec<StepDetail>,
    /// Its failures of the last day, by step and class.
    failures: Vec<FailureCount>,
}

async fn known(db: &mut Reader, name: &str) -> Result<SourceDetail, WebError> {
    one(db, name)
        .await?
        .ok_or_else(|| WebError::no("source", name))
}

/// Reads one source.
#[utoipa::path(
    tag = "sources",
    params(("source" = String, Path, description = "Name of the source")),
    responses(
        (status = 200, body = SourceInDepth),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/sources/{source}")]
pub async fn read_source(
    state: Data<WebState>,
    path: Path<String>,
) -> Result<Json<SourceInDepth>, WebError> {
    let mut db = Reader::begin(&state.db).await?;
    let source = known(&mut db, &path).await?;
    Ok(Json(SourceInDepth {
        steps: steps(&mut db, &path).await?,
        failures: failures(&mut db, Some(&path)).await?,
        source,
    }))
}

/// Lists the versions of a definition, the newest first.
#[utoipa::path(
    tag = "sources",
    params(("source" = String, Path, description = "Name of the source"), PageQuery),
    responses(
        (status = 200, body = Page<DefinitionSummary>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/sources/{source}/definitions")]
pub async fn definitions(
    state: Data<WebState>,
    path: Path<String>,
    query: Query<PageQuery>,
) -> Result<Json<Page<DefinitionSummary>>, WebError> {
    let (limit, before) = (query.rows()?, query.cursor()?);
    let mut db = Reader::begin(&state.db).await?;
    known(&mut db, &path).await?;
    let rows = version_list(&mut db, &path, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.version.to_string())))
}

/// A version of a definition with its file.
#[derive(Debug, Serialize, ToSchema)]
pub struct DefinitionFile {
    /// Counts from 1.
    version: i32,
    /// The TOML file, byte for byte.
    body: String,
}

/// Reads one version of a definition.
#[utoipa::path(
    tag = "sources",
    params(
        ("source" = String, Path, description = "Name of the source"),
        ("version" = i32, Path, description = "The version, from 1")
    ),
    responses(
        (status = 200, body = DefinitionFile),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/sources/{source}/definitions/{version}")]
pub async fn definition(
    state: Data<WebState>,
    path: Path<(String, i32)>,
) -> Result<Json<DefinitionFile>, WebError> {
    let (source, version) = path.into_inner();
    let mut db = Reader::begin(&state.db).await?;
    let body = version_body(&mut db, &source, version).await?;
    let body =
        body.ok_or_else(|| WebError::no("definition", format!("{source} version {version}")))?;
    Ok(Json(DefinitionFile { version, body }))
}

/// Lists what happened to a source, the newest first.
#[utoipa::path(
    tag = "sources",
    params(("source" = String, Path, description = "Name of the source"), PageQuery),
    responses(
        (status = 200, body = Page<SourceEvent>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/sources/{source}/history")]
pub async fn events(
    state: Data<WebState>,
    path: Path<String>,
    query: Query<PageQuery>,
) -> Result<Json<Page<SourceEvent>>, WebError> {
    let (limit, before) = (query.rows()?, query.cursor()?);
    let mut db = Reader::begin(&state.db).await?;
    known(&mut db, &path).await?;
    let rows = history(&mut db, &path, before, limit + 1).await?;
    Ok(Json(Page::by_instant(rows, limit, |row| row.at)))
}

/// Lists the status codes that a source has said, those without a meaning first.
#[utoipa::path(
    tag = "sources",
    params(("source" = String, Path, description = "Name of the source")),
    responses(
        (status = 200, body = [CodeRow]),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/sources/{source}/codes")]
pub async fn source_codes(
    state: Data<WebState>,
    path: Path<String>,
) -> Result<Json<Vec<CodeRow>>, WebError> {
    let mut db = Reader::begin(&state.db).await?;
    known(&mut db, &path).await?;
    Ok(Json(codes(&mut db, &path).await?))
}

/// Lists the answers of a source that could not be used, the newest first.
#[utoipa::path(
    tag = "sources",
    params(("source" = String, Path, description = "Name of the source"), PageQuery),
    responses(
        (status = 200, body = Page<HeldAnswer>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/sources/{source}/quarantine")]
pub async fn quarantine(
    state: Data<WebState>,
    path: Path<String>,
    query: Query<PageQuery>,
) -> Result<Json<Page<HeldAnswer>>, WebError> {
    let (limit, before) = (query.rows()?, query.cursor::<InstantKey<i64>>()?);
    let before = before.map(|key| (key.0, key.1));
    let mut db = Reader::begin(&state.db).await?;
    known(&mut db, &path).await?;
    let rows = held(&mut db, &path, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| {
        InstantKey(row.at, row.job_id).to_string()
    })))
}
