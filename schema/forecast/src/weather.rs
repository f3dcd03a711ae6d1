//! How far the weather of a day invites people outdoors, from its temperature and rain.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    real::real,
    record::{Territory, Weather},
};

/// Days of a territory below which nobody knows what is usual there.
const MIN_DAYS: usize = 14;
/// Spreads below these are noise of the measurement: degrees, and logarithms of millimetres.
const MIN_SPREAD: (f64, f64) = (0.5, 0.1);
/// Beyond so many standard deviations a day says no more.
const MAX_OUTDOOR: f64 = 3.0;

/// What was measured or forecast in a territory on a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayWeather {
    /// The territory.
    pub territory: Territory,
    /// The day.
    pub on: NaiveDate,
    /// Its highest temperature in degrees Celsius.
    pub temperature: f64,
    /// Rain and snow in millimetres.
    pub precipitation: f64,
}

/// How far each day of each territory invites people outdoors: warmer than the season's straight line
/// through the given days, and drier than usual, in standard deviations of both. Territories with fewer
/// than 14 days are left out.
///
/// Whether that keeps people from the cinema or brings them, and how much, the forecaster learns.
#[must_use]
pub fn outdoor(days: &[DayWeather]) -> Vec<Weather> {
    let mut by_territory: BTreeMap<Territory, Vec<&DayWeather>> = BTreeMap::new();
    for day in days {
        by_territory.entry(day.territory).or_default().push(day);
    }
    by_territory.retain(|_, days| days.len() >= MIN_DAYS);
    by_territory
        .values()
        .flat_map(|days| of_territory(days))
        .collect()
}

fn of_territory(days: &[&DayWeather]) -> Vec<Weather> {
    let first = days.iter().map(|day| day.on).min().unwrap_or_default();
    let numbers: Vec<f64> = days
        .iter()
        .map(|day| real(day.on.signed_duration_since(first).num_days()))
        .collect();
    let temperatures: Vec<f64> = days.iter().map(|day| day.temperature).collect();
    let warmer = over_line(&numbers, &temperatures);
    let wet: Vec<f64> = days
        .iter()
        .map(|day| day.precipitation.max(0.0).ln_1p())
        .collect();
    let usual = mean(&wet);
    let wetter: Vec<f64> = wet.iter().map(|wet| wet - usual).collect();
    let warm_spread = spread(&warmer).max(MIN_SPREAD.0);
    let wet_spread = spread(&wetter).max(MIN_SPREAD.1);
    days.iter()
        .zip(warmer.iter().zip(&wetter))
        .map(|(day, (warmer, wetter))| Weather {
            territory: day.territory,
            on: day.on,
            outdoor: ((warmer / warm_spread - wetter / wet_spread) / std::f64::consts::SQRT_2)
                .clamp(-MAX_OUTDOOR, MAX_OUTDOOR),
        })
        .collect()
}

/// How far values lie over the straight line through all of them (least squares).
fn over_line(at: &[f64], values: &[f64]) -> Vec<f64> {
    let (middle, level) = (mean(at), mean(values));
    let (mut along, mut square) = (0.0, 0.0);
    for (at, value) in at.iter().zip(values) {
        along += (at - middle) * (value - level);
        square += (at - middle).powi(2);
    }
    let slope = if square > 0.0 { along / square } else { 0.0 };
    at.iter()
        .zip(values)
        .map(|(at, value)| value - level - slope * (at - middle))
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / real(values.len().max(1))
}

/// The standard deviation of values whose mean is 0.
fn spread(values: &[f64]) -> f64 {
    (values.iter().map(|value| value * value).sum::<f64>() / real(values.len().max(1))).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::territory;

    fn day(number: u64, temperature: f64, precipitation: f64) -> DayWeather {
        DayWeather {
            territory: territory(*b"GB"),
            on: NaiveDate::default() + chrono::Days::new(number),
            temperature,
            precipitation,
        }
    }

    /// A spring that warms by half a degree a day, with one hot and one wet day.
    #[test]
    fn days_that_are_warm_for_the_season_and_dry_invite_outdoors() {
        let mut days: Vec<DayWeather> = (0_u32..28)
            .map(|number| {
                let swing = if number % 2 == 0 { 1.0 } else { -1.0 };
                day(
                    u64::from(number),
                    8.0 + 0.5 * f64::from(number) + swing,
                    1.0,
                )
            })
            .collect();
        days[5].temperature += 8.0;
        days[20].precipitation = 25.0;
        let outdoor: Vec<f64> = super::outdoor(&days)
            .iter()
            .map(|one| one.outdoor)
            .collect();
        assert_eq!(outdoor.len(), 28);
        let most = outdoor.iter().copied().fold(f64::MIN, f64::max);
        let least = outdoor.iter().copied().fold(f64::MAX, f64::min);
        assert!(
            (outdoor[5] - most).abs() < 1e-9 && most > 1.5,
            "{outdoor:?}"
        );
        assert!(
            (outdoor[20] - least).abs() < 1e-9 && least < -1.5,
            "{outdoor:?}"
        );
        // The season itself is no weather: its first and last weeks are alike.
        let week = |days: &[f64]| days.iter().sum::<f64>() / 7.0;
        assert!((week(&outdoor[7..14]) - week(&outdoor[21..28])).abs() < 0.6);
    }

    #[test]
    fn a_territory_of_few_days_and_one_without_change_say_nothing() {
        let few: Vec<DayWeather> = (0..13).map(|number| day(number, 20.0, 0.0)).collect();
        assert_eq!(super::outdoor(&few), []);
        let same: Vec<DayWeather> = (0..14).map(|number| day(number, 20.0, 0.0)).collect();
        assert!(super::outdoor(&same).iter().all(|one| one.outdoor == 0.0));
    }
}
