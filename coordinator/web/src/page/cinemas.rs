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

use super::{
    Frame,
    address::{given, query},
    format, render, svg,
};
use crate::{
    api::list::{name_key, parse_name_key},
    problem::WebError,
    state::WebState,
};

/// Rows of a page.
const ROWS: usize = 50;

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
    after: Option<String>,
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

    fn address(&self, after: Option<&str>) -> String {
        let query = query(&[
            ("source", self.source.as_deref()),
            ("territory", self.territory.as_deref()),
            ("name", self.name.as_deref()),
            ("after", after),
        ]);
        if query.is_empty() {
            "?".to_owned()
        } else {
            query
        }
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
    let after = form.after.as_deref().map(parse_name_key).transpose()?;
    let filter = CinemaFilter {
        source: given(form.source.as_ref()),
        territory: given(form.territory.as_ref()),
        name: given(form.name.as_ref()),
    };
    let mut reader = Reader::begin(&state.db).await?;
    let now = clock(&mut reader).await?;
    let key = after.as_ref().map(|(name, id)| (name.as_str(), *id));
    let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let mut rows = list(&mut reader, &filter, key, limit).await?;
    let sources = source_names(&mut reader).await?;
    let territories = territories(&mut reader).await?;
    let has_more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let next = rows
        .last()
        .filter(|_| has_more)
        .map(|last| form.address(Some(&name_key(last.cinema_id, &last.name))));
    let page = CinemasPage {
        frame: Frame::of(&request, &state, "Cinemas", "cinemas"),
        first: after.is_some().then(|| form.address(None)),
        next,
        rows: rows.into_iter().map(|row| Row::of(row, &now)).collect(),
        sources,
        territories,
        form,
    };
    render(&request, &page)
}

impl Row {
    fn of(row: CinemaRow, now: &chrono::DateTime<chrono::Utc>) -> Self {
        let number = |of: Option<i32>| of.map_or_else(String::new, |n| format::grouped(n.into()));
        #[allow(clippy::cast_precision_loss)]
        let share = row.sold as f64 / row.seats.max(1) as f64;
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
