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

use crate::{
    problem::{Problems, WebError},
    state::WebState,
};

/// Rows of a page at most, and by default.
const MAX_ROWS: i64 = 200;
const DEFAULT_ROWS: i64 = 50;

/// Which actions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Only of this subject, such as `source/bhd` or `task/4711`.
    subject: Option<String>,
    /// Only this action, such as `source.pause`.
    action: Option<String>,
    /// Only those before the one of this number: `next` of the page before.
    before: Option<i64>,
    /// Rows of the page, 50 by default.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
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

/// A page of actions.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditPage {
    /// The actions, the newest first.
    items: Vec<AuditEntry>,
    /// `before` of the next page, if there is one.
    next: Option<i64>,
}

/// Lists what people changed: by whom, how, when and why; the newest first.
#[utoipa::path(tag = "fleet", params(AuditQuery), responses((status = 200, body = AuditPage), Problems))]
#[get("/v1/audit")]
pub async fn audit(
    state: Data<WebState>,
    query: Query<AuditQuery>,
) -> Result<Json<AuditPage>, WebError> {
    let limit = query.limit.unwrap_or(DEFAULT_ROWS);
    if !(1..=MAX_ROWS).contains(&limit) {
        return Err(WebError::BadRequest(format!(
            "limit must be 1 to {MAX_ROWS}, not {limit}"
        )));
    }
    let filter = Filter {
        subject: query.subject.as_deref(),
        action: query.action.as_deref(),
        before: query.before,
    };
    let mut reader = Reader::begin(&state.db).await?;
    // One more row than asked for says whether there is another page.
    let mut found = rows::list(&mut reader, &filter, limit + 1).await?;
    let has_more = found.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if has_more {
        found.pop();
    }
    let next = found
        .last()
        .map(|entry| entry.audit_id)
        .filter(|_| has_more);
    let items = found.into_iter().map(|entry| AuditEntry {
        audit_id: entry.audit_id,
        at: entry.at,
        how: entry.how,
        action: entry.action,
        who: entry.who,
        subject: entry.subject,
        reason: entry.reason,
        details: entry.details,
    });
    Ok(Json(AuditPage {
        items: items.collect(),
        next,
    }))
}
