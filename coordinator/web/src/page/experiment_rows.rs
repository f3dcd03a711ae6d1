//! What the pages of experiments write of a metric and a variation.

use experiments::{Effect, Outcome, Verdict};

use super::{
    chart::{IntervalLook, IntervalRow},
    format,
    svg::{State, mark},
};
use crate::overview::experiments::{ExperimentState, RatioVerdict, ShownExperiment, p_value};

/// A variation against the control in one metric.
pub(super) struct ComparisonLine {
    pub(super) mark: String,
    pub(super) metric: String,
    pub(super) variation: String,
    /// What it shows, in plain words.
    pub(super) sentence: String,
    pub(super) control: String,
    pub(super) value: String,
    pub(super) lift: String,
    pub(super) difference: String,
    pub(super) p: String,
    pub(super) warnings: Vec<String>,
}

/// The mark of an experiment: whether its ratio of users can be trusted, and whether it runs.
pub(super) fn mark_of(shown: &ShownExperiment) -> String {
    mark(match (shown.ratio().word, shown.state()) {
        ("mismatch", _) => State::Bad,
        (_, ExperimentState::Over) => State::Off,
        ("not_checked", _) => State::Warn,
        _ => State::Ok,
    })
}

/// The class of the notice of the ratio of users.
pub(super) fn notice_class(ratio: &RatioVerdict) -> &'static str {
    match ratio.word {
        "mismatch" => "bad",
        "not_checked" => "warn",
        _ => "",
    }
}

/// A share in per cent with its sign.
fn signed_percent(share: f64) -> String {
    let sign = if share < 0.0 { '−' } else { '+' };
    format!("{sign}{:.1} %", 100.0 * share.abs())
}

/// A mean of a metric: a share in per cent, others with three decimals.
fn mean(kind: &str, value: f64) -> String {
    if kind == "share" {
        format!("{:.2} %", 100.0 * value)
    } else {
        format!("{value:.3}").replace('-', "−")
    }
}

fn difference(kind: &str, effect: &Effect) -> String {
    let write = |value: f64| {
        if kind == "share" {
            let points = format!("{:.2}", 100.0 * value.abs());
            format!("{}{points}", if value < 0.0 { '−' } else { '+' })
        } else {
            let sign = if value < 0.0 { '−' } else { '+' };
            format!("{sign}{:.3}", value.abs())
        }
    };
    let unit = if kind == "share" { " points" } else { "" };
    format!(
        "{}{unit} ({} to {})",
        write(effect.value),
        write(effect.low),
        write(effect.high)
    )
}

fn lift_words(lift: &Effect) -> String {
    format!(
        "{} ({} to {})",
        signed_percent(lift.value),
        signed_percent(lift.low),
        signed_percent(lift.high)
    )
}

fn state_of(outcome: Outcome) -> State {
    match outcome {
        Outcome::Better => State::Ok,
        Outcome::Worse => State::Bad,
        Outcome::NotShown => State::Off,
        Outcome::NotTrusted => State::Warn,
    }
}

fn look_of(outcome: Outcome) -> IntervalLook {
    match outcome {
        Outcome::Better => IntervalLook::Good,
        Outcome::Worse => IntervalLook::Bad,
        Outcome::NotShown => IntervalLook::Open,
        Outcome::NotTrusted => IntervalLook::Doubtful,
    }
}

/// The comparisons of an experiment, by metric and variation.
pub(super) fn comparisons(shown: &ShownExperiment) -> Vec<ComparisonLine> {
    let experiment = &shown.known.experiment;
    let Ok(report) = &shown.report else {
        return Vec::new();
    };
    // What concerns all comparisons is said once, above them.
    let is_common = |warning: &String| {
        let mut common = report.warnings.iter();
        common.any(|one| one.to_string() == *warning)
    };
    let metrics = shown.known.metrics.iter().zip(&report.verdicts);
    metrics
        .flat_map(|(metric, verdicts)| {
            let variations = experiment.variations.iter().skip(1).zip(verdicts);
            variations.map(move |(variation, verdict)| (metric, variation, verdict))
        })
        .map(|(metric, variation, verdict)| match verdict {
            Ok(verdict) => ComparisonLine {
                mark: mark(state_of(verdict.outcome)),
                metric: metric.name.clone(),
                variation: variation.clone(),
                sentence: verdict.sentence.clone(),
                control: mean(&metric.kind, verdict.control),
                value: mean(&metric.kind, verdict.variation),
                lift: verdict
                    .lift
                    .map_or_else(|| "–".to_owned(), |lift| lift_words(&lift)),
                difference: difference(&metric.kind, &verdict.difference),
                p: p_value(verdict.adjusted_p),
                warnings: verdict
                    .warnings
                    .iter()
                    .map(ToString::to_string)
                    .filter(|warning| !is_common(warning))
                    .collect(),
            },
            Err(refusal) => ComparisonLine {
                mark: mark(State::Off),
                metric: metric.name.clone(),
                variation: variation.clone(),
                sentence: format!("Nothing is shown: {refusal}."),
                control: "–".to_owned(),
                value: "–".to_owned(),
                lift: "–".to_owned(),
                difference: "–".to_owned(),
                p: "–".to_owned(),
                warnings: Vec::new(),
            },
        })
        .collect()
}

/// The intervals of an experiment that can be drawn: relative ones, on one axis.
pub(super) fn intervals(shown: &ShownExperiment) -> Vec<IntervalRow> {
    let experiment = &shown.known.experiment;
    let is_one = experiment.variations.len() == 2;
    let Ok(report) = &shown.report else {
        return Vec::new();
    };
    let metrics = shown.known.metrics.iter().zip(&report.verdicts);
    metrics
        .flat_map(|(metric, verdicts)| {
            let variations = experiment.variations.iter().skip(1).zip(verdicts);
            variations.filter_map(move |(variation, verdict)| {
                let verdict: &Verdict = verdict.as_ref().ok()?;
                let lift = verdict.lift?;
                Some(IntervalRow {
                    name: if is_one {
                        metric.name.clone()
                    } else {
                        format!("{}, {variation}", metric.name)
                    },
                    words: lift_words(&lift),
                    value: 100.0 * lift.value,
                    low: 100.0 * lift.low,
                    high: 100.0 * lift.high,
                    look: look_of(verdict.outcome),
                })
            })
        })
        .collect()
}

/// What each metric shows in a few words: `bought: better`.
pub(super) fn summary(shown: &ShownExperiment) -> Vec<String> {
    let Ok(report) = &shown.report else {
        return Vec::new();
    };
    let metrics = shown.known.metrics.iter().zip(&report.verdicts);
    metrics
        .map(|(metric, verdicts)| {
            let outcomes = verdicts.iter().flatten().map(|verdict| verdict.outcome);
            let count = |wanted| {
                outcomes
                    .clone()
                    .filter(|outcome| *outcome == wanted)
                    .count()
            };
            let (better, worse) = (count(Outcome::Better), count(Outcome::Worse));
            let words = if count(Outcome::NotTrusted) > 0 {
                "not to be trusted".to_owned()
            } else if verdicts.len() == 1 {
                match (better, worse) {
                    (1, _) => "better".to_owned(),
                    (_, 1) => "worse".to_owned(),
                    _ => "no difference shown".to_owned(),
                }
            } else if better + worse == 0 {
                "no difference shown".to_owned()
            } else {
                format!("{better} better, {worse} worse of {}", verdicts.len())
            };
            format!("{}: {words}", metric.name)
        })
        .collect()
}

/// A variation and its users.
pub(super) struct VariationLine {
    pub(super) name: String,
    pub(super) is_control: bool,
    pub(super) wanted: String,
    pub(super) found: String,
    pub(super) exposed: String,
    pub(super) open: String,
    pub(super) counted: String,
}

/// The variations with their users.
pub(super) fn variations(shown: &ShownExperiment) -> Vec<VariationLine> {
    let all: u64 = shown.users.iter().sum();
    let whole = i64::try_from(all).unwrap_or(i64::MAX);
    let grouped = |users: u64| format::grouped(i64::try_from(users).unwrap_or(i64::MAX));
    let counts = shown
        .weights
        .iter()
        .zip(&shown.users)
        .zip(&shown.open_windows);
    let names = shown.known.experiment.variations.iter().enumerate();
    names
        .zip(counts)
        .map(|((place, name), ((weight, users), open))| VariationLine {
            name: name.clone(),
            is_control: place == 0,
            wanted: format!("{:.1} %", 100.0 * weight),
            found: format::percent(i64::try_from(*users).unwrap_or(i64::MAX), whole),
            exposed: grouped(*users),
            open: grouped(*open),
            counted: grouped(users - open),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overview::experiments::tests::known;

    #[test]
    fn a_comparison_says_what_it_shows_in_words_and_numbers() {
        let shown = ShownExperiment::of(known([20_100, 20_100]));
        let lines = comparisons(&shown);
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert!(
            line.sentence.starts_with("The variation is better"),
            "{}",
            line.sentence
        );
        assert_eq!(
            (line.control.as_str(), line.value.as_str()),
            ("10.00 %", "12.50 %")
        );
        assert!(line.lift.starts_with("+25.0 % (+"), "{}", line.lift);
        assert!(
            line.difference.starts_with("+2.50 points"),
            "{}",
            line.difference
        );
        assert_eq!(summary(&shown), ["bought: better"]);
        let rows = intervals(&shown);
        assert_eq!(
            (rows[0].name.as_str(), rows[0].look),
            ("bought", IntervalLook::Good)
        );
        assert!(rows[0].low > 0.0 && rows[0].low < 25.0);
        let users = variations(&shown);
        assert_eq!(users[1].counted, format::grouped(20_000));
        assert_eq!(
            (users[0].wanted.as_str(), users[0].found.as_str()),
            ("50.0 %", "50.0 %")
        );
    }

    #[test]
    fn a_wrong_ratio_of_users_is_not_to_be_trusted() {
        let shown = ShownExperiment::of(known([20_000, 16_000]));
        assert_eq!(summary(&shown), ["bought: not to be trusted"]);
        assert_eq!(notice_class(&shown.ratio()), "bad");
        assert!(
            comparisons(&shown)[0].warnings.is_empty(),
            "said once, above"
        );
    }

    #[test]
    fn without_users_nothing_is_shown_and_it_is_said_why() {
        let mut none = known([200, 200]);
        none.sums.clear();
        let shown = ShownExperiment::of(none);
        assert_eq!(intervals(&shown), []);
        assert!(comparisons(&shown)[0].sentence.contains("no users"));
        assert_eq!(variations(&shown)[0].found, "–");
    }
}
