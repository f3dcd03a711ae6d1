//! Films: a list, and one with its totals by day and territory.

use actix_web::{
    get,
    web::{Data, Json, Path, Query},
};
use chrono::{DateTime, NaiveDate, Utc};
use schema::reading::{
    Reader,
    film_depth::{FilmInDepth, in_depth},
    films::{self as stored, FilmFilter, FilmRow, WorkRun},
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
    TerritoryRun from WorkRun {
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

/// Which film of which source.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilmIdentity {
    /// Its number.
    film_id: i32,
    /// Name of its source.
    source: String,
    /// The key of the source.
    key: String,
    /// Its title.
    title: String,
}

impl FilmIdentity {
    /// That of a row.
    #[must_use]
    pub fn of(row: &FilmInDepth) -> Self {
        Self {
            film_id: row.film_id,
            source: row.source.clone(),
            key: row.key.clone(),
            title: row.title.clone(),
        }
    }
}

/// A number that others than the source give to a film.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FilmIdentifier {
    /// Who gives it, such as `imdb`.
    pub scheme: String,
    /// The number as it came. Many are those of other films.
    pub value: String,
}

impl FilmIdentifier {
    /// Reads scheme and value, with a space between them.
    #[must_use]
    pub fn of(listed: &str) -> Self {
        let (scheme, value) = listed.split_once(' ').unwrap_or(("", listed));
        Self {
            scheme: scheme.to_owned(),
            value: value.to_owned(),
        }
    }
}

/// What the source of a film says of it; null where it says nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilmFacts {
    /// ISO 3166 code, if the cinemas of the source are all in one territory.
    territory: Option<String>,
    /// Title in the language in which it was made.
    original_title: Option<String>,
    /// Year of the film; of some sources that of a re-release.
    year: Option<i16>,
    /// Length in minutes.
    runtime_minutes: Option<i16>,
    /// Directors.
    directors: Vec<String>,
    /// Who distributes it.
    distributor: Option<String>,
    /// When it is released, where the source is.
    released_on: Option<NaiveDate>,
    /// Numbers that others give to it.
    identifiers: Vec<FilmIdentifier>,
    /// Other names that the source gave to it, the oldest first.
    former_titles: Vec<String>,
    /// Its showtimes, 1,000 at most.
    showtimes: i64,
    /// The first business day of its showtimes.
    first_on: Option<NaiveDate>,
    /// The last business day of its showtimes.
    last_on: Option<NaiveDate>,
}

impl From<FilmInDepth> for FilmFacts {
    fn from(row: FilmInDepth) -> Self {
        let identifiers = row.identifiers.iter();
        Self {
            identifiers: identifiers
                .map(|listed| FilmIdentifier::of(listed))
                .collect(),
            territory: row.territory,
            original_title: row.original_title,
            year: row.year,
            runtime_minutes: row.runtime_minutes,
            directors: row.directors,
            distributor: row.distributor,
            released_on: row.released_on,
            former_titles: row.former_titles,
            showtimes: row.showtimes,
            first_on: row.first_on,
            last_on: row.last_on,
        }
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
    /// The work that it is, over all sources; null before it was looked for.
    work_id: Option<i32>,
    /// What its source says of it.
    facts: FilmFacts,
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
    let depth = in_depth(&mut reader, &[*id])
        .await?
        .pop()
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
        work_id: depth.work_id,
        facts: FilmFacts::from(depth),
        days: days.into_iter().map(DayTotal::from).collect(),
        territories: runs.into_iter().map(TerritoryRun::from).collect(),
        week: week.into_iter().map(WeekHourTotal::from).collect(),
    }))
}
