//! One cinema: what is on, its days, its week.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use chrono::TimeDelta;
use schema::reading::{
    Reader,
    cinemas::{CinemaFacts, cinema as read_cinema},
    showtimes::{ShowtimeFilter, list},
    totals::{Subject, booking_curve, days, week},
};

use super::{
    Frame, format, render,
    showtimes::{ON_FOR, Row},
    totals::{self, Day},
};
use crate::{
    api::cinemas::{TOTAL_DAYS, WEEK_DAYS},
    problem::WebError,
    state::WebState,
};

/// Showtimes that are listed; the list of showtimes has the others.
const SHOWTIMES: i64 = 30;

#[derive(Template)]
#[template(path = "cinema.html")]
struct CinemaPage {
    frame: Frame,
    cinema: CinemaFacts,
    about: String,
    local: String,
    figures: Vec<(String, &'static str)>,
    showtimes: Vec<Row>,
    days: Vec<Day>,
    day_chart: String,
    week: String,
    curve: String,
}

/// `GET /cinemas/{id}`.
///
/// # Errors
///
/// If there is no such cinema, or the database does not answer.
pub async fn cinema(
    request: HttpRequest,
    state: Data<WebState>,
    id: Path<i32>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    let mut reader = Reader::begin(&state.db).await?;
    let cinema = read_cinema(&mut reader, id)
        .await?
        .ok_or_else(|| WebError::no("cinema", id))?;
    let of = Subject::Cinema(id);
    let now = cinema.now;
    let totals = days(&mut reader, of, (now - TOTAL_DAYS).date_naive()).await?;
    let last = booking_curve(&mut reader, of, now - WEEK_DAYS, totals::CURVE_SHOWTIMES).await?;
    let by_hour = week(&mut reader, of, now - WEEK_DAYS, now).await?;
    let filter = ShowtimeFilter {
        from_at: now - ON_FOR,
        until_at: now + TimeDelta::days(7),
        source: None,
        cinema_id: Some(id),
        film_id: None,
        business_on: None,
        film: None,
        cinema: None,
    };
    let showtimes = list(&mut reader, &filter, None, SHOWTIMES).await?;
    drop(reader);
    let frame = Frame::of(&request, &state, &cinema.name, "cinemas");
    let mut days = totals::days(&totals, now.date_naive());
    let page = CinemaPage {
        about: [
            cinema.city.clone().unwrap_or_default(),
            cinema.territory.clone(),
        ]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(", "),
        local: format::in_zone(&now, Some(&cinema.timezone), "%a %H:%M"),
        figures: figures(&cinema, &days),
        day_chart: totals::day_chart(&days),
        week: totals::week_map(&by_hour),
        curve: totals::curve_chart(&last),
        showtimes: showtimes
            .into_iter()
            .map(|row| Row::of(row, &now, frame.zone))
            .collect(),
        days: {
            days.reverse();
            days
        },
        cinema,
        frame,
    };
    render(&request, &page)
}

fn figures(cinema: &CinemaFacts, days: &[Day]) -> Vec<(String, &'static str)> {
    let number = |of: Option<i32>| of.map_or_else(|| "–".to_owned(), |n| format::grouped(n.into()));
    let mut figures = totals::figures(days);
    figures.push((number(cinema.auditorium_count), "auditoriums"));
    figures.push((number(cinema.seat_count), "seats in them"));
    figures
}
