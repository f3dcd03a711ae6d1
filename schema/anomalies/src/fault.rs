//! Distinguishes the faults of one source or cinema, and finds the cinemas that have them.

use crate::{
    cause::Cause,
    expectation::Expectations,
    finding::{Finding, Findings},
    metric::Metric,
    robust,
    series::{SeriesIndex, is_used, same_weekdays},
    subject::{Subject, SubjectKind},
};

/// Share of seats from which on all seats read as sold.
const ALL_SOLD: f64 = 0.97;

/// Share of seats up to which all seats read as free.
const ALL_FREE: f64 = 0.005;

/// Showtimes relative to what is expected that look like a listing twice.
const TWICE: std::ops::RangeInclusive<f64> = 1.7..=2.3;

/// A price that is higher or lower by this factor is in another unit or currency.
const OTHER_UNIT: f64 = 1.4;

/// Cinemas that are named.
const MAX_PARTS: usize = 20;

/// The part of a source's excess that makes it the anomaly of one cinema.
const ONE_CINEMA: f64 = 0.8;

/// A fault with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault<'a> {
    pub(crate) cause: Cause,
    pub(crate) finding: Finding<'a>,
    pub(crate) evidence: String,
}

/// Names the fault of a source or cinema from all that deviates there; nothing, if nothing does.
pub(crate) fn name_fault<'a>(
    index: &SeriesIndex<'a>,
    findings: &Findings<'a>,
) -> Option<Fault<'a>> {
    let first = findings.all.first()?;
    let fault = |cause, finding: &Finding<'a>, evidence: String| {
        Some(Fault {
            cause,
            finding: finding.clone(),
            evidence,
        })
    };
    let ratio = |finding: &Finding<'_>| finding.test.effect() + 1.0;

    let is_listed = index
        .get(findings.subject, Metric::Showtimes)
        .is_none_or(|series| series.observed > 0.0);
    if !is_listed {
        let finding = findings.of(Metric::Showtimes).unwrap_or(first);
        let evidence = "no showtime is listed any more".to_owned();
        return fault(Cause::Silent, finding, evidence);
    }
    let of_seats = findings
        .of(Metric::Admissions)
        .or(findings.of(Metric::Sold));
    if let Some(seats) = of_seats
        && let Some((share, usual)) = occupancy(index, findings.subject)
    {
        let what = if share >= ALL_SOLD { "sold" } else { "free" };
        if (share >= ALL_SOLD && usual < 0.9) || (share <= ALL_FREE && usual > 0.03) {
            let evidence = format!(
                "all seats read as {what}: {:.0} % of seats are sold, {:.0} % are usual; \
                 the codes of seats may have changed",
                share * 100.0,
                usual * 100.0
            );
            return fault(Cause::SeatCodes, seats, evidence);
        }
    }
    if let Some(sold) = findings.of(Metric::Sold)
        && sold.test.observed <= 0.0
    {
        let evidence = "showtimes are listed, but nothing is sold any more".to_owned();
        return fault(Cause::Frozen, sold, evidence);
    }
    if let Some(price) = findings.of(Metric::Price)
        && !(OTHER_UNIT.recip()..=OTHER_UNIT).contains(&ratio(price))
    {
        let evidence = format!(
            "prices are {:.2} times what they were; they may be in another unit or currency",
            ratio(price)
        );
        return fault(Cause::PriceScale, price, evidence);
    }
    if let Some(coverage) = findings.of(Metric::Coverage) {
        let evidence = "fewer of the listed showtimes are seen at their start".to_owned();
        return fault(Cause::Coverage, coverage, evidence);
    }
    if let Some(showtimes) = findings.of(Metric::Showtimes)
        && TWICE.contains(&ratio(showtimes))
    {
        let evidence = format!(
            "{:.2} times the usual showtimes; each may be listed twice",
            ratio(showtimes)
        );
        return fault(Cause::DoubleListing, showtimes, evidence);
    }
    fault(
        Cause::OneSource,
        first,
        "the figures do not show why".to_owned(),
    )
}

/// Returns the share of seats that is sold today, and the usual one of the weekday.
fn occupancy<'a>(index: &SeriesIndex<'a>, subject: &'a Subject) -> Option<(f64, f64)> {
    let series = index.get(subject, Metric::Occupancy)?;
    let trains = index.trains(subject, true);
    let same: Vec<f64> = same_weekdays(0)
        .filter(|age| is_used(&trains, *age))
        .filter_map(|age| series.value(age))
        .collect();
    Some((series.observed, robust::median(&same)?))
}

/// The cinemas of a source that deviate as it does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AlikeCinemas<'a> {
    /// Cinemas that have the metric.
    pub(crate) cinemas: usize,
    /// How many deviate at least half as far, in the same direction.
    pub(crate) alike: usize,
    /// Some of them, those with the largest excess first.
    pub(crate) parts: Vec<&'a Subject>,
    /// The cinema that has nearly all of the excess.
    pub(crate) only: Option<&'a Subject>,
}

/// Looks at the cinemas of a source.
pub(crate) fn drill_down<'a>(
    index: &SeriesIndex<'a>,
    expectations: &Expectations<'a>,
    finding: &Finding<'a>,
) -> AlikeCinemas<'a> {
    let metric = finding.test.metric;
    let effect = finding.test.effect();
    let mut cinemas = 0;
    let mut alike: Vec<(&'a Subject, f64)> = Vec::new();
    for cinema in index.parts(finding.test.subject, SubjectKind::Cinema) {
        let Some(series) = index.get(cinema, metric) else {
            continue;
        };
        let Some(baseline) = expectations.baseline(series) else {
            continue;
        };
        cinemas += 1;
        let own = baseline.effect(series.observed);
        if own.signum() == effect.signum() && own.abs() >= effect.abs() / 2.0 {
            alike.push((cinema, (series.observed - baseline.expected).abs()));
        }
    }
    alike.sort_by(|one, other| other.1.total_cmp(&one.1));
    let excess = (finding.test.observed - finding.test.expected).abs();
    let only = match alike.as_slice() {
        [(cinema, own), ..] if cinemas > 1 && metric.is_count() && *own >= excess * ONE_CINEMA => {
            Some(*cinema)
        }
        _ => None,
    };
    AlikeCinemas {
        cinemas,
        alike: alike.len(),
        parts: alike
            .iter()
            .take(MAX_PARTS)
            .map(|(cinema, _)| *cinema)
            .collect(),
        only,
    }
}
