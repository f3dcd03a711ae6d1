//! The page of an experiment.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;

use super::{
    Frame,
    chart::IntervalChart,
    experiment_rows::{
        ComparisonLine, VariationLine, comparisons, intervals, mark_of, notice_class, variations,
    },
    format, render,
    time_text::TimeText,
};
use crate::{
    filter::given,
    number::float,
    overview::experiments::{ExperimentState, ShownExperiment},
    problem::WebError,
    state::WebState,
};

/// Seconds between two refreshes: the leader computes experiments every five minutes.
const REFRESH_SECONDS: u32 = 60;

#[derive(Template)]
#[template(path = "experiment.html")]
struct ExperimentPage {
    frame: Frame,
    mark: String,
    name: String,
    client: String,
    number: i32,
    state: ExperimentState,
    ratio_class: &'static str,
    ratio: String,
    warnings: Vec<String>,
    figures: Vec<(String, &'static str)>,
    computed: Option<TimeText>,
    starts: TimeText,
    ends: Option<TimeText>,
    chart: Option<String>,
    comparisons: Vec<ComparisonLine>,
    variations: Vec<VariationLine>,
    multiple: String,
    facts: Vec<(String, String)>,
}

/// `GET /experiments/{experiment}`.
///
/// # Errors
///
/// If there is no such experiment, or the database does not answer.
pub async fn experiment(
    request: HttpRequest,
    state: Data<WebState>,
    name: Path<String>,
) -> Result<HttpResponse, WebError> {
    // No text of the database has a zero byte.
    let name = given(Some(&name)).unwrap_or_default();
    let now = state.now().await?;
    let found = state.overview.experiment(&state.db, name).await?;
    let shown = found
        .as_ref()
        .as_ref()
        .ok_or_else(|| WebError::no("experiment", name))?;
    let experiment = &shown.known.experiment;
    let ratio = shown.ratio();
    let rows = intervals(shown);
    let is_checked = ratio.p.is_some();
    let page = ExperimentPage {
        frame: Frame::of(
            &request,
            &state,
            &format!("Experiment {}", experiment.name),
            "experiments",
        )
        .live(REFRESH_SECONDS),
        mark: mark_of(shown),
        name: experiment.name.clone(),
        client: experiment.client.clone(),
        number: experiment.experiment_id,
        state: shown.state(),
        ratio_class: notice_class(&ratio),
        ratio: ratio.sentence,
        warnings: other_warnings(shown, is_checked),
        figures: figures(shown),
        computed: shown.computed_at.map(|at| TimeText::ago(&at, &now)),
        starts: TimeText::utc(&experiment.starts_at),
        ends: experiment.ends_at.map(|at| TimeText::utc(&at)),
        chart: (!rows.is_empty()).then(|| {
            IntervalChart {
                label: format!(
                    "Change against the control of {}, with 95 % intervals. The table below has the numbers.",
                    format::counted(rows.len(), "comparison")
                ),
                unit: "change against the control, per cent".to_owned(),
                rows,
            }
            .draw()
        }),
        comparisons: comparisons(shown),
        variations: variations(shown),
        multiple: grouped(shown.multiple_exposures),
        facts: facts(shown),
    };
    render(&request, &page)
}

fn grouped(users: u64) -> String {
    format::grouped(i64::try_from(users).unwrap_or(i64::MAX))
}

/// What is doubtful besides the ratio of users, which is said first.
fn other_warnings(shown: &ShownExperiment, is_ratio_checked: bool) -> Vec<String> {
    use experiments::Warning;

    let Ok(report) = &shown.report else {
        return Vec::new();
    };
    let warnings = report.warnings.iter().filter(|warning| {
        !matches!(warning, Warning::RatioMismatch { .. })
            && (is_ratio_checked || !matches!(warning, Warning::RatioNotChecked(_)))
    });
    warnings.map(ToString::to_string).collect()
}

fn figures(shown: &ShownExperiment) -> Vec<(String, &'static str)> {
    let exposed: u64 = shown.users.iter().sum();
    let open: u64 = shown.open_windows.iter().sum();
    vec![
        (grouped(exposed), "users exposed to one variation"),
        (grouped(exposed - open), "users counted"),
        (grouped(open), "left out: their window is open"),
        (
            grouped(shown.multiple_exposures),
            "left out: they saw several variations",
        ),
    ]
}

fn facts(shown: &ShownExperiment) -> Vec<(String, String)> {
    let experiment = &shown.known.experiment;
    let span = |seconds: i64| format::span(float(seconds));
    vec![
        (
            "exposure".to_owned(),
            format!(
                "{}, by its property {}",
                experiment.exposure_event, experiment.property
            ),
        ),
        (
            "conversion window".to_owned(),
            format!(
                "{} from the first exposure",
                span(experiment.conversion_seconds)
            ),
        ),
        (
            "time before".to_owned(),
            if experiment.covariate_seconds == 0 {
                "not used".to_owned()
            } else {
                format!(
                    "{} before the exposure reduce the variance",
                    span(experiment.covariate_seconds)
                )
            },
        ),
    ]
    .into_iter()
    .chain(shown.known.metrics.iter().map(|metric| {
        let measured = match (metric.kind.as_str(), &metric.property) {
            ("share", _) => format!("share of users with {}", metric.event),
            ("count", _) => format!("{} per user", metric.event),
            (_, property) => format!(
                "sum of {} in {} per user",
                property.as_deref().unwrap_or_default(),
                metric.event
            ),
        };
        let better = if metric.goal == "decrease" {
            "less"
        } else {
            "more"
        };
        (
            // A list has each term once.
            format!("metric {}", metric.name),
            format!("{measured}; {better} is better"),
        )
    }))
    .collect()
}

impl ExperimentPage {
    fn sql(&self) -> String {
        format!(
            "SELECT metric_id, variation, users, total, squares, before_total, before_squares, products, computed_at\nFROM experiment_result\nWHERE experiment_id = {0}\n    AND computed_at = (SELECT max(computed_at) FROM experiment_result WHERE experiment_id = {0})\nORDER BY metric_id, variation;",
            self.number
        )
    }
}
