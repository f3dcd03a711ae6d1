//! Showtimes: a list, one, its seats, the series of its sale, its prices, the looks at it.

mod one;

use actix_web::{
    get,
    web::{Data, Json, Query},
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use schema::reading::{
    Reader,
    showtimes::{ShowtimeFilter, ShowtimeRow, clock, list},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::list::{InstantKey, Page, response_of};
use crate::{
    filter::rows,
    problem::{Problem, WebError},
    state::WebState,
};

pub use one::{looks, prices, seats, series, showtime};

response_of! {
    /// A showtime.
    ShowtimeItem from ShowtimeRow {
        /// Its number.
        showtime_id: i32,
        /// Name of its source.
        source: String,
        /// Its cinema.
        cinema_id: i32,
        /// Name of the cinema.
        cinema: String,
        /// ISO 3166 code.
        territory: String,
        /// IANA zone of the cinema.
        timezone: String,
        /// Name of the auditorium.
        auditorium: Option<String>,
        /// Its film.
        film_id: i32,
        /// Title of the film.
        film: String,
        /// When it starts.
        starts_at: DateTime<Utc>,
        /// Business day of the cinema.
        business_on: NaiveDate,
        /// Seats of its last snapshot, or of its listing.
        seats: Option<i32>,
        /// Seats sold in its last snapshot.
        sold: Option<i32>,
        /// Median of its last prices, in major units.
        price_median: Option<f64>,
        /// When its seats or prices were stored last.
        observed_at: Option<DateTime<Utc>>,
        /// The job that saw them.
        job_id: Option<i64>,
        /// Whether its listing says that it is sold out.
        sold_out: Option<bool>,
    }
}

/// Which showtimes are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ShowtimeParams {
    /// Starts at this time or later; three hours ago by default, or around `business_on`.
    from_at: Option<DateTime<Utc>>,
    /// Starts before this time; 60 days behind `from_at` by default.
    until_at: Option<DateTime<Utc>>,
    /// Name of the source.
    source: Option<String>,
    /// The cinema.
    cinema_id: Option<i32>,
    /// The film.
    film_id: Option<i32>,
    /// Business day of the cinema.
    business_on: Option<NaiveDate>,
    /// Part of the title of the film.
    film: Option<String>,
    /// Part of the name of the cinema.
    cinema: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// The cursor of the list: start and number of a showtime.
pub type ShowtimeKey = InstantKey<i32>;

/// The cursor that names a row.
#[must_use]
pub fn showtime_key(row: &ShowtimeRow) -> String {
    InstantKey(row.starts_at, row.showtime_id).to_string()
}

/// Lists showtimes in the order of their start.
#[utoipa::path(
    tag = "showtimes",
    params(ShowtimeParams),
    responses(
        (status = 200, body = Page<ShowtimeItem>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/showtimes")]
pub async fn showtimes(
    state: Data<WebState>,
    params: Query<ShowtimeParams>,
) -> Result<Json<Page<ShowtimeItem>>, WebError> {
    let params = params.into_inner();
    let limit = rows(params.limit.as_deref())?;
    let after = params
        .cursor
        .as_deref()
        .map(str::parse::<ShowtimeKey>)
        .transpose()?;
    let mut reader = Reader::begin(&state.db).await?;
    let now = clock(&mut reader).await?;
    let midnight = params
        .business_on
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .map(|midnight| midnight.and_utc());
    let ends_on = |from: DateTime<Utc>| from.checked_add_signed(TimeDelta::days(60));
    let from_at = params
        .from_at
        .or_else(|| midnight?.checked_sub_signed(TimeDelta::days(1)))
        .unwrap_or(now - TimeDelta::hours(3));
    let until_at = params
        .until_at
        .or_else(|| ends_on(from_at))
        .unwrap_or(DateTime::<Utc>::MAX_UTC);
    let filter = ShowtimeFilter {
        from_at: storable(from_at)?,
        until_at: storable(until_at)?,
        source: params.source,
        cinema_id: params.cinema_id,
        film_id: params.film_id,
        business_on: params.business_on,
        film: params.film,
        cinema: params.cinema,
    };
    let after = after.map(|key| (key.0, key.1));
    let found = list(&mut reader, &filter, after, limit + 1).await?;
    Ok(Json(Page::of(found, limit, showtime_key)))
}

/// Refuses times that the database does not have.
pub(super) fn storable(at: DateTime<Utc>) -> Result<DateTime<Utc>, WebError> {
    let bound = |text: &str| text.parse::<DateTime<Utc>>().unwrap_or_default();
    if at >= bound("1900-01-01T00:00:00Z") && at < bound("3000-01-01T00:00:00Z") {
        Ok(at)
    } else {
        Err(WebError::BadRequest(format!(
            "{} is not between the years 1900 and 3000",
            at.format("%Y-%m-%dT%H:%M:%SZ")
        )))
    }
}
