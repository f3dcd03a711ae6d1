//! Totals of works in territories and at sources, and when they opened.

use std::collections::BTreeMap;

use anomalies::{HISTORY_DAYS, Metric, Run, Subject, SubjectKind};
use chrono::NaiveDate;
use schema::anomaly::{ComparedFilm, FilmDay};

use super::totals::{CinemaTotals, age, series};

/// Days of an opening: what a work has in its first week says nothing of the second.
const OPENING_DAYS: usize = 7;

/// Showtimes and admissions from the day that is searched backwards.
type WorkDays = Vec<(f64, f64)>;

/// Totals of all works, with their titles.
#[derive(Debug)]
pub(super) struct WorkTotals {
    /// By subject: what it is a part of, and its days.
    totals: BTreeMap<Subject, (Vec<Subject>, WorkDays)>,
    titles: BTreeMap<Subject, String>,
}

impl WorkTotals {
    pub(super) fn add_up(
        day: NaiveDate,
        cinemas: &CinemaTotals,
        films: Vec<ComparedFilm>,
        days: &[FilmDay],
    ) -> Self {
        let mut all = Self {
            totals: BTreeMap::new(),
            titles: BTreeMap::new(),
        };
        // The subjects that each film is added to, with what they are parts of.
        let mut subjects: BTreeMap<i32, [(Subject, Vec<Subject>); 2]> = BTreeMap::new();
        for film in films {
            let (Some(source), Some(territory)) = (
                cinemas.source(film.source_id),
                cinemas.territory(film.source_id),
            ) else {
                continue;
            };
            let key = |place: &str| format!("{} {place}", film.work_id);
            let work = Subject::new(SubjectKind::Work, key(territory));
            let part = Subject::new(SubjectKind::WorkAtSource, key(&source.key));
            for one in [&work, &part] {
                let title = all.titles.entry(one.clone());
                title.or_insert_with(|| film.title.clone());
            }
            let territory = Subject::new(SubjectKind::Territory, territory);
            let of_part = vec![work.clone(), source];
            subjects.insert(film.film_id, [(work, vec![territory]), (part, of_part)]);
        }
        for one in days {
            let (Some(age), Some(subjects)) =
                (age(day, one.business_on), subjects.get(&one.film_id))
            else {
                continue;
            };
            for (subject, parents) in subjects {
                let (_, totals) = all
                    .totals
                    .entry(subject.clone())
                    .or_insert_with(|| (parents.clone(), vec![(0.0, 0.0); HISTORY_DAYS + 1]));
                if let Some(total) = totals.get_mut(age) {
                    total.0 += one.showtimes;
                    total.1 += one.admissions;
                }
            }
        }
        all
    }

    /// Returns the title of a work.
    pub(super) fn name(&self, subject: &Subject) -> Option<String> {
        self.titles.get(subject).cloned()
    }

    /// Adds the series of works, and their openings.
    pub(super) fn add_series(&self, run: &mut Run) {
        for (subject, (parents, totals)) in &self.totals {
            let showtimes = totals.iter().map(|one| Some(one.0)).collect();
            let admissions: Vec<Option<f64>> = totals.iter().map(|one| Some(one.1)).collect();
            let opening = admissions.iter().rposition(|one| *one > Some(0.0));
            run.series
                .extend(series(subject, Metric::Showtimes, parents, showtimes));
            run.series
                .extend(series(subject, Metric::Admissions, parents, admissions));
            // What is shown on the first day that is looked at opened before it.
            if let Some(opening) = opening.filter(|age| *age < HISTORY_DAYS)
                && subject.kind == SubjectKind::Work
            {
                let days = run.special_days.entry(subject.clone()).or_default();
                for age in opening.saturating_sub(OPENING_DAYS - 1)..=opening {
                    let day = run.day - i32::try_from(age).unwrap_or_default();
                    days.insert(day, "opening".to_owned());
                }
            }
        }
    }
}
