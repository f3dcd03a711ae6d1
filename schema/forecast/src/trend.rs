//! The weekly change of each work beside what is usual at its age, shrunk to works of the same
//! distributor and format: a random slope, by one weighted Newton step a round (Breslow and
//! Clayton, "Approximate Inference in Generalized Linear Mixed Models", 1993).

use chrono::NaiveDate;

use crate::{factor::FACTORS, history::Map, record::Territory};

/// How much more than a Poisson count admissions vary.
const DISPERSION: f64 = 10.0;
/// One over the variance of the slopes of groups, per week: 0.1 squared.
const GROUP_PRECISION: f64 = 100.0;
/// One over the variance of the slopes of works around their group: 0.15 squared.
const WORK_PRECISION: f64 = 45.0;
/// The greatest slope, per week.
const MAX_SLOPE: f64 = 0.5;
/// Weeks beyond which a slope is not followed.
const MAX_WEEKS: f64 = 2.0;

/// A finished showtime in the form that the fit reads.
pub(crate) struct Row {
    pub(crate) work: i32,
    pub(crate) group: (i32, u8),
    pub(crate) day: (Territory, NaiveDate),
    pub(crate) outdoor: f64,
    /// Weeks from the origin, negative.
    pub(crate) weeks: f64,
    pub(crate) admissions: f64,
    pub(crate) level: f64,
    pub(crate) slow_weight: f64,
    pub(crate) quick_weight: f64,
    pub(crate) places: [u32; FACTORS],
}

/// Slopes of works and of groups, per week.
#[derive(Debug, Default)]
pub(crate) struct Trends {
    groups: Map<(i32, u8), f64>,
    works: Map<i32, f64>,
}

impl Trends {
    /// Moves all slopes by one step, and the levels with them.
    pub(crate) fn fit(&mut self, rows: &mut [Row]) {
        let group_moves = step(rows, |row| row.group, &self.groups, GROUP_PRECISION);
        apply(rows, |row| row.group, &group_moves, &mut self.groups);
        let work_moves = step(rows, |row| row.work, &self.works, WORK_PRECISION);
        apply(rows, |row| row.work, &work_moves, &mut self.works);
    }

    /// The factor of a work so many weeks from the origin.
    pub(crate) fn factor(&self, work: i32, group: (i32, u8), weeks: f64) -> f64 {
        let slope = self.groups.get(&group).copied().unwrap_or(0.0)
            + self.works.get(&work).copied().unwrap_or(0.0);
        (slope * weeks.min(MAX_WEEKS)).exp()
    }

    pub(crate) fn knows(&self, work: i32) -> bool {
        self.works.contains_key(&work)
    }
}

fn step<K: Ord>(
    rows: &[Row],
    key: impl Fn(&Row) -> K,
    slopes: &Map<K, f64>,
    precision: f64,
) -> Map<K, f64> {
    let mut sums: Map<K, (f64, f64)> = Map::default();
    for row in rows {
        let weight = row.slow_weight / DISPERSION;
        let entry = sums.entry(key(row)).or_default();
        entry.0 += weight * (row.admissions - row.level) * row.weeks;
        entry.1 += weight * row.level * row.weeks * row.weeks;
    }
    sums.into_iter()
        .map(|(key, (score, information))| {
            let slope = slopes.get(&key).copied().unwrap_or(0.0);
            let step = (score - precision * slope) / (information + precision);
            let next = (slope + step).clamp(-MAX_SLOPE, MAX_SLOPE);
            (key, next - slope)
        })
        .collect()
}

fn apply<K: Ord + Copy>(
    rows: &mut [Row],
    key: impl Fn(&Row) -> K,
    moves: &Map<K, f64>,
    slopes: &mut Map<K, f64>,
) {
    for (key, step) in moves {
        *slopes.entry(*key).or_default() += step;
    }
    for row in rows {
        if let Some(step) = moves.get(&key(row)) {
            row.level *= (step * row.weeks).exp();
        }
    }
}
