//! Works: a list, one with its names and films, and its totals by territory and day.

use actix_web::{
    HttpResponse, get,
    http::header::LOCATION,
    web::{Data, Json, Path, Query},
};
use chrono::{Datelike, NaiveDate};
use schema::reading::{
    Reader, film_depth, film_pairs as verdicts,
    works::{self as stored, WorkFacts, WorkFilter, WorkRow},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    cinemas::TOTAL_DAYS,
    film_pairs::Decided,
    films::{FilmFacts, FilmIdentity},
    list::{Page, name_key, parse_name_key, response_of},
};
use crate::{
    filter::{self, rows},
    problem::{Problem, WebError},
    state::WebState,
};

/// Verdicts of people on the films of a work that are given.
const MAX_VERDICTS: i64 = 100;
/// Words for the kind of a work.
pub const KINDS: [&str; 5] = ["feature", "short", "event", "programme", "unknown"];

response_of! {
    /// A work: one film, event or programme across all sources.
    WorkItem from WorkRow {
        /// Its number.
        work_id: i32,
        /// `feature`, `short`, `event`, `programme` (several works, which are not added to it) or
        /// `unknown`.
        kind: String,
        /// What most territories call it.
        title: String,
        /// Films of sources that are this work.
        films: i64,
        /// Sources that list it.
        sources: Vec<String>,
        /// ISO 3166 codes of the territories of these sources.
        territories: Vec<String>,
        /// The first business day of its showtimes.
        first_on: Option<NaiveDate>,
        /// The last business day of its showtimes.
        last_on: Option<NaiveDate>,
        /// Admissions of the last 28 days, the oldest first; today counts so far.
        recent: Vec<i64>,
    }
}

/// Which works are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WorkParams {
    /// ISO 3166 code: a source that lists it has cinemas there.
    territory: Option<String>,
    /// `feature`, `short`, `event`, `programme` or `unknown`.
    kind: Option<String>,
    /// Part of one of its titles.
    title: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Checks the filter of a list of works; an empty text is no condition.
///
/// # Errors
///
/// If the kind is unknown, or the territory is not two letters.
pub fn checked_filter(
    territory: Option<&str>,
    kind: Option<&str>,
    title: Option<&str>,
) -> Result<WorkFilter, WebError> {
    let kind = filter::given(kind);
    if let Some(kind) = kind
        && !KINDS.contains(&kind)
    {
        return Err(WebError::BadRequest(format!(
            "kind `{kind}` is not one of {}",
            KINDS.join(", ")
        )));
    }
    let territory = filter::given(territory);
    if let Some(territory) = territory
        && (territory.len() != 2 || !territory.bytes().all(|byte| byte.is_ascii_alphabetic()))
    {
        return Err(WebError::BadRequest(format!(
            "territory `{territory}` is not a code of two letters such as FR"
        )));
    }
    Ok(WorkFilter {
        territory: territory.map(str::to_owned),
        kind: kind.map(str::to_owned),
        title: filter::given(title).map(str::to_owned),
    })
}

/// Lists works in the order of their titles; those that were found to be others are left out.
#[utoipa::path(
    tag = "works",
    params(WorkParams),
    responses(
        (status = 200, body = Page<WorkItem>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/works")]
pub async fn works(
    state: Data<WebState>,
    params: Query<WorkParams>,
) -> Result<Json<Page<WorkItem>>, WebError> {
    let params = params.into_inner();
    let limit = rows(params.limit.as_deref())?;
    let after = params.cursor.as_deref().map(parse_name_key).transpose()?;
    let after = after.as_ref().map(|(title, id)| (title.as_str(), *id));
    let filter = checked_filter(
        params.territory.as_deref(),
        params.kind.as_deref(),
        params.title.as_deref(),
    )?;
    let mut reader = Reader::begin(&state.db).await?;
    let found = stored::list(&mut reader, &filter, after, limit + 1).await?;
    Ok(Json(Page::of(found, limit, |row| {
        name_key(row.work_id, &row.title)
    })))
}

response_of! {
    /// A title of a work, without what listings say of its showings.
    TerritoryTitle from stored::WorkTitle {
        /// ISO 3166 code; null for an original title, and for sources of several territories.
        territory: Option<String>,
        /// The title.
        title: String,
    }
}

response_of! {
    /// An identifier that sources give to the films of a work.
    IdentifierOfWork from stored::WorkIdentifier {
        /// Who gave it, such as `imdb`.
        scheme: String,
        /// The identifier as it came.
        value: String,
        /// Sources that list it.
        sources: Vec<String>,
        /// Whether it is believed to be that of the work: two sources list it.
        is_believed: bool,
    }
}

/// A film of a work, and why it is of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilmOfWork {
    /// Which film of which source.
    #[serde(flatten)]
    film: FilmIdentity,
    /// What its source says of it.
    facts: FilmFacts,
    /// Why it is of this work: `alone` (nothing matches it), `rules`, `reference` (the trusted list)
    /// or `person`.
    rule: Option<String>,
    /// The score of its best match, in bits, where the rules or the trusted list decided.
    score: Option<f32>,
    /// The evidence in words.
    reason: Option<String>,
}

/// A work.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkDetail {
    /// Its number.
    work_id: i32,
    /// `feature`, `short`, `event`, `programme` or `unknown`.
    kind: String,
    /// What most territories call it.
    title: String,
    /// Its titles by territory.
    titles: Vec<TerritoryTitle>,
    /// The identifiers of its films.
    identifiers: Vec<IdentifierOfWork>,
    /// Its films, 200 at most.
    films: Vec<FilmOfWork>,
    /// What people decided on these films, the last first.
    verdicts: Vec<Decided>,
    /// Numbers of works that were found to be this one, and answer with it.
    redirects: Vec<i32>,
    /// Pairs of its films with others that wait for a person.
    doubts: i64,
}

/// Where a work went that was found to be another.
#[derive(Debug, Serialize, ToSchema)]
pub struct MergedWork {
    /// The number that was asked for.
    work_id: i32,
    /// The work that it was found to be.
    merged_into: i32,
}

/// Reads a work that stands for itself, or else the answer that says where it went.
async fn standing(
    reader: &mut Reader,
    id: i32,
    location: impl Fn(i32) -> String,
) -> Result<Result<WorkFacts, HttpResponse>, WebError> {
    let facts = stored::work(reader, id)
        .await?
        .ok_or_else(|| WebError::no("work", id))?;
    Ok(match facts.merged_into {
        None => Ok(facts),
        // Temporary: a verdict may separate them again.
        Some(merged_into) => Err(HttpResponse::TemporaryRedirect()
            .insert_header((LOCATION, location(merged_into)))
            .json(MergedWork {
                work_id: id,
                merged_into,
            })),
    })
}

/// Reads a work with its titles, identifiers and films. One that was found to be another answers
/// with where it went.
#[utoipa::path(
    tag = "works",
    params(("id" = i32, Path, description = "The work")),
    responses(
        (status = 200, body = WorkDetail),
        (status = 307, body = MergedWork, headers(("Location" = String, description = "The work that it was found to be"))),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/works/{id}")]
pub async fn work(state: Data<WebState>, id: Path<i32>) -> Result<HttpResponse, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let facts = match standing(&mut reader, *id, |to| to.to_string()).await? {
        Ok(facts) => facts,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let titles = stored::titles(&mut reader, facts.work_id).await?;
    let identifiers = stored::identifiers(&mut reader, facts.work_id).await?;
    let ids = stored::film_ids(&mut reader, facts.work_id).await?;
    let films = film_depth::in_depth(&mut reader, &ids).await?;
    let verdicts = verdicts::decided(&mut reader, Some(&ids), MAX_VERDICTS).await?;
    Ok(HttpResponse::Ok().json(WorkDetail {
        work_id: facts.work_id,
        kind: facts.kind,
        title: facts.title,
        titles: titles.into_iter().map(TerritoryTitle::from).collect(),
        identifiers: identifiers
            .into_iter()
            .map(IdentifierOfWork::from)
            .collect(),
        films: films
            .into_iter()
            .map(|film| FilmOfWork {
                film: FilmIdentity::of(&film),
                rule: film.rule.clone(),
                score: film.score,
                reason: film.reason.clone(),
                facts: FilmFacts::from(film),
            })
            .collect(),
        verdicts: verdicts.into_iter().map(Decided::from).collect(),
        redirects: facts.redirects,
        doubts: facts.doubts,
    }))
}

/// From which day on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WorkDayParams {
    /// The first business day; 92 days ago by default.
    from_on: Option<NaiveDate>,
}

/// Totals of a work in a territory on a business day in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct TerritoryDay {
    /// ISO 3166 code.
    territory: String,
    /// The business day.
    business_on: NaiveDate,
    /// ISO 4217 code; `XXX` for the showtimes whose prices were not seen.
    currency: String,
    /// Showtimes whose seats were seen and that were not cancelled.
    showtimes: i64,
    /// Showtimes that were cancelled.
    cancelled: i64,
    /// Showtimes that were looked at within 15 minutes of their start on both sides.
    exact: i64,
    /// Seats.
    seats: i64,
    /// Admissions; of showtimes that are still to come, the seats sold so far.
    admissions: i64,
    /// Admissions times the median price, in major units, as text.
    gross: Option<String>,
}

/// Lists the totals of a work by business day, territory and currency, as they were added up last.
#[utoipa::path(
    tag = "works",
    params(("id" = i32, Path, description = "The work"), WorkDayParams),
    responses(
        (status = 200, body = [TerritoryDay]),
        (status = 307, body = MergedWork, headers(("Location" = String, description = "The days of the work that it was found to be"))),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/works/{id}/days")]
pub async fn days(
    state: Data<WebState>,
    id: Path<i32>,
    params: Query<WorkDayParams>,
) -> Result<HttpResponse, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let location = |to: i32| match params.from_on {
        None => format!("../{to}/days"),
        Some(day) => format!("../{to}/days?from_on={day}"),
    };
    let facts = match standing(&mut reader, *id, location).await? {
        Ok(facts) => facts,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let from_on = params
        .from_on
        .unwrap_or_else(|| (facts.now - TOTAL_DAYS).date_naive());
    // Postgres has no days beyond these years.
    if !(0..9_000).contains(&from_on.year()) {
        return Err(WebError::BadRequest(format!(
            "from_on {from_on} is not in a year from 0 to 8999"
        )));
    }
    let found = stored::days(&mut reader, facts.work_id, from_on).await?;
    let days: Vec<TerritoryDay> = found
        .into_iter()
        .filter_map(|day| {
            Some(TerritoryDay {
                territory: day.territory?,
                business_on: day.business_on,
                currency: day.currency,
                showtimes: day.showtimes,
                cancelled: day.cancelled,
                exact: day.exact,
                seats: day.seats,
                admissions: day.admissions,
                gross: day.gross,
            })
        })
        .collect();
    Ok(HttpResponse::Ok().json(days))
}
