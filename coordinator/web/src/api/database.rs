//! The database: findings of the doctor, background passes, exports, rollups.

use actix_web::{
    get,
    web::{Data, Json},
};
use chrono::{DateTime, Utc};
use schema::reading::database::{ExportRow, RollupRow};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    operations::Finding,
    problem::{Problem, WebError},
    state::WebState,
};

/// Lists the findings of the doctor, as of some seconds ago.
#[utoipa::path(
    tag = "database",
    responses((status = 200, body = [Finding]), (status = 503, body = Problem, content_type = "application/problem+json"))
)]
#[get("/v1/findings")]
pub async fn findings(state: Data<WebState>) -> Result<Json<Vec<Finding>>, WebError> {
    let (findings, _) = state.overview.findings(&*state.operations).await?;
    Ok(Json(findings.to_vec()))
}

/// The last run of a background pass of a coordinator.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pass {
    /// Name of the pass.
    pass: String,
    /// Name of the coordinator.
    coordinator: String,
    /// When the last run ended.
    run_at: DateTime<Utc>,
    /// When a run last found something to do.
    worked_at: Option<DateTime<Utc>>,
    /// Seconds that the last run took.
    took_seconds: f32,
    /// Failures in a row.
    failures: i32,
    /// What the last run that found something to do did.
    report: Option<String>,
    /// Why the last run failed.
    error: Option<String>,
}

/// Lists the background passes: those that fail first.
#[utoipa::path(
    tag = "database",
    responses((status = 200, body = [Pass]), (status = 503, body = Problem, content_type = "application/problem+json"))
)]
#[get("/v1/passes")]
pub async fn passes(state: Data<WebState>) -> Result<Json<Vec<Pass>>, WebError> {
    let now = state.sampler.now(&state.db).await?;
    let passes = now.sample.passes.iter().map(|pass| Pass {
        pass: pass.pass.clone(),
        coordinator: pass.coordinator.clone(),
        run_at: pass.run_at,
        worked_at: pass.worked_at,
        took_seconds: pass.took_seconds,
        failures: pass.failures,
        report: pass.report.clone(),
        error: pass.error.clone(),
    });
    Ok(Json(passes.collect()))
}

/// Lists the exports by place and data set, as of some seconds ago.
#[utoipa::path(
    tag = "database",
    responses((status = 200, body = [ExportRow]), (status = 503, body = Problem, content_type = "application/problem+json"))
)]
#[get("/v1/exports")]
pub async fn exports(state: Data<WebState>) -> Result<Json<Vec<ExportRow>>, WebError> {
    let (database, _) = state.overview.database(&state.db).await?;
    Ok(Json(database.exports.clone()))
}

/// Lists the rollups: those that are not current first, as of some seconds ago.
#[utoipa::path(
    tag = "database",
    responses((status = 200, body = [RollupRow]), (status = 503, body = Problem, content_type = "application/problem+json"))
)]
#[get("/v1/rollups")]
pub async fn rollups(state: Data<WebState>) -> Result<Json<Vec<RollupRow>>, WebError> {
    let (database, _) = state.overview.database(&state.db).await?;
    Ok(Json(database.rollups.clone()))
}
