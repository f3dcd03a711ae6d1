//! Baselines for works by territory and day, the same four as for showtimes.

use chrono::{Datelike, NaiveDate, TimeDelta};

use crate::{
    baseline::Ratio,
    history::{Known, Map},
    record::Territory,
    work_day::WorkDayForecast,
};

/// Sales that move a total half the way.
const STRENGTH: f64 = 8.0;

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
    pickup: Map<(i64, u32), (f64, f64, f64)>,
    curve: Map<i64, Ratio>,
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
        let mut pickup: Map<(i64, u32), (f64, f64, f64)> = Map::default();
        let mut curve: Map<i64, Ratio> = Map::default();
        for past in known.past_totals() {
            let (sold, came) = (f64::from(past.sold), f64::from(past.admissions));
            let sums = pickup
                .entry((past.days, past.on.weekday().num_days_from_monday()))
                .or_default();
            *sums = (sums.0 + sold, sums.1 + came, sums.2 + 1.0);
            curve.entry(past.days).or_default().add(sold, came);
        }
        let decay = decay.value().unwrap_or(1.0);
        Self {
            known,
            days,
            decay,
            openings,
            released_on,
            pickup,
            curve,
        }
    }

    /// What each of [`crate::BASELINES`] forecasts for the same target.
    #[must_use]
    pub fn forecast(&self, target: &WorkDayForecast) -> [f64; 4] {
        let sold = f64::from(target.sold);
        let level = self.level(target);
        let share = self
            .curve
            .get(&target.days)
            .and_then(|ratio| ratio.value())
            .unwrap_or(0.0)
            .min(1.0);
        let own = level * (STRENGTH + sold) / (STRENGTH + level * share);
        let weekday = target.on.weekday().num_days_from_monday();
        let (additive, multiplicative) = match self.pickup.get(&(target.days, weekday)) {
            Some((before, came, count)) => (
                sold + ((came - before) / count).max(0.0),
                if *before > 0.0 {
                    sold * came / before
                } else {
                    level
                },
            ),
            None => (level, level),
        };
        [
            self.last_week(target).unwrap_or(level),
            sold + own * (1.0 - share),
            additive,
            multiplicative,
        ]
    }

    fn last_week(&self, target: &WorkDayForecast) -> Option<f64> {
        let weeks = (target.days - 1) / 7 + 1;
        let on = target.on - TimeDelta::days(7 * weeks);
        let before = self.days.get(&(target.work, target.territory, on));
        #[allow(clippy::cast_precision_loss)]
        before
            .map(|before| before * self.decay.powf(weeks as f64))
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
