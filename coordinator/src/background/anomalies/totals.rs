//! Totals of cinemas, and of the sources, territories and the fleet that they are parts of.

use std::collections::BTreeMap;

use anomalies::{HISTORY_DAYS, Metric, Run, Series, Subject, SubjectKind};
use chrono::NaiveDate;
use schema::anomaly::{CinemaDay, ComparedCinema};

/// Returns how many days before `day` a day is; 0 is the day itself.
pub(super) fn age(day: NaiveDate, on: NaiveDate) -> Option<usize> {
    let days = day.signed_duration_since(on).num_days();
    usize::try_from(days)
        .ok()
        .filter(|age| *age <= HISTORY_DAYS)
}

/// What was recorded on a day.
#[derive(Debug, Clone, Copy, Default)]
struct DayTotal {
    showtimes: f64,
    exact: f64,
    seats: f64,
    admissions: f64,
    priced: f64,
    gross: f64,
    sold: f64,
}

impl DayTotal {
    fn add(&mut self, other: &Self) {
        self.showtimes += other.showtimes;
        self.exact += other.exact;
        self.seats += other.seats;
        self.admissions += other.admissions;
        self.priced += other.priced;
        self.gross += other.gross;
        self.sold += other.sold;
    }

    /// Returns a metric; nothing where it is not defined.
    fn metric(&self, metric: Metric) -> Option<f64> {
        let share = |part: f64, of: f64| (of > 0.0).then(|| part / of);
        match metric {
            Metric::Admissions => Some(self.admissions),
            Metric::Sold => Some(self.sold),
            Metric::Showtimes => Some(self.showtimes),
            Metric::Price => share(self.gross, self.priced),
            Metric::Coverage => share(self.exact, self.showtimes),
            Metric::Occupancy => share(self.admissions, self.seats),
        }
    }
}

/// Days from the day that is searched backwards.
type DayTotals = Vec<DayTotal>;

fn no_days() -> DayTotals {
    vec![DayTotal::default(); HISTORY_DAYS + 1]
}

/// Makes a series of values from the day that is searched backwards.
///
/// What was before the first day with something is not known; a day without anything after it is
/// a zero.
pub(super) fn series(
    subject: &Subject,
    metric: Metric,
    parents: &[Subject],
    mut values: Vec<Option<f64>>,
) -> Option<Series> {
    let first = values
        .iter()
        .rposition(|value| value.is_some_and(|value| value > 0.0))?;
    for value in values.iter_mut().skip(first + 1) {
        *value = None;
    }
    Some(Series {
        subject: subject.clone(),
        metric,
        parents: parents.to_vec(),
        observed: values.first().copied().flatten()?,
        past: values.split_off(1),
    })
}

/// Totals of all cinemas, with their names.
#[derive(Debug)]
pub(super) struct CinemaTotals {
    cinemas: BTreeMap<i32, (ComparedCinema, DayTotals)>,
    /// The territory in which a source has most cinemas.
    territories: BTreeMap<i32, String>,
    /// Name and title of each source.
    sources: BTreeMap<i32, (String, String)>,
}

impl CinemaTotals {
    pub(super) fn add_up(day: NaiveDate, cinemas: Vec<ComparedCinema>, days: &[CinemaDay]) -> Self {
        let mut counts: BTreeMap<i32, BTreeMap<String, usize>> = BTreeMap::new();
        let mut sources = BTreeMap::new();
        for one in &cinemas {
            let of_source = counts.entry(one.source_id).or_default();
            *of_source.entry(one.territory.clone()).or_default() += 1;
            let names = (one.source.clone(), one.source_title.clone());
            sources.insert(one.source_id, names);
        }
        let largest = |counts: BTreeMap<String, usize>| {
            let largest = counts.into_iter().max_by_key(|(_, count)| *count);
            largest.map(|(territory, _)| territory).unwrap_or_default()
        };
        let mut all = Self {
            cinemas: cinemas
                .into_iter()
                .map(|one| (one.cinema_id, (one, no_days())))
                .collect(),
            territories: counts
                .into_iter()
                .map(|(source, counts)| (source, largest(counts)))
                .collect(),
            sources,
        };
        for one in days {
            if let Some(age) = age(day, one.business_on)
                && let Some((_, totals)) = all.cinemas.get_mut(&one.cinema_id)
                && let Some(total) = totals.get_mut(age)
            {
                total.add(&DayTotal {
                    showtimes: one.showtimes,
                    exact: one.exact,
                    seats: one.seats,
                    admissions: one.admissions,
                    priced: one.priced,
                    gross: one.gross,
                    sold: one.sold,
                });
            }
        }
        all
    }

    /// Returns a source as a subject.
    pub(super) fn source(&self, source_id: i32) -> Option<Subject> {
        let (name, _) = self.sources.get(&source_id)?;
        Some(Subject::new(SubjectKind::Source, name))
    }

    /// Returns the territory of a source.
    pub(super) fn territory(&self, source_id: i32) -> Option<&str> {
        self.territories.get(&source_id).map(String::as_str)
    }

    /// Returns the name of a subject for people.
    pub(super) fn name(&self, subject: &Subject) -> Option<String> {
        match subject.kind {
            SubjectKind::Source => {
                let mut all = self.sources.values();
                all.find(|(name, _)| *name == subject.key)
                    .map(|(_, title)| title.clone())
            }
            SubjectKind::Cinema => {
                let mut all = self.cinemas.values();
                all.find(|(cinema, _)| cinema_key(cinema) == subject.key)
                    .map(|(cinema, _)| cinema.name.clone())
            }
            SubjectKind::Fleet
            | SubjectKind::Territory
            | SubjectKind::Work
            | SubjectKind::WorkAtSource => None,
        }
    }

    /// Adds the series of cinemas, sources, territories and the fleet.
    pub(super) fn add_series(&self, run: &mut Run) {
        let fleet = Subject::new(SubjectKind::Fleet, "");
        let mut sums: BTreeMap<Subject, (Vec<Subject>, DayTotals)> = BTreeMap::new();
        for (cinema, totals) in self.cinemas.values() {
            let Some(source) = self.source(cinema.source_id) else {
                continue;
            };
            let main = self.territory(cinema.source_id).unwrap_or_default();
            let main = Subject::new(SubjectKind::Territory, main);
            let own = Subject::new(SubjectKind::Territory, cinema.territory.as_str());
            let subject = Subject::new(SubjectKind::Cinema, cinema_key(cinema));
            add(run, &subject, std::slice::from_ref(&source), totals);
            for (of, parents) in [
                (source, vec![main]),
                (own, vec![fleet.clone()]),
                (fleet.clone(), Vec::new()),
            ] {
                let (_, sum) = sums.entry(of).or_insert_with(|| (parents, no_days()));
                for (total, one) in sum.iter_mut().zip(totals) {
                    total.add(one);
                }
            }
        }
        for (subject, (parents, totals)) in &sums {
            add(run, subject, parents, totals);
        }
    }
}

fn cinema_key(cinema: &ComparedCinema) -> String {
    format!("{}/{}", cinema.source, cinema.key)
}

/// Adds all metrics of a subject. Currencies differ between sources, so only these have prices.
fn add(run: &mut Run, subject: &Subject, parents: &[Subject], totals: &[DayTotal]) {
    for metric in Metric::ALL {
        let is_sum = subject.kind <= SubjectKind::Territory;
        if metric == Metric::Price && is_sum {
            continue;
        }
        let values = totals.iter().map(|total| total.metric(metric)).collect();
        run.series.extend(series(subject, metric, parents, values));
    }
}
