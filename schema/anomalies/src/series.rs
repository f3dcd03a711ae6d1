//! Input of a run: values of one day with their past, special days, and what is known already.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    decision::{Known, Standing},
    metric::Metric,
    subject::{Subject, SubjectKind},
};

/// Days of the past that a run looks at: ten weeks.
pub const HISTORY_DAYS: usize = 70;

/// The values of one subject and metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it is about.
    pub subject: Subject,
    /// What is measured.
    pub metric: Metric,
    /// The larger subjects that it is a part of: the source of a cinema, the territory of a source,
    /// the work and the source of a work at a source.
    pub parents: Vec<Subject>,
    /// The value of the day.
    pub observed: f64,
    /// The values before, from the day before backwards. Nothing where nothing is known; a day
    /// without showtimes or sales is a zero.
    pub past: Vec<Option<f64>>,
}

impl Series {
    /// Returns the value of a day by its age: 0 is the day of the run.
    pub(crate) fn value(&self, age: usize) -> Option<f64> {
        match age.checked_sub(1) {
            None => Some(self.observed),
            Some(before) => self.past.get(before).copied().flatten(),
        }
    }
}

/// Returns the ages of all days of the past that are of the same weekday as one of `age`, without
/// that day.
pub(crate) fn same_weekdays(age: usize) -> impl Iterator<Item = usize> {
    (1..=HISTORY_DAYS).filter(move |other| *other != age && other % 7 == age % 7)
}

/// Says whether a day of the past trains ([`SeriesIndex::trains`]).
pub(crate) fn is_used(trains: &[bool], age: usize) -> bool {
    let before = age.checked_sub(1);
    before.is_none_or(|before| trains.get(before).copied().unwrap_or(true))
}

/// All that one run looks at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    /// The day, counted from any fixed day.
    pub day: i32,
    /// Values of the day.
    pub series: Vec<Series>,
    /// Days that differ for a known reason, with the reason: holidays of a territory or the fleet,
    /// openings of a work. A day is special for its subject and for all parts of it.
    pub special_days: BTreeMap<Subject, BTreeMap<i32, String>>,
    /// Anomalies that were found before.
    pub known: Vec<Known>,
}

/// A run with what is looked up often.
#[derive(Debug)]
pub(crate) struct SeriesIndex<'a> {
    pub(crate) run: &'a Run,
    places: BTreeMap<(&'a Subject, Metric), &'a Series>,
    parts: BTreeMap<&'a Subject, BTreeSet<&'a Subject>>,
    parents: BTreeMap<&'a Subject, &'a [Subject]>,
    /// Days that leave the training of a subject and of its parts.
    excluded: BTreeMap<&'a Subject, BTreeSet<i32>>,
    /// Days that leave the training of a subject, but not of its parts: one of its sources was wrong.
    spoilt: BTreeMap<&'a Subject, BTreeSet<i32>>,
}

impl<'a> SeriesIndex<'a> {
    pub(crate) fn new(run: &'a Run) -> Self {
        let mut index = Self {
            run,
            places: BTreeMap::new(),
            parts: BTreeMap::new(),
            parents: BTreeMap::new(),
            excluded: BTreeMap::new(),
            spoilt: BTreeMap::new(),
        };
        for one in &run.series {
            index.places.insert((&one.subject, one.metric), one);
            index.parents.insert(&one.subject, &one.parents);
            for parent in &one.parents {
                index.parts.entry(parent).or_default().insert(&one.subject);
            }
        }
        for known in &run.known {
            if known.standing == Standing::Accepted {
                index.exclude(known);
            }
        }
        index
    }

    /// Takes days out of the training of a subject; those of a source out of that of its territory.
    fn exclude(&mut self, known: &'a Known) {
        let days = known.first_day..=known.last_day;
        let subject = &known.subject;
        self.excluded
            .entry(subject)
            .or_default()
            .extend(days.clone());
        if subject.kind == SubjectKind::Source {
            for parent in self.parents.get(subject).copied().unwrap_or_default() {
                let spoilt = self.spoilt.entry(parent).or_default();
                spoilt.extend(days.clone());
            }
        }
    }

    /// Returns a subject and all that it is a part of.
    pub(crate) fn with_ancestors(&self, subject: &'a Subject) -> Vec<&'a Subject> {
        let mut all = vec![subject];
        let mut next = 0;
        while let Some(&one) = all.get(next) {
            for parent in self.parents.get(one).copied().unwrap_or_default() {
                if !all.contains(&parent) {
                    all.push(parent);
                }
            }
            next += 1;
        }
        all
    }

    pub(crate) fn get(&self, subject: &Subject, metric: Metric) -> Option<&'a Series> {
        self.places.get(&(subject, metric)).copied()
    }

    /// Returns the series of all subjects of a kind.
    pub(crate) fn of_kind(
        &self,
        kind: SubjectKind,
        metric: Metric,
    ) -> impl Iterator<Item = &'a Series> {
        self.run
            .series
            .iter()
            .filter(move |one| one.metric == metric && one.subject.kind == kind)
    }

    /// Returns the parts of a subject that are of a kind.
    pub(crate) fn parts(
        &self,
        subject: &Subject,
        kind: SubjectKind,
    ) -> impl Iterator<Item = &'a Subject> {
        self.parts
            .get(subject)
            .into_iter()
            .flatten()
            .copied()
            .filter(move |part| part.kind == kind)
    }

    /// Returns why the day is special for a subject or for what it is a part of; for the fleet, or
    /// for a territory of it.
    pub(crate) fn special(&self, subject: &'a Subject, day: i32) -> Option<&'a str> {
        let all = self.special_days(subject);
        let reason = all.into_iter().find_map(|days| days.get(&day))?;
        Some(reason.as_str())
    }

    fn special_days(&self, subject: &'a Subject) -> Vec<&'a BTreeMap<i32, String>> {
        let all = &self.run.special_days;
        if subject.kind == SubjectKind::Fleet {
            let of_parts = all
                .iter()
                .filter(|(one, _)| one.kind <= SubjectKind::Territory);
            return of_parts.map(|(_, days)| days).collect();
        }
        let subjects = self.with_ancestors(subject);
        subjects
            .into_iter()
            .filter_map(|one| all.get(one))
            .collect()
    }

    /// Says of each day of the past, from the day before backwards, whether it trains.
    ///
    /// Days of accepted anomalies of the subject and of what it is a part of do not, for a territory
    /// neither those of its sources. Special days do not where `with_special` is unset.
    pub(crate) fn trains(&self, subject: &'a Subject, with_special: bool) -> Vec<bool> {
        let all = self.with_ancestors(subject);
        let subjects: Vec<&BTreeSet<i32>> = all
            .iter()
            .filter_map(|one| self.excluded.get(one))
            .chain(self.spoilt.get(subject))
            .collect();
        let special = if with_special {
            Vec::new()
        } else {
            self.special_days(subject)
        };
        (0..HISTORY_DAYS)
            .map(|age| {
                let day = self.run.day - 1 - i32::try_from(age).unwrap_or(i32::MAX);
                subjects.iter().all(|days| !days.contains(&day))
                    && special.iter().all(|days| !days.contains_key(&day))
            })
            .collect()
    }
}
