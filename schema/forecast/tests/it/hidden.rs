//! A fifth of the cinemas hide their seat maps: how near do estimates come to what they sold?

use std::collections::HashMap;

use forecast::{Accuracy, CinemaDay, Scored, extrapolate};

use crate::world::{Scale, World, city::CODES, date, random::Random};

/// First day that is estimated: four weeks are known by then.
const FIRST: i64 = 28;
const DRAWS: usize = 40;

#[test]
fn totals_of_cinemas_without_seat_maps_are_estimated() {
    let cinemas = 90;
    let scale = Scale {
        cinemas,
        days: 42,
        seed: crate::rolling::scale().seed,
    };
    let world = World::simulate(scale);
    let days = cinema_days(&world);
    let mut random = Random::new(scale.seed + 1_000);
    let (mut hidden_totals, mut all_totals) = (Accuracy::default(), Accuracy::default());
    for _ in 0..DRAWS {
        let mut order: Vec<usize> = (0..cinemas).collect();
        random.shuffle(&mut order);
        let hidden: Vec<i32> = order[..cinemas / 5]
            .iter()
            .map(|key| i32::try_from(*key).unwrap())
            .collect();
        let mut masked = days.clone();
        for day in masked.iter_mut().filter(|day| hidden.contains(&day.cinema)) {
            day.admissions = None;
        }
        for territory in CODES {
            for day in (FIRST..scale.days).step_by(2) {
                let on = date(day);
                let window: Vec<CinemaDay> = masked
                    .iter()
                    .filter(|row| row.on > date(day - 28) && row.on <= on)
                    .cloned()
                    .collect();
                let estimate = extrapolate(&window, territory, on).unwrap();
                let came: u32 = days
                    .iter()
                    .filter(|row| {
                        row.territory == territory && row.on == on && hidden.contains(&row.cinema)
                    })
                    .filter_map(|row| row.admissions)
                    .sum();
                let scored = Scored {
                    point: estimate.estimated,
                    quantiles: estimate.quantiles,
                    came: f64::from(came),
                    repeated: None,
                };
                hidden_totals.add(&scored);
                let counted = f64::from(estimate.counted);
                all_totals.add(&Scored {
                    point: scored.point + counted,
                    came: scored.came + counted,
                    ..scored
                });
            }
        }
    }
    println!(
        "hidden: n {} WAPE {:.3} bias {:+.3} 80 % {:.3} 95 % {:.3}; with counted ones WAPE {:.3}",
        hidden_totals.count(),
        hidden_totals.wape(),
        hidden_totals.bias(),
        hidden_totals.coverage_80(),
        hidden_totals.coverage_95(),
        all_totals.wape()
    );
    assert!(hidden_totals.wape() <= 0.15);
    let covered = hidden_totals.coverage_80();
    assert!(
        (0.76..=0.84).contains(&covered),
        "80 % intervals cover {covered:.3}"
    );
    assert!(all_totals.wape() < hidden_totals.wape() / 3.0);
}

/// Days of all cinemas by format, with what they sold.
fn cinema_days(world: &World) -> Vec<CinemaDay> {
    let mut days: HashMap<(usize, i64, u8), (u32, u32)> = HashMap::new();
    let mut usual: HashMap<usize, u32> = HashMap::new();
    for show in &world.shows {
        let format = u8::from(show.screen == 0 && world.cities[show.city].screens.len() > 4);
        let sums = days.entry((show.city, show.day, format)).or_default();
        sums.0 += 1;
        sums.1 += u32::from(show.sold);
        *usual.entry(show.city).or_default() += 1;
    }
    let length = u32::try_from(world.scale.days).unwrap();
    let mut days: Vec<CinemaDay> = days
        .into_iter()
        .map(|((city, day, format), (showtimes, sold))| CinemaDay {
            cinema: i32::try_from(city).unwrap(),
            territory: CODES[world.cities[city].territory],
            usual_showtimes: usual[&city] / length,
            on: date(day),
            format,
            showtimes,
            admissions: Some(sold),
        })
        .collect();
    days.sort_by_key(|day| (day.on, day.cinema, day.format));
    days
}
