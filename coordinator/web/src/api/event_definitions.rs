//! Schemas and names of events.

use actix_web::{
    get,
    web::{Data, Json, Query},
};
use chrono::{DateTime, Utc};
use schema::reading::{
    Reader,
    events::{self as stored, NameRow, SchemaRow},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    events::ClientListParams,
    list::{Page, foreign_cursor, name_key, parse_name_key, response_of},
};
use crate::{
    problem::{Problem, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service.service(event_schemas).service(event_names);
}

/// A version of the schema of an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventSchemaItem {
    /// The name of the client.
    client: String,
    /// The event, by the name that clients send.
    event: String,
    /// `MODEL-REVISION-ADDITION`.
    version: String,
    /// When it was registered.
    created_at: DateTime<Utc>,
    /// The JSON Schema of its properties.
    #[schema(value_type = Object)]
    document: Value,
}

/// The version of a schema as clients write it.
fn version_of(row: &SchemaRow) -> String {
    format!("{}-{}-{}", row.model, row.revision, row.addition)
}

impl From<SchemaRow> for EventSchemaItem {
    fn from(row: SchemaRow) -> Self {
        Self {
            version: version_of(&row),
            client: row.client,
            event: row.event,
            created_at: row.created_at,
            document: row.document,
        }
    }
}

/// Lists the schemas of events, by client, event and version.
#[utoipa::path(
    tag = "events",
    params(ClientListParams),
    responses(
        (status = 200, body = Page<EventSchemaItem>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/event-schemas")]
pub async fn event_schemas(
    state: Data<WebState>,
    query: Query<ClientListParams>,
) -> Result<Json<Page<EventSchemaItem>>, WebError> {
    let page = query.page();
    let limit = page.rows()?;
    let after = query.cursor.as_deref().map(parse_schema_key).transpose()?;
    let after = after
        .as_ref()
        .map(|(client, version, event)| (*client, *version, event.as_str()));
    let mut reader = Reader::begin(&state.db).await?;
    let rows = stored::schemas(&mut reader, query.client(), after, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, schema_key)))
}

/// The key of a schema in its list: `3~1-0-0~film opened`.
fn schema_key(row: &SchemaRow) -> String {
    format!("{}~{}~{}", row.client_id, version_of(row), row.event)
}

fn parse_schema_key(text: &str) -> Result<(i16, [i16; 3], String), WebError> {
    let read = || {
        let mut parts = text.splitn(3, '~');
        let client = parts.next()?.parse().ok()?;
        let numbers: Vec<i16> = parts
            .next()?
            .split('-')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .ok()?;
        let event = parts.next().filter(|event| !event.contains('\0'))?;
        Some((client, numbers.try_into().ok()?, event.to_owned()))
    };
    read().ok_or_else(foreign_cursor)
}

response_of! {
    /// A name of events.
    EventNameItem from NameRow {
        /// The name of the client.
        client: String,
        /// The name as it is received.
        received: String,
        /// The name that readers see, in the past too.
        canonical: String,
        /// When it was received first.
        first_at: DateTime<Utc>,
    }
}

/// Lists the names of events, by client and received name.
#[utoipa::path(
    tag = "events",
    params(ClientListParams),
    responses(
        (status = 200, body = Page<EventNameItem>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/event-names")]
pub async fn event_names(
    state: Data<WebState>,
    query: Query<ClientListParams>,
) -> Result<Json<Page<EventNameItem>>, WebError> {
    let page = query.page();
    let limit = page.rows()?;
    let after = query.cursor.as_deref().map(parse_name_place).transpose()?;
    let after = after
        .as_ref()
        .map(|(client, name)| (*client, name.as_str()));
    let mut reader = Reader::begin(&state.db).await?;
    let rows = stored::names(&mut reader, query.client(), after, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| {
        name_key(i32::from(row.client_id), &row.received)
    })))
}

/// Reads the place of a name in its list.
fn parse_name_place(text: &str) -> Result<(i16, String), WebError> {
    let (name, client) = parse_name_key(text)?;
    let client = i16::try_from(client).map_err(|_| foreign_cursor())?;
    Ok((client, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_schema_is_read_as_it_is_written() {
        let row = SchemaRow {
            client_id: 3,
            client: "app".to_owned(),
            event: "film~opened".to_owned(),
            model: 1,
            revision: 0,
            addition: 2,
            created_at: DateTime::default(),
            document: Value::Null,
        };
        assert_eq!(
            parse_schema_key(&schema_key(&row)).unwrap(),
            (3, [1, 0, 2], row.event)
        );
        for wrong in [
            "",
            "3",
            "3~1-0",
            "3~1-0~x",
            "3~1-0-0",
            "x~1-0-0~a",
            "3~1-0-0~\0",
        ] {
            assert!(parse_schema_key(wrong).is_err(), "{wrong}");
        }
    }
}
