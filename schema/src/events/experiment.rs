//! Experiments, and the sums over their users; [`crate::reading::experiments`] reads them.

mod judged;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::client::interval;
pub use judged::judged;

/// A new experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct NewExperiment<'a> {
    /// The client whose users it is about.
    pub client_id: i16,
    /// Its name: small letters, digits and hyphens.
    pub name: &'a str,
    /// The event that says which variation a user sees.
    pub exposure_event: &'a str,
    /// The property of that event that names the variation.
    pub property: &'a str,
    /// Values of the property; the first is the control.
    pub variations: &'a [String],
    /// How many users each variation is meant to get, relative to the others.
    pub weights: &'a [f64],
    /// How long ago it began: later exposures count.
    pub began_ago: Duration,
    /// What a user does for this long after its first exposure counts.
    pub conversion_window: Duration,
    /// What a user did for this long before its first exposure reduces the variance.
    pub covariate_window: Duration,
}

/// What is measured of each user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExperimentMetric {
    /// Its number within the experiment, from 1.
    pub metric_id: i16,
    /// Its name.
    pub name: String,
    /// `share`, `count` or `sum`.
    pub kind: String,
    /// `increase` or `decrease`: which is better.
    pub goal: String,
    /// The event that is counted.
    pub event: String,
    /// The property that is summed.
    pub property: Option<String>,
}

/// An experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// Its number.
    pub experiment_id: i32,
    /// Its name.
    pub name: String,
    /// The name of its client.
    pub client: String,
    /// The event that says which variation a user sees.
    pub exposure_event: String,
    /// The property of that event that names the variation.
    pub property: String,
    /// Values of the property; the first is the control.
    pub variations: Vec<String>,
    /// How many users each variation is meant to get, relative to the others.
    pub weights: Vec<f64>,
    /// When it began.
    pub starts_at: DateTime<Utc>,
    /// When it ended.
    pub ends_at: Option<DateTime<Utc>>,
    /// Seconds after the first exposure that count.
    pub conversion_seconds: i64,
    /// Seconds before the first exposure that reduce the variance.
    pub covariate_seconds: i64,
    /// Whether it runs, or what users do that were exposed last can still count.
    pub has_open_windows: bool,
}

/// Sums over the users of a variation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VariationSums {
    /// When they were computed.
    pub computed_at: DateTime<Utc>,
    /// The metric; 0 for all users that were exposed.
    pub metric_id: i16,
    /// The variation, from 1; 0 for users that saw several.
    pub variation: i16,
    /// Users.
    pub users: i64,
    /// Sum of the metric.
    pub total: f64,
    /// Sum of its squares.
    pub squares: f64,
    /// Sum of the metric before the exposure.
    pub before_total: f64,
    /// Sum of its squares.
    pub before_squares: f64,
    /// Sum of the products of both.
    pub products: f64,
}

/// Stores an experiment with its metrics; returns its number, or `None` if the name is taken.
///
/// # Errors
///
/// If a value is outside of its bounds: 2 to 20 variations with a positive weight each, windows of up
/// to 90 days.
pub async fn create(
    db: &mut PgConnection,
    new: &NewExperiment<'_>,
    metrics: &[ExperimentMetric],
) -> Result<Option<i32>, sqlx::Error> {
    let made = sqlx::query_scalar!(
        "INSERT INTO experiment (
            client_id, name, exposure_event, property, variations, weights, conversion_window,
            covariate_window, starts_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7::interval, $8::interval, now() - $9::interval)
        ON CONFLICT (name) DO NOTHING
        RETURNING experiment_id",
        new.client_id,
        new.name,
        new.exposure_event,
        new.property,
        new.variations,
        new.weights,
        interval(new.conversion_window),
        interval(new.covariate_window),
        interval(new.began_ago)
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(experiment_id) = made else {
        return Ok(None);
    };
    for metric in metrics {
        sqlx::query!(
            "INSERT INTO experiment_metric (experiment_id, metric_id, kind, goal, name, event, property)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
            experiment_id,
            metric.metric_id,
            metric.kind,
            metric.goal,
            metric.name,
            metric.event,
            metric.property
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(Some(experiment_id))
}

/// Ends an experiment now; returns `false` if none of this name runs.
///
/// # Errors
///
/// If the statement fails.
pub async fn end(db: impl PgExecutor<'_>, name: &str) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE experiment SET ends_at = now() WHERE name = $1 AND ends_at IS NULL",
        name
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Deletes an experiment with its results; returns `false` if there is none of this name.
///
/// # Errors
///
/// If the statement fails.
pub async fn drop(db: impl PgExecutor<'_>, name: &str) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("DELETE FROM experiment WHERE name = $1", name)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Experiments whose sums are to be computed: they run, or ended so lately that windows of users were
/// open at the last time.
///
/// # Errors
///
/// If the statement fails.
pub async fn due(db: impl PgExecutor<'_>) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT experiment.experiment_id
        FROM experiment
        LEFT JOIN LATERAL (
            SELECT max(computed_at) AS computed_at
            FROM experiment_result
            WHERE experiment_result.experiment_id = experiment.experiment_id
        ) AS last ON true
        WHERE experiment.ends_at IS NULL
            OR last.computed_at IS NULL
            OR last.computed_at <= experiment.ends_at + experiment.conversion_window
        ORDER BY last.computed_at NULLS FIRST, experiment.experiment_id"
    )
    .fetch_all(db)
    .await
}

/// Computes the sums of an experiment from events, and stores them; returns how many rows.
///
/// # Errors
///
/// If the statement fails, or takes longer than the connection allows.
pub async fn compute(db: impl PgExecutor<'_>, experiment_id: i32) -> Result<u64, sqlx::Error> {
    let done = sqlx::query_file!("queries/compute_experiment.sql", experiment_id)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}
