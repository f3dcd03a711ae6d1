//! Checks rejected events again.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Json},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::source_action::Key;
use crate::{
    access::viewer::Viewer,
    action::{Outcome, perform_once},
    operations::{
        Action,
        event::{EventAction, ReplayRejects},
    },
    problem::{Problems, WebError},
    state::WebState,
};

/// Adds the route.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service.service(replay);
}

/// Which rejected events are checked again, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// Those that meet all that is given; all, if nothing is.
    #[serde(default)]
    pub rejects: ReplayRejects,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

/// Checks rejected events again (scope operate), 2,000 at most, by the present schemas and rules of their
/// keys, and stores those that are sound now, each once under its message id. The others stay, with
/// their new reasons.
#[utoipa::path(tag = "events", params(Key), request_body = ReplayBody, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/event-replays")]
pub async fn replay(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    body: Json<ReplayBody>,
) -> Result<HttpResponse, WebError> {
    let action = Action::Event(EventAction::Replay(body.rejects.clone()));
    let reason = body.reason.clone();
    perform_once(&request, &state, &viewer, &body, reason, action).await
}
