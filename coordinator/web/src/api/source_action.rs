//! Actions on sources: pause, resume, accept, map codes, apply and roll back definitions, weigh.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Json, Path},
};
use schema::enums::SeatStatus;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    access::viewer::Viewer,
    action::{Outcome, perform_once},
    operations::{Action, WeightKind},
    problem::{Problems, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(apply)
        .service(pause)
        .service(resume)
        .service(accept)
        .service(codes)
        .service(rollback)
        .service(weigh);
}

/// Why something is done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Stored in the audit, and shown beside what was changed.
    #[schema(
        min_length = 1,
        max_length = 500,
        pattern = r"^[^\x00]*\S[^\x00]*$",
        example = "the site is down"
    )]
    pub reason: String,
}

/// A header that makes a request safe to repeat.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct Key {
    /// Any text, for instance a UUID. The same request with the same key changes nothing and gets
    /// the same answer for a day.
    #[param(
        rename = "Idempotency-Key",
        required = false,
        min_length = 1,
        max_length = 200,
        pattern = "^[!-~]+$"
    )]
    #[allow(dead_code)]
    pub idempotency_key: Option<String>,
}

/// Pauses a source (scope operate): nothing of it is scheduled, and its running jobs end as usual.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "Name of the source"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/sources/{source}/pause")]
pub async fn pause(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    source: Path<String>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    let source = source.into_inner();
    let action = Action::PauseSource { source };
    let reason = body.reason.clone();
    perform_once(&request, &state, &viewer, &body, reason, action).await
}

/// Resumes a paused or blocked source (scope operate).
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "Name of the source"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/sources/{source}/resume")]
pub async fn resume(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    source: Path<String>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    let source = source.into_inner();
    let action = Action::ResumeSource { source };
    let reason = body.reason.clone();
    perform_once(&request, &state, &viewer, &body, reason, action).await
}

/// Which answers to accept, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// Only this step, in quarantine or not; all steps in quarantine without it.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$")]
    pub step: Option<String>,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

/// Accepts the present answers of a source (scope operate): the next ones are compared with no
/// older ones.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "Name of the source"), Key), request_body = Acceptance, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/sources/{source}/accept")]
pub async fn accept(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    source: Path<String>,
    body: Json<Acceptance>,
) -> Result<HttpResponse, WebError> {
    let action = Action::AcceptAnswers {
        source: source.into_inner(),
        step: body.step.clone(),
    };
    let reason = body.reason.clone();
    perform_once(&request, &state, &viewer, &body, reason, action).await
}

/// Meanings of codes, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    /// Each code as the source sends it, with its meaning.
    #[schema(example = json!({"2": "held"}))]
    pub codes: BTreeMap<String, SeatStatus>,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

/// Maps status codes of a source (scope operate). Seats are shown by the new meaning at once; the
/// counters of stored snapshots are counted again in the background.
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "Name of the source"), Key), request_body = Codes, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/sources/{source}/codes")]
pub async fn codes(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    source: Path<String>,
    body: Json<Codes>,
) -> Result<HttpResponse, WebError> {
    let codes = body.codes.iter();
    let action = Action::MapCodes {
        source: source.into_inner(),
        codes: codes
            .map(|(code, meaning)| (code.clone(), *meaning))
            .collect(),
    };
    let reason = body.reason.clone();
    perform_once(&request, &state, &viewer, &body, reason, action).await
}

/// A definition to put into force, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The text of the definition (TOML), which names its source.
    #[schema(max_length = 500_000)]
    pub definition: String,
    /// Whether it may fail to read the answers in quarantine.
    #[serde(default)]
    pub force: bool,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

/// Puts a definition into force as the next version of its source (scope admin). A text that is in
/// force already changes nothing.
#[utoipa::path(tag = "sources", params(Key), request_body = Definition, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/sources")]
pub async fn apply(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    body: Json<Definition>,
) -> Result<HttpResponse, WebError> {
    let action = Action::ApplyDefinition {
        text: body.definition.clone(),
        is_forced: body.force,
    };
    let reason = body.reason.clone();
    perform_once(&request, &state, &viewer, &body, reason, action).await
}

/// Which version to put into force again, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// The version; without it, the last one that differs from the one in force.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

/// Puts an old definition of a source into force again, as a new version (scope admin).
#[utoipa::path(tag = "sources", params(("source" = String, Path, description = "Name of the source"), Key), request_body = Rollback, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/sources/{source}/rollback")]
pub async fn rollback(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    source: Path<String>,
    body: Json<Rollback>,
) -> Result<HttpResponse, WebError> {
    let action = Action::RollBack {
        source: source.into_inner(),
        to: body.version,
    };
    let reason = body.reason.clone();
    perform_once(&request, &state, &viewer, &body, reason, action).await
}

/// A weight, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// Kind of thing that has the weight.
    pub kind: WeightKind,
    /// Its name, code or title.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]+$")]
    pub name: String,
    /// A sale counts as this many, 0 to 1,000; none removes the weight.
    #[schema(minimum = 0, maximum = 1000)]
    pub weight: Option<f32>,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

/// Sets or removes the weight of a source, territory or film (scope operate): what a sale there is
/// worth. The weights of a showtime multiply.
#[utoipa::path(tag = "sources", params(Key), request_body = Weight, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/weights")]
pub async fn weigh(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    body: Json<Weight>,
) -> Result<HttpResponse, WebError> {
    let action = Action::Weigh {
        kind: body.kind,
        name: body.name.clone(),
        factor: body.weight,
    };
    let reason = body.reason.clone();
    perform_once(&request, &state, &viewer, &body, reason, action).await
}
