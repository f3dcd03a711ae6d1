//! Search.

use actix_web::{
    get,
    web::{Data, Json, Query},
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    filter::given,
    problem::{Problem, WebError},
    search::{Found, MAX_LETTERS},
    state::WebState,
};

/// What is searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// A number, a key, a name, an address, or the text of an error.
    #[param(max_length = 200)]
    q: String,
}

/// Finds what a text may name, each kind with at most 20 hits, within 2 seconds in all.
#[utoipa::path(
    tag = "fleet",
    params(SearchQuery),
    responses(
        (status = 200, body = Found),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/search")]
pub async fn search(
    state: Data<WebState>,
    query: Query<SearchQuery>,
) -> Result<Json<Found>, WebError> {
    let Some(text) = given(Some(&query.q)) else {
        return Err(WebError::BadRequest(
            "q is empty: give a number, a key, a name, an address or the text of an error"
                .to_owned(),
        ));
    };
    if text.chars().count() > MAX_LETTERS {
        return Err(WebError::BadRequest(format!(
            "q is longer than {MAX_LETTERS} characters"
        )));
    }
    Ok(Json(crate::search::search(&state.db, text).await?))
}
