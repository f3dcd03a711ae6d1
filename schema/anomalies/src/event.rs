//! Events of the market: one work at many sources, or many sources with many works.

use crate::{
    cause::Cause,
    finding::Finding,
    metric::Metric,
    probability::count,
    series::SeriesIndex,
    subject::{Subject, SubjectKind},
    work::by_source,
};

/// Share of what is expected of a work, or of the sources of a territory, which makes it the market.
const MANY: f64 = 0.5;

/// A part deviates as the whole does if it deviates by this share of it.
const ALIKE: f64 = 0.25;

/// The part of an excess that one source has where it is the source's.
const ONE_SOURCE: f64 = 0.8;

/// Sources that make a market.
const MIN_SOURCES: usize = 2;

/// What a deviation of a work is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WorkFinding<'a> {
    pub(crate) cause: Cause,
    pub(crate) evidence: String,
    /// Sources that deviate in the same way, with their excess.
    pub(crate) sources: Vec<(&'a Subject, f64)>,
}

/// Says whether a work deviates at many sources or at one.
pub(crate) fn explain_work<'a>(index: &SeriesIndex<'a>, finding: &Finding<'a>) -> WorkFinding<'a> {
    let effect = finding.test.effect();
    let all = by_source(index, finding.test.subject, finding.test.expected);
    let mut alike: Vec<(&'a Subject, f64)> = Vec::new();
    let mut alike_expected = 0.0;
    let mut expected_sum = 0.0;
    for (source, (observed, expected)) in &all {
        expected_sum += expected;
        let own = Metric::Admissions.effect(*observed, *expected);
        if own.signum() == effect.signum() && own.abs() >= effect.abs() * ALIKE {
            alike.push((source, observed - expected));
            alike_expected += expected;
        }
    }
    alike.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    let excess: f64 = all
        .values()
        .map(|(observed, expected)| observed - expected)
        .sum();
    let largest = alike.first().map_or(0.0, |(_, own)| own / excess);
    let (cause, evidence) = if alike.len() >= MIN_SOURCES
        && alike_expected >= MANY * expected_sum
        && largest < ONE_SOURCE
    {
        let evidence = format!(
            "{} of the {} sources that show it deviate in the same way",
            alike.len(),
            all.len()
        );
        (Cause::WorkEvent, evidence)
    } else if largest >= ONE_SOURCE && all.len() >= MIN_SOURCES {
        alike.truncate(1);
        let evidence = format!("one of the {} sources that show it has it alone", all.len());
        (Cause::OneSource, evidence)
    } else {
        let evidence = format!(
            "{} of the {} sources that show it deviate in the same way, which is neither one nor most",
            alike.len(),
            all.len()
        );
        (Cause::Unknown, evidence)
    };
    WorkFinding {
        cause,
        evidence,
        sources: alike,
    }
}

/// Says whether most sources of an aggregate deviate as it does.
///
/// `usual` says what is usual for a source by its own past alone.
pub(crate) fn explain_market<'a>(
    index: &SeriesIndex<'a>,
    finding: &Finding<'a>,
    usual: impl Fn(&'a Subject) -> Option<f64>,
) -> (Cause, String, Vec<&'a Subject>) {
    let test = &finding.test;
    let effect = test.effect();
    let mut sources = 0;
    let mut alike = Vec::new();
    for subject in sources_of(index, test.subject) {
        let Some(series) = index.get(subject, test.metric) else {
            continue;
        };
        let Some(expected) = usual(subject) else {
            continue;
        };
        sources += 1;
        let own = test.metric.effect(series.observed, expected);
        if own.signum() == effect.signum() && own.abs() >= effect.abs() * ALIKE {
            alike.push(subject);
        }
    }
    let is_market = alike.len() >= MIN_SOURCES && count(alike.len()) >= MANY * count(sources);
    let evidence = format!(
        "{} of {sources} sources deviate in the same way, with no work that explains it",
        alike.len()
    );
    let cause = if is_market {
        Cause::MarketEvent
    } else {
        Cause::Unknown
    };
    (cause, evidence, alike)
}

fn sources_of<'a>(index: &SeriesIndex<'a>, subject: &Subject) -> Vec<&'a Subject> {
    if subject.kind == SubjectKind::Fleet {
        let all = index.of_kind(SubjectKind::Source, Metric::Admissions);
        all.map(|series| &series.subject).collect()
    } else {
        index.parts(subject, SubjectKind::Source).collect()
    }
}
