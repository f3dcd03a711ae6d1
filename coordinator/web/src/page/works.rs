//! The list of works.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use schema::reading::{
    Reader, film_pairs,
    works::{WorkRow, list, territory_codes},
};
use serde::Deserialize;

use super::{
    Frame,
    address::same_page,
    film_facts::{named, span},
    format, render, svg,
};
use crate::{
    api::{
        list::{Page, name_key, parse_name_key},
        works::{KINDS, checked_filter},
    },
    number::float,
    problem::WebError,
    state::WebState,
};

/// Rows of a page.
const ROWS: i64 = 50;
/// Days that the number of admissions is of; the curve beside it has 28.
const RECENT_DAYS: usize = 7;
/// Territories that are named; of more, their number is given.
const MAX_NAMED_TERRITORIES: usize = 6;

#[derive(Template)]
#[template(path = "works.html")]
struct WorksPage {
    frame: Frame,
    form: WorkForm,
    kinds: [&'static str; 5],
    territories: Vec<String>,
    pairs: String,
    pairs_count: i64,
    rows: Vec<Row>,
    next: Option<String>,
    first: Option<String>,
}

/// What the reader asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct WorkForm {
    territory: Option<String>,
    kind: Option<String>,
    title: Option<String>,
    cursor: Option<String>,
    zone: Option<String>,
}

impl WorkForm {
    fn is_kind(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    fn is_territory(&self, code: &str) -> bool {
        let chosen = self.territory.as_deref();
        chosen.is_some_and(|chosen| chosen.eq_ignore_ascii_case(code))
    }

    fn title(&self) -> &str {
        self.title.as_deref().unwrap_or_default()
    }

    fn address(&self, cursor: Option<&str>) -> String {
        same_page(&[
            ("title", self.title.as_deref()),
            ("territory", self.territory.as_deref()),
            ("kind", self.kind.as_deref()),
            ("zone", self.zone.as_deref()),
            ("cursor", cursor),
        ])
    }
}

struct Row {
    work_id: i32,
    title: String,
    kind: String,
    territories: String,
    sources: String,
    all_sources: String,
    run: String,
    admissions: String,
    curve: String,
}

/// `GET /works`.
///
/// # Errors
///
/// If a parameter cannot be used, or the database does not answer.
pub async fn works(
    request: HttpRequest,
    state: Data<WebState>,
    form: Query<WorkForm>,
) -> Result<HttpResponse, WebError> {
    let form = form.into_inner();
    let after = form.cursor.as_deref().map(parse_name_key).transpose()?;
    let filter = checked_filter(
        form.territory.as_deref(),
        form.kind.as_deref(),
        form.title.as_deref(),
    )?;
    let mut reader = Reader::begin(&state.db).await?;
    let key = after.as_ref().map(|(title, id)| (title.as_str(), *id));
    let rows = list(&mut reader, &filter, key, ROWS + 1).await?;
    let territories = territory_codes(&mut reader).await?;
    let pairs = film_pairs::count(&mut reader).await?;
    drop(reader);
    let list: Page<WorkRow> = Page::of(rows, ROWS, |row| name_key(row.work_id, &row.title));
    let page = WorksPage {
        frame: Frame::of(&request, &state, "Works", "works"),
        first: after.is_some().then(|| form.address(None)),
        next: list.next.map(|next| form.address(Some(&next))),
        rows: list.rows.into_iter().map(Row::of).collect(),
        kinds: KINDS,
        territories,
        pairs: format::bounded(pairs),
        pairs_count: pairs.count,
        form,
    };
    render(&request, &page)
}

impl Row {
    fn of(row: WorkRow) -> Self {
        let last = row.recent.len().saturating_sub(RECENT_DAYS);
        let admissions: i64 = row.recent.iter().skip(last).sum();
        let has_sold = row.recent.iter().any(|day| *day > 0);
        let values: Vec<Option<f64>> = row.recent.iter().map(|day| Some(float(*day))).collect();
        let sources: Vec<&str> = row.sources.iter().map(String::as_str).collect();
        Self {
            work_id: row.work_id,
            territories: if row.territories.len() <= MAX_NAMED_TERRITORIES {
                row.territories.join(", ")
            } else {
                format!("{} territories", row.territories.len())
            },
            sources: named(&sources),
            all_sources: sources.join(", "),
            run: span(row.first_on, row.last_on),
            admissions: format::grouped(admissions),
            curve: if has_sold {
                svg::sparkline(&values)
            } else {
                String::new()
            },
            title: row.title,
            kind: row.kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_counts_the_last_seven_days_and_draws_all() {
        let mut recent = vec![1_000; 21];
        recent.extend([1, 2, 3, 4, 5, 6, 7]);
        let row = WorkRow {
            work_id: 1,
            kind: "feature".to_owned(),
            title: "Low Tide".to_owned(),
            films: 3,
            sources: ["a", "b", "c"].map(str::to_owned).to_vec(),
            territories: ["FR", "VN"].map(str::to_owned).to_vec(),
            first_on: None,
            last_on: None,
            recent,
        };
        let shown = Row::of(row.clone());
        assert_eq!(
            (shown.admissions.as_str(), shown.sources.as_str()),
            ("28", "3 sources")
        );
        assert_eq!(shown.curve.matches('L').count(), 27 + 29);
        let quiet = Row::of(WorkRow {
            recent: vec![0; 28],
            ..row
        });
        assert_eq!((quiet.admissions.as_str(), quiet.curve.as_str()), ("0", ""));
    }
}
