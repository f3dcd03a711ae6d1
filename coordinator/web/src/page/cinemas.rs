//! The list of cinemas.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use schema::reading::{
    Reader,
    cinemas::{CinemaFilter, CinemaRow, list, territories},
    showtimes::{clock, source_names},
};
use serde::Deserialize;

use super::{Frame, address::same_page, format, render, svg};
use crate::{
    api::list::{Page, name_key, parse_name_key},
    filter::given,
    problem::WebError,
    state::WebState,
};

/// Rows of a page.
const ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "cinemas.html")]
struct CinemasPage {
    frame: Frame,
    form: CinemaForm,
    sources: Vec<String>,
    territories: Vec<String>,
    rows: Vec<Row>,
    next: Option<String>,
    first: Option<String>,
}

/// What the reader asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct CinemaForm {
    source: Option<String>,
    territory: Option<String>,
    name: Option<String>,
    cursor: Option<String>,
    zone: Option<String>,
}

impl CinemaForm {
    fn is_source(&self, name: &str) -> bool {
        self.source.as_deref() == Some(name)
    }

    fn is_territory(&self, code: &str) -> bool {
        self.territory.as_deref() == Some(code)
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn address(&self, cursor: Option<&str>) -> String {
        same_page(&[
            ("source", self.source.as_deref()),
            ("territory", self.territory.as_deref()),
            ("name", self.name.as_deref()),
            ("zone", self.zone.as_deref()),
            ("cursor", cursor),
        ])
    }
}

struct Row {
    cinema_id: i32,
    name: String,
    city: String,
    territory: String,
    source: String,
    auditoriums: String,
    seats: String,
    showtimes: String,
    bar: String,
    sold: String,
    next: String,
}

/// `GET /cinemas`.
///
/// # Errors
///
/// If a parameter cannot be used, or the database does not answer.
pub async fn cinemas(
    request: HttpRequest,
    state: Data<WebState>,
    form: Query<CinemaForm>,
) -> Result<HttpResponse, WebError> {
    let form = form.into_inner();
    let after = form.cursor.as_deref().map(parse_name_key).transpose()?;
    let filter = CinemaFilter {
        source: given(form.source.as_deref()).map(str::to_owned),
        territory: given(form.territory.as_deref()).map(str::to_owned),
        name: given(form.name.as_deref()).map(str::to_owned),
    };
    let mut reader = Reader::begin(&state.db).await?;
    let now = clock(&mut reader).await?;
    let key = after.as_ref().map(|(name, id)| (name.as_str(), *id));
    let rows = list(&mut reader, &filter, key, ROWS + 1).await?;
    let sources = source_names(&mut reader).await?;
    let territories = territories(&mut reader).await?;
    let list: Page<CinemaRow> = Page::of(rows, ROWS, |row| name_key(row.cinema_id, &row.name));
    let page = CinemasPage {
        frame: Frame::of(&request, &state, "Cinemas", "cinemas"),
        first: after.is_some().then(|| form.address(None)),
        next: list.next.map(|next| form.address(Some(&next))),
        rows: list
            .rows
            .into_iter()
            .map(|row| Row::of(row, &now))
            .collect(),
        sources,
        territories,
        form,
    };
    render(&request, &page)
}

impl Row {
    fn of(row: CinemaRow, now: &chrono::DateTime<chrono::Utc>) -> Self {
        let number = |of: Option<i32>| of.map_or_else(String::new, |n| format::grouped(n.into()));
        let share = format::share(row.sold, row.seats);
        Self {
            cinema_id: row.cinema_id,
            name: row.name,
            city: row.city.unwrap_or_default(),
            territory: row.territory,
            source: row.source,
            auditoriums: number(row.auditorium_count),
            seats: number(row.seat_count),
            showtimes: format::grouped(row.showtimes),
            bar: if row.seats > 0 {
                svg::bar(share, false)
            } else {
                String::new()
            },
            sold: format::percent(row.sold, row.seats),
            next: row
                .next_at
                .map_or_else(String::new, |at| format::relative(&at, now)),
        }
    }
}
