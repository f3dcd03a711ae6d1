//! One film: what is on, its days, its week, its work at all sources, its title in all territories.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use chrono::{NaiveDate, TimeDelta};
use schema::reading::{
    Reader,
    film_depth::in_depth,
    films::{self, Film, WorkFilm, WorkRun},
    showtimes::{ShowtimeFilter, list},
    totals::{Subject, booking_curve, days, week},
};

use super::{
    Frame,
    film_facts::{self, Fact, of_film},
    format, render,
    showtimes::{ON_FOR, Row},
    svg,
    time_text::TimeText,
    totals::{self, Day},
    work_rows::decided_by,
};
use crate::{
    api::cinemas::{TOTAL_DAYS, WEEK_DAYS},
    problem::WebError,
    state::WebState,
};

/// Showtimes that are listed; the list of showtimes has the others.
const SHOWTIMES: i64 = 30;

#[derive(Template)]
#[template(path = "film.html")]
struct FilmPage {
    frame: Frame,
    film: Film,
    work_id: Option<i32>,
    facts: Vec<Fact>,
    former_titles: Vec<String>,
    facts_changed: Option<(TimeText, i64)>,
    work: Vec<WorkRow>,
    figures: Vec<(String, &'static str)>,
    showtimes: Vec<Row>,
    days: Vec<Day>,
    day_chart: String,
    week: String,
    curve: String,
    territories: Vec<TerritoryRow>,
    computed: String,
}

struct TerritoryRow {
    territory: String,
    run: String,
    sources: String,
    cinemas: String,
    showtimes: String,
    bar: String,
    sold: String,
    share: String,
}

/// A film of the same work.
struct WorkRow {
    film_id: i32,
    source: String,
    title: String,
    decided_by: String,
    reason: String,
}

impl WorkRow {
    fn of(film: WorkFilm) -> Self {
        Self {
            film_id: film.film_id,
            source: film.source,
            title: film.title,
            decided_by: decided_by(Some(&film.rule), film.score),
            reason: film.reason,
        }
    }
}

/// `GET /films/{id}`.
///
/// # Errors
///
/// If there is no such film, or the database does not answer.
pub async fn film(
    request: HttpRequest,
    state: Data<WebState>,
    id: Path<i32>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    let mut reader = Reader::begin(&state.db).await?;
    let film = films::film(&mut reader, id)
        .await?
        .ok_or_else(|| WebError::no("film", id))?;
    let of = Subject::Film(id);
    let now = film.now;
    let totals = days(&mut reader, of, (now - TOTAL_DAYS).date_naive()).await?;
    let last = booking_curve(&mut reader, of, now - WEEK_DAYS, totals::CURVE_SHOWTIMES).await?;
    let by_hour = week(&mut reader, of, now - WEEK_DAYS, now).await?;
    let runs = films::runs(&mut reader, id).await?;
    let work = films::same_work(&mut reader, id).await?;
    let depth = in_depth(&mut reader, &[id])
        .await?
        .pop()
        .ok_or_else(|| WebError::no("film", id))?;
    let filter = ShowtimeFilter {
        from_at: now - ON_FOR,
        until_at: now + TimeDelta::days(7),
        source: None,
        cinema_id: None,
        film_id: Some(id),
        business_on: None,
        film: None,
        cinema: None,
    };
    let showtimes = list(&mut reader, &filter, None, SHOWTIMES).await?;
    drop(reader);
    let frame = Frame::of(&request, &state, &film.title, "films");
    let mut days = totals::days(&totals, now.date_naive());
    let page = FilmPage {
        figures: figures(&days, &runs),
        day_chart: totals::day_chart(&days),
        week: totals::week_map(&by_hour),
        curve: totals::curve_chart(&last),
        computed: runs
            .first()
            .and_then(|run| run.computed_at)
            .map_or_else(String::new, |at| format::ago(&at, &now)),
        territories: runs.iter().map(TerritoryRow::of).collect(),
        showtimes: showtimes
            .into_iter()
            .map(|row| Row::of(row, &now, frame.zone))
            .collect(),
        days: {
            days.reverse();
            days
        },
        work: work.into_iter().map(WorkRow::of).collect(),
        work_id: depth.work_id,
        facts: of_film(&depth),
        facts_changed: depth
            .facts_changed_at
            .zip(depth.facts_changed_by)
            .map(|(at, job)| (TimeText::ago(&at, &now), job)),
        former_titles: depth.former_titles,
        film,
        frame,
    };
    render(&request, &page)
}

fn figures(days: &[Day], runs: &[WorkRun]) -> Vec<(String, &'static str)> {
    let mut figures = totals::figures(days);
    if !runs.is_empty() {
        figures.push((
            format::grouped(runs.iter().map(|run| run.sold).sum()),
            "seats of the title sold at all sources",
        ));
        figures.push((runs.len().to_string(), "territories"));
    }
    figures
}

impl TerritoryRow {
    fn of(run: &WorkRun) -> Self {
        let share = format::share(run.sold, run.seats);
        let day = |on: Option<NaiveDate>| on.map_or_else(String::new, film_facts::day);
        Self {
            territory: run.territory.clone(),
            run: format!("{} to {}", day(run.first_on), day(run.last_on)),
            sources: format::grouped(run.sources),
            cinemas: format::grouped(run.cinemas),
            showtimes: format::grouped(run.showtimes),
            bar: svg::bar(share, false),
            sold: format::grouped(run.sold),
            share: format::percent(run.sold, run.seats),
        }
    }
}
