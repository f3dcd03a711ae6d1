//! Opening weeks of works before their release, by comparable works.

use std::collections::{BTreeMap, HashMap};

use forecast::{Accuracy, Opening, Presale, Recorded, Refusal, Release, Releases, Scored};

use crate::{
    rolling::{origin, scale},
    world::{Scale, World, city::CODES, date, moment, record::COUNTED_AT},
};

/// Days before the release at which works are forecast.
const DAYS: [i64; 4] = [1, 2, 3, 7];

#[test]
fn opening_weeks_are_forecast_by_comparable_works() {
    let world = World::simulate(Scale {
        cinemas: 24,
        ..scale()
    });
    let (releases, targets) = releases(&world);
    let mut by_days: BTreeMap<i64, (Accuracy, Accuracy)> = BTreeMap::new();
    let mut refused: HashMap<&str, u32> = HashMap::new();
    for (release, admissions) in &targets {
        for days in DAYS {
            let day = world.films[usize::try_from(release.work).unwrap()].release - days;
            if day < 42 {
                continue;
            }
            // The usual opening week of the territory, which needs no comparable work.
            let earlier = releases
                .openings
                .iter()
                .filter_map(|row| row.as_of(origin(day)));
            let earlier: Vec<f64> = earlier
                .filter(|opening| opening.release.territory == release.territory)
                .map(|opening| f64::from(opening.admissions))
                .collect();
            let count = u32::try_from(earlier.len().max(1)).unwrap();
            let usual = earlier.iter().sum::<f64>() / f64::from(count);
            match releases.forecast(origin(day), release) {
                Ok(forecast) => {
                    assert!((3..=5).contains(&forecast.comparables.len()));
                    let scored = Scored {
                        point: forecast.median(),
                        quantiles: forecast.quantiles,
                        came: f64::from(*admissions),
                        repeated: None,
                    };
                    let (ours, theirs) = by_days.entry(days).or_default();
                    ours.add(&scored);
                    theirs.add(&Scored {
                        point: usual,
                        ..scored
                    });
                }
                Err(refusal) => *refused.entry(word(&refusal)).or_default() += 1,
            }
        }
    }
    for (days, (a, b)) in &by_days {
        println!(
            "T-{days} n {} WAPE {:.3} bias {:+.3} usual {:.3} 80 % {:.3} 95 % {:.3}",
            a.count(),
            a.wape(),
            a.bias(),
            b.wape(),
            a.coverage_80(),
            a.coverage_95()
        );
    }
    println!("refused: {refused:?}");
    let mut all = (Accuracy::default(), 0);
    for (days, (ours, usual)) in &by_days {
        assert!(
            ours.wape() <= 0.8 * usual.wape(),
            "T-{days}: {:.3}, the usual opening {:.3}",
            ours.wape(),
            usual.wape()
        );
        all.1 += ours.count();
        all.0 = *ours;
    }
    // Small works sell next to nothing before their release: nothing is said of them.
    assert!(all.1 >= 100 && refused.contains_key("sales"));
}

fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::TooFewSales { .. } => "sales",
        Refusal::TooFewComparables { .. } => "comparables",
        Refusal::TooWide { .. } => "width",
        _ => "other",
    }
}

/// Sales before each release on each morning, opening weeks, and the works with theirs.
fn releases(world: &World) -> (Releases, Vec<(Release, u32)>) {
    let mut releases = Releases::default();
    let mut targets = Vec::new();
    for (work, film) in world.films.iter().enumerate() {
        if film.release < 0 || film.release + 7 > world.scale.days {
            continue;
        }
        for (key, territory) in CODES.iter().enumerate() {
            let shows: Vec<_> = world
                .shows
                .iter()
                .filter(|show| show.film == work && world.cities[show.city].territory == key)
                .filter(|show| (film.release..film.release + 7).contains(&show.day))
                .collect();
            let work = i32::try_from(work).unwrap();
            for days in 1..15 {
                let at = (film.release - days) * 1_440 + COUNTED_AT;
                let sold: usize = shows
                    .iter()
                    .map(|show| show.bookings.partition_point(|booked| *booked <= at))
                    .sum();
                let presale = Presale {
                    work,
                    territory: *territory,
                    days,
                    sold: u32::try_from(sold).unwrap(),
                };
                releases.presales.push(Recorded::new(moment(at), presale));
            }
            let admissions = shows.iter().map(|show| u32::from(show.sold)).sum();
            let release = Release {
                work,
                territory: *territory,
                released_on: Some(date(film.release)),
                kind: u8::try_from(film.kind).unwrap(),
            };
            let over_at = moment((film.release + 7) * 1_440);
            releases.openings.push(Recorded::new(
                over_at,
                Opening {
                    release: release.clone(),
                    admissions,
                },
            ));
            targets.push((release, admissions));
        }
    }
    (releases, targets)
}
