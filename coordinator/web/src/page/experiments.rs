//! The page of all experiments.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Query, ServiceConfig},
};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    Frame,
    address::{encode, same_page},
    experiment::experiment,
    experiment_rows::{mark_of, summary},
    format, render,
    sql_text::quoted,
    time_text::TimeText,
};
use crate::{
    filter::given,
    overview::experiments::{ExperimentState, ShownExperiment},
    problem::WebError,
    state::WebState,
};

#[derive(Template)]
#[template(path = "experiments.html")]
struct ExperimentsPage {
    frame: Frame,
    chosen: Option<String>,
    experiments: Vec<ExperimentLine>,
    next: Option<String>,
    first: Option<String>,
}

/// An experiment.
struct ExperimentLine {
    mark: String,
    name: String,
    href: String,
    client: String,
    state: &'static str,
    exposure: String,
    variations: String,
    users: String,
    ratio: &'static str,
    shows: Vec<String>,
    computed: Option<TimeText>,
}

impl ExperimentLine {
    fn of(shown: &ShownExperiment, now: &DateTime<Utc>) -> Self {
        let experiment = &shown.known.experiment;
        let users: u64 = shown.users.iter().sum();
        Self {
            mark: mark_of(shown),
            name: experiment.name.clone(),
            href: format!("experiments/{}", encode(&experiment.name)),
            client: experiment.client.clone(),
            state: shown.state().word(),
            exposure: format!("{} ({})", experiment.exposure_event, experiment.property),
            variations: experiment.variations.join(", "),
            users: format::grouped(i64::try_from(users).unwrap_or(i64::MAX)),
            ratio: match shown.ratio().word {
                "as_wanted" => "as wanted",
                "mismatch" => "wrong: do not decide by it",
                _ => "not checked yet",
            },
            shows: if shown.computed_at.is_some() {
                summary(shown)
            } else {
                Vec::new()
            },
            computed: shown.computed_at.map(|at| TimeText::ago(&at, now)),
        }
    }
}

/// What the reader asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ExperimentsForm {
    client: Option<String>,
    after: Option<String>,
    zone: Option<String>,
}

impl ExperimentsForm {
    fn address(&self, after: Option<&str>) -> String {
        same_page(&[
            ("client", self.client.as_deref()),
            ("zone", self.zone.as_deref()),
            ("after", after),
        ])
    }
}

/// Adds the pages of all experiments and of one.
pub fn configure(service: &mut ServiceConfig) {
    service
        .route("/experiments", web::get().to(experiments))
        .route("/experiments/{experiment}", web::get().to(experiment));
}

/// `GET /experiments`.
///
/// # Errors
///
/// If the database does not answer in time.
pub async fn experiments(
    request: HttpRequest,
    state: Data<WebState>,
    form: Query<ExperimentsForm>,
) -> Result<HttpResponse, WebError> {
    let form = form.into_inner();
    let (client, after) = (given(form.client.as_deref()), given(form.after.as_deref()));
    let now = state.now().await?;
    let found = state
        .overview
        .experiments(&state.db, &form.address(after), client, after)
        .await?;
    let (shown, has_more) = &*found;
    let next = shown.last().filter(|_| *has_more);
    // Those that run first.
    let mut sorted: Vec<&ShownExperiment> = shown.iter().collect();
    sorted.sort_by_key(|shown| match shown.state() {
        ExperimentState::Running => 0,
        ExperimentState::Ending => 1,
        ExperimentState::Over => 2,
    });
    let page = ExperimentsPage {
        frame: Frame::of(&request, &state, "Experiments", "experiments"),
        experiments: sorted
            .into_iter()
            .map(|shown| ExperimentLine::of(shown, &now))
            .collect(),
        next: next.map(|last| form.address(Some(&last.known.experiment.name))),
        first: after.map(|_| form.address(None)),
        chosen: client.map(str::to_owned),
    };
    render(&request, &page)
}

impl ExperimentsPage {
    fn sql(&self) -> String {
        let condition = self.chosen.as_deref().map_or_else(String::new, |client| {
            format!("\nWHERE event_client.name = {}", quoted(client))
        });
        format!(
            "SELECT experiment.name, event_client.name AS client, starts_at, ends_at, exposure_event, property,\n    variations, weights\nFROM experiment\nJOIN event_client USING (client_id){condition}\nORDER BY experiment.name;"
        )
    }
}
