//! Anomalies: a list, one of them, and decisions on them.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Json, Path, Query},
};
use schema::{
    anomaly::{self as stored, AnomalyRow, Standing},
    reading::Reader,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    list::Page,
    source_action::{Key, Reason},
};
use crate::{
    access::viewer::Viewer,
    action::{Outcome, perform_once},
    filter::rows,
    operations::Action,
    problem::{Problems, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(anomalies)
        .service(anomaly)
        .service(accept)
        .service(reject);
}

/// Which anomalies are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AnomalyQuery {
    /// Only those that are open, accepted or rejected.
    #[param(value_type = Option<String>, pattern = "^(open|accepted|rejected)$")]
    state: Option<String>,
    /// `next` of the page before.
    cursor: Option<i32>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Lists values that are not what was expected, those found last first.
#[utoipa::path(tag = "anomalies", params(AnomalyQuery), responses((status = 200, body = Page<AnomalyRow>), Problems))]
#[get("/v1/anomalies")]
pub async fn anomalies(
    state: Data<WebState>,
    query: Query<AnomalyQuery>,
) -> Result<Json<Page<AnomalyRow>>, WebError> {
    let limit = rows(query.limit.as_deref())?;
    let standing = match query.state.as_deref() {
        None => None,
        Some(word) => Some(Standing::parse(word).ok_or_else(|| {
            WebError::BadRequest(format!(
                "{word} is no state of an anomaly: open, accepted or rejected"
            ))
        })?),
    };
    let mut reader = Reader::begin(&state.db).await?;
    let found = stored::list(&mut *reader, standing, query.cursor, limit + 1)
        .await
        .map_err(schema::reading::ReadError::from)?;
    Ok(Json(Page::of(found, limit, |row| {
        row.anomaly_id.to_string()
    })))
}

/// Reads an anomaly with its evidence.
#[utoipa::path(tag = "anomalies", params(("anomaly" = i32, Path, description = "Number of the anomaly")), responses((status = 200, body = AnomalyRow), Problems))]
#[get("/v1/anomalies/{anomaly}")]
pub async fn anomaly(
    state: Data<WebState>,
    number: Path<i32>,
) -> Result<Json<AnomalyRow>, WebError> {
    let number = number.into_inner();
    let mut reader = Reader::begin(&state.db).await?;
    let found = stored::find(&mut *reader, number)
        .await
        .map_err(schema::reading::ReadError::from)?;
    found
        .map(Json)
        .ok_or_else(|| WebError::NotFound(format!("there is no anomaly {number}")))
}

/// Accepts an anomaly (scope operate): its days leave training.
#[utoipa::path(tag = "anomalies", params(("anomaly" = i32, Path, description = "Number of the anomaly"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/anomalies/{anomaly}/accept")]
pub async fn accept(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    number: Path<i32>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    decide(&request, &state, &viewer, *number, &body, true).await
}

/// Rejects an anomaly (scope operate): its days train, and the same is not reported for four weeks.
#[utoipa::path(tag = "anomalies", params(("anomaly" = i32, Path, description = "Number of the anomaly"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/anomalies/{anomaly}/reject")]
pub async fn reject(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    number: Path<i32>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    decide(&request, &state, &viewer, *number, &body, false).await
}

async fn decide(
    request: &HttpRequest,
    state: &Data<WebState>,
    viewer: &Viewer,
    anomaly_id: i32,
    body: &Reason,
    is_accepted: bool,
) -> Result<HttpResponse, WebError> {
    let action = Action::DecideAnomaly {
        anomaly_id,
        is_accepted,
    };
    perform_once(request, state, viewer, body, body.reason.clone(), action).await
}
