//! Trials of definitions: nothing is stored, and no site is asked.

use actix_web::{
    post,
    web::{Data, Json},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    operations::{self, TrialResult},
    problem::{Problems, WebError},
    state::WebState,
};

/// A definition, and a recorded answer to read by it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialRequest {
    /// The text of the definition (TOML).
    pub definition: String,
    /// The step whose answer it is.
    pub step: String,
    /// Values for the templates of the task, such as `{"cinema": {"key": "12"}}`.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// Status of the answer.
    #[serde(default = "ok")]
    #[schema(minimum = 100, maximum = 599)]
    pub status: u16,
    /// Content type of the answer.
    pub content_type: Option<String>,
    /// Body of the answer.
    pub body: String,
}

fn ok() -> u16 {
    200
}

/// Reads a recorded answer by a definition (scope operate), and says which rows come of it or why
/// none do.
#[utoipa::path(tag = "sources", request_body = TrialRequest, responses((status = 200, body = TrialResult), Problems))]
#[post("/v1/definitions/try")]
pub async fn try_definition(
    state: Data<WebState>,
    body: Json<TrialRequest>,
) -> Result<Json<TrialResult>, WebError> {
    let body = body.into_inner();
    if !(100..600).contains(&body.status) {
        return Err(WebError::Unprocessable(format!(
            "status must be 100 to 599, not {}",
            body.status
        )));
    }
    let trial = operations::Trial {
        definition: body.definition,
        step: body.step,
        params: body.params,
        status: body.status,
        content_type: body.content_type,
        body: body.body,
    };
    Ok(Json(state.operations.try_definition(trial).await?))
}
