//! Baselines for works by territory and day, the same four as for showtimes.

use chrono::{NaiveDate, TimeDelta};

use crate::{
    history::{Known, Map},
    pickup::Pickup,
    ratio::Ratio,
    real::real,
    record::Territory,
    work_day::WorkDayForecast,
};

type Key = (i32, Territory, NaiveDate);

/// Baselines of totals at one origin.
#[derive(Debug)]
pub struct TotalBaselines<'a> {
    known: &'a Known<'a>,
    days: Map<Key, f64>,
    decay: f64,
    /// Mean totals of works by territory and day of their run, for works without a last week.
    openings: Map<(Territory, i64), Ratio>,
    released_on: Map<i32, NaiveDate>,
    pickup: Pickup,
}

impl<'a> TotalBaselines<'a> {
    /// Learns from what was known at the origin.
    #[must_use]
    pub fn fit(known: &'a Known<'a>) -> Self {
        let mut days: Map<Key, f64> = Map::default();
        let mut released_on = Map::default();
        for (listing, admissions) in known
            .finished()
            .filter(|(listing, _)| listing.on < known.origin().on)
        {
            *days
                .entry((listing.work, listing.territory, listing.on))
                .or_default() += f64::from(admissions);
        }
        for row in known.showtimes() {
            let first = row.listing.released_on.unwrap_or(row.listing.on);
            released_on.insert(row.listing.work, first);
        }
        let (mut decay, mut openings) = (Ratio::default(), Map::default());
        for ((work, territory, on), now) in &days {
            if let Some(before) = days.get(&(*work, *territory, *on - TimeDelta::days(7))) {
                decay.add(*now, *before);
            }
            let age = on.signed_duration_since(released_on[work]).num_days();
            let ratio: &mut Ratio = openings.entry((*territory, age)).or_default();
            ratio.add(*now, 1.0);
        }
        let mut pickup = Pickup::default();
        for past in known.past_totals() {
            let (sold, came) = (f64::from(past.sold), f64::from(past.admissions));
            pickup.add(past.days, past.on, sold, came);
        }
        let decay = decay.value().unwrap_or(1.0);
        Self {
            known,
            days,
            decay,
            openings,
            released_on,
            pickup,
        }
    }

    /// What each of [`crate::BASELINES`] forecasts for the same target.
    #[must_use]
    pub fn forecast(&self, target: &WorkDayForecast) -> [f64; 4] {
        let sold = f64::from(target.sold);
        let level = self.level(target);
        let [level_curve, additive, multiplicative] =
            self.pickup.forecast(target.days, target.on, sold, level);
        let last_week = self.last_week(target).unwrap_or(level);
        [last_week, level_curve, additive, multiplicative]
    }

    fn last_week(&self, target: &WorkDayForecast) -> Option<f64> {
        let weeks = (target.days - 1) / 7 + 1;
        let on = target.on - TimeDelta::days(7 * weeks);
        let before = self.days.get(&(target.work, target.territory, on));
        before
            .map(|before| before * self.decay.powf(real(weeks)))
            .or_else(|| self.opening(target))
    }

    /// The mean day of the last week.
    fn level(&self, target: &WorkDayForecast) -> f64 {
        let last = self.known.origin().on;
        let days = (1..=7).filter_map(|day| {
            self.days
                .get(&(target.work, target.territory, last - TimeDelta::days(day)))
        });
        let (sum, count) = days.fold((0.0, 0.0), |(sum, count), day| (sum + day, count + 1.0));
        if count > 0.0 {
            sum / count
        } else {
            self.opening(target).unwrap_or(1.0)
        }
    }

    fn opening(&self, target: &WorkDayForecast) -> Option<f64> {
        let age = target
            .on
            .signed_duration_since(*self.released_on.get(&target.work)?)
            .num_days();
        self.openings.get(&(target.territory, age))?.value()
    }
}
