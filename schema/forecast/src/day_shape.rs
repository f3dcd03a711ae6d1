//! How the admissions of a territory differ by day: weekdays, holidays and weather.

use chrono::{Datelike, NaiveDate};

use crate::{
    history::{Known, Map},
    level::Levels,
    ratio::Ratio,
    record::Territory,
};

/// Days that it takes to move a weekday half the way to its own mean.
const STRENGTH: f64 = 2.0;
/// Weekdays, and one more class for holidays.
const KINDS: usize = 8;
/// A holiday before any is known, against the mean day: as a Sunday usually is.
const USUAL: [f64; KINDS] = [0.6, 0.7, 0.75, 0.7, 1.1, 1.6, 1.4, 1.4];

/// Shares of the kinds of days, by territory; 1 for the mean day.
#[derive(Debug, Default)]
pub(crate) struct DayShape(Map<Territory, [f64; KINDS]>);

impl DayShape {
    pub(crate) fn fit(known: &Known<'_>, levels: &Levels) -> Self {
        let mut days: Map<(Territory, NaiveDate), f64> = Map::default();
        for (listing, admissions) in known.finished() {
            *days.entry((listing.territory, listing.on)).or_default() += f64::from(admissions);
        }
        let mut means: Map<Territory, Ratio> = Map::default();
        for ((territory, _), sum) in &days {
            means.entry(*territory).or_default().add(*sum, 1.0);
        }
        let mut kinds: Map<Territory, [Ratio; KINDS]> = Map::default();
        for ((territory, on), sum) in &days {
            let mean = means
                .get(territory)
                .and_then(|mean| mean.value())
                .unwrap_or(1.0)
                .max(1e-9);
            let weather = levels.weather_factor(known, *territory, *on);
            let kinds = kinds.entry(*territory).or_default();
            kinds[kind(known, *territory, *on)].add(sum / mean / weather, 1.0);
        }
        let shapes = kinds.into_iter().map(|(territory, ratios)| {
            let value = |kind: usize| {
                (STRENGTH * USUAL[kind] + ratios[kind].top) / (STRENGTH + ratios[kind].bottom)
            };
            (territory, std::array::from_fn(value))
        });
        Self(shapes.collect())
    }

    /// Expected admissions of a day over those of the mean day.
    pub(crate) fn share(
        &self,
        known: &Known<'_>,
        levels: &Levels,
        territory: Territory,
        on: NaiveDate,
    ) -> f64 {
        let kind = kind(known, territory, on);
        let share = self
            .0
            .get(&territory)
            .map_or(USUAL[kind], |shape| shape[kind]);
        share * levels.weather_factor(known, territory, on)
    }
}

fn kind(known: &Known<'_>, territory: Territory, on: NaiveDate) -> usize {
    // A Saturday or Sunday that is a holiday stays what it is.
    let weekday = on.weekday().num_days_from_monday() as usize;
    if weekday < 5 && known.is_holiday(territory, on) {
        7
    } else {
        weekday
    }
}
