//! Forms of the page of alerts.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};

use super::{FormFields, act, field, number};
use crate::{
    access::viewer::Viewer,
    operations::{Action, alert::AlertAction},
    problem::WebError,
    state::WebState,
};

/// `POST /alert-silences`.
///
/// # Errors
///
/// If a field cannot be used, or the action is refused.
pub(super) async fn create(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    fields: FormFields,
) -> Result<HttpResponse, WebError> {
    let hours: u32 = number(&field(&fields, "hours").unwrap_or_default(), "hours")?;
    let action = Action::Alert(AlertAction::Silence {
        condition: field(&fields, "condition").unwrap_or_default(),
        subject: field(&fields, "subject").unwrap_or_default(),
        lasts: Duration::from_secs(u64::from(hours) * 3_600),
    });
    act(&request, &state, &viewer, &fields, action).await
}

/// `POST /alert-silences/{silence}/end`.
///
/// # Errors
///
/// If the action is refused.
pub(super) async fn end(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    silence: Path<i32>,
    fields: FormFields,
) -> Result<HttpResponse, WebError> {
    let silence_id = silence.into_inner();
    let action = Action::Alert(AlertAction::EndSilence { silence_id });
    act(&request, &state, &viewer, &fields, action).await
}
