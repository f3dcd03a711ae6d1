//! Measures forecasts of 47,000 showtimes on one core:
//! `cargo run --release -p forecast --example measure`.

use std::time::Instant;

use chrono::{DateTime, TimeDelta};
use forecast::{
    Count, History, Listing, Origin, Outcome, Recorded, ShowtimeForecaster, forecast_work_days,
    territory,
};

const CINEMAS: i32 = 470;
const SHOWTIMES_A_DAY: i32 = 15;
const PAST_DAYS: i32 = 42;
/// Listed days: 470 cinemas of 15 showtimes, times 6.7 days, are 47,000 showtimes.
const FUTURE_SHOWTIMES: usize = 47_000;

fn main() -> Result<(), forecast::Refusal> {
    let start = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    let origin = Origin::new(start, start.date_naive());
    let mut history = History::default();
    let mut future = 0;
    for key in 0.. {
        let (cinema, day) = (
            key / SHOWTIMES_A_DAY % CINEMAS,
            key / (SHOWTIMES_A_DAY * CINEMAS) - PAST_DAYS,
        );
        if future == FUTURE_SHOWTIMES {
            break;
        }
        let starts_at =
            start + TimeDelta::days(day.into()) + TimeDelta::hours(10 + i64::from(key % 13));
        let listing = Listing {
            showtime: key,
            work: key.wrapping_mul(31) % 60,
            cinema,
            territory: territory(*b"GB"),
            distributor: key % 7,
            format: 0,
            released_on: Some(origin.on - TimeDelta::days(i64::from(key % 40))),
            starts_at,
            on: starts_at.date_naive(),
            minute: 600 + 60 * u16::try_from(key % 13).unwrap_or(0),
            seats: Some(150),
        };
        history
            .listings
            .push(Recorded::new(start - TimeDelta::days(60), listing));
        let sold = u16::try_from(key.wrapping_mul(7_919).rem_euclid(40)).unwrap_or(0);
        if day < 0 {
            history.outcomes.push(Recorded::new(
                starts_at,
                Outcome {
                    showtime: key,
                    admissions: sold,
                },
            ));
        } else {
            future += 1;
            history.counts.push(Recorded::new(
                start,
                Count {
                    showtime: key,
                    sold: sold / 4,
                },
            ));
        }
    }
    let clock = Instant::now();
    let known = history.as_of(origin, i64::from(PAST_DAYS));
    let forecaster = ShowtimeForecaster::fit(&known)?;
    let fitted = clock.elapsed();
    let showtimes = forecaster.forecast(14);
    let forecast = clock.elapsed();
    let totals = forecast_work_days(&forecaster, 14);
    println!(
        "{} finished showtimes: fitted in {fitted:.1?}; {} showtimes forecast by {forecast:.1?}, {} works by territory and day by {:.1?}",
        known.finished().count(),
        showtimes.len(),
        totals.len(),
        clock.elapsed()
    );
    Ok(())
}
