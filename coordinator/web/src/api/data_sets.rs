//! Data sets: how fresh they are, and their builds.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Json, Path, Query},
};
use chrono::NaiveDate;
use schema::reading::{
    Reader,
    data_sets::{self as stored, DataSet, DataSetBuild, DataSetDay, DataSetDefinition},
    deliveries::{DataSetDelivery, deliveries},
    loads::{self, DataSetFiles},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    list::{Page, name_key, parse_name_key},
    source_action::Key,
};
use crate::{
    access::viewer::Viewer,
    action::{Outcome, perform_once},
    filter::PageQuery,
    operations::Action,
    problem::{Problem, Problems, WebError},
    state::WebState,
};

/// Days and builds of a data set that are answered.
const MAX_DAYS: i64 = 100;
const MAX_BUILDS: i64 = 50;
/// Deliveries that are answered.
const MAX_DELIVERIES: i64 = 500;
/// Files, and rows that could not be mapped, that are answered.
const MAX_FILES: i64 = 500;
const MAX_ERRORS: i64 = 200;

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service.service(data_sets).service(data_set).service(build);
}

/// A data set in depth.
#[derive(Debug, Serialize, ToSchema)]
pub struct DataSetDetail {
    /// Its state and freshness.
    data_set: DataSet,
    /// Its query, check and file.
    definition: DataSetDefinition,
    /// Its last days, the newest first.
    days: Vec<DataSetDay>,
    /// Its last builds, the newest first.
    builds: Vec<DataSetBuild>,
    /// Its files, if it is read from files, and rows that could not be mapped.
    files: DataSetFiles,
    /// What each destination has of its days, those that need a look first.
    deliveries: Vec<DataSetDelivery>,
}

/// Lists data sets by name.
#[utoipa::path(
    tag = "data sets",
    params(PageQuery),
    responses(
        (status = 200, body = Page<DataSet>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/data-sets")]
pub async fn data_sets(
    state: Data<WebState>,
    query: Query<PageQuery>,
) -> Result<Json<Page<DataSet>>, WebError> {
    let limit = query.rows()?;
    let after = query.cursor.as_deref().map(parse_name_key).transpose()?;
    let after = after.as_ref().map(|(name, _)| name.as_str());
    let mut reader = Reader::begin(&state.db).await?;
    let rows = stored::list(&mut reader, after, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row: &DataSet| {
        name_key(0, &row.name)
    })))
}

/// Reads a data set: its state, its query, its last days and builds.
#[utoipa::path(
    tag = "data sets",
    params(("data_set" = String, Path, description = "Name of the data set")),
    responses(
        (status = 200, body = DataSetDetail),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/data-sets/{data_set}")]
pub async fn data_set(
    state: Data<WebState>,
    name: Path<String>,
) -> Result<Json<DataSetDetail>, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let found = stored::one(&mut reader, &name).await?;
    let definition = stored::definition(&mut reader, &name).await?;
    let (Some(data_set), Some(definition)) = (found, definition) else {
        return Err(WebError::no("data set", &*name));
    };
    Ok(Json(DataSetDetail {
        data_set,
        definition,
        days: stored::days(&mut reader, &name, None, MAX_DAYS, None).await?,
        builds: stored::builds(&mut reader, &name, MAX_BUILDS).await?,
        files: loads::files(&mut reader, &name, MAX_FILES, MAX_ERRORS).await?,
        deliveries: deliveries(&mut reader, &name, MAX_DELIVERIES).await?,
    }))
}

/// Which days are built again, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildBody {
    /// The first day; from the beginning if it is absent.
    pub from: Option<NaiveDate>,
    /// The last day; to the last complete day if it is absent.
    pub until: Option<NaiveDate>,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

/// Has days of a data set built again (scope operate), whatever they were built from; rows of before can
/// be read until a build succeeds.
#[utoipa::path(tag = "data sets", params(("data_set" = String, Path, description = "Name of the data set"), Key), request_body = BuildBody, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/data-sets/{data_set}/build")]
pub async fn build(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    name: Path<String>,
    body: Json<BuildBody>,
) -> Result<HttpResponse, WebError> {
    let action = Action::BuildDataSet {
        name: name.into_inner(),
        from: body.from,
        until: body.until,
    };
    perform_once(
        &request,
        &state,
        &viewer,
        &body,
        body.reason.clone(),
        action,
    )
    .await
}
