//! Pairs of films on which a person should decide whether they are one work.

use std::{collections::BTreeMap, str::FromStr};

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Json, Path, Query},
};
use chrono::{DateTime, Utc};
use schema::reading::{
    Reader,
    film_depth::{FilmInDepth, in_depth},
    film_pairs::{self as stored, DecidedPair, PairPlace, WaitingPair},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    films::{FilmFacts, FilmIdentity},
    list::{Page, foreign_cursor, response_of},
    source_action::{Key, Reason},
};
use crate::{
    access::viewer::Viewer,
    action::{Outcome, perform_once},
    filter::PageQuery,
    operations::{Action, PairVerdict},
    problem::{Problem, Problems, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(film_pairs)
        .service(same)
        .service(different)
        .service(undecided);
}

/// The cursor of the list of pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairKey(pub PairPlace);

impl PairKey {
    /// That of a pair.
    #[must_use]
    pub fn of(pair: &WaitingPair) -> Self {
        Self((pair.score, pair.film_a, pair.film_b))
    }
}

impl std::fmt::Display for PairKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (score, film_a, film_b) = self.0;
        // The shortest text that is read as the same number.
        write!(formatter, "{score}~{film_a}~{film_b}")
    }
}

impl FromStr for PairKey {
    type Err = WebError;

    fn from_str(text: &str) -> Result<Self, WebError> {
        let read = || {
            let mut parts = text.splitn(3, '~');
            let score: f32 = parts.next()?.parse().ok()?;
            let (a, b) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            score.is_finite().then_some(Self((score, a, b)))
        };
        read().ok_or_else(foreign_cursor)
    }
}

/// One piece of evidence.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Evidence {
    /// What it is drawn from, such as `title` or `director`.
    #[schema(value_type = String)]
    signal: works::Signal,
    /// Its weight in bits: positive for one work, negative for two.
    bits: f64,
    /// Whether the two cannot be one work by the rules, whatever else agrees.
    is_veto: bool,
    /// The evidence in words.
    text: String,
}

/// A film of a pair.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilmOfPair {
    /// Which film of which source.
    #[serde(flatten)]
    film: FilmIdentity,
    /// What its source says of it.
    facts: FilmFacts,
}

/// A pair of films on which a person should decide.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilmPair {
    /// The film with the lower number.
    a: FilmOfPair,
    /// The other film.
    b: FilmOfPair,
    /// The sum of the evidence, in bits: the rules join from 12 on, and below 6 they do not.
    score: f32,
    /// The evidence.
    evidence: Vec<Evidence>,
    /// When the doubt arose.
    noted_at: DateTime<Utc>,
}

/// The reasons of a pair, as they are stored.
#[must_use]
pub fn reasons(pair: &WaitingPair) -> Vec<works::Reason> {
    serde_json::from_value(pair.reasons.clone()).unwrap_or_default()
}

/// Reads the films of pairs, by their numbers.
///
/// # Errors
///
/// If the database does not answer in time.
pub async fn films_of(
    reader: &mut Reader,
    pairs: &[WaitingPair],
) -> Result<BTreeMap<i32, FilmInDepth>, WebError> {
    let ids: Vec<i32> = pairs
        .iter()
        .flat_map(|pair| [pair.film_a, pair.film_b])
        .collect();
    let films = in_depth(reader, &ids).await?;
    Ok(films.into_iter().map(|film| (film.film_id, film)).collect())
}

/// Lists the pairs of films that wait for a person, the highest score first, with the evidence.
#[utoipa::path(
    tag = "works",
    params(PageQuery),
    responses(
        (status = 200, body = Page<FilmPair>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/film-pairs")]
pub async fn film_pairs(
    state: Data<WebState>,
    query: Query<PageQuery>,
) -> Result<Json<Page<FilmPair>>, WebError> {
    let (limit, after) = (query.rows()?, query.cursor::<PairKey>()?);
    let mut reader = Reader::begin(&state.db).await?;
    let pairs = stored::waiting(&mut reader, after.map(|key| key.0), limit + 1).await?;
    let page: Page<WaitingPair> = Page::of(pairs, limit, |pair| PairKey::of(pair).to_string());
    let films = films_of(&mut reader, &page.rows).await?;
    let side = |id: i32| {
        films.get(&id).map(|film| FilmOfPair {
            film: FilmIdentity::of(film),
            facts: FilmFacts::from(film.clone()),
        })
    };
    let rows = page.rows.iter().filter_map(|pair| {
        let evidence = reasons(pair).into_iter().map(|reason| Evidence {
            signal: reason.signal,
            bits: reason.weight,
            is_veto: reason.is_veto,
            text: reason.text,
        });
        Some(FilmPair {
            a: side(pair.film_a)?,
            b: side(pair.film_b)?,
            score: pair.score,
            evidence: evidence.collect(),
            noted_at: pair.noted_at,
        })
    });
    Ok(Json(Page {
        rows: rows.collect(),
        next: page.next,
    }))
}

response_of! {
    /// What a person decided on a pair of films.
    Decided from DecidedPair {
        /// The film with the lower number.
        film_a: i32,
        /// The other film.
        film_b: i32,
        /// Whether they are one work.
        is_same: bool,
        /// When it was decided; of two verdicts that contradict each other the later holds.
        decided_at: DateTime<Utc>,
        /// Who decided.
        decided_by: String,
        /// Why.
        reason: String,
    }
}

/// Decides that two films are one work (scope operate). It outranks the rules, however often the
/// films are listed again; `undecided` takes it back exactly.
#[utoipa::path(tag = "works", params(("a" = String, Path, description = "Number of a film, or SOURCE/KEY"), ("b" = String, Path, description = "The other film"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/film-pairs/{a}/{b}/same")]
pub async fn same(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    films: Path<(String, String)>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    decide(&request, &state, &viewer, films, &body, PairVerdict::Same).await
}

/// Decides that two films are two works (scope operate): no rule joins them then, nor does a third
/// film that matches both.
#[utoipa::path(tag = "works", params(("a" = String, Path, description = "Number of a film, or SOURCE/KEY"), ("b" = String, Path, description = "The other film"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/film-pairs/{a}/{b}/different")]
pub async fn different(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    films: Path<(String, String)>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    let verdict = PairVerdict::Different;
    decide(&request, &state, &viewer, films, &body, verdict).await
}

/// Removes the verdict on two films (scope operate): the rules decide again.
#[utoipa::path(tag = "works", params(("a" = String, Path, description = "Number of a film, or SOURCE/KEY"), ("b" = String, Path, description = "The other film"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/film-pairs/{a}/{b}/undecided")]
pub async fn undecided(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    films: Path<(String, String)>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    let verdict = PairVerdict::Undecided;
    decide(&request, &state, &viewer, films, &body, verdict).await
}

async fn decide(
    request: &HttpRequest,
    state: &Data<WebState>,
    viewer: &Viewer,
    films: Path<(String, String)>,
    body: &Json<Reason>,
    verdict: PairVerdict,
) -> Result<HttpResponse, WebError> {
    let films = films.into_inner();
    let action = Action::DecidePair { films, verdict };
    let reason = body.reason.clone();
    perform_once(request, state, viewer, &**body, reason, action).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_of_a_pair_is_read_as_it_is_written() {
        for key in [PairKey((8.300_001, 4, 17)), PairKey((-0.1, 1, 2))] {
            assert_eq!(key.to_string().parse::<PairKey>().unwrap(), key);
        }
        for wrong in ["", "8", "8~1", "NaN~1~2", "8~1~2~3", "inf~1~2"] {
            assert!(wrong.parse::<PairKey>().is_err(), "{wrong}");
        }
    }
}
