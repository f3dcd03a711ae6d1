//! The weekly decay of what a work draws in a territory, all of its showtimes together.
//!
//! Only days that are seven days apart and both after the release are compared, so a midweek
//! opening does not pass for growth. The ratio of a work is shrunk to that of its distributor and
//! format, and that to its territory, by the admissions that it takes to outweigh them
//! (Bühlmann's credibility). Holidays and weather are taken out of both days first.

use chrono::{NaiveDate, TimeDelta};

use crate::{
    day_shape::DayShape,
    history::{Known, Map},
    level::Levels,
    ratio::Ratio,
    record::Territory,
};

/// A normal second weekend, before anything is known.
const USUAL: f64 = 0.65;
/// Admissions of the earlier week that outweigh the broader ratio.
const STRENGTH: f64 = 400.0;
/// Days back to which pairs are read for a single work.
const WORK_DAYS: i64 = 10;
/// The last week of a run with a ratio of its own; later weeks have the same.
const MAX_WEEK: i64 = 3;

/// A work in a territory, shown in a format.
pub(crate) type Run = (i32, Territory, u8);

/// Ratios of a week to the one before.
#[derive(Debug, Default)]
pub(crate) struct Decay {
    all: Map<i64, Ratio>,
    territories: Map<(Territory, i64), Ratio>,
    groups: Map<(i32, u8, i64), Ratio>,
    works: Map<Run, Ratio>,
}

impl Decay {
    pub(crate) fn fit(known: &Known<'_>, levels: &Levels, shape: &DayShape) -> Self {
        let mut days: Map<(Run, NaiveDate), (f64, i32, Option<NaiveDate>)> = Map::default();
        for (listing, admissions) in known.finished() {
            let run = (listing.work, listing.territory, listing.format);
            let day = days.entry((run, listing.on)).or_insert((
                0.0,
                listing.distributor,
                listing.released_on,
            ));
            day.0 += f64::from(admissions);
        }
        let mut decay = Self::default();
        let recent = known.origin().on - TimeDelta::days(WORK_DAYS);
        for ((run, on), (now, distributor, released_on)) in &days {
            let earlier = *on - TimeDelta::days(7);
            let Some((before, _, _)) = days.get(&(*run, earlier)) else {
                continue;
            };
            if released_on.is_some_and(|released_on| earlier < released_on) {
                continue;
            }
            let usual = |on| shape.share(known, levels, run.1, on).max(0.05);
            let (now, before) = (now / usual(*on), before / usual(earlier));
            let week = week(*on, *released_on);
            decay.all.entry(week).or_default().add(now, before);
            decay
                .territories
                .entry((run.1, week))
                .or_default()
                .add(now, before);
            decay
                .groups
                .entry((*distributor, run.2, week))
                .or_default()
                .add(now, before);
            if *on >= recent {
                decay.works.entry(*run).or_default().add(now, before);
            }
        }
        decay
    }

    /// The factor of a run over `weeks` that end on a day.
    pub(crate) fn factor(
        &self,
        run: Run,
        distributor: i32,
        released_on: Option<NaiveDate>,
        on: NaiveDate,
        weeks: f64,
    ) -> f64 {
        self.ratio(run, distributor, week(on, released_on))
            .powf(weeks)
    }

    fn ratio(&self, run: Run, distributor: i32, week: i64) -> f64 {
        let shrink = |ratio: Option<&Ratio>, broader: f64| match ratio {
            Some(ratio) => (STRENGTH * broader + ratio.top) / (STRENGTH + ratio.bottom),
            None => broader,
        };
        let all = shrink(self.all.get(&week), USUAL);
        let territory = shrink(self.territories.get(&(run.1, week)), all);
        let group = shrink(self.groups.get(&(distributor, run.2, week)), territory);
        shrink(self.works.get(&run), group).clamp(0.2, 1.3)
    }
}

fn week(on: NaiveDate, released_on: Option<NaiveDate>) -> i64 {
    released_on.map_or(MAX_WEEK, |released_on| {
        (on.signed_duration_since(released_on).num_days() / 7).clamp(1, MAX_WEEK)
    })
}
