//! Rejected events.

use actix_web::{
    get,
    web::{Data, Json, Path, Query},
};
use chrono::{DateTime, Utc};
use schema::reading::{
    Reader,
    event_rejects::{MAX_BODY_LETTERS, RejectRow, list, one},
};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    events::ClientListParams,
    list::{Page, response_of},
};
use crate::{
    problem::{Problem, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service.service(event_rejects).service(event_reject);
}

/// Rejected events of a page at most: each may have 64 KiB.
const MAX_REJECTS: i64 = 100;

response_of! {
    /// An event that was rejected.
    EventRejectItem from RejectRow {
        /// Its number.
        reject_id: i64,
        /// When it was rejected.
        rejected_at: DateTime<Utc>,
        /// When it was last checked again and rejected again; place and reason are those of that time.
        tried_at: Option<DateTime<Utc>>,
        /// When it was checked again and was sound, and stored; null while it is rejected.
        replayed_at: Option<DateTime<Utc>>,
        /// Who replayed it.
        replayed_by: Option<String>,
        /// The name of its client.
        client: String,
        /// The number of the key that sent it.
        key_id: i32,
        /// The name of that key.
        key: String,
        /// The name of the event, where that could be read.
        event: Option<String>,
        /// The version of its schema.
        schema: Option<String>,
        /// JSON pointer to what is wrong; empty for the whole of it.
        pointer: String,
        /// What is wrong.
        reason: String,
        /// The event as it came, up to 64 KiB.
        body: String,
    }
}

/// Lists rejected events, the newest first, 100 at most on a page.
#[utoipa::path(
    tag = "events",
    params(ClientListParams),
    responses(
        (status = 200, body = Page<EventRejectItem>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/event-rejects")]
pub async fn event_rejects(
    state: Data<WebState>,
    query: Query<ClientListParams>,
) -> Result<Json<Page<EventRejectItem>>, WebError> {
    let page = query.page();
    let (limit, before) = (page.rows()?.min(MAX_REJECTS), page.cursor()?);
    let mut reader = Reader::begin(&state.db).await?;
    let client = query.client();
    let rows = list(&mut reader, client, before, limit + 1, MAX_BODY_LETTERS).await?;
    Ok(Json(Page::of(rows, limit, |row| row.reject_id.to_string())))
}

/// Gives a rejected event as it was sent.
#[utoipa::path(
    tag = "events",
    params(("id" = i64, Path, description = "Number of the rejected event")),
    responses(
        (status = 200, body = EventRejectItem),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/event-rejects/{id}")]
pub async fn event_reject(
    state: Data<WebState>,
    id: Path<i64>,
) -> Result<Json<EventRejectItem>, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let row = one(&mut reader, *id).await?;
    row.map(|row| Json(row.into()))
        .ok_or_else(|| WebError::no("rejected event", *id))
}
