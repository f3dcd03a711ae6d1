//! What is expected of each aggregate today: of a source by its peers, of a territory by the week
//! before.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    baseline::{Baseline, levels, ratios},
    metric::{Metric, Scale},
    robust,
    series::{Series, SeriesIndex},
    subject::{Subject, SubjectKind},
};

/// Other sources that tell how strong a day is.
const MIN_PEERS: usize = 3;

/// Metrics of aggregates that are tested.
pub(crate) const TESTED: [Metric; 5] = [
    Metric::Admissions,
    Metric::Sold,
    Metric::Showtimes,
    Metric::Price,
    Metric::Coverage,
];

/// Days relative to what is usual, from today backwards.
type Ratios = Vec<Option<f64>>;

/// Baselines of aggregates, and the factors that their parts are expected by.
#[derive(Debug)]
pub(crate) struct Expectations<'a> {
    index: &'a SeriesIndex<'a>,
    baselines: BTreeMap<(&'a Subject, Metric), Baseline>,
    factors: BTreeMap<(&'a Subject, Metric), Ratios>,
    /// Sources whose peers are of their own territory, so that its holidays are in the factors.
    near: BTreeSet<&'a Subject>,
    /// Today as a share of what is usual on its weekday.
    own: BTreeMap<(&'a Subject, Metric), f64>,
}

impl<'a> Expectations<'a> {
    /// Learns what is expected of the fleet, of territories and of sources.
    pub(crate) fn learn(index: &'a SeriesIndex<'a>) -> Self {
        let mut all = Self {
            index,
            baselines: BTreeMap::new(),
            factors: BTreeMap::new(),
            near: BTreeSet::new(),
            own: BTreeMap::new(),
        };
        for metric in TESTED {
            all.learn_factors(metric);
            for kind in [
                SubjectKind::Fleet,
                SubjectKind::Territory,
                SubjectKind::Source,
            ] {
                for series in index.of_kind(kind, metric) {
                    if let Some(baseline) = all.baseline(series) {
                        all.baselines.insert((&series.subject, metric), baseline);
                    }
                }
            }
        }
        all
    }

    /// Returns what is expected of an aggregate; nothing where the past is too short, or the day is
    /// special and nothing says how special days are.
    pub(crate) fn get(&self, subject: &'a Subject, metric: Metric) -> Option<&Baseline> {
        self.baselines.get(&(subject, metric))
    }

    /// Returns how strong today is for the peers of a source, as a share of what is usual.
    pub(crate) fn peers_today(&self, source: &Subject, metric: Metric) -> Option<f64> {
        self.factors.get(&(source, metric))?.first().copied()?
    }

    /// Returns what is usual for a source on the weekday of today, whatever its peers have.
    pub(crate) fn usual(&self, source: &Subject, metric: Metric) -> Option<f64> {
        let ratio = self.own.get(&(source, metric)).filter(|one| **one > 0.0)?;
        Some(self.index.get(source, metric)?.observed / ratio)
    }

    /// Learns what is expected of an aggregate, or of a cinema by the peers of its source.
    pub(crate) fn baseline(&self, series: &'a Series) -> Option<Baseline> {
        let subject = &series.subject;
        if series.metric.scale() != Scale::Count {
            // Neither a holiday nor an opening changes prices or coverage.
            let trains = self.index.trains(subject, true);
            return Baseline::learn(series.metric, &series.past, &trains, None);
        }
        let measured_by = std::iter::once(subject)
            .chain(&series.parents)
            .find(|one| self.factors.contains_key(&(*one, series.metric)))?;
        let is_near = self.near.contains(measured_by);
        if !is_near && self.index.special(subject, self.index.run.day).is_some() {
            return None;
        }
        let trains = self.index.trains(subject, is_near);
        let factors = self.factors.get(&(measured_by, series.metric));
        let factors = factors.map(Vec::as_slice);
        Baseline::learn(series.metric, &series.past, &trains, factors)
    }

    /// Finds how strong each day was: for a source by the median of the other sources of its
    /// territory, or of all where those are few; else by the week before.
    fn learn_factors(&mut self, metric: Metric) {
        if metric.scale() != Scale::Count {
            return;
        }
        let of = |series: &'a Series| {
            let trains = self.index.trains(&series.subject, true);
            ratios(series.observed, &series.past, &trains)
        };
        let sources: Vec<(&'a Series, Ratios)> = self
            .index
            .of_kind(SubjectKind::Source, metric)
            .map(|series| (series, of(series)))
            .collect();
        for (series, own) in &sources {
            if let Some(today) = own.first().copied().flatten() {
                self.own.insert((&series.subject, metric), today);
            }
            let peers = |is_near: bool| -> Vec<&Ratios> {
                let others = sources.iter().filter(|(other, _)| {
                    other.subject != series.subject
                        && (!is_near
                            || other.parents.iter().any(|one| series.parents.contains(one)))
                });
                others.map(|(_, ratios)| ratios).collect()
            };
            let near = peers(true);
            let peers = if near.len() >= MIN_PEERS {
                self.near.insert(&series.subject);
                near
            } else {
                peers(false)
            };
            let factors = if peers.len() >= MIN_PEERS {
                medians(&peers)
            } else {
                levels(own)
            };
            self.factors.insert((&series.subject, metric), factors);
        }
        for kind in [SubjectKind::Fleet, SubjectKind::Territory] {
            for series in self.index.of_kind(kind, metric) {
                self.factors
                    .insert((&series.subject, metric), levels(&of(series)));
            }
        }
    }
}

/// Returns the median of each day.
fn medians(of: &[&Ratios]) -> Ratios {
    let days = of.iter().map(|one| one.len()).max().unwrap_or(0);
    (0..days)
        .map(|age| {
            let values: Vec<f64> = of
                .iter()
                .filter_map(|one| one.get(age).copied().flatten())
                .collect();
            robust::median(&values)
        })
        .collect()
}
