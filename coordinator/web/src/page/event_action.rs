//! Forms of the pages of events and experiments, as those of [`super::action`].
//!
//! | form | fields |
//! |---|---|
//! | `event-replays` | `client`, `event`, `why` (empty ones are left out), `reason` |
//! | `experiments/NAME/end` | `reason` |

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Path, ServiceConfig},
};

use super::action::{FormFields, act, field};
use crate::{
    access::viewer::Viewer,
    operations::{
        Action,
        event::{EventAction, ReplayRejects},
    },
    problem::WebError,
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig) {
    service
        .route("/event-replays", web::post().to(replay))
        .route(
            "/experiments/{experiment}/end",
            web::post().to(end_experiment),
        );
}

/// `POST /event-replays`.
///
/// # Errors
///
/// If the action is refused.
pub async fn replay(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    fields: FormFields,
) -> Result<HttpResponse, WebError> {
    let action = Action::Event(EventAction::Replay(ReplayRejects {
        client: field(&fields, "client"),
        event: field(&fields, "event"),
        why: field(&fields, "why"),
        ..ReplayRejects::default()
    }));
    act(&request, &state, &viewer, &fields, action).await
}

/// `POST /experiments/{experiment}/end`.
///
/// # Errors
///
/// If the action is refused.
pub async fn end_experiment(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    name: Path<String>,
    fields: FormFields,
) -> Result<HttpResponse, WebError> {
    let name = name.into_inner();
    let action = Action::Event(EventAction::EndExperiment { name });
    act(&request, &state, &viewer, &fields, action).await
}
