//! The list of films.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use schema::reading::{
    Reader,
    films::{FilmFilter, FilmRow, list},
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
#[template(path = "films.html")]
struct FilmsPage {
    frame: Frame,
    form: FilmForm,
    sources: Vec<String>,
    rows: Vec<Row>,
    next: Option<String>,
    first: Option<String>,
}

/// What the reader asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct FilmForm {
    source: Option<String>,
    title: Option<String>,
    cursor: Option<String>,
    zone: Option<String>,
}

impl FilmForm {
    fn is_source(&self, name: &str) -> bool {
        self.source.as_deref() == Some(name)
    }

    fn title(&self) -> &str {
        self.title.as_deref().unwrap_or_default()
    }

    fn address(&self, cursor: Option<&str>) -> String {
        same_page(&[
            ("source", self.source.as_deref()),
            ("title", self.title.as_deref()),
            ("zone", self.zone.as_deref()),
            ("cursor", cursor),
        ])
    }
}

struct Row {
    film_id: i32,
    title: String,
    source: String,
    showtimes: String,
    cinemas: String,
    bar: String,
    sold: String,
    share: String,
    next: String,
}

/// `GET /films`.
///
/// # Errors
///
/// If a parameter cannot be used, or the database does not answer.
pub async fn films(
    request: HttpRequest,
    state: Data<WebState>,
    form: Query<FilmForm>,
) -> Result<HttpResponse, WebError> {
    let form = form.into_inner();
    let after = form.cursor.as_deref().map(parse_name_key).transpose()?;
    let filter = FilmFilter {
        source: given(form.source.as_deref()).map(str::to_owned),
        title: given(form.title.as_deref()).map(str::to_owned),
    };
    let mut reader = Reader::begin(&state.db).await?;
    let now = clock(&mut reader).await?;
    let key = after.as_ref().map(|(title, id)| (title.as_str(), *id));
    let rows = list(&mut reader, &filter, key, ROWS + 1).await?;
    let sources = source_names(&mut reader).await?;
    let list: Page<FilmRow> = Page::of(rows, ROWS, |row| name_key(row.film_id, &row.title));
    let page = FilmsPage {
        frame: Frame::of(&request, &state, "Films", "films"),
        first: after.is_some().then(|| form.address(None)),
        next: list.next.map(|next| form.address(Some(&next))),
        rows: list
            .rows
            .into_iter()
            .map(|row| Row::of(row, &now))
            .collect(),
        sources,
        form,
    };
    render(&request, &page)
}

impl Row {
    fn of(row: FilmRow, now: &chrono::DateTime<chrono::Utc>) -> Self {
        let share = format::share(row.sold, row.seats);
        Self {
            film_id: row.film_id,
            title: row.title,
            source: row.source,
            showtimes: if row.showtimes >= 1_000 {
                "1\u{202f}000+".to_owned()
            } else {
                format::grouped(row.showtimes)
            },
            cinemas: format::grouped(row.cinemas),
            bar: if row.seats > 0 {
                svg::bar(share, false)
            } else {
                String::new()
            },
            sold: format::grouped(row.sold),
            share: format::percent(row.sold, row.seats),
            next: row
                .next_at
                .map_or_else(String::new, |at| format::relative(&at, now)),
        }
    }
}
