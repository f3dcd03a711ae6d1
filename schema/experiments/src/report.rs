//! The whole experiment: the ratio of its users, and a verdict per metric and variation.

use crate::correction::{Correction, adjust};
use crate::interval::Method;
use crate::ratio_mismatch::{UserRatio, check_ratio};
use crate::refusal::Refusal;
use crate::sums::Sums;
use crate::verdict::{Comparison, Goal, Verdict};
use crate::warning::{Warning, of_experiment};

/// How an experiment is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Probability of a finding without an effect, between 0 and 1, usually 0.05.
    pub alpha: f64,
    /// When the result may be looked at.
    pub method: Method,
    /// How the p-values of all comparisons are adjusted for their number.
    pub correction: Correction,
}

impl Default for Settings {
    /// At 5 %, for any number of looks, with the share of false findings held: a page is looked at
    /// daily and shows several metrics.
    fn default() -> Self {
        Self {
            alpha: 0.05,
            method: Method::SEQUENTIAL,
            correction: Correction::BenjaminiHochberg,
        }
    }
}

/// One metric of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The wanted direction.
    pub goal: Goal,
    /// Its sums per variation, the control first.
    ///
    /// They may count fewer users than the experiment, whose conversion windows are complete.
    pub sums: Vec<Sums>,
}

/// What is known of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// Users per variation, the control first, without those who saw several.
    pub users: Vec<u64>,
    /// Wanted share of each variation; they sum to one.
    pub weights: Vec<f64>,
    /// Users who saw several variations, and are left out.
    pub multiple_exposures: u64,
    /// The metrics, all of which count as comparisons.
    pub metrics: Vec<Metric>,
}

/// What an experiment shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How users are spread over the variations, or why this was not tested.
    pub ratio: Result<UserRatio, Refusal>,
    /// Warnings that concern all comparisons; each verdict repeats them.
    pub warnings: Vec<Warning>,
    /// For each metric, in the order of the input: for each variation after the control, a verdict,
    /// or why there is none. What is refused does not count as a comparison.
    pub verdicts: Vec<Vec<Result<Verdict, Refusal>>>,
}

/// Judges an experiment.
///
/// # Errors
///
/// A setting without meaning, or a metric that has not one set of sums per variation. Whatever
/// concerns one comparison, or the ratio of users only, is refused there, and the rest is judged.
///
/// ```
/// use experiments::{Experiment, Goal, Metric, Outcome, Settings, Sums, report};
///
/// let experiment = Experiment {
///     users: vec![10_000, 10_100],
///     weights: vec![0.5, 0.5],
///     multiple_exposures: 12,
///     metrics: vec![Metric {
///         goal: Goal::Increase,
///         sums: vec![Sums::proportion(10_000, 1_000), Sums::proportion(10_100, 1_212)],
///     }],
/// };
/// let report = report(&experiment, &Settings::default())?;
/// let verdict = report.verdicts[0][0].as_ref().map_err(Clone::clone)?;
/// assert_eq!(verdict.outcome, Outcome::Better);
/// assert!(verdict.sentence.starts_with("The variation is better: 20 % higher than the control"));
/// # Ok::<(), experiments::Refusal>(())
/// ```
pub fn report(experiment: &Experiment, settings: &Settings) -> Result<Report, Refusal> {
    let Settings {
        alpha,
        method,
        correction,
    } = *settings;
    method.check(alpha)?;
    let variations = experiment.users.len();
    if variations < 2 {
        return Err(Refusal::TooFewVariations(variations));
    }
    for metric in &experiment.metrics {
        let sums = metric.sums.len();
        if sums != variations {
            return Err(Refusal::SumsMissing { variations, sums });
        }
    }
    let compared: Vec<Vec<_>> = experiment
        .metrics
        .iter()
        .map(|metric| compare(metric, method, alpha))
        .collect();
    let found = compared.iter().flatten().flatten();
    let p_values: Vec<f64> = found.map(|comparison| comparison.difference.p).collect();
    let mut adjusted = adjust(&p_values, correction)?.into_iter();

    let ratio = check_ratio(&experiment.users, &experiment.weights);
    let warnings = of_experiment(&ratio, &experiment.users, experiment.multiple_exposures);
    let mut judge = |comparison: Comparison, goal| {
        let p = adjusted.next().unwrap_or(1.0);
        comparison.judge(goal, alpha, p, &warnings)
    };
    let goals = experiment.metrics.iter().map(|metric| metric.goal);
    let verdicts = compared.into_iter().zip(goals).map(|(comparisons, goal)| {
        let judged = comparisons.into_iter();
        judged
            .map(|found| found.map(|comparison| judge(comparison, goal)))
            .collect()
    });
    Ok(Report {
        verdicts: verdicts.collect(),
        ratio,
        warnings: warnings.clone(),
    })
}

/// Compares each variation with the control.
fn compare(metric: &Metric, method: Method, alpha: f64) -> Vec<Result<Comparison, Refusal>> {
    let Some((control, variations)) = metric.sums.split_first() else {
        return Vec::new();
    };
    let of = |variation| Comparison::of(control, variation, method, alpha);
    variations.iter().map(of).collect()
}
