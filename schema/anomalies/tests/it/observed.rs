//! What the detector is given of the simulated world, day by day.

use anomalies::{HISTORY_DAYS, Known, Metric, Run, Series, Subject, SubjectKind};

use super::world::{CinemaDay, FilmDay, HOLIDAYS, SOURCES, TERRITORIES, World};

pub(crate) fn territory(at: usize) -> Subject {
    Subject::new(SubjectKind::Territory, TERRITORIES[at])
}

pub(crate) fn source(at: usize) -> Subject {
    Subject::new(SubjectKind::Source, format!("chain-{at}"))
}

pub(crate) fn cinema(at: usize) -> Subject {
    Subject::new(SubjectKind::Cinema, format!("{at:04}"))
}

/// A film in a territory.
pub(crate) fn work(at: usize, territory: usize) -> Subject {
    Subject::new(
        SubjectKind::Work,
        format!("{at:03} {}", TERRITORIES[territory]),
    )
}

/// Makes a series of the values of each day up to `day`.
fn series(
    subject: Subject,
    metric: Metric,
    parents: &[Subject],
    day: usize,
    value: impl Fn(usize) -> Option<f64>,
) -> Option<Series> {
    Some(Series {
        subject,
        metric,
        parents: parents.to_vec(),
        observed: value(day)?,
        past: (1..=HISTORY_DAYS)
            .map(|age| value(day.checked_sub(age)?))
            .collect(),
    })
}

type Value = fn(&CinemaDay) -> Option<f64>;

/// Adds all metrics of a subject that consists of cinemas.
fn add(
    into: &mut Vec<Series>,
    subject: &Subject,
    parents: &[Subject],
    day: usize,
    of: &[CinemaDay],
) {
    let metrics: [(Metric, Value); 5] = [
        (Metric::Admissions, |one| Some(one.admissions)),
        (Metric::Sold, |one| Some(one.sold)),
        (Metric::Showtimes, |one| Some(one.showtimes)),
        (Metric::Coverage, |one| {
            (one.showtimes > 0.0).then(|| one.seen / one.showtimes)
        }),
        (Metric::Occupancy, |one| {
            (one.seats > 0.0).then(|| one.admissions / one.seats)
        }),
    ];
    for (metric, value) in metrics {
        let is_small = subject.kind == SubjectKind::Cinema && metric == Metric::Coverage;
        if !is_small {
            into.extend(series(subject.clone(), metric, parents, day, |day| {
                value(&of[day])
            }));
        }
    }
}

fn sum<'a>(cinemas: impl Iterator<Item = &'a Vec<CinemaDay>>) -> Vec<CinemaDay> {
    let mut total: Vec<CinemaDay> = Vec::new();
    for days in cinemas {
        total.resize(days.len(), CinemaDay::default());
        for (all, one) in total.iter_mut().zip(days) {
            all.showtimes += one.showtimes;
            all.seen += one.seen;
            all.seats += one.seats;
            all.admissions += one.admissions;
            all.sold += one.sold;
        }
    }
    total
}

impl World {
    /// Gives a day, with all days before.
    pub(crate) fn run(&self, day: usize, known: &[Known]) -> Run {
        let mut run = Run {
            day: i32::try_from(day).unwrap(),
            known: known.to_vec(),
            ..Run::default()
        };
        let all = &mut run.series;
        add(
            all,
            &Subject::new(SubjectKind::Fleet, ""),
            &[],
            day,
            &sum(self.days.iter()),
        );
        for at in 0..TERRITORIES.len() {
            let own = self.of_cinemas(|cinema| SOURCES[cinema] == at);
            let fleet = Subject::new(SubjectKind::Fleet, "");
            add(all, &territory(at), &[fleet], day, &sum(own));
        }
        for (at, place) in SOURCES.into_iter().enumerate() {
            let parents = [territory(place)];
            add(
                all,
                &source(at),
                &parents,
                day,
                &sum(self.of_cinemas(|one| one == at)),
            );
            let price = |day: usize| Some(self.prices[at][day]);
            all.extend(series(source(at), Metric::Price, &parents, day, price));
        }
        for (at, days) in self.days.iter().enumerate() {
            add(
                all,
                &cinema(at),
                &[source(self.cinemas[at].source)],
                day,
                days,
            );
        }
        self.add_works(&mut run, day);
        Self::add_holidays(&mut run);
        run
    }

    fn of_cinemas(
        &self,
        is_wanted: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = &Vec<CinemaDay>> {
        let cinemas = self.cinemas.iter().zip(&self.days);
        cinemas
            .filter(move |(cinema, _)| is_wanted(cinema.source))
            .map(|(_, days)| days)
    }

    fn add_works(&self, run: &mut Run, day: usize) {
        for (at, sources) in self.film_days.iter().enumerate() {
            for metric in [Metric::Admissions, Metric::Showtimes] {
                let of = |one: &FilmDay| match metric {
                    Metric::Showtimes => one.showtimes,
                    _ => one.admissions,
                };
                for place in 0..TERRITORIES.len() {
                    let own = || sources.iter().zip(SOURCES).filter(|(_, of)| *of == place);
                    let total = |day: usize| Some(own().map(|(days, _)| of(&days[day])).sum());
                    let parents = [territory(place)];
                    run.series
                        .extend(series(work(at, place), metric, &parents, day, total));
                }
                for (chain, days) in sources.iter().enumerate() {
                    let key = format!("{at:03} chain-{chain}");
                    let subject = Subject::new(SubjectKind::WorkAtSource, key);
                    let parents = [work(at, SOURCES[chain]), source(chain)];
                    let value = |day: usize| Some(of(&days[day]));
                    run.series
                        .extend(series(subject, metric, &parents, day, value));
                }
            }
            for (place, opens) in self.films[at].opens.into_iter().enumerate() {
                for day in opens..opens + 7 {
                    let days = run.special_days.entry(work(at, place)).or_default();
                    days.insert(i32::try_from(day).unwrap(), "opening".to_owned());
                }
            }
        }
    }

    fn add_holidays(run: &mut Run) {
        for (day, at, _, name) in HOLIDAYS {
            let days = run.special_days.entry(territory(at)).or_default();
            days.insert(i32::try_from(day).unwrap(), name.to_owned());
        }
    }
}
