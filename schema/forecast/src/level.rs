//! The level of a showtime: the admissions that its work, cinema, time and weather let expect.
//!
//! A level is a product of factors, fitted one after the other to the sums of their cells (the
//! method of marginal totals: Bailey and Simon, "Two Studies in Automobile Insurance Ratemaking",
//! 1960). Each cell is the mean of a gamma posterior around 1, so a cell with few admissions stays
//! near 1 and leaves the level to broader ones (Bühlmann's credibility, 1967). Two slopes are added:
//! of the weather, and of the weekly change of each work.

use chrono::NaiveDate;

use crate::{
    factor::{ALL, FACTORS, Programme, QUICK_HALF_LIFE_WEEKS, SLOW_HALF_LIFE_WEEKS, cells},
    history::{Known, Map},
    real::real,
    record::{Listing, Territory, is_weekend},
    trend::{Row, Trends},
};

/// Rounds over all factors; later ones change levels by less than a percent.
const ROUNDS: usize = 6;
/// Days of weather that it takes to move its slope half the way from none.
const WEATHER_DAYS: f64 = 8.0;
/// A slope of the weather beyond this is noise.
const MAX_WEATHER_SLOPE: f64 = 0.3;

/// Levels of all showtimes, fitted at one origin.
#[derive(Debug)]
pub(crate) struct Levels {
    base: f64,
    factors: [Map<u64, f64>; FACTORS],
    weather: [f64; 2],
    trends: Trends,
    programme: Programme,
    origin_on: NaiveDate,
}

impl Levels {
    /// Fits the levels to the showtimes that were over at the origin.
    pub(crate) fn fit(known: &Known<'_>) -> Self {
        let programme = Programme::of(known);
        let origin_on = known.origin().on;
        let mut places: [Map<u64, u32>; FACTORS] = Default::default();
        let mut rows = Vec::new();
        for (listing, admissions) in known.finished() {
            let is_holiday = known.is_holiday(listing.territory, listing.on);
            let cells = cells(listing, &programme, is_holiday);
            let weeks = weeks_from(origin_on, listing.on);
            rows.push(Row {
                slow_weight: 0.5_f64.powf(-weeks / SLOW_HALF_LIFE_WEEKS),
                quick_weight: 0.5_f64.powf(-weeks / QUICK_HALF_LIFE_WEEKS),
                work: listing.work,
                group: (listing.distributor, listing.format),
                day: (listing.territory, listing.on),
                outdoor: known.outdoor(listing.territory, listing.on),
                weeks,
                admissions: f64::from(admissions),
                level: 1.0,
                places: std::array::from_fn(|factor| {
                    let next = u32::try_from(places[factor].len()).unwrap_or(u32::MAX);
                    *places[factor].entry(cells[factor]).or_insert(next)
                }),
            });
        }
        let base = base(&rows);
        for row in &mut rows {
            row.level = base;
        }
        let mut values: [Vec<f64>; FACTORS] =
            std::array::from_fn(|factor| vec![1.0; places[factor].len()]);
        let mut weather = [0.0; 2];
        let mut trends = Trends::default();
        for _ in 0..ROUNDS {
            for (factor, values) in values.iter_mut().enumerate() {
                fit_factor(&mut rows, factor, values);
            }
            fit_weather(&mut rows, &mut weather);
            trends.fit(&mut rows);
        }
        let factors = std::array::from_fn(|factor| {
            let of = |(cell, place): (&u64, &u32)| (*cell, values[factor][*place as usize]);
            places[factor].iter().map(of).collect()
        });
        Self {
            base,
            factors,
            weather,
            trends,
            programme,
            origin_on,
        }
    }

    /// The level of a showtime, before its own sales say more.
    pub(crate) fn level(&self, listing: &Listing, known: &Known<'_>) -> f64 {
        let is_holiday = known.is_holiday(listing.territory, listing.on);
        let cells = cells(listing, &self.programme, is_holiday);
        let factors = self.factors.iter().zip(cells);
        let product: f64 = factors
            .map(|(values, cell)| values.get(&cell).copied().unwrap_or(1.0))
            .product();
        let weather = self.weather_factor(known, listing.territory, listing.on);
        let weeks = weeks_from(self.origin_on, listing.on);
        let trend = self
            .trends
            .factor(listing.work, (listing.distributor, listing.format), weeks);
        (self.base * product * weather * trend).max(1e-3)
    }

    /// What the admissions of a day are multiplied by for its weather; 1 if that is not known.
    pub(crate) fn weather_factor(
        &self,
        known: &Known<'_>,
        territory: Territory,
        on: NaiveDate,
    ) -> f64 {
        (self.weather[usize::from(is_weekend(on))] * known.outdoor(territory, on)).exp()
    }

    /// Whether admissions of the work were known when the levels were fitted.
    pub(crate) fn knows_work(&self, work: i32) -> bool {
        self.trends.knows(work)
    }
}

fn weeks_from(origin_on: NaiveDate, on: NaiveDate) -> f64 {
    real(on.signed_duration_since(origin_on).num_days()) / 7.0
}

fn base(rows: &[Row]) -> f64 {
    let sum: f64 = rows.iter().map(|row| row.admissions).sum();
    (sum / real(rows.len().max(1))).max(0.1)
}

fn fit_factor(rows: &mut [Row], factor: usize, values: &mut [f64]) {
    let spec = ALL[factor];
    let mut sums = vec![(0.0, 0.0); values.len()];
    for row in rows.iter() {
        let place = row.places[factor] as usize;
        let weight = if spec.is_quick {
            row.quick_weight
        } else {
            row.slow_weight
        };
        sums[place].0 += weight * row.admissions;
        sums[place].1 += weight * row.level / values[place];
    }
    let moves: Vec<f64> = values
        .iter_mut()
        .zip(sums)
        .map(|(value, (came, expected))| {
            let before = *value;
            *value = ((spec.strength + came) / (spec.strength + expected)).clamp(0.01, 100.0);
            *value / before
        })
        .collect();
    for row in rows.iter_mut() {
        row.level *= moves[row.places[factor] as usize];
    }
}

/// Regresses the logarithm of admissions over the level on the weather, with one row for each territory
/// and day: what else moves the showtimes of a day is common to them, so they are not independent.
fn fit_weather(rows: &mut [Row], slopes: &mut [f64; 2]) {
    let mut days: Map<(Territory, NaiveDate), (f64, f64, f64)> = Map::default();
    for row in rows.iter() {
        let day = days.entry(row.day).or_insert((row.outdoor, 0.0, 0.0));
        day.1 += row.admissions;
        day.2 += row.level;
    }
    let mut sums = [(0.0, 0.0); 2];
    for ((_, on), (outdoor, came, expected)) in days {
        let kind = usize::from(is_weekend(on));
        let rest = ((came + 1.0) / (expected + 1.0)).ln() + slopes[kind] * outdoor;
        sums[kind].0 += rest * outdoor;
        sums[kind].1 += outdoor * outdoor;
    }
    let before = *slopes;
    for (slope, (product, square)) in slopes.iter_mut().zip(sums) {
        *slope = (product / (square + WEATHER_DAYS)).clamp(-MAX_WEATHER_SLOPE, MAX_WEATHER_SLOPE);
    }
    for row in rows.iter_mut() {
        let kind = usize::from(is_weekend(row.day.1));
        row.level *= ((slopes[kind] - before[kind]) * row.outdoor).exp();
    }
}
