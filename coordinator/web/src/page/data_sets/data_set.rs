//! The page of a data set: its days, its builds with their errors, its query.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;

use super::rows::{BuildLine, DayLine, DeliveryLine, FileLine, RowErrorLine, graph, words_of};
use crate::{
    filter::given,
    overview::data_sets::OneDataSet,
    page::{Frame, format, render, sql_text::quoted},
    problem::WebError,
    state::WebState,
};

/// Seconds between two refreshes: the leader looks every ten seconds.
const REFRESH_SECONDS: u32 = 10;

#[derive(Template)]
#[template(path = "data_set.html")]
struct DataSetPage {
    frame: Frame,
    name: String,
    description: String,
    state: String,
    is_by_day: bool,
    figures: Vec<(String, &'static str)>,
    explanation: Vec<String>,
    graph: String,
    days: Vec<DayLine>,
    builds: Vec<BuildLine>,
    mapping: Option<String>,
    listing_error: Option<String>,
    files: Vec<FileLine>,
    errors: Vec<RowErrorLine>,
    deliveries: Vec<DeliveryLine>,
    facts: Vec<(&'static str, String)>,
    query: String,
    check: Option<String>,
    body: String,
}

/// `GET /data-sets/{data_set}`.
///
/// # Errors
///
/// If there is no such data set, or the database does not answer.
pub(super) async fn data_set(
    request: HttpRequest,
    state: Data<WebState>,
    name: Path<String>,
) -> Result<HttpResponse, WebError> {
    // No text of the database has a zero byte.
    let name = given(Some(&name)).unwrap_or_default();
    let now = state.now().await?;
    let found = state.overview.data_set(&state.db, name).await?;
    let shown = found
        .as_ref()
        .as_ref()
        .ok_or_else(|| WebError::no("data set", name))?;
    let one = &shown.data_set;
    let frame =
        Frame::of(&request, &state, &format!("Data set {name}"), "data-sets").live(REFRESH_SECONDS);
    let page = DataSetPage {
        name: one.name.clone(),
        description: one.description.clone(),
        state: words_of(one),
        is_by_day: one.partition == "day",
        figures: figures(shown),
        explanation: shown.explanation.clone(),
        graph: graph(&shown.near, &frame.root).draw(),
        days: shown
            .days
            .iter()
            .map(|day| DayLine::of(day, &now))
            .collect(),
        builds: shown
            .builds
            .iter()
            .map(|build| BuildLine::of(build, &now))
            .collect(),
        mapping: shown
            .definition
            .files
            .as_ref()
            .and_then(|files| serde_json::to_string_pretty(files).ok()),
        listing_error: shown
            .files
            .listing
            .as_ref()
            .and_then(|listing| listing.error.clone()),
        files: shown
            .files
            .files
            .iter()
            .map(|file| FileLine::of(file, &now))
            .collect(),
        errors: shown.files.errors.iter().map(RowErrorLine::of).collect(),
        deliveries: shown
            .deliveries
            .iter()
            .map(|delivery| DeliveryLine::of(delivery, &now))
            .collect(),
        facts: facts(shown),
        query: shown.definition.query.trim().to_owned(),
        check: shown
            .definition
            .check_query
            .as_ref()
            .map(|check| check.trim().to_owned()),
        body: shown.definition.body.clone(),
        frame,
    };
    render(&request, &page)
}

fn figures(shown: &OneDataSet) -> Vec<(String, &'static str)> {
    let one = &shown.data_set;
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let mut figures = vec![
        (or_none(one.row_count.map(format::grouped)), "rows"),
        (or_none(one.bytes.map(format::bytes)), "of data"),
    ];
    if one.partition == "day" {
        figures.push((
            format!(
                "{} of {}",
                format::grouped(one.built_days),
                format::grouped(one.days)
            ),
            "days are up to date",
        ));
        figures.push((
            or_none(one.last_built_day.map(|day| day.to_string())),
            "last day that is built",
        ));
    }
    figures
}

fn facts(shown: &OneDataSet) -> Vec<(&'static str, String)> {
    let one = &shown.data_set;
    let list = |names: &[String]| {
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    let mut facts = vec![
        ("inputs", list(&one.inputs)),
        ("read by", list(&shown.definition.dependents)),
    ];
    if let Some(since) = one.since {
        facts.push(("first day", since.to_string()));
    }
    let deadline = one.deadline.as_ref().map_or_else(
        || "none".to_owned(),
        |deadline| format!("{deadline} of the next day, {}", one.zone),
    );
    facts.push(("deadline", deadline));
    facts.push((
        "applied",
        format!("{} UTC", format::utc(&shown.definition.applied_at)),
    ));
    facts.push(("table", format!("data_set.{}", one.name)));
    facts
}

impl DataSetPage {
    fn files_sql(&self) -> String {
        format!(
            "SELECT day, path, bytes, modified_at, read_at, row_count, error_count, listing_error\nFROM load_status\nWHERE name = {}\nORDER BY day DESC, path;",
            quoted(&self.name)
        )
    }

    fn deliveries_sql(&self) -> String {
        format!(
            "SELECT destination, day, state, error, rejections, delivered_at, documents, rejected\nFROM data_set_delivery_status\nWHERE name = {}\nORDER BY day DESC, destination;",
            quoted(&self.name)
        )
    }

    fn sql(&self) -> String {
        format!(
            "SELECT day, state, waiting_for, changed_inputs, built_at, took, row_count, bytes, error\nFROM data_set_status\nWHERE name = {}\nORDER BY day DESC;",
            quoted(&self.name)
        )
    }
}
