//! The form that has days of a data set built again.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use chrono::NaiveDate;

use super::{FormFields, act, field};
use crate::{access::viewer::Viewer, operations::Action, problem::WebError, state::WebState};

/// `POST /data-sets/{data_set}/build`.
///
/// # Errors
///
/// If a day cannot be read, or the action is refused.
pub(super) async fn build(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    name: Path<String>,
    fields: FormFields,
) -> Result<HttpResponse, WebError> {
    let day = |key: &str| -> Result<Option<NaiveDate>, WebError> {
        let text = field(&fields, key);
        text.map(|text| {
            text.trim().parse().map_err(|_| {
                WebError::Unprocessable(format!("{key}: `{text}` is not a day such as 2026-11-30"))
            })
        })
        .transpose()
    };
    let action = Action::BuildDataSet {
        name: name.into_inner(),
        from: day("from")?,
        until: day("until")?,
    };
    act(&request, &state, &viewer, &fields, action).await
}
