//! Doubtful pairs: films on which a person should decide whether they are one work, one after the
//! other.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use chrono::{DateTime, Utc};
use schema::reading::{
    Reader,
    film_depth::FilmInDepth,
    film_pairs::{self as stored, WaitingPair},
    showtimes::clock,
    works::film_ids,
};
use serde::Deserialize;
use works::comparison::{MIN_SAME_BITS, MIN_UNCLEAR_BITS};

use super::{
    Frame, address, format, pair_rows, pair_rows::CompareRow, render, time_text::TimeText,
    work_rows::VerdictRow,
};
use crate::{
    api::film_pairs::{PairKey, films_of, reasons},
    filter::given,
    problem::WebError,
    state::WebState,
};

/// Pairs that are listed below the one that is shown.
const MAX_NEXT: i64 = 20;
/// Verdicts that are listed.
const MAX_VERDICTS: i64 = 10;

#[derive(Template)]
#[template(path = "film_pairs.html")]
struct PairsPage {
    frame: Frame,
    count: String,
    is_waiting: bool,
    /// The pair that was asked for waits no longer.
    is_gone: bool,
    is_first: bool,
    same_bits: f64,
    unclear_bits: f64,
    pair: Option<PairView>,
    next: Vec<NextRow>,
    verdicts: Vec<VerdictRow>,
}

/// The pair that is shown.
struct PairView {
    a: Side,
    b: Side,
    score: String,
    noted: TimeText,
    rows: Vec<CompareRow>,
    /// Where an answer leads: to the pair behind this one.
    back: String,
    /// The page of the pair behind this one, without an answer.
    skip: Option<String>,
}

struct Side {
    film_id: i32,
    /// Its source; with its key, where both films are of one source.
    label: String,
    work_id: Option<i32>,
    /// Other films of its work.
    others: String,
}

struct NextRow {
    href: String,
    title_a: String,
    title_b: String,
    sources: String,
    score: String,
}

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PairQuery {
    after: Option<String>,
    pair: Option<String>,
}

/// `GET /film-pairs`: the first pair, the first behind a place, or the pair of two films.
///
/// # Errors
///
/// If a parameter cannot be used, or the database does not answer.
pub async fn film_pairs(
    request: HttpRequest,
    state: Data<WebState>,
    query: Query<PairQuery>,
) -> Result<HttpResponse, WebError> {
    let after: Option<PairKey> = given(query.after.as_deref()).map(str::parse).transpose()?;
    let wanted = given(query.pair.as_deref()).map(read_pair).transpose()?;
    let mut reader = Reader::begin(&state.db).await?;
    let now = clock(&mut reader).await?;
    let chosen = match wanted {
        Some(films) => stored::waiting_pair(&mut reader, films).await?,
        None => None,
    };
    let is_gone = wanted.is_some() && chosen.is_none();
    // Behind the pair that was asked for, else behind the place.
    let place = chosen.as_ref().map(PairKey::of).or(after);
    let mut waiting = stored::waiting(&mut reader, place.map(|key| key.0), MAX_NEXT + 1).await?;
    let pair = match chosen {
        Some(pair) => Some(pair),
        None if waiting.is_empty() => None,
        None => Some(waiting.remove(0)),
    };
    waiting.truncate(usize::try_from(MAX_NEXT).unwrap_or(usize::MAX));
    let count = stored::count(&mut reader).await?;
    let verdicts = stored::decided(&mut reader, None, MAX_VERDICTS).await?;
    let all: Vec<WaitingPair> = pair.iter().chain(&waiting).cloned().collect();
    let films = films_of(&mut reader, &all).await?;
    let view = match &pair {
        Some(pair) => view(&mut reader, pair, &films, after, !waiting.is_empty(), &now).await?,
        None => None,
    };
    drop(reader);
    let page = PairsPage {
        frame: Frame::of(&request, &state, "Doubtful pairs", "works"),
        count: format::bounded(count),
        is_waiting: count.count > 0,
        is_gone,
        is_first: after.is_none(),
        same_bits: MIN_SAME_BITS,
        unclear_bits: MIN_UNCLEAR_BITS,
        next: waiting
            .iter()
            .filter_map(|pair| next_row(pair, &films))
            .collect(),
        pair: view,
        verdicts: verdicts
            .iter()
            .map(|pair| VerdictRow::of(pair, &now))
            .collect(),
    };
    render(&request, &page)
}

/// Reads the films of `pair=12-34`.
fn read_pair(text: &str) -> Result<(i32, i32), WebError> {
    let films = text
        .split_once('-')
        .and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    films.ok_or_else(|| {
        WebError::BadRequest(format!("pair `{text}` is not two numbers such as 12-34"))
    })
}

async fn view(
    reader: &mut Reader,
    pair: &WaitingPair,
    films: &BTreeMap<i32, FilmInDepth>,
    after: Option<PairKey>,
    has_next: bool,
    now: &DateTime<Utc>,
) -> Result<Option<PairView>, WebError> {
    let (Some(a), Some(b)) = (films.get(&pair.film_a), films.get(&pair.film_b)) else {
        return Ok(None);
    };
    let behind = |key: PairKey| address::query(&[("after", Some(&key.to_string()))]);
    Ok(Some(PairView {
        a: side(reader, a, a.source == b.source).await?,
        b: side(reader, b, a.source == b.source).await?,
        score: format!("{:.1}", pair.score),
        noted: TimeText::ago(&pair.noted_at, now),
        rows: pair_rows::rows(a, b, &reasons(pair)),
        // The pair itself waits no longer then.
        back: format!("film-pairs{}", after.map(behind).unwrap_or_default()),
        skip: has_next.then(|| behind(PairKey::of(pair))),
    }))
}

async fn side(
    reader: &mut Reader,
    film: &FilmInDepth,
    is_of_one_source: bool,
) -> Result<Side, WebError> {
    let films = match film.work_id {
        Some(work_id) => film_ids(reader, work_id).await?.len(),
        None => 1,
    };
    Ok(Side {
        film_id: film.film_id,
        label: if is_of_one_source {
            format!("{} {}", film.source, film.key)
        } else {
            film.source.clone()
        },
        work_id: film.work_id,
        others: match films.saturating_sub(1) {
            0 => "no other film".to_owned(),
            others => format::counted(others, "other film"),
        },
    })
}

fn next_row(pair: &WaitingPair, films: &BTreeMap<i32, FilmInDepth>) -> Option<NextRow> {
    let (a, b) = (films.get(&pair.film_a)?, films.get(&pair.film_b)?);
    Some(NextRow {
        href: format!("film-pairs?pair={}-{}", pair.film_a, pair.film_b),
        title_a: a.title.clone(),
        title_b: b.title.clone(),
        sources: format!("{}, {}", a.source, b.source),
        score: format!("{:.1}", pair.score),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_two_numbers() {
        assert_eq!(read_pair("12-34").ok(), Some((12, 34)));
        for wrong in ["", "12", "12-", "a-b", "1-2-3", "99999999999-1"] {
            assert!(read_pair(wrong).is_err(), "{wrong}");
        }
    }
}
