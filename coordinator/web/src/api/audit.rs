//! What people changed.

use actix_web::{
    get,
    web::{Data, Json, Query},
};
use chrono::{DateTime, Utc};
use schema::{
    audit::{self as rows, Filter},
    reading::Reader,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::list::Page;
use crate::{
    filter,
    problem::{Problems, WebError},
    state::WebState,
};

/// Which actions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Only of this subject, such as `source/bhd` or `task/4711`.
    subject: Option<String>,
    /// Only this action, such as `source.pause`.
    action: Option<String>,
    /// `next` of the page before.
    cursor: Option<i64>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// An action of a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its number; rises with time.
    audit_id: i64,
    /// When it was done.
    at: DateTime<Utc>,
    /// `cli`, `api` or `page`.
    how: String,
    /// What was done.
    action: String,
    /// Name of the token, or user and host of the command.
    who: String,
    /// What was changed.
    subject: String,
    /// The reason that the person gave.
    reason: Option<String>,
    /// Values of the action.
    #[schema(value_type = Object)]
    details: Value,
}

impl From<rows::Entry> for AuditEntry {
    fn from(entry: rows::Entry) -> Self {
        Self {
            audit_id: entry.audit_id,
            at: entry.at,
            how: entry.how,
            action: entry.action,
            who: entry.who,
            subject: entry.subject,
            reason: entry.reason,
            details: entry.details,
        }
    }
}

/// Lists what people changed: by whom, how, when and why; the newest first.
#[utoipa::path(tag = "fleet", params(AuditQuery), responses((status = 200, body = Page<AuditEntry>), Problems))]
#[get("/v1/audit")]
pub async fn audit(
    state: Data<WebState>,
    query: Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, WebError> {
    let limit = filter::rows(query.limit.as_deref())?;
    let filter = Filter {
        subject: query.subject.as_deref(),
        action: query.action.as_deref(),
        before: query.cursor,
    };
    let mut reader = Reader::begin(&state.db).await?;
    let found = rows::list(&mut reader, &filter, limit + 1).await?;
    Ok(Json(Page::of(found, limit, |entry| {
        entry.audit_id.to_string()
    })))
}
