//! Tests of works, which lose admissions each week.
//!
//! A showtime of a work is expected to have what one had on the same weekday of the week before,
//! times what the median of all works of the territory has, times what the work had beyond that in
//! the last days: works fade at rates of their own. That is corrected by how strong the day is for
//! the other works. The spread is that of the work lately, with that of works of its size or larger
//! on the same weekday, because programmes change on one day of the week.

mod history;

use std::collections::BTreeMap;

use crate::{
    baseline::Baseline,
    metric::Metric,
    probability::count,
    robust,
    screen::Test,
    series::{Series, SeriesIndex},
    subject::{Subject, SubjectKind},
};
use history::{FADE_DAYS, WorkHistory, part_before};

/// Share of a territory's admissions from which on a work is tested: each test that matters less
/// makes those that matter weaker.
const MIN_SHARE: f64 = 0.005;

/// Works that tell how strong a day is.
const MIN_WORKS: usize = 5;

/// Days of the past that the spread is drawn from: the same weekday of seven weeks.
const SPREAD_DAYS: usize = 49;

/// Days in which a work shows its own spread.
const OWN_DAYS: usize = 14;

/// Days of its own that the spread of works of its size counts as.
const POOL_WEIGHT: f64 = 7.0;

/// Residuals of works that a spread needs.
const MIN_RESIDUALS: usize = 40;

/// The spread of a work is that of works which are not smaller by more than this factor.
const SIZE_FACTOR: f64 = 2.0;

/// The smallest relative deviations of a work that are worth a report, up and down: a work that
/// ends loses half of its admissions in a day.
const MIN_RISE: f64 = 0.5;
const MIN_FALL: f64 = 0.65;

/// What is expected of works, by the subject that they are a part of: a territory, if there is one.
#[derive(Debug)]
pub(crate) struct WorkExpectations<'a> {
    groups: BTreeMap<Option<&'a Subject>, Group<'a>>,
}

/// What is expected of the works of a territory.
#[derive(Debug)]
struct Group<'a> {
    /// What each work has today of what it would have by its own fading.
    today: Vec<Strength<'a>>,
    /// Expectation and relative residual of works on the weekday of today in the past.
    residuals: Vec<(f64, f64)>,
    /// Relative residuals of each work in the last days.
    own: BTreeMap<&'a Subject, Vec<f64>>,
}

/// What a work has on a day of what it would have by its own fading.
#[derive(Debug)]
struct Strength<'a> {
    work: &'a Subject,
    ratio: f64,
    /// What it would have.
    faded: f64,
}

/// Returns how strong a day is for all works but one: the median of what they have of what they
/// would have. A large work that doubles is no reason to expect it.
fn strength_without(all: &[Strength<'_>], work: &Subject) -> Option<f64> {
    let others: Vec<(f64, f64)> = all
        .iter()
        .filter(|one| one.work != work)
        .map(|one| (one.ratio, one.faded.sqrt()))
        .collect();
    (others.len() >= MIN_WORKS).then(|| robust::weighted_median(&others))?
}

impl<'a> Group<'a> {
    fn learn(works: &[WorkHistory<'a>]) -> Self {
        // What the median of works has of the week before, from today backwards; large works weigh
        // more, by the root of their admissions.
        let decay: Vec<Option<f64>> = (0..=SPREAD_DAYS + FADE_DAYS)
            .map(|age| {
                let ratios: Vec<(f64, f64)> = works
                    .iter()
                    .filter_map(|work| Some((work.ratio(age)?, work.admissions(age + 7)?.sqrt())))
                    .collect();
                (ratios.len() >= MIN_WORKS).then(|| robust::weighted_median(&ratios))?
            })
            .collect();
        let strengths = |age: usize| -> Vec<Strength<'a>> {
            let of = works.iter().filter_map(|work| {
                let faded = work.faded(age, &decay)?;
                Some(Strength {
                    work: &work.series.subject,
                    ratio: work.admissions(age)? / faded,
                    faded,
                })
            });
            of.collect()
        };
        let mut residuals = Vec::new();
        for age in (7..=SPREAD_DAYS).step_by(7) {
            let all = strengths(age);
            for one in all.iter().filter(|one| one.ratio > 0.0) {
                if let Some(strength) = strength_without(&all, one.work) {
                    residuals.push((one.faded * strength, one.ratio / strength - 1.0));
                }
            }
        }
        let mut own: BTreeMap<&'a Subject, Vec<f64>> = BTreeMap::new();
        for age in 1..=OWN_DAYS {
            let all = strengths(age);
            for one in &all {
                if let Some(strength) = strength_without(&all, one.work) {
                    let of_work = own.entry(one.work).or_default();
                    of_work.push(one.ratio / strength - 1.0);
                }
            }
        }
        Self {
            today: strengths(0),
            residuals,
            own,
        }
    }

    /// Returns the spread of a work: its own lately, with that of works of its size or larger.
    fn spread(&self, work: &Subject, expected: f64) -> Option<f64> {
        let of_size: Vec<f64> = self
            .residuals
            .iter()
            .filter(|(size, _)| *size > expected / SIZE_FACTOR)
            .map(|(_, residual)| *residual)
            .collect();
        let all: Vec<f64> = self
            .residuals
            .iter()
            .map(|(_, residual)| *residual)
            .collect();
        let pool = if of_size.len() >= MIN_RESIDUALS {
            of_size
        } else {
            all
        };
        if pool.len() < MIN_RESIDUALS {
            return None;
        }
        let of_pool = robust::deviation(&pool, 0.0)?;
        let own = self.own.get(work).map_or(&[][..], Vec::as_slice);
        let of_own = robust::deviation(own, 0.0).unwrap_or(of_pool);
        let days = count(own.len());
        let variance = days * of_own * of_own + POOL_WEIGHT * of_pool * of_pool;
        Some((variance / (days + POOL_WEIGHT)).sqrt())
    }
}

impl<'a> WorkExpectations<'a> {
    /// Learns from all works.
    pub(crate) fn learn(index: &SeriesIndex<'a>) -> Self {
        let mut works: BTreeMap<Option<&'a Subject>, Vec<WorkHistory<'a>>> = BTreeMap::new();
        for admissions in index.of_kind(SubjectKind::Work, Metric::Admissions) {
            let of_group = works.entry(admissions.parents.first()).or_default();
            of_group.push(WorkHistory::of(index, admissions));
        }
        let groups = works.iter();
        Self {
            groups: groups
                .map(|(group, works)| (*group, Group::learn(works)))
                .collect(),
        }
    }

    /// Returns what is expected of a work today; nothing if its day is special, or it has few
    /// admissions, or its week before says nothing of this one.
    fn expect(&self, index: &SeriesIndex<'a>, series: &'a Series) -> Option<Baseline> {
        if index.special(&series.subject, index.run.day).is_some() {
            return None;
        }
        let group = self.groups.get(&series.parents.first())?;
        let mut today = group.today.iter();
        let faded = today.find(|one| *one.work == series.subject)?.faded;
        let mean = faded * strength_without(&group.today, &series.subject)?;
        let all: f64 = group.today.iter().map(|one| one.faded).sum();
        let spread = group.spread(&series.subject, mean)?;
        (faded >= MIN_SHARE * all).then(|| Baseline::of_count(series.metric, mean, spread))
    }
}

/// Tests all works of which something is expected.
///
/// A work without any admissions is not tested: its run has ended.
pub(crate) fn test_works<'a>(
    index: &SeriesIndex<'a>,
    expectations: &WorkExpectations<'a>,
) -> Vec<Test<'a>> {
    index
        .of_kind(SubjectKind::Work, Metric::Admissions)
        .filter(|series| series.observed > 0.0)
        .filter_map(|series| {
            let baseline = expectations.expect(index, series)?;
            Some(Test {
                subject: &series.subject,
                metric: series.metric,
                expected: baseline.expected,
                observed: series.observed,
                p_value: baseline.p_value(series.observed),
                is_large: !(-MIN_FALL..MIN_RISE).contains(&baseline.effect(series.observed)),
                shift_days: None,
            })
        })
        .collect()
}

/// Returns what a work has at each source, and what is expected of it there: its part of the week
/// before of what is expected in all.
pub(crate) fn by_source<'a>(
    index: &SeriesIndex<'a>,
    work: &Subject,
    expected: f64,
) -> BTreeMap<&'a Subject, (f64, f64)> {
    let mut sources: BTreeMap<&'a Subject, (f64, f64)> = BTreeMap::new();
    let mut total = 0.0;
    for part in index.parts(work, SubjectKind::WorkAtSource) {
        let Some(series) = index.get(part, Metric::Admissions) else {
            continue;
        };
        let source = series
            .parents
            .iter()
            .find(|one| one.kind == SubjectKind::Source);
        let before = part_before(index, series);
        if let (Some(source), Some(before)) = (source, before) {
            let sums = sources.entry(source).or_default();
            sums.0 += series.observed;
            sums.1 += before;
            total += before;
        }
    }
    for (_, before) in sources.values_mut() {
        *before *= expected / total;
    }
    sources
}
