//! What the tests of a run discovered, by subject, and what is subtracted once it is explained.

use std::collections::BTreeMap;

use crate::{metric::Metric, screen::Test, subject::Subject};

/// A test that is a discovery.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding<'a> {
    pub(crate) test: Test<'a>,
    pub(crate) q_value: f64,
}

/// All discoveries about one subject, the most certain first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Findings<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) all: Vec<Finding<'a>>,
}

impl<'a> Findings<'a> {
    /// Returns the discovery of a metric.
    pub(crate) fn of(&self, metric: Metric) -> Option<&Finding<'a>> {
        self.all.iter().find(|one| one.test.metric == metric)
    }
}

/// Gathers discoveries by their subjects.
pub(crate) fn by_subject<'a>(
    tests: &[Test<'a>],
    q_values: &[f64],
    rate: f64,
) -> BTreeMap<&'a Subject, Findings<'a>> {
    let mut subjects: BTreeMap<&'a Subject, Findings<'a>> = BTreeMap::new();
    for (test, &q_value) in tests.iter().zip(q_values) {
        if q_value > rate || !test.is_large {
            continue;
        }
        let findings = subjects.entry(test.subject).or_insert_with(|| Findings {
            subject: test.subject,
            all: Vec::new(),
        });
        findings.all.push(Finding {
            test: test.clone(),
            q_value,
        });
    }
    for findings in subjects.values_mut() {
        findings
            .all
            .sort_by(|one, other| one.test.p_value.total_cmp(&other.test.p_value));
    }
    subjects
}

/// Admissions beyond what was expected that have an explanation, by subject.
#[derive(Debug, Default)]
pub(crate) struct Excess<'a> {
    by_subject: BTreeMap<(&'a Subject, Metric), f64>,
}

impl<'a> Excess<'a> {
    pub(crate) fn add(&mut self, subject: &'a Subject, metric: Metric, excess: f64) {
        *self.by_subject.entry((subject, metric)).or_default() += excess;
    }

    /// Returns what would have been observed without it. What is sold follows admissions.
    pub(crate) fn without(&self, test: &Test<'_>) -> f64 {
        let of = |metric| self.by_subject.get(&(test.subject, metric)).copied();
        let excess = match test.metric {
            Metric::Admissions | Metric::Showtimes => of(test.metric),
            Metric::Sold => of(Metric::Sold).or_else(|| of(Metric::Admissions)),
            Metric::Price | Metric::Coverage | Metric::Occupancy => None,
        };
        (test.observed - excess.unwrap_or(0.0)).max(0.0)
    }

    /// Says whether any metric of a subject has an explained excess.
    pub(crate) fn has(&self, subject: &Subject) -> bool {
        self.by_subject.keys().any(|(one, _)| *one == subject)
    }
}
