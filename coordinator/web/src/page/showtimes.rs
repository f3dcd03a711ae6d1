//! The list of showtimes: what is on now and what is on sale.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use chrono::{NaiveDate, TimeDelta};
use schema::reading::{
    Reader,
    showtimes::{ShowtimeFilter, ShowtimeRow, clock, list, source_names},
};
use serde::Deserialize;

use super::{Frame, address::same_page, format, render, svg};
use crate::{
    api::{
        list::Page,
        showtimes::{ShowtimeKey, showtime_key},
    },
    filter::given,
    problem::WebError,
    state::WebState,
};

/// Rows of a page.
const ROWS: i64 = 50;
/// A showtime that started this long ago still counts as on.
pub const ON_FOR: TimeDelta = TimeDelta::hours(3);
/// Showtimes further ahead are found by their day.
pub const AHEAD: TimeDelta = TimeDelta::days(60);

#[derive(Template)]
#[template(path = "showtimes.html")]
struct ShowtimesPage {
    frame: Frame,
    form: ShowtimeForm,
    sources: Vec<String>,
    subject: Option<String>,
    span: String,
    rows: Vec<Row>,
    next: Option<String>,
    first: Option<String>,
}

/// What the reader asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ShowtimeForm {
    day: Option<String>,
    source: Option<String>,
    film: Option<String>,
    cinema: Option<String>,
    film_id: Option<i32>,
    cinema_id: Option<i32>,
    cursor: Option<String>,
    zone: Option<String>,
}

impl ShowtimeForm {
    fn is_source(&self, name: &str) -> bool {
        self.source.as_deref() == Some(name)
    }

    fn day(&self) -> &str {
        self.day.as_deref().unwrap_or_default()
    }

    fn film(&self) -> &str {
        self.film.as_deref().unwrap_or_default()
    }

    fn cinema(&self) -> &str {
        self.cinema.as_deref().unwrap_or_default()
    }
}

/// A showtime of a list.
pub struct Row {
    /// Its number.
    pub showtime_id: i32,
    /// When it starts, for a person.
    pub starts: String,
    /// The same, for a machine.
    pub machine: String,
    /// How far away that is.
    pub relative: String,
    /// Whether it started and is still on.
    pub is_on: bool,
    /// Its film.
    pub film_id: i32,
    /// Title of the film.
    pub film: String,
    /// Its cinema.
    pub cinema_id: i32,
    /// Name of the cinema.
    pub cinema: String,
    /// Its auditorium.
    pub auditorium: String,
    /// Its source.
    pub source: String,
    /// A bar of the share that is sold.
    pub bar: String,
    /// The same in numbers.
    pub sold: String,
    /// The share in per cent.
    pub share: String,
    /// When its state changed last.
    pub changed: String,
}

impl Row {
    /// Makes a row of what was read.
    #[must_use]
    pub fn of(row: ShowtimeRow, now: &chrono::DateTime<chrono::Utc>, zone: super::Zone) -> Self {
        let shown = zone.of_cinema(&row.timezone);
        let (sold, seats) = (i64::from(row.sold.unwrap_or(0)), row.seats.map(i64::from));
        let bar = match (row.sold, seats) {
            (Some(_), Some(seats)) if seats > 0 => svg::bar(format::share(sold, seats), false),
            _ => String::new(),
        };
        Self {
            showtime_id: row.showtime_id,
            starts: format::in_zone(&row.starts_at, shown, "%a %-d %b, %H:%M"),
            machine: format::machine(&row.starts_at),
            relative: format::relative(&row.starts_at, now),
            is_on: row.starts_at <= *now && *now - row.starts_at < ON_FOR,
            film_id: row.film_id,
            film: row.film,
            cinema_id: row.cinema_id,
            cinema: row.cinema,
            auditorium: row.auditorium.unwrap_or_default(),
            source: row.source,
            bar,
            sold: match (row.sold, seats) {
                (Some(_), Some(seats)) => {
                    format!("{} of {}", format::grouped(sold), format::grouped(seats))
                }
                (None, _) if row.sold_out == Some(true) => "sold out, by its listing".to_owned(),
                _ => "not seen yet".to_owned(),
            },
            share: match (row.sold, seats) {
                (Some(_), Some(seats)) if seats > 0 => format::whole_percent(sold, seats),
                _ => String::new(),
            },
            changed: row
                .observed_at
                .map_or_else(|| "–".to_owned(), |at| format::ago(&at, now)),
        }
    }
}

/// `GET /showtimes`.
///
/// # Errors
///
/// If a parameter cannot be used, or the database does not answer.
pub async fn showtimes(
    request: HttpRequest,
    state: Data<WebState>,
    form: Query<ShowtimeForm>,
) -> Result<HttpResponse, WebError> {
    let form = form.into_inner();
    let frame = Frame::of(&request, &state, "Showtimes", "showtimes");
    let day = given(form.day.as_deref())
        .map(|text| {
            text.parse::<NaiveDate>().map_err(|_| {
                WebError::BadRequest(format!("{text} is no day; write one as 2026-12-05"))
            })
        })
        .transpose()?;
    let after = form
        .cursor
        .as_deref()
        .map(str::parse::<ShowtimeKey>)
        .transpose()?;
    let mut reader = Reader::begin(&state.db).await?;
    let now = clock(&mut reader).await?;
    let filter = filter(&form, day, now);
    let key = after.map(|key| (key.0, key.1));
    let rows = list(&mut reader, &filter, key, ROWS + 1).await?;
    let sources = source_names(&mut reader).await?;
    let list: Page<ShowtimeRow> = Page::of(rows, ROWS, showtime_key);
    let subject = subject(&form, &list.rows);
    let page = ShowtimesPage {
        span: match day {
            Some(day) => format!("Business day {}.", day.format("%A %-d %B %Y")),
            None => {
                "On now, then what starts next; earlier days are found by their date.".to_owned()
            }
        },
        first: after.is_some().then(|| address(&form, None)),
        next: list.next.map(|next| address(&form, Some(&next))),
        subject,
        rows: list
            .rows
            .into_iter()
            .map(|row| Row::of(row, &now, frame.zone))
            .collect(),
        sources,
        form,
        frame,
    };
    render(&request, &page)
}

fn filter(
    form: &ShowtimeForm,
    day: Option<NaiveDate>,
    now: chrono::DateTime<chrono::Utc>,
) -> ShowtimeFilter {
    // A business day of any zone lies within these bounds.
    let (from_at, until_at) = match day.and_then(|day| day.and_hms_opt(0, 0, 0)) {
        Some(midnight) => (
            midnight.and_utc() - TimeDelta::days(1),
            midnight.and_utc() + TimeDelta::days(3),
        ),
        None => (now - ON_FOR, now + AHEAD),
    };
    ShowtimeFilter {
        from_at,
        until_at,
        source: given(form.source.as_deref()).map(str::to_owned),
        cinema_id: form.cinema_id,
        film_id: form.film_id,
        business_on: day,
        film: given(form.film.as_deref()).map(str::to_owned),
        cinema: given(form.cinema.as_deref()).map(str::to_owned),
    }
}

/// What the list is of, where it is of one film or one cinema.
fn subject(form: &ShowtimeForm, rows: &[ShowtimeRow]) -> Option<String> {
    let row = rows.first()?;
    match (form.film_id, form.cinema_id) {
        (None, None) => None,
        (Some(_), None) => Some(format!("{} at {}", row.film, row.source)),
        (None, Some(_)) => Some(row.cinema.clone()),
        (Some(_), Some(_)) => Some(format!("{}, {}", row.film, row.cinema)),
    }
}

fn address(form: &ShowtimeForm, cursor: Option<&str>) -> String {
    let number = |id: Option<i32>| id.map(|id| id.to_string());
    let (film_id, cinema_id) = (number(form.film_id), number(form.cinema_id));
    same_page(&[
        ("day", form.day.as_deref()),
        ("source", form.source.as_deref()),
        ("film", form.film.as_deref()),
        ("cinema", form.cinema.as_deref()),
        ("film_id", film_id.as_deref()),
        ("cinema_id", cinema_id.as_deref()),
        ("zone", form.zone.as_deref()),
        ("cursor", cursor),
    ])
}
