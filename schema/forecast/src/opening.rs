//! What new works usually draw in a territory, by the day of their run.

use chrono::NaiveDate;

use crate::{
    day_shape::DayShape,
    history::{Known, Map},
    level::Levels,
    ratio::Ratio,
    record::Territory,
};

/// The last day of a run whose mean is learnt.
const MAX_DAYS: i64 = 13;

/// Mean totals of works by territory and day of their run, on a mean day of the week.
#[derive(Debug, Default)]
pub(crate) struct UsualRun(Map<(Territory, i64), Ratio>);

impl UsualRun {
    pub(crate) fn fit(known: &Known<'_>, levels: &Levels, shape: &DayShape) -> Self {
        let mut days: Map<(i32, Territory, NaiveDate), (f64, Option<NaiveDate>)> = Map::default();
        for (listing, admissions) in known.finished() {
            let key = (listing.work, listing.territory, listing.on);
            days.entry(key).or_insert((0.0, listing.released_on)).0 += f64::from(admissions);
        }
        let mut runs: Map<(Territory, i64), Ratio> = Map::default();
        for ((_, territory, on), (sum, released_on)) in days {
            if let Some(age) = age(on, released_on) {
                let usual = shape.share(known, levels, territory, on).max(0.05);
                runs.entry((territory, age))
                    .or_default()
                    .add(sum / usual, 1.0);
            }
        }
        Self(runs)
    }

    /// The mean total on a mean day of the week; `None` if the release is not known or no run was seen.
    pub(crate) fn total(
        &self,
        territory: Territory,
        on: NaiveDate,
        released_on: Option<NaiveDate>,
    ) -> Option<f64> {
        self.0.get(&(territory, age(on, released_on)?))?.value()
    }
}

fn age(on: NaiveDate, released_on: Option<NaiveDate>) -> Option<i64> {
    let days = on.signed_duration_since(released_on?).num_days();
    (0..=MAX_DAYS).contains(&days).then_some(days)
}
