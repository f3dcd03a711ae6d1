//! The tests of a run on aggregates: single days, and levels that shifted.

use crate::{
    baseline::Baseline,
    change_point::{independent_share, last_change},
    expectation::{Expectations, TESTED},
    metric::{Metric, Scale},
    probability::{count, student_tail},
    robust,
    series::{Series, SeriesIndex},
    subject::{Subject, SubjectKind},
};

/// Days of a new level at least: a shorter one is seen as single days.
const MIN_SHIFT_DAYS: usize = 4;

/// Days of a new level at most: an older one is the present.
const MAX_SHIFT_DAYS: usize = 14;

/// Probability of a change from which on a shift is tested.
const MIN_CHANGE_PROBABILITY: f64 = 0.9;

/// One test.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Test<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) metric: Metric,
    pub(crate) expected: f64,
    pub(crate) observed: f64,
    pub(crate) p_value: f64,
    /// Whether the deviation is large enough to report.
    pub(crate) is_large: bool,
    /// Days since the level shifted, for a test of that.
    pub(crate) shift_days: Option<usize>,
}

impl Test<'_> {
    /// Returns the deviation: relative, for a share absolute.
    pub(crate) fn effect(&self) -> f64 {
        self.metric.effect(self.observed, self.expected)
    }
}

/// Tests the fleet, the territories and the sources.
pub(crate) fn test_aggregates<'a>(
    index: &SeriesIndex<'a>,
    expectations: &Expectations<'a>,
) -> Vec<Test<'a>> {
    let kinds = [
        SubjectKind::Fleet,
        SubjectKind::Territory,
        SubjectKind::Source,
    ];
    let mut tests = Vec::new();
    for metric in TESTED {
        for kind in kinds {
            // Prices and shares of a territory are those of its sources.
            if kind != SubjectKind::Source && metric.scale() != Scale::Count {
                continue;
            }
            for series in index.of_kind(kind, metric) {
                let Some(baseline) = expectations.get(&series.subject, metric) else {
                    continue;
                };
                tests.push(test_day(series, baseline));
                if kind == SubjectKind::Source {
                    tests.extend(test_shift(series, baseline));
                }
            }
        }
    }
    tests
}

fn test_day<'a>(series: &'a Series, baseline: &Baseline) -> Test<'a> {
    Test {
        subject: &series.subject,
        metric: series.metric,
        expected: baseline.expected,
        observed: series.observed,
        p_value: baseline.p_value(series.observed),
        is_large: baseline.effect(series.observed).abs() >= series.metric.min_effect(),
        shift_days: None,
    }
}

/// Tests whether the residuals have another level since some days.
///
/// The change point is where the level most probably began; the means before and after are
/// compared by Student's t, with as many observations as are independent, and the p-value is
/// multiplied by the number of days at which it could have begun.
fn test_shift<'a>(series: &'a Series, baseline: &Baseline) -> Option<Test<'a>> {
    let metric = series.metric;
    let mut residuals: Vec<f64> = baseline.residuals.iter().rev().copied().flatten().collect();
    residuals.push(baseline.effect(series.observed));
    let scale =
        robust::deviation(&residuals, robust::median(&residuals)?)?.max(metric.min_deviation());
    if scale <= 0.0 {
        return None;
    }
    // A single day that is far out would be a level of its own.
    let scaled: Vec<f64> = residuals
        .iter()
        .map(|one| (one / scale).clamp(-4.0, 4.0))
        .collect();
    let change = last_change(&scaled)?;
    let days = change.run_length;
    if !(MIN_SHIFT_DAYS..=MAX_SHIFT_DAYS).contains(&days)
        || change.probability < MIN_CHANGE_PROBABILITY
    {
        return None;
    }
    let (before, after) = scaled.split_at_checked(scaled.len().checked_sub(days)?)?;
    let mean = |of: &[f64]| of.iter().sum::<f64>() / count(of.len()).max(1.0);
    let squares = |of: &[f64]| {
        let centre = mean(of);
        of.iter().map(|one| (one - centre).powi(2)).sum::<f64>()
    };
    let share = independent_share(before);
    let freedom = (share * count(before.len()) + share * count(days) - 2.0).max(1.0);
    let variance = (squares(before) + squares(after)) / (count(scaled.len()) - 2.0).max(1.0);
    let error =
        (variance / share * (count(before.len()).max(1.0).recip() + count(days).recip())).sqrt();
    let difference = mean(after) - mean(before);
    let tail = student_tail(difference.abs() / error.max(1e-9), freedom);
    let searched = count(MAX_SHIFT_DAYS - MIN_SHIFT_DAYS + 1);
    let effect = difference * scale;
    Some(Test {
        subject: &series.subject,
        metric,
        expected: baseline.expected,
        observed: series.observed,
        p_value: (2.0 * tail * searched).min(1.0),
        is_large: effect.abs() >= metric.min_effect() / 2.0
            && (metric != Metric::Coverage || effect < 0.0),
        shift_days: Some(days),
    })
}
