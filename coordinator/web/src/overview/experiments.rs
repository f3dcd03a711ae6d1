//! Experiments with what they show, for the pages and the API.

use chrono::{DateTime, Utc};
use experiments::{Refusal, Report, Settings, report};
use schema::{events::experiment::judged, reading::experiments::KnownExperiment};

/// Where an experiment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExperimentState {
    /// Users are exposed.
    Running,
    /// Nobody is exposed any more; the conversion windows of some users are open.
    Ending,
    /// All windows are over: the result does not change any more.
    Over,
}

impl ExperimentState {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ending => "ending",
            Self::Over => "over",
        }
    }
}

/// An experiment, and what it shows.
#[derive(Debug)]
pub struct ShownExperiment {
    /// The experiment with its metrics and sums.
    pub known: KnownExperiment,
    /// When the leader computed it last; none before the first user is exposed.
    pub computed_at: Option<DateTime<Utc>>,
    /// Users of each variation that were exposed.
    pub users: Vec<u64>,
    /// The share of users that each variation is meant to get.
    pub weights: Vec<f64>,
    /// Users of each variation that are left out because their conversion window is open.
    pub open_windows: Vec<u64>,
    /// Users that are left out because they saw several variations.
    pub multiple_exposures: u64,
    /// What it shows.
    pub report: Result<Report, Refusal>,
}

impl ShownExperiment {
    /// Judges an experiment by its newest sums.
    #[must_use]
    pub fn of(known: KnownExperiment) -> Self {
        let input = judged(&known.experiment, &known.metrics, &known.sums);
        // All metrics count the same users: those whose window is over.
        let counted = |variation: usize| {
            let sums = input.metrics.first();
            sums.and_then(|metric| metric.sums.get(variation))
                .map_or(0, |sums| sums.users)
        };
        Self {
            computed_at: known.sums.first().map(|sums| sums.computed_at),
            open_windows: input
                .users
                .iter()
                .enumerate()
                .map(|(variation, users)| users.saturating_sub(counted(variation)))
                .collect(),
            report: report(&input, &Settings::default()),
            multiple_exposures: input.multiple_exposures,
            users: input.users,
            weights: input.weights,
            known,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> ExperimentState {
        let experiment = &self.known.experiment;
        if experiment.ends_at.is_none() {
            ExperimentState::Running
        } else if experiment.has_open_windows {
            ExperimentState::Ending
        } else {
            ExperimentState::Over
        }
    }

    /// Whether users came to the variations in the wanted ratio.
    #[must_use]
    pub fn ratio(&self) -> RatioVerdict {
        match self.report.as_ref().map(|report| &report.ratio) {
            Ok(Ok(ratio)) if ratio.is_mismatch => RatioVerdict {
                word: "mismatch",
                p: Some(ratio.p),
                sentence: format!(
                    "Do not decide by this experiment: users did not come to the variations in the wanted ratio ({}). \
                     Assignment or counting is broken; find the cause first.",
                    p_value(ratio.p)
                ),
            },
            Ok(Ok(ratio)) => RatioVerdict {
                word: "as_wanted",
                p: Some(ratio.p),
                sentence: format!(
                    "Users came to the variations in the wanted ratio ({}).",
                    p_value(ratio.p)
                ),
            },
            Ok(Err(refusal)) | Err(refusal) => RatioVerdict {
                word: "not_checked",
                p: None,
                sentence: format!("The ratio of users is not checked yet: {refusal}."),
            },
        }
    }
}

/// Whether users came to the variations in the wanted ratio.
#[derive(Debug, Clone, PartialEq)]
pub struct RatioVerdict {
    /// `as_wanted`, `mismatch` or `not_checked`.
    pub word: &'static str,
    /// The p-value of the wanted ratio; none if it is not checked.
    pub p: Option<f64>,
    /// In plain words.
    pub sentence: String,
}

/// A p-value with three decimals.
#[must_use]
pub fn p_value(p: f64) -> String {
    if p < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {p:.3}")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use schema::events::experiment::{Experiment, ExperimentMetric, VariationSums};

    use super::*;

    /// An experiment of a share in which so many users of each variation were exposed, all but 100
    /// of them with a complete window, of which every tenth of the control and every eighth of the
    /// others bought.
    pub(crate) fn known(users: [i64; 2]) -> KnownExperiment {
        let at = DateTime::<Utc>::default();
        let sums = |metric_id, variation, users: i64, total: f64| VariationSums {
            computed_at: at,
            metric_id,
            variation,
            users,
            total,
            squares: total,
            before_total: 0.0,
            before_squares: 0.0,
            products: 0.0,
        };
        let bought = |users: i64, every: i64| crate::number::float(users / every);
        KnownExperiment {
            experiment: Experiment {
                experiment_id: 4,
                name: "seat-map".to_owned(),
                client: "app".to_owned(),
                exposure_event: "seats opened".to_owned(),
                property: "layout".to_owned(),
                variations: vec!["old".to_owned(), "new".to_owned()],
                weights: vec![1.0, 1.0],
                starts_at: at,
                ends_at: None,
                conversion_seconds: 86_400,
                covariate_seconds: 0,
                has_open_windows: true,
            },
            metrics: vec![ExperimentMetric {
                metric_id: 1,
                name: "bought".to_owned(),
                kind: "share".to_owned(),
                goal: "increase".to_owned(),
                event: "ticket bought".to_owned(),
                property: None,
            }],
            sums: vec![
                sums(0, 0, 7, 0.0),
                sums(0, 1, users[0], 0.0),
                sums(0, 2, users[1], 0.0),
                sums(1, 1, users[0] - 100, bought(users[0] - 100, 10)),
                sums(1, 2, users[1] - 100, bought(users[1] - 100, 8)),
            ],
        }
    }

    #[test]
    fn users_whose_window_is_open_and_those_who_saw_several_are_counted_apart() {
        let shown = ShownExperiment::of(known([10_000, 10_040]));
        assert_eq!(shown.users, [10_000, 10_040]);
        assert_eq!(shown.open_windows, [100, 100]);
        assert_eq!(shown.multiple_exposures, 7);
        assert_eq!(shown.ratio().word, "as_wanted");
        assert_eq!(shown.state(), ExperimentState::Running);
    }

    #[test]
    fn a_wrong_ratio_is_said_first_and_too_few_users_are_not_checked() {
        assert_eq!(
            ShownExperiment::of(known([10_000, 9_000])).ratio().word,
            "mismatch"
        );
        let mut none = known([200, 200]);
        none.sums.clear();
        let shown = ShownExperiment::of(none);
        assert_eq!(
            (shown.ratio().word, shown.computed_at),
            ("not_checked", None)
        );
        assert_eq!(shown.open_windows, [0, 0]);
    }

    #[test]
    fn an_experiment_is_over_once_no_window_is_open() {
        let mut ended = known([200, 200]);
        ended.experiment.ends_at = Some(DateTime::default());
        let state = |known: &KnownExperiment| ShownExperiment::of(known.clone()).state();
        assert_eq!(state(&ended), ExperimentState::Ending);
        ended.experiment.has_open_windows = false;
        assert_eq!(state(&ended), ExperimentState::Over);
    }
}
