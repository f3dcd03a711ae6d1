//! Actions on what receives events: make clients, keys and schemas, revoke keys, rename events.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Json, Path},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::source_action::{Key, Reason};
use crate::{
    access::viewer::Viewer,
    action::{Outcome, perform_once},
    operations::{
        Action,
        event::{EventAction, EventClient, EventSchemaMode, NewEventKey, NewEventSchema},
    },
    problem::{Problems, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(put_client)
        .service(create_key)
        .service(revoke_key)
        .service(register_schema)
        .service(rename);
}

/// A client, and why it is made or changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientBody {
    /// Its name: small letters, digits and hyphens.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,62}$", example = "app-fr")]
    pub name: String,
    /// IANA name of the time zone in which its days begin; UTC if it is absent.
    #[serde(default = "utc")]
    #[schema(min_length = 1, max_length = 64, example = "Europe/Paris")]
    pub time_zone: String,
    /// First day of its week: 1 for Monday to 7 for Sunday.
    #[serde(default = "monday")]
    #[schema(minimum = 1, maximum = 7)]
    pub week_start: i16,
    /// How long an event with a known message id is a duplicate, an hour to seven days; a day if it is
    /// absent.
    #[serde(default = "a_day")]
    #[schema(minimum = 3600, maximum = 604_800)]
    pub duplicate_window_seconds: u64,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn monday() -> i16 {
    1
}

fn a_day() -> u64 {
    24 * 3_600
}

/// Makes a client, or changes the time zone, week and duplicate window of the one of that name (scope
/// admin).
#[utoipa::path(tag = "events", params(Key), request_body = ClientBody, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/event-clients")]
pub async fn put_client(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    body: Json<ClientBody>,
) -> Result<HttpResponse, WebError> {
    let action = EventAction::PutClient(EventClient {
        name: body.name.clone(),
        time_zone: body.time_zone.clone(),
        week_start: body.week_start,
        duplicate_window: Duration::from_secs(body.duplicate_window_seconds),
    });
    let (action, reason) = (Action::Event(action), body.reason.clone());
    perform_once(&request, &state, &viewer, &body, reason, action).await
}

/// A key, and why it is made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyBody {
    /// The client that sends with it.
    #[schema(min_length = 1, max_length = 63)]
    pub client: String,
    /// Its name, for people. Two keys may share one while one takes the place of the other.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,99}$", example = "backend")]
    pub name: String,
    /// Origins of pages that may send with it, such as `https://*.example.com`, or `*` for all. With
    /// any, the key is public: it may be shipped in pages and apps.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub origins: Vec<String>,
    /// The only events that a public key may send; empty allows all.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub events: Vec<String>,
    /// What becomes of an event that breaks its schema.
    #[serde(default)]
    pub schema_mode: EventSchemaMode,
    /// Events a second that it may send to each receiver; 1,000 if it is absent.
    #[serde(default = "thousand")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub events_per_second: i32,
    /// Seconds until it ends; never if it is absent.
    #[schema(minimum = 1, maximum = 315_360_000)]
    pub expires_in_seconds: Option<u64>,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

fn thousand() -> i32 {
    1_000
}

/// Makes a key with which a client sends events (scope admin). The answer has its text once: it is
/// stored nowhere, and the same request again gives only its number.
#[utoipa::path(tag = "events", params(Key), request_body = KeyBody, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/event-keys")]
pub async fn create_key(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    body: Json<KeyBody>,
) -> Result<HttpResponse, WebError> {
    let action = EventAction::CreateKey(NewEventKey {
        client: body.client.clone(),
        name: body.name.clone(),
        origins: body.origins.clone(),
        events: body.events.clone(),
        schema_mode: body.schema_mode,
        events_per_second: body.events_per_second,
        expires_in: body.expires_in_seconds.map(Duration::from_secs),
    });
    let (action, reason) = (Action::Event(action), body.reason.clone());
    perform_once(&request, &state, &viewer, &body, reason, action).await
}

/// Revokes a key (scope admin): receivers refuse it within five seconds.
#[utoipa::path(tag = "events", params(("key" = i32, Path, description = "Number of the key"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/event-keys/{key}/revoke")]
pub async fn revoke_key(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    key: Path<i32>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    let action = EventAction::RevokeKey { key_id: *key };
    let (action, reason) = (Action::Event(action), body.reason.clone());
    perform_once(&request, &state, &viewer, &body, reason, action).await
}

/// A version of the schema of an event, and why it is registered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaBody {
    /// The client.
    #[schema(min_length = 1, max_length = 63)]
    pub client: String,
    /// The event, by the name that the client sends.
    #[schema(min_length = 1, max_length = 200, example = "ticket bought")]
    pub event: String,
    /// `MODEL-REVISION-ADDITION`.
    #[schema(pattern = "^[1-9][0-9]{0,3}-[0-9]{1,4}-[0-9]{1,4}$", example = "1-0-0")]
    pub version: String,
    /// A JSON Schema of the properties, up to 64 KiB. A property with `x-privacy` is `personal`,
    /// `pseudonym` or `free`.
    #[schema(value_type = Object)]
    pub document: Value,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

/// Registers a version of the schema of an event (scope admin). A version is never changed; the last one
/// is what events that name none are checked against.
#[utoipa::path(tag = "events", params(Key), request_body = SchemaBody, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/event-schemas")]
pub async fn register_schema(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    body: Json<SchemaBody>,
) -> Result<HttpResponse, WebError> {
    let action = EventAction::RegisterSchema(NewEventSchema {
        client: body.client.clone(),
        event: body.event.clone(),
        version: body.version.clone(),
        document: body.document.clone(),
    });
    let (action, reason) = (Action::Event(action), body.reason.clone());
    perform_once(&request, &state, &viewer, &body, reason, action).await
}

/// A name for readers, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameBody {
    /// The client.
    #[schema(min_length = 1, max_length = 63)]
    pub client: String,
    /// The name as it is received.
    #[schema(min_length = 1, max_length = 200)]
    pub received: String,
    /// The name that readers see; several received names may share one.
    #[schema(min_length = 1, max_length = 200)]
    pub canonical: String,
    /// Stored in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

/// Gives a received name of events another name for readers (scope admin), in the past too.
#[utoipa::path(tag = "events", params(Key), request_body = RenameBody, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/event-names")]
pub async fn rename(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    body: Json<RenameBody>,
) -> Result<HttpResponse, WebError> {
    let action = EventAction::Rename {
        client: body.client.clone(),
        received: body.received.clone(),
        canonical: body.canonical.clone(),
    };
    let (action, reason) = (Action::Event(action), body.reason.clone());
    perform_once(&request, &state, &viewer, &body, reason, action).await
}
