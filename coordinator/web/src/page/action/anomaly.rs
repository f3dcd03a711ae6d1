//! Forms of the page of anomalies.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};

use super::{FormFields, act, last_segment};
use crate::{access::viewer::Viewer, operations::Action, problem::WebError, state::WebState};

/// `POST /anomalies/{anomaly}/…`.
///
/// # Errors
///
/// If the action is refused.
pub(super) async fn decide(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    anomaly: Path<i32>,
    fields: FormFields,
) -> Result<HttpResponse, WebError> {
    let action = Action::DecideAnomaly {
        anomaly_id: anomaly.into_inner(),
        is_accepted: last_segment(&request) == "accept",
    };
    act(&request, &state, &viewer, &fields, action).await
}
