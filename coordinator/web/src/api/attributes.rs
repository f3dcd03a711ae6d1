//! What the attributes of the showtimes of a source mean.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Json, Path},
};
use schema::{
    enums::AttributeMeaning,
    reading::{Reader, attributes::of_source, source::one},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::source_action::Key;
use crate::{
    access::viewer::Viewer,
    action::{Outcome, perform_once},
    operations::Action,
    problem::{Problem, Problems, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service.service(attributes).service(map_attributes);
}

/// An attribute that a source says of showtimes.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceAttribute {
    /// The code as it came.
    code: String,
    /// What it means, as `kind:word`; null while nothing maps it.
    #[schema(example = "format:imax")]
    meaning: Option<String>,
    /// Showtimes to come that have it.
    showtimes: i64,
    /// The job that saw it first.
    discovered_by: i64,
}

/// Lists the attributes that a source says of its showtimes, those that nothing maps first.
#[utoipa::path(
    tag = "sources",
    params(("source" = String, Path, description = "Name of the source")),
    responses(
        (status = 200, body = [SourceAttribute]),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/sources/{source}/attributes")]
pub async fn attributes(
    state: Data<WebState>,
    path: Path<String>,
) -> Result<Json<Vec<SourceAttribute>>, WebError> {
    let mut db = Reader::begin(&state.db).await?;
    if one(&mut db, &path).await?.is_none() {
        return Err(WebError::no("source", &*path));
    }
    let found = of_source(&mut db, &path).await?;
    let rows = found.into_iter().map(|attribute| SourceAttribute {
        code: attribute.code,
        meaning: attribute.meaning.map(|meaning| meaning.to_string()),
        showtimes: attribute.showtimes,
        discovered_by: attribute.discovered_by,
    });
    Ok(Json(rows.collect()))
}

/// Meanings of attributes, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeMeanings {
    /// Each code as the source sends it, with its meaning as `kind:word`. Kinds are format,
    /// dimension, sound, language, subtitles, audience and event.
    #[schema(example = json!({"ATM": "sound:atmos"}))]
    pub attributes: BTreeMap<String, String>,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

/// Maps attributes of the showtimes of a source (scope operate). All views follow at once, for the
/// past too.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "Name of the source"), Key), request_body = AttributeMeanings, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/sources/{source}/attributes")]
pub async fn map_attributes(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    source: Path<String>,
    body: Json<AttributeMeanings>,
) -> Result<HttpResponse, WebError> {
    let meanings = body.attributes.iter().map(|(code, meaning)| {
        let meaning: AttributeMeaning = meaning.parse().map_err(WebError::Unprocessable)?;
        Ok((code.clone(), meaning))
    });
    let action = Action::MapAttributes {
        source: source.into_inner(),
        meanings: meanings.collect::<Result<_, WebError>>()?,
    };
    let reason = body.reason.clone();
    perform_once(&request, &state, &viewer, &body, reason, action).await
}
