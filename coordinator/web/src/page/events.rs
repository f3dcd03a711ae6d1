//! The page of received events.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Query, ServiceConfig},
};
use askama::Template;
use schema::reading::events::KeyRow;
use serde::Deserialize;

use super::{
    Frame,
    address::same_page,
    event_client::event_client,
    event_rows::{ClientLine, KeyLine, NameLine, RejectLine, SchemaLine},
    format, render,
    sql_text::{of_client, quoted},
    throughput::Throughput,
};
use crate::{
    event_query::FIVE_MINUTES, filter::given, number::float, overview::events::MAX_REJECTS,
    problem::WebError, state::WebState,
};

/// Seconds between two refreshes.
const REFRESH_SECONDS: u32 = 15;

#[derive(Template)]
#[template(path = "events.html")]
struct EventsPage {
    frame: Frame,
    chosen: Option<String>,
    clients: Vec<ClientLine>,
    figures: Vec<(String, &'static str)>,
    throughput: Throughput,
    keys: Vec<KeyLine>,
    rejects: Vec<RejectLine>,
    schemas: Vec<SchemaLine>,
    names: Vec<NameLine>,
    next: Option<String>,
    first: Option<String>,
}

/// What the reader asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct EventsForm {
    client: Option<String>,
    before: Option<String>,
    zone: Option<String>,
}

impl EventsForm {
    fn address(&self, before: Option<&str>) -> String {
        same_page(&[
            ("client", self.client.as_deref()),
            ("zone", self.zone.as_deref()),
            ("before", before),
        ])
    }
}

/// Adds the pages of events and of the users of a client.
pub fn configure(service: &mut ServiceConfig) {
    service
        .route("/events", web::get().to(events))
        .route("/events/{client}", web::get().to(event_client));
}

/// `GET /events`.
///
/// # Errors
///
/// If a parameter cannot be used, or the database does not answer.
pub async fn events(
    request: HttpRequest,
    state: Data<WebState>,
    form: Query<EventsForm>,
) -> Result<HttpResponse, WebError> {
    let form = form.into_inner();
    let before = given(form.before.as_deref())
        .map(|text| {
            let number = text.parse::<i64>();
            number.map_err(|_| WebError::BadRequest(format!("before `{text}` is not a number")))
        })
        .transpose()?;
    let chosen = given(form.client.as_deref());
    let now = state.now().await?;
    let key = form.address(form.before.as_deref());
    let found = state
        .overview
        .events(&state.db, &key, chosen, before, now)
        .await?;
    let sum =
        |of: fn(&KeyRow) -> i64| -> String { format::grouped(found.keys.iter().map(of).sum()) };
    let throughput = Throughput::of(&found.counts, found.since, now);
    let shown = usize::try_from(MAX_REJECTS).unwrap_or(usize::MAX);
    let has_more = found.rejects.len() > shown;
    let last = found.rejects.iter().take(shown).next_back();
    let page = EventsPage {
        frame: Frame::of(&request, &state, "Events", "events").live(REFRESH_SECONDS),
        figures: vec![
            (
                format::grouped(throughput.total),
                "events that happened in 24 hours",
            ),
            (
                format::number(throughput.last_five_minutes() / float(FIVE_MINUTES)),
                "events a second, in the last full five minutes",
            ),
            (sum(|key| key.duplicates), "duplicates received in 24 hours"),
            (sum(|key| key.rejected), "rejected in 24 hours"),
            (sum(|key| key.limited), "turned away by limits in 24 hours"),
        ],
        throughput,
        clients: found
            .clients
            .iter()
            .map(|client| ClientLine::of(client, chosen))
            .collect(),
        keys: in_force_first(&found.keys)
            .into_iter()
            .map(|key| KeyLine::of(key, &now))
            .collect(),
        rejects: found
            .rejects
            .iter()
            .take(shown)
            .map(|reject| RejectLine::of(reject, &now))
            .collect(),
        schemas: found
            .schemas
            .iter()
            .map(|schema| SchemaLine::of(schema, &now))
            .collect(),
        names: found
            .names
            .iter()
            .map(|name| NameLine::of(name, &now))
            .collect(),
        next: last
            .filter(|_| has_more)
            .map(|last| form.address(Some(&last.reject_id.to_string()))),
        first: before.map(|_| form.address(None)),
        chosen: chosen.map(str::to_owned),
    };
    render(&request, &page)
}

/// Keys that may be used, those with most events first; then the others, the newest first.
fn in_force_first(keys: &[KeyRow]) -> Vec<&KeyRow> {
    let mut sorted: Vec<&KeyRow> = keys.iter().collect();
    sorted.sort_by_key(|key| {
        let accepted = if key.is_in_force { key.accepted } else { 0 };
        (!key.is_in_force, std::cmp::Reverse(accepted))
    });
    sorted
}

impl EventsPage {
    fn counts_sql(&self) -> String {
        format!(
            "SELECT bucket_at, event, sum(events) AS events\nFROM event_five_minutes\nWHERE bucket_at > now() - interval '1 day'{}\nGROUP BY bucket_at, event\nORDER BY bucket_at, event;",
            of_client("\n    AND ", self.chosen.as_deref())
        )
    }

    fn keys_sql(&self) -> String {
        format!(
            "SELECT client, key, key_id, sum(accepted) AS accepted, sum(duplicates) AS duplicates,\n    sum(rejected) AS rejected, sum(limited) AS limited\nFROM event_key_intake\nWHERE bucket_at > now() - interval '1 day'{}\nGROUP BY client, key, key_id\nORDER BY client, key, key_id;",
            of_client("\n    AND ", self.chosen.as_deref())
        )
    }

    fn rejects_sql(&self) -> String {
        let condition = self.chosen.as_deref().map_or_else(String::new, |client| {
            format!("\nWHERE event_client.name = {}", quoted(client))
        });
        format!(
            "SELECT reject_id, rejected_at, event_client.name AS client, event_key.name AS key,\n    event, schema, pointer, reason, tried_at, replayed_at, replayed_by, body\nFROM event_reject\nJOIN event_client USING (client_id)\nJOIN event_key USING (key_id){condition}\nORDER BY reject_id DESC\nLIMIT 20;"
        )
    }

    fn schemas_sql(&self) -> String {
        let condition = self.chosen.as_deref().map_or_else(String::new, |client| {
            format!("\nWHERE event_client.name = {}", quoted(client))
        });
        format!(
            "SELECT event_client.name AS client, event, model, revision, addition, document\nFROM event_schema\nJOIN event_client USING (client_id){condition}\nORDER BY client, event, model, revision, addition;"
        )
    }

    fn names_sql(&self) -> String {
        let condition = self.chosen.as_deref().map_or_else(String::new, |client| {
            format!("\nWHERE event_client.name = {}", quoted(client))
        });
        format!(
            "SELECT event_client.name AS client, received, canonical, first_at\nFROM event_name\nJOIN event_client USING (client_id){condition}\nORDER BY client, received;"
        )
    }
}
