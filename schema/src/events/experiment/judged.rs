//! Sums of an experiment, as the statistics take them.

use experiments::{Covariate, Goal, Metric, Sums};

use super::{Experiment, ExperimentMetric, VariationSums};

/// Gives the newest sums of an experiment to the statistics; `sums` are of one time.
///
/// A variation without a row has no users.
#[must_use]
pub fn judged(
    experiment: &Experiment,
    metrics: &[ExperimentMetric],
    sums: &[VariationSums],
) -> experiments::Experiment {
    let count = i16::try_from(experiment.variations.len()).unwrap_or(i16::MAX);
    let find = |metric_id, variation| {
        sums.iter()
            .find(|one| one.metric_id == metric_id && one.variation == variation)
    };
    let users = |metric_id, variation| {
        find(metric_id, variation).map_or(0, |one| u64::try_from(one.users).unwrap_or(0))
    };
    let total: f64 = experiment.weights.iter().sum();
    experiments::Experiment {
        users: (1..=count).map(|variation| users(0, variation)).collect(),
        weights: experiment.weights.iter().map(|one| one / total).collect(),
        multiple_exposures: users(0, 0),
        metrics: metrics
            .iter()
            .map(|metric| Metric {
                goal: match metric.goal.as_str() {
                    "decrease" => Goal::Decrease,
                    _ => Goal::Increase,
                },
                sums: (1..=count)
                    .map(|variation| {
                        find(metric.metric_id, variation).map_or_else(
                            || Sums::mean(0, 0.0, 0.0),
                            |one| of_variation(one, experiment),
                        )
                    })
                    .collect(),
            })
            .collect(),
    }
}

fn of_variation(one: &VariationSums, experiment: &Experiment) -> Sums {
    let users = u64::try_from(one.users).unwrap_or(0);
    // A share is a mean of zeros and ones.
    let sums = Sums::mean(users, one.total, one.squares);
    if experiment.covariate_seconds == 0 {
        return sums;
    }
    sums.with_covariate(Covariate {
        sum: one.before_total,
        sum_of_squares: one.before_squares,
        sum_of_products: one.products,
        // Not read: no metric is a ratio.
        sum_of_denominator_products: 0.0,
    })
}
