//! Nothing that is stored after the origin is read.

use chrono::TimeDelta;
use forecast::{
    Count, Listing, Outcome, Presale, Recorded, Refusal, Release, Releases, ShowtimeForecaster,
    Weather, forecast_work_days,
};

use crate::{
    rolling::{WINDOW, origin},
    world::{Scale, World, city::CODES, date, moment},
};

const DAY: i64 = 30;

fn small_world() -> World {
    World::simulate(Scale {
        cinemas: 3,
        days: 44,
        seed: 5,
    })
}

#[test]
fn what_is_stored_later_changes_no_forecast() {
    let mut world = small_world();
    let before = world.history.as_of(origin(DAY), WINDOW);
    let before = ShowtimeForecaster::fit(&before).unwrap();
    let (showtimes, totals) = (before.forecast(14), forecast_work_days(&before, 14));
    assert!(showtimes.len() > 100 && totals.len() > 20);

    // Absurd values, a second after the origin.
    let later = origin(DAY).at + TimeDelta::seconds(1);
    let history = &mut world.history;
    let listings: Vec<Listing> = history
        .listings
        .iter()
        .filter_map(|row| row.as_of(origin(DAY)))
        .cloned()
        .collect();
    for listing in &listings {
        let showtime = listing.showtime;
        history.counts.push(Recorded::new(
            later,
            Count {
                showtime,
                sold: 999,
            },
        ));
        history.outcomes.push(Recorded::new(
            later,
            Outcome {
                showtime,
                admissions: 999,
            },
        ));
    }
    for listing in listings {
        history.listings.push(Recorded::new(
            later,
            Listing {
                showtime: listing.showtime + 1_000_000,
                ..listing
            },
        ));
    }
    for (territory, ahead) in CODES
        .iter()
        .flat_map(|code| (0..14).map(move |ahead| (*code, ahead)))
    {
        let weather = Weather {
            territory,
            on: date(DAY + ahead),
            outdoor: 9.0,
        };
        history.weather.push(Recorded::new(later, weather));
    }
    for (forecast, day) in showtimes.iter().zip(0..) {
        let past = forecast.with_outcome(u16::try_from(day % 900).unwrap());
        history.past.push(Recorded::new(later, past));
    }
    for forecast in &totals {
        history
            .past_totals
            .push(Recorded::new(later, forecast.with_outcome(77_777)));
    }

    let after = world.history.as_of(origin(DAY), WINDOW);
    let after = ShowtimeForecaster::fit(&after).unwrap();
    assert_eq!(after.forecast(14), showtimes);
    assert_eq!(forecast_work_days(&after, 14), totals);
}

#[test]
fn a_new_fleet_is_refused_with_a_reason() {
    let world = small_world();
    let known = world.history.as_of(origin(0), WINDOW);
    let refusal = ShowtimeForecaster::fit(&known).unwrap_err();
    assert_eq!(
        refusal,
        Refusal::TooFewShowtimes {
            found: 0,
            needed: 200
        }
    );
    assert!(refusal.to_string().contains("200 are needed"), "{refusal}");
}

#[test]
fn a_release_without_data_is_refused_with_a_reason() {
    let release = Release {
        work: 1,
        territory: CODES[0],
        released_on: Some(date(40)),
        kind: 0,
    };
    let mut releases = Releases::default();
    let ask = |releases: &Releases, day, release: &Release| {
        releases.forecast(origin(day), release).unwrap_err()
    };
    assert_eq!(
        ask(
            &releases,
            33,
            &Release {
                released_on: None,
                ..release.clone()
            }
        ),
        Refusal::NoRelease
    );
    assert_eq!(ask(&releases, 40, &release), Refusal::Released);
    assert_eq!(
        ask(&releases, 33, &release),
        Refusal::TooFewSales {
            sold: 0,
            needed: 15
        }
    );
    let presale = Presale {
        work: 1,
        territory: CODES[0],
        days: 7,
        sold: 80,
    };
    releases
        .presales
        .push(Recorded::new(moment(33 * 1_440), presale));
    assert_eq!(
        ask(&releases, 33, &release),
        Refusal::TooFewComparables {
            found: 0,
            needed: 3,
            days: 7
        }
    );
}

#[test]
fn forecasts_stay_within_what_is_sold_and_what_fits() {
    let world = small_world();
    let known = world.history.as_of(origin(DAY), WINDOW);
    let forecaster = ShowtimeForecaster::fit(&known).unwrap();
    for forecast in forecaster.forecast(14) {
        let show = &world.shows[usize::try_from(forecast.showtime).unwrap()];
        let seats = f64::from(world.cities[show.city].screens[show.screen]);
        let sold = f64::from(forecast.sold.unwrap_or(0));
        assert!(forecast.quantiles.is_sorted(), "{forecast:?}");
        assert!(
            forecast
                .quantiles
                .iter()
                .all(|value| (sold..=seats).contains(value)),
            "{forecast:?}"
        );
    }
}
