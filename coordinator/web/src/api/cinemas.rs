//! Cinemas: a list, and one with its totals by day.

use actix_web::{
    get,
    web::{Data, Json, Path, Query},
};
use chrono::{DateTime, TimeDelta, Utc};
use schema::reading::{
    Reader,
    cinemas::{self as stored, CinemaFilter, CinemaRow},
    totals::{Subject, days, week},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    list::{Page, name_key, parse_name_key, response_of},
    totals::{DayTotal, WeekHourTotal},
};
use crate::{
    filter::rows,
    problem::{Problem, WebError},
    state::WebState,
};

/// Days back for which totals are given.
pub const TOTAL_DAYS: TimeDelta = TimeDelta::days(92);
/// Days back for which the week is counted.
pub const WEEK_DAYS: TimeDelta = TimeDelta::days(28);

response_of! {
    /// A cinema.
    CinemaItem from CinemaRow {
        /// Its number.
        cinema_id: i32,
        /// Name of its source.
        source: String,
        /// The key of the source.
        key: String,
        /// Its name.
        name: String,
        /// Its town.
        city: Option<String>,
        /// ISO 3166 code.
        territory: String,
        /// IANA zone.
        timezone: String,
        /// Its auditoriums.
        auditorium_count: Option<i32>,
        /// The seats of its auditoriums.
        seat_count: Option<i32>,
        /// Showtimes that start within 24 hours.
        showtimes: i64,
        /// Seats that they have sold.
        sold: i64,
        /// Seats that they have, as far as seats were seen.
        seats: i64,
        /// When the first of them starts.
        next_at: Option<DateTime<Utc>>,
    }
}

/// Which cinemas are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CinemaParams {
    /// Name of the source.
    source: Option<String>,
    /// ISO 3166 code.
    territory: Option<String>,
    /// Part of the name or of the town.
    name: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Lists cinemas in the order of their names.
#[utoipa::path(
    tag = "cinemas",
    params(CinemaParams),
    responses(
        (status = 200, body = Page<CinemaItem>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/cinemas")]
pub async fn cinemas(
    state: Data<WebState>,
    params: Query<CinemaParams>,
) -> Result<Json<Page<CinemaItem>>, WebError> {
    let params = params.into_inner();
    let limit = rows(params.limit.as_deref())?;
    let after = params.cursor.as_deref().map(parse_name_key).transpose()?;
    let after = after.as_ref().map(|(name, id)| (name.as_str(), *id));
    let filter = CinemaFilter {
        source: params.source,
        territory: params.territory,
        name: params.name,
    };
    let mut reader = Reader::begin(&state.db).await?;
    let found = stored::list(&mut reader, &filter, after, limit + 1).await?;
    Ok(Json(Page::of(found, limit, |row| {
        name_key(row.cinema_id, &row.name)
    })))
}

/// A cinema with its totals.
#[derive(Debug, Serialize, ToSchema)]
pub struct CinemaDetail {
    /// Its number.
    cinema_id: i32,
    /// Name of its source.
    source: String,
    /// The key of the source.
    key: String,
    /// Its name.
    name: String,
    /// Its town.
    city: Option<String>,
    /// ISO 3166 code.
    territory: String,
    /// IANA zone.
    timezone: String,
    /// Degrees north.
    latitude: Option<f64>,
    /// Degrees east.
    longitude: Option<f64>,
    /// Its auditoriums.
    auditorium_count: Option<i32>,
    /// The seats of its auditoriums.
    seat_count: Option<i32>,
    /// The job that saw it first.
    discovered_by: i64,
    /// The job that saw it change last.
    changed_by: i64,
    /// Totals by business day and currency: the last 92 days and all days to come.
    days: Vec<DayTotal>,
    /// Seats sold by weekday and hour, of the last 28 days.
    week: Vec<WeekHourTotal>,
}

/// Reads a cinema with its totals by day.
#[utoipa::path(
    tag = "cinemas",
    params(("id" = i32, Path, description = "The cinema")),
    responses(
        (status = 200, body = CinemaDetail),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/cinemas/{id}")]
pub async fn cinema(state: Data<WebState>, id: Path<i32>) -> Result<Json<CinemaDetail>, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let of = Subject::Cinema(*id);
    let row = stored::cinema(&mut reader, *id)
        .await?
        .ok_or_else(|| WebError::no("cinema", *id))?;
    let days = days(&mut reader, of, (row.now - TOTAL_DAYS).date_naive()).await?;
    let week = week(&mut reader, of, row.now - WEEK_DAYS, row.now).await?;
    Ok(Json(CinemaDetail {
        cinema_id: row.cinema_id,
        source: row.source,
        key: row.key,
        name: row.name,
        city: row.city,
        territory: row.territory,
        timezone: row.timezone,
        latitude: row.latitude,
        longitude: row.longitude,
        auditorium_count: row.auditorium_count,
        seat_count: row.seat_count,
        discovered_by: row.discovered_by,
        changed_by: row.changed_by,
        days: days.into_iter().map(DayTotal::from).collect(),
        week: week.into_iter().map(WeekHourTotal::from).collect(),
    }))
}
