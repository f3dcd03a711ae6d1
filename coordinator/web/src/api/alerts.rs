//! Alerts: what a person should know, what is silenced, and who is notified.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Json, Path, Query},
};
use chrono::{DateTime, Utc};
use schema::{
    alert::{self as stored, AlertRow},
    reading::Reader,
    silence::{self, Silence},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    list::Page,
    source_action::{Key, Reason},
};
use crate::{
    access::viewer::Viewer,
    action::{Outcome, perform_once},
    filter::rows,
    operations::{Action, alert::AlertAction},
    overview::alerts::{ReceiverNow, receivers},
    problem::{Problems, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(alerts)
        .service(alert_receivers)
        .service(silences)
        .service(create_silence)
        .service(end_silence);
}

/// Which alerts are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AlertQuery {
    /// `true` for those that are over as well.
    #[param(value_type = Option<bool>)]
    all: Option<bool>,
    /// `next` of the page before.
    cursor: Option<i64>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Lists the alerts that are open, the newest first.
#[utoipa::path(tag = "alerts", params(AlertQuery), responses((status = 200, body = Page<AlertRow>), Problems))]
#[get("/v1/alerts")]
pub async fn alerts(
    state: Data<WebState>,
    query: Query<AlertQuery>,
) -> Result<Json<Page<AlertRow>>, WebError> {
    let limit = rows(query.limit.as_deref())?;
    let mut reader = Reader::begin(&state.db).await?;
    let all = query.all.unwrap_or(false);
    let found = stored::list(&mut reader, all, query.cursor, limit + 1).await?;
    Ok(Json(Page::of(found, limit, |row| row.alert_id.to_string())))
}

/// A receiver of messages about alerts, and what waits for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertReceiverRow {
    /// Its name.
    pub name: String,
    /// `webhook`, `slack` or `mail`; null if the settings have no such receiver.
    pub kind: Option<&'static str>,
    /// The lowest severity of the alerts that it gets.
    pub severity: Option<&'static str>,
    /// Messages that wait.
    pub waiting: i64,
    /// When the oldest of them was written.
    pub waiting_since: Option<DateTime<Utc>>,
    /// When the next of them is tried.
    pub next_try_at: Option<DateTime<Utc>>,
    /// When it last took a message.
    pub last_sent_at: Option<DateTime<Utc>>,
    /// Messages that were given up within seven days.
    pub given_up: i64,
    /// Why the oldest that waits was not taken.
    pub last_error: Option<String>,
}

impl From<ReceiverNow> for AlertReceiverRow {
    fn from(receiver: ReceiverNow) -> Self {
        let backlog = receiver.backlog.as_ref();
        Self {
            name: receiver.name.clone(),
            kind: receiver.settings.map(|(kind, _)| kind),
            severity: receiver.settings.map(|(_, severity)| severity),
            waiting: backlog.map_or(0, |one| one.waiting),
            waiting_since: backlog.and_then(|one| one.waiting_since),
            next_try_at: backlog.and_then(|one| one.next_try_at),
            last_sent_at: backlog.and_then(|one| one.last_sent_at),
            given_up: backlog.map_or(0, |one| one.given_up),
            last_error: backlog.and_then(|one| one.last_error.clone()),
        }
    }
}

/// Lists who is notified of alerts, and what waits for each.
#[utoipa::path(tag = "alerts", responses((status = 200, body = Vec<AlertReceiverRow>), Problems))]
#[get("/v1/alert-receivers")]
pub async fn alert_receivers(
    state: Data<WebState>,
) -> Result<Json<Vec<AlertReceiverRow>>, WebError> {
    let found = state.overview.alerts(&state.db).await?;
    let receivers = receivers(state.operations.alert_receivers(), &found.backlogs);
    Ok(Json(
        receivers.into_iter().map(AlertReceiverRow::from).collect(),
    ))
}

/// Which silences are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SilenceQuery {
    /// `next` of the page before.
    cursor: Option<i32>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Lists the silences that are in force, the newest first.
#[utoipa::path(tag = "alerts", params(SilenceQuery), responses((status = 200, body = Page<Silence>), Problems))]
#[get("/v1/alert-silences")]
pub async fn silences(
    state: Data<WebState>,
    query: Query<SilenceQuery>,
) -> Result<Json<Page<Silence>>, WebError> {
    let limit = rows(query.limit.as_deref())?;
    let mut reader = Reader::begin(&state.db).await?;
    let found = silence::list(&mut reader, query.cursor, limit + 1).await?;
    Ok(Json(Page::of(found, limit, |row| {
        row.silence_id.to_string()
    })))
}

/// Which alerts are silenced, for how long, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SilenceBody {
    /// Name of the condition, or `*` for all.
    #[schema(min_length = 1, max_length = 63, example = "source_blocked")]
    pub condition: String,
    /// The subject, in which `*` stands for any text; all if it is absent.
    #[serde(default = "all_subjects")]
    #[schema(min_length = 1, max_length = 500, example = "plaza")]
    pub subject: String,
    /// For how long.
    #[schema(minimum = 1, maximum = 7_776_000)]
    pub lasts_seconds: u32,
    /// Stored with the silence and in the audit.
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*\S[^\x00]*$")]
    pub reason: String,
}

fn all_subjects() -> String {
    "*".to_owned()
}

/// Sends no messages about some alerts for a time (scope operate). They are opened, listed and
/// resolved all the same.
#[utoipa::path(tag = "alerts", params(Key), request_body = SilenceBody, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/alert-silences")]
pub async fn create_silence(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    body: Json<SilenceBody>,
) -> Result<HttpResponse, WebError> {
    let action = Action::Alert(AlertAction::Silence {
        condition: body.condition.clone(),
        subject: body.subject.clone(),
        lasts: Duration::from_secs(body.lasts_seconds.into()),
    });
    perform_once(
        &request,
        &state,
        &viewer,
        &body,
        body.reason.clone(),
        action,
    )
    .await
}

/// Ends a silence (scope operate). Receivers are notified of alerts that are still open.
#[utoipa::path(tag = "alerts", params(("silence" = i32, Path, description = "Number of the silence"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/alert-silences/{silence}/end")]
pub async fn end_silence(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    silence: Path<i32>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    let silence_id = silence.into_inner();
    let action = Action::Alert(AlertAction::EndSilence { silence_id });
    perform_once(
        &request,
        &state,
        &viewer,
        &body,
        body.reason.clone(),
        action,
    )
    .await
}
