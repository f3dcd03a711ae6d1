//! A rolling origin: each morning forecasts what is listed, and later learns what came.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};
use forecast::{
    Baselines, KnownShowtime, Origin, Recorded, ShowtimeForecast, ShowtimeForecaster, Territory,
    TotalBaselines, WorkDayForecast, forecast_work_days,
};

use crate::world::{Minute, Scale, World, city::CODES, date, moment, record::COUNTED_AT};

/// Days before the first forecast.
pub(crate) const FIRST_ORIGIN: i64 = 28;
/// Days before the first forecast that is scored.
pub(crate) const FIRST_SCORED: i64 = 56;
/// Days of showtimes that a fit reads.
pub(crate) const WINDOW: i64 = 42;
/// Days that are forecast.
pub(crate) const DAYS: i64 = 14;

/// Scale of the default test, or what `FORECAST_WORLD=cinemas,seed` says.
pub(crate) fn scale() -> Scale {
    let text = std::env::var("FORECAST_WORLD").unwrap_or_else(|_| "7,1".into());
    let (cinemas, seed) = text.split_once(',').unwrap();
    Scale {
        cinemas: cinemas.parse().unwrap(),
        days: 112,
        seed: seed.parse().unwrap(),
    }
}

pub(crate) fn origin(day: i64) -> Origin {
    Origin::new(moment(day * 1_440 + COUNTED_AT), date(day))
}

/// Forecasts and baselines of one morning, what came, and the error of repeating the week before.
pub(crate) struct Morning {
    pub(crate) day: i64,
    pub(crate) showtimes: Vec<(ShowtimeForecast, [f64; 4], f64, Option<f64>)>,
    pub(crate) totals: Vec<(WorkDayForecast, [f64; 4], f64, Option<f64>)>,
}

/// Makes the forecasts of each morning, gives them to `judge`, and adds them to the history with
/// what came, from when it came.
pub(crate) fn roll(world: &mut World, mut judge: impl FnMut(&Morning)) {
    let mut totals: HashMap<(i32, Territory, NaiveDate), u32> = HashMap::new();
    for show in &world.shows {
        let territory = CODES[world.cities[show.city].territory];
        *totals
            .entry((i32::try_from(show.film).unwrap(), territory, date(show.day)))
            .or_default() += u32::from(show.sold);
    }
    let sold: HashMap<(usize, usize, Minute), f64> = world
        .shows
        .iter()
        .map(|show| ((show.city, show.screen, show.starts), f64::from(show.sold)))
        .collect();
    for day in FIRST_ORIGIN..world.scale.days - 1 {
        let known = world.history.as_of(origin(day), WINDOW);
        let forecaster = ShowtimeForecaster::fit(&known).unwrap();
        let baselines = Baselines::fit(&known);
        let rows: HashMap<i32, &KnownShowtime> = known
            .showtimes()
            .iter()
            .map(|row| (row.listing.showtime, row))
            .collect();
        let mut morning = Morning {
            day,
            showtimes: Vec::new(),
            totals: Vec::new(),
        };
        let mut past = Vec::new();
        for forecast in forecaster.forecast(DAYS) {
            let row = rows[&forecast.showtime];
            let show = &world.shows[usize::try_from(forecast.showtime).unwrap()];
            past.push(Recorded::new(
                moment(show.starts + 60),
                forecast.with_outcome(show.sold),
            ));
            let came = f64::from(show.sold);
            let same = (show.city, show.screen, show.starts - 7 * 1_440);
            let repeated = sold.get(&same).map(|sold| (came - sold).abs());
            morning
                .showtimes
                .push((forecast, baselines.forecast(row), came, repeated));
        }
        let baselines = TotalBaselines::fit(&known);
        let mut past_totals = Vec::new();
        for forecast in forecast_work_days(&forecaster, DAYS) {
            if forecast.on >= date(world.scale.days) {
                continue;
            }
            let came = totals
                .get(&(forecast.work, forecast.territory, forecast.on))
                .copied()
                .unwrap_or(0);
            let known_at = moment((day + forecast.days + 1) * 1_440);
            past_totals.push(Recorded::new(known_at, forecast.with_outcome(came)));
            let points = baselines.forecast(&forecast);
            let week_before = (
                forecast.work,
                forecast.territory,
                forecast.on - TimeDelta::days(7),
            );
            let repeated = totals
                .get(&week_before)
                .map(|before| f64::from(came.abs_diff(*before)));
            morning
                .totals
                .push((forecast, points, f64::from(came), repeated));
        }
        judge(&morning);
        world.history.past.extend(past);
        world.history.past_totals.extend(past_totals);
    }
}
