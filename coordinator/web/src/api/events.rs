//! Clients that send events, their keys, and what came with them.

use actix_web::{
    get,
    web::{Data, Json, Query},
};
use chrono::{DateTime, TimeDelta, Utc};
use schema::reading::{
    Reader,
    events::{self as stored, ClientRow, KeyRow},
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::list::{Page, name_key, parse_name_key, response_of};
use crate::{
    event_query::{INTAKE_HOURS, bounded},
    filter::{self, PageQuery},
    problem::{Problem, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(event_clients)
        .service(event_keys)
        .service(event_intake);
}

/// Hours of what came with a key at most.
const MAX_INTAKE_HOURS: i64 = 24 * 7;

/// A list, of one client or of all.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClientListParams {
    /// Only of this client.
    client: Option<String>,
    /// `next` of the page before.
    pub(super) cursor: Option<String>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

impl ClientListParams {
    /// The client, if one is named.
    pub(super) fn client(&self) -> Option<&str> {
        filter::given(self.client.as_deref())
    }

    /// The cursor and the number of rows.
    pub(super) fn page(&self) -> PageQuery {
        PageQuery {
            cursor: self.cursor.clone(),
            limit: self.limit.clone(),
        }
    }
}

response_of! {
    /// A client that sends events.
    EventClientItem from ClientRow {
        /// Its name.
        name: String,
        /// IANA name of the time zone in which its days begin.
        time_zone: String,
        /// First day of its week: 1 for Monday to 7 for Sunday.
        week_start: i16,
        /// Seconds for which an event with a known message id is a duplicate, at least.
        duplicate_window_seconds: i64,
        /// When it was made.
        created_at: DateTime<Utc>,
        /// Its keys that may be used now.
        keys_in_force: i64,
    }
}

/// Lists the clients that send events, in the order of their names.
#[utoipa::path(
    tag = "events",
    params(PageQuery),
    responses(
        (status = 200, body = Page<EventClientItem>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/event-clients")]
pub async fn event_clients(
    state: Data<WebState>,
    query: Query<PageQuery>,
) -> Result<Json<Page<EventClientItem>>, WebError> {
    let limit = query.rows()?;
    let after = query.cursor.as_deref().map(parse_name_key).transpose()?;
    let after = after.as_ref().map(|(name, _)| name.as_str());
    let mut reader = Reader::begin(&state.db).await?;
    let rows = stored::clients(&mut reader, after, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| {
        name_key(i32::from(row.client_id), &row.name)
    })))
}

response_of! {
    /// A key with which a client sends events. Its text is stored nowhere.
    EventKeyItem from KeyRow {
        /// Its number.
        key_id: i32,
        /// The name of its client.
        client: String,
        /// Its name.
        name: String,
        /// Whether it is shipped in apps and pages, where anyone can read it.
        is_public: bool,
        /// What becomes of an event that breaks its schema: `off`, `warn` or `enforce`.
        schema_mode: String,
        /// Events a second that it may send to each receiver.
        events_per_second: i32,
        /// Origins that may send with it.
        origins: Vec<String>,
        /// Events that it may send; empty allows all.
        events: Vec<String>,
        /// When it was made.
        created_at: DateTime<Utc>,
        /// When it ends; null for never.
        expires_at: Option<DateTime<Utc>>,
        /// When it was used last, to the minute.
        last_used_at: Option<DateTime<Utc>>,
        /// When it was revoked.
        revoked_at: Option<DateTime<Utc>>,
        /// Whether it may be used now.
        is_in_force: bool,
    }
}

/// Lists the keys with which clients send events, the newest first.
#[utoipa::path(
    tag = "events",
    params(ClientListParams),
    responses(
        (status = 200, body = Page<EventKeyItem>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/event-keys")]
pub async fn event_keys(
    state: Data<WebState>,
    query: Query<ClientListParams>,
) -> Result<Json<Page<EventKeyItem>>, WebError> {
    let (page, now) = (query.page(), state.now().await?);
    let (limit, before) = (page.rows()?, page.cursor()?);
    let mut reader = Reader::begin(&state.db).await?;
    let rows = stored::keys(&mut reader, query.client(), before, now, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.key_id.to_string())))
}

/// What came with keys, and since when.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IntakeParams {
    /// Only of this client.
    client: Option<String>,
    /// So many hours back, from 1 to 168; 24 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 168)]
    hours: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

response_of! {
    /// What came with a key, up to date to the last request.
    EventIntakeItem from KeyRow {
        /// The number of the key.
        key_id: i32,
        /// The name of its client.
        client: String,
        /// Its name.
        name: String,
        /// Events that were stored.
        accepted: i64,
        /// Events that had been stored before.
        duplicates: i64,
        /// Events that were rejected.
        rejected: i64,
        /// Events that were turned away because the key sent too many.
        limited: i64,
        /// When it was used last, to the minute.
        last_used_at: Option<DateTime<Utc>>,
    }
}

/// Lists what came with each key in the last hours: stored, duplicate, rejected and turned away; the
/// newest key first.
#[utoipa::path(
    tag = "events",
    params(IntakeParams),
    responses(
        (status = 200, body = Page<EventIntakeItem>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/event-intake")]
pub async fn event_intake(
    state: Data<WebState>,
    query: Query<IntakeParams>,
) -> Result<Json<Page<EventIntakeItem>>, WebError> {
    let hours = bounded(
        query.hours.as_deref(),
        "hours",
        INTAKE_HOURS,
        MAX_INTAKE_HOURS,
    )?;
    let page = PageQuery {
        cursor: query.cursor.clone(),
        limit: query.limit.clone(),
    };
    let (limit, before) = (page.rows()?, page.cursor()?);
    let since = state.now().await? - TimeDelta::hours(hours);
    let client = filter::given(query.client.as_deref());
    let mut reader = Reader::begin(&state.db).await?;
    let rows = stored::keys(&mut reader, client, before, since, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.key_id.to_string())))
}
