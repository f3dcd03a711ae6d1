//! Films: a list, and one with its totals by day and territory.

use actix_web::{
    get,
    web::{Data, Json, Path, Query},
};
use chrono::{DateTime, NaiveDate, Utc};
use schema::reading::{
    Reader,
    films::{self as stored, FilmFilter, FilmRow, TitleRun},
    totals::{Subject, days, week},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    cinemas::{TOTAL_DAYS, WEEK_DAYS},
    list::{Page, name_key, parse_name_key, response_of},
    totals::{DayTotal, WeekHourTotal},
};
use crate::{
    filter::rows,
    problem::{Problem, WebError},
    state::WebState,
};

response_of! {
    /// A film, as one source names it.
    FilmItem from FilmRow {
        /// Its number.
        film_id: i32,
        /// Name of its source.
        source: String,
        /// The key of the source.
        key: String,
        /// Its title.
        title: String,
        /// Showtimes that start within 7 days, at most 1,000.
        showtimes: i64,
        /// Cinemas that show them.
        cinemas: i64,
        /// Seats that they have sold.
        sold: i64,
        /// Seats that they have, as far as seats were seen.
        seats: i64,
        /// When the first of them starts.
        next_at: Option<DateTime<Utc>>,
    }
}

/// Which films are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FilmParams {
    /// Name of the source.
    source: Option<String>,
    /// Part of the title.
    title: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Lists films in the order of their titles.
#[utoipa::path(
    tag = "films",
    params(FilmParams),
    responses(
        (status = 200, body = Page<FilmItem>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/films")]
pub async fn films(
    state: Data<WebState>,
    params: Query<FilmParams>,
) -> Result<Json<Page<FilmItem>>, WebError> {
    let params = params.into_inner();
    let limit = rows(params.limit.as_deref())?;
    let after = params.cursor.as_deref().map(parse_name_key).transpose()?;
    let after = after.as_ref().map(|(title, id)| (title.as_str(), *id));
    let filter = FilmFilter {
        source: params.source,
        title: params.title,
    };
    let mut reader = Reader::begin(&state.db).await?;
    let found = stored::list(&mut reader, &filter, after, limit + 1).await?;
    Ok(Json(Page::of(found, limit, |row| {
        name_key(row.film_id, &row.title)
    })))
}

response_of! {
    /// The work of a film in a territory, at all sources.
    TerritoryRun from TitleRun {
        /// ISO 3166 code.
        territory: String,
        /// The first business day.
        first_on: Option<NaiveDate>,
        /// The last business day.
        last_on: Option<NaiveDate>,
        /// Sources that show it.
        sources: i64,
        /// Cinemas that show it.
        cinemas: i64,
        /// Its showtimes.
        showtimes: i64,
        /// Seats of the showtimes whose seats were seen.
        seats: i64,
        /// Seats that these have sold.
        sold: i64,
        /// When this was computed: every quarter of an hour.
        computed_at: Option<DateTime<Utc>>,
    }
}

/// A film with its totals.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilmDetail {
    /// Its number.
    film_id: i32,
    /// Name of its source.
    source: String,
    /// The key of the source.
    key: String,
    /// Its title.
    title: String,
    /// The job that saw it first.
    discovered_by: i64,
    /// Totals by business day and currency: the last 92 days and all days to come.
    days: Vec<DayTotal>,
    /// Its work by territory, at all sources.
    territories: Vec<TerritoryRun>,
    /// Seats sold by weekday and hour, of the last 28 days.
    week: Vec<WeekHourTotal>,
}

/// Reads a film with its totals by day and territory.
#[utoipa::path(
    tag = "films",
    params(("id" = i32, Path, description = "The film")),
    responses(
        (status = 200, body = FilmDetail),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/films/{id}")]
pub async fn film(state: Data<WebState>, id: Path<i32>) -> Result<Json<FilmDetail>, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let of = Subject::Film(*id);
    let row = stored::film(&mut reader, *id)
        .await?
        .ok_or_else(|| WebError::no("film", *id))?;
    let days = days(&mut reader, of, (row.now - TOTAL_DAYS).date_naive()).await?;
    let week = week(&mut reader, of, row.now - WEEK_DAYS, row.now).await?;
    let runs = stored::runs(&mut reader, row.film_id).await?;
    Ok(Json(FilmDetail {
        film_id: row.film_id,
        source: row.source,
        key: row.key,
        title: row.title,
        discovered_by: row.discovered_by,
        days: days.into_iter().map(DayTotal::from).collect(),
        territories: runs.into_iter().map(TerritoryRun::from).collect(),
        week: week.into_iter().map(WeekHourTotal::from).collect(),
    }))
}
