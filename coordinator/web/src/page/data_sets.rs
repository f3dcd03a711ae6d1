//! The page of all data sets: the graph of what reads what, states and freshness.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Query, ServiceConfig},
};
use askama::Template;
use serde::Deserialize;

use super::{Frame, address::same_page, format, render};
use crate::{filter::given, problem::WebError, state::WebState};

mod data_set;
mod rows;

use data_set::data_set;
use rows::{DataSetLine, graph};

/// Seconds between two refreshes: the leader looks every ten seconds.
const REFRESH_SECONDS: u32 = 10;

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig) {
    service
        .route("/data-sets", web::get().to(data_sets))
        .route("/data-sets/{data_set}", web::get().to(data_set));
}

#[derive(Template)]
#[template(path = "data_sets.html")]
struct DataSetsPage {
    frame: Frame,
    figures: Vec<(String, &'static str)>,
    graph: String,
    lines: Vec<DataSetLine>,
    next: Option<String>,
    first: Option<String>,
}

/// What the reader asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct DataSetsForm {
    after: Option<String>,
    zone: Option<String>,
}

impl DataSetsForm {
    fn address(&self, after: Option<&str>) -> String {
        same_page(&[("zone", self.zone.as_deref()), ("after", after)])
    }
}

/// `GET /data-sets`.
///
/// # Errors
///
/// If the database does not answer in time.
pub async fn data_sets(
    request: HttpRequest,
    state: Data<WebState>,
    form: Query<DataSetsForm>,
) -> Result<HttpResponse, WebError> {
    let form = form.into_inner();
    let after = given(form.after.as_deref());
    let now = state.now().await?;
    let found = state
        .overview
        .data_sets(&state.db, &form.address(after), after)
        .await?;
    let (all, has_more) = &*found;
    let frame = Frame::of(&request, &state, "Data sets", "data-sets").live(REFRESH_SECONDS);
    let count = |wanted: fn(&&schema::reading::data_sets::DataSet) -> bool| {
        let count = all.iter().filter(wanted).count();
        format::grouped(i64::try_from(count).unwrap_or(i64::MAX))
    };
    let next = all.last().filter(|_| *has_more);
    let page = DataSetsPage {
        figures: vec![
            (count(|_| true), "data sets"),
            (count(|one| one.state == "built"), "up to date"),
            (count(|one| one.state == "waiting"), "wait for others"),
            (count(|one| one.failing_days > 0), "failing"),
            (count(|one| one.late_days > 0), "late"),
        ],
        graph: graph(all, &frame.root).draw(),
        lines: all.iter().map(|one| DataSetLine::of(one, &now)).collect(),
        next: next.map(|last| form.address(Some(&last.name))),
        first: after.map(|_| form.address(None)),
        frame,
    };
    render(&request, &page)
}

impl DataSetsPage {
    fn sql() -> &'static str {
        "SELECT name, day, state, waiting_for, changed_inputs, built_at, due_by, is_late, error\nFROM data_set_status\nWHERE state <> 'built'\nORDER BY name, day;"
    }
}
