//! Limit keys.

use actix_web::{
    get,
    web::{Data, Json},
};
use chrono::{DateTime, NaiveTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    problem::{Problem, WebError},
    state::WebState,
};

/// A limit key: what a rate limit applies to, usually a host.
#[derive(Debug, Serialize, ToSchema)]
pub struct Limit {
    /// Its name.
    limit_key: String,
    /// Requests per second that it allows, over the whole fleet.
    rate_per_second: f64,
    /// Requests that may come at once.
    burst: i32,
    /// Requests per second that are given out now.
    rate_now: f64,
    /// Why that is what it is.
    share_reason: Option<String>,
    /// Nothing is sent before this.
    paused_until: Option<DateTime<Utc>>,
    /// Why it is paused.
    pause_reason: Option<String>,
    /// Jobs in flight at once at most.
    concurrency: Option<i32>,
    /// Requests in a day at most.
    per_day: Option<i32>,
    /// Requests of today that are spent or set aside.
    day_reserved: i32,
    /// The time of day at which it opens, in its zone.
    opens_at: Option<NaiveTime>,
    /// The time of day at which it closes.
    closes_at: Option<NaiveTime>,
    /// IANA zone of hours and days.
    zone: Option<String>,
    /// Whether its hours let it send now.
    is_open: bool,
}

/// Lists the limit keys by name, as of some seconds ago.
#[utoipa::path(
    tag = "fleet",
    responses((status = 200, body = [Limit]), (status = 503, body = Problem, content_type = "application/problem+json"))
)]
#[get("/v1/limits")]
pub async fn limits(state: Data<WebState>) -> Result<Json<Vec<Limit>>, WebError> {
    let now = state.sampler.now(&state.db).await?;
    let limits = now.sample.limits.iter().map(|limit| Limit {
        limit_key: limit.limit_key.clone(),
        rate_per_second: limit.rate_per_second,
        burst: limit.burst,
        rate_now: limit.rate_now,
        share_reason: limit.share_reason.clone(),
        paused_until: limit.paused_until,
        pause_reason: limit.pause_reason.clone(),
        concurrency: limit.concurrency,
        per_day: limit.per_day,
        day_reserved: limit.day_reserved,
        opens_at: limit.opens_at,
        closes_at: limit.closes_at,
        zone: limit.zone.clone(),
        is_open: limit.is_open,
    });
    Ok(Json(limits.collect()))
}
