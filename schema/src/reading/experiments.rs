//! Experiments for people: what is measured, and the newest sums.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::ReadError;
use crate::events::experiment::{Experiment, ExperimentMetric, VariationSums};

/// An experiment with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownExperiment {
    /// The experiment.
    pub experiment: Experiment,
    /// Its metrics, by number.
    pub metrics: Vec<ExperimentMetric>,
    /// Its newest sums, by metric and variation; empty until the leader has computed it.
    pub sums: Vec<VariationSums>,
}

/// Reads at most `limit` experiments by name, behind the name `after`; of one client, if it is named.
///
/// # Errors
///
/// If a statement fails or takes too long.
pub async fn list(
    db: &mut PgConnection,
    client: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<KnownExperiment>, ReadError> {
    let found = sqlx::query_file_as!(
        Experiment,
        "queries/read_experiments.sql",
        client,
        after,
        limit,
        None::<&str>
    )
    .fetch_all(&mut *db)
    .await?;
    with_sums(db, found).await
}

/// Reads the experiment of a name.
///
/// # Errors
///
/// If a statement fails or takes too long.
pub async fn one(db: &mut PgConnection, name: &str) -> Result<Option<KnownExperiment>, ReadError> {
    let found = sqlx::query_file_as!(
        Experiment,
        "queries/read_experiments.sql",
        None::<&str>,
        None::<&str>,
        1_i64,
        name
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(with_sums(db, found).await?.pop())
}

async fn with_sums(
    db: &mut PgConnection,
    found: Vec<Experiment>,
) -> Result<Vec<KnownExperiment>, ReadError> {
    let ids: Vec<i32> = found.iter().map(|one| one.experiment_id).collect();
    let mut metrics: HashMap<i32, Vec<ExperimentMetric>> = HashMap::new();
    let rows = sqlx::query!(
        "SELECT experiment_id, metric_id, name, kind, goal, event, property
        FROM experiment_metric
        WHERE experiment_id = ANY($1)
        ORDER BY experiment_id, metric_id",
        &ids
    )
    .fetch_all(&mut *db)
    .await?;
    for row in rows {
        let of_experiment = metrics.entry(row.experiment_id).or_default();
        of_experiment.push(ExperimentMetric {
            metric_id: row.metric_id,
            name: row.name,
            kind: row.kind,
            goal: row.goal,
            event: row.event,
            property: row.property,
        });
    }
    let mut sums: HashMap<i32, Vec<VariationSums>> = HashMap::new();
    let rows = sqlx::query!(
        "SELECT experiment_id, computed_at, metric_id, variation, users, total, squares, before_total,
            before_squares, products
        FROM experiment_result AS result
        WHERE experiment_id = ANY($1)
            AND computed_at = (
                SELECT max(newest.computed_at)
                FROM experiment_result AS newest
                WHERE newest.experiment_id = result.experiment_id)
        ORDER BY experiment_id, metric_id, variation",
        &ids
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        let of_experiment = sums.entry(row.experiment_id).or_default();
        of_experiment.push(VariationSums {
            computed_at: row.computed_at,
            metric_id: row.metric_id,
            variation: row.variation,
            users: row.users,
            total: row.total,
            squares: row.squares,
            before_total: row.before_total,
            before_squares: row.before_squares,
            products: row.products,
        });
    }
    let known = found.into_iter().map(|experiment| KnownExperiment {
        metrics: metrics
            .remove(&experiment.experiment_id)
            .unwrap_or_default(),
        sums: sums.remove(&experiment.experiment_id).unwrap_or_default(),
        experiment,
    });
    Ok(known.collect())
}
