//! Experiments, and what they show.

// The handler has the name of the package.
use ::experiments::{Effect, Outcome, Refusal, Verdict};
use actix_web::{
    get,
    web::{Data, Json, Path, Query},
};
use chrono::{DateTime, Utc};
use schema::{
    events::experiment::ExperimentMetric,
    reading::{Reader, experiments as stored},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    events::ClientListParams,
    list::{Page, name_key, parse_name_key},
};
use crate::{
    overview::experiments::ShownExperiment,
    problem::{Problem, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service.service(experiments).service(experiment);
}

/// A variation of an experiment.
#[derive(Debug, Serialize, ToSchema)]
pub struct VariationItem {
    /// The value of the property that names it.
    variation: String,
    /// The share of users that it is meant to get.
    wanted_share: f64,
    /// Users that were exposed to it, and to no other.
    exposed_users: u64,
    /// Those of them that are left out because their conversion window is open.
    open_windows: u64,
}

/// Whether users came to the variations in the wanted ratio: if not, nothing else can be trusted.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatioItem {
    /// `as_wanted`, `mismatch` or `not_checked`.
    verdict: &'static str,
    /// The p-value of the wanted ratio; a mismatch is below 0.001.
    p: Option<f64>,
    /// In plain words.
    sentence: String,
}

/// An experiment.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExperimentItem {
    /// Its name.
    name: String,
    /// The name of the client whose users it is about.
    client: String,
    /// `running`, `ending` (ended, and conversion windows are open) or `over`.
    state: &'static str,
    /// The event that says which variation a user sees.
    exposure_event: String,
    /// The property of that event that names the variation.
    property: String,
    /// Its variations, the control first.
    variations: Vec<VariationItem>,
    /// Users that are left out because they saw several variations.
    multiple_exposures: u64,
    /// Exposures before are not counted.
    starts_at: DateTime<Utc>,
    /// Exposures from then on are not counted; null while it runs.
    ends_at: Option<DateTime<Utc>>,
    /// What a user does for so many seconds after its first exposure counts.
    conversion_window_seconds: i64,
    /// What a user did for so many seconds before reduces the variance.
    covariate_window_seconds: i64,
    /// When the leader computed it last; null before the first user is exposed.
    computed_at: Option<DateTime<Utc>>,
    /// The check of the ratio of users.
    ratio: RatioItem,
    /// Reasons for doubt that concern all metrics, the gravest first.
    warnings: Vec<String>,
    /// What is measured, and what it shows.
    metrics: Vec<MetricItem>,
}

/// A metric of an experiment.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricItem {
    /// Its name.
    name: String,
    /// `share`, `count` or `sum`.
    kind: String,
    /// `increase` or `decrease`: which is better.
    goal: String,
    /// The event that is counted.
    event: String,
    /// The property that is summed.
    property: Option<String>,
    /// Each variation against the control.
    comparisons: Vec<ComparisonItem>,
}

/// A variation against the control in one metric.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ComparisonItem {
    /// The variation.
    variation: String,
    /// `better`, `worse`, `not_shown` (chance can explain it), `not_trusted` (the ratio of users is
    /// wrong) or `not_computed`.
    outcome: &'static str,
    /// What this means, in plain words.
    sentence: String,
    /// Mean or share of the control.
    control: Option<f64>,
    /// Mean or share of the variation.
    value: Option<f64>,
    /// Variation less control.
    difference: Option<EffectItem>,
    /// The difference as a share of the control.
    lift: Option<EffectItem>,
    /// The p-value, adjusted for the number of comparisons; valid at any look.
    adjusted_p: Option<f64>,
    /// Reasons for doubt, the gravest first.
    warnings: Vec<String>,
}

/// An estimate with its interval, which holds at any number of looks.
#[derive(Debug, Serialize, ToSchema)]
pub struct EffectItem {
    /// The estimate.
    value: f64,
    /// Lower end of the 95 % interval.
    low: f64,
    /// Upper end.
    high: f64,
}

impl From<Effect> for EffectItem {
    fn from(effect: Effect) -> Self {
        Self {
            value: effect.value,
            low: effect.low,
            high: effect.high,
        }
    }
}

impl From<stored::KnownExperiment> for ExperimentItem {
    fn from(known: stored::KnownExperiment) -> Self {
        let shown = ShownExperiment::of(known);
        let ratio = shown.ratio();
        let state = shown.state().word();
        let variations = &shown.known.experiment.variations;
        let counts = shown
            .weights
            .iter()
            .zip(&shown.users)
            .zip(&shown.open_windows);
        let items = variations.iter().zip(counts);
        let variations = items.map(|(variation, ((weight, users), open))| VariationItem {
            variation: variation.clone(),
            wanted_share: *weight,
            exposed_users: *users,
            open_windows: *open,
        });
        let report = shown.report.as_ref();
        Self {
            variations: variations.collect(),
            warnings: report.map_or_else(
                |refusal| vec![refusal.to_string()],
                |report| report.warnings.iter().map(ToString::to_string).collect(),
            ),
            metrics: metrics(&shown),
            name: shown.known.experiment.name,
            client: shown.known.experiment.client,
            state,
            exposure_event: shown.known.experiment.exposure_event,
            property: shown.known.experiment.property,
            multiple_exposures: shown.multiple_exposures,
            starts_at: shown.known.experiment.starts_at,
            ends_at: shown.known.experiment.ends_at,
            conversion_window_seconds: shown.known.experiment.conversion_seconds,
            covariate_window_seconds: shown.known.experiment.covariate_seconds,
            computed_at: shown.computed_at,
            ratio: RatioItem {
                verdict: ratio.word,
                p: ratio.p,
                sentence: ratio.sentence,
            },
        }
    }
}

fn metrics(shown: &ShownExperiment) -> Vec<MetricItem> {
    let all = shown.known.metrics.iter().enumerate();
    all.map(|(place, metric)| metric_item(shown, place, metric))
        .collect()
}

fn metric_item(shown: &ShownExperiment, place: usize, metric: &ExperimentMetric) -> MetricItem {
    let verdicts = shown
        .report
        .as_ref()
        .ok()
        .and_then(|report| report.verdicts.get(place));
    let variations = shown.known.experiment.variations.iter().skip(1);
    MetricItem {
        name: metric.name.clone(),
        kind: metric.kind.clone(),
        goal: metric.goal.clone(),
        event: metric.event.clone(),
        property: metric.property.clone(),
        comparisons: variations
            .zip(verdicts.into_iter().flatten())
            .map(|(variation, verdict)| comparison(variation, verdict))
            .collect(),
    }
}

fn comparison(variation: &str, verdict: &Result<Verdict, Refusal>) -> ComparisonItem {
    let variation = variation.to_owned();
    match verdict {
        Ok(verdict) => ComparisonItem {
            variation,
            outcome: match verdict.outcome {
                Outcome::Better => "better",
                Outcome::Worse => "worse",
                Outcome::NotShown => "not_shown",
                Outcome::NotTrusted => "not_trusted",
            },
            sentence: verdict.sentence.clone(),
            control: Some(verdict.control),
            value: Some(verdict.variation),
            difference: Some(verdict.difference.into()),
            lift: verdict.lift.map(EffectItem::from),
            adjusted_p: Some(verdict.adjusted_p),
            warnings: verdict.warnings.iter().map(ToString::to_string).collect(),
        },
        Err(refusal) => ComparisonItem {
            variation,
            outcome: "not_computed",
            sentence: format!("Nothing is shown: {refusal}."),
            ..ComparisonItem::default()
        },
    }
}

/// Lists experiments with what they show, by name.
#[utoipa::path(
    tag = "events",
    params(ClientListParams),
    responses(
        (status = 200, body = Page<ExperimentItem>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/experiments")]
pub async fn experiments(
    state: Data<WebState>,
    query: Query<ClientListParams>,
) -> Result<Json<Page<ExperimentItem>>, WebError> {
    let limit = query.page().rows()?;
    let after = query.cursor.as_deref().map(parse_name_key).transpose()?;
    let after = after.as_ref().map(|(name, _)| name.as_str());
    let mut reader = Reader::begin(&state.db).await?;
    let rows = stored::list(&mut reader, query.client(), after, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| {
        name_key(row.experiment.experiment_id, &row.experiment.name)
    })))
}

/// Reads an experiment, and what it shows.
#[utoipa::path(
    tag = "events",
    params(("experiment" = String, Path, description = "Name of the experiment")),
    responses(
        (status = 200, body = ExperimentItem),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/experiments/{experiment}")]
pub async fn experiment(
    state: Data<WebState>,
    name: Path<String>,
) -> Result<Json<ExperimentItem>, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let known = stored::one(&mut reader, &name).await?;
    let known = known.ok_or_else(|| WebError::no("experiment", &*name))?;
    Ok(Json(known.into()))
}
