//! What earlier forecasts of totals teach: their bias and their spread.
//!
//! The variance of what is still to come is a multiple of its mean, for the showtimes' own chances, plus
//! a multiple of its square, for the chances that they share (the quasi-likelihood of a negative
//! binomial count). Both are read from earlier errors of the same number of days ahead.

use crate::{
    distribution::{Predictive, normal_quantile, normal_share},
    history::{Known, Map},
    past::{PastTotal, Phase},
    rank::Ranks,
    spread::fit_spread,
};

/// Fewer forecasts than this say too little of a class.
const MIN_SAMPLES: usize = 60;

/// How much wider intervals are than earlier errors say.
const WIDENING: f64 = 1.08;
/// No correction multiplies or divides a total by more.
const MAX_CORRECTION: f64 = 2.5;
/// Expectations from which squared errors are weighed down, and the most that the variance can be of
/// their square.
const SPREAD_HALF_WEIGHT: f64 = 50.0;
const MAX_SQUARE: f64 = 2.0;
/// Candidates of the sales that outweigh what was expected; the last one ignores them.
const STRENGTHS: [f64; 8] = [10.0, 30.0, 60.0, 120.0, 250.0, 600.0, 2_000.0, 1e9];

#[derive(Debug, Clone, Copy)]
struct Lesson {
    /// Share of the admissions that is usually sold by then.
    sold_share: f64,
    /// Sales that outweigh what was expected: showtimes of a work share their surprises, so their sum
    /// says more than each of them.
    strength: f64,
    bias: f64,
    linear: f64,
    square: f64,
}

const PRIOR: Lesson = Lesson {
    sold_share: 0.0,
    strength: 1e9,
    bias: 1.0,
    linear: 5.0,
    square: 0.06,
};

/// Biases and spreads by days ahead and phase, and ranks.
#[derive(Debug, Default)]
pub(crate) struct TotalCalibration {
    lessons: Map<(usize, Phase), Lesson>,
    ranks: Map<RankClass, Ranks>,
}

/// Days ahead in three classes, phase, and size in three classes.
type RankClass = (usize, Phase, usize);

/// Class of days ahead: 1, 2, 3, 4 to 5, 6 to 7, 8 to 10, and more.
fn class(days: i64) -> usize {
    [2, 3, 4, 6, 8, 11]
        .iter()
        .filter(|edge| days >= **edge)
        .count()
}

/// A level of a quantile, farther from the median. The errors of a work are correlated over days, so
/// earlier errors of few works understate those of others.
fn widened(level: f64) -> f64 {
    normal_share(WIDENING * normal_quantile(level))
}

fn rank_class(days: i64, phase: Phase, expected: f64) -> RankClass {
    let far = [4, 8].iter().filter(|edge| days >= **edge).count();
    let size = [20.0, 80.0]
        .iter()
        .filter(|edge| expected >= **edge)
        .count();
    (far, phase, size)
}

impl TotalCalibration {
    pub(crate) fn fit(known: &Known<'_>) -> Self {
        let mut classes: Map<(usize, Phase), Vec<&PastTotal>> = Map::default();
        let mut ranks: Map<RankClass, Ranks> = Map::default();
        for past in known.past_totals() {
            let class = (class(past.days), past.phase);
            classes.entry(class).or_default().push(past);
            let class = rank_class(past.days, past.phase, past.expected);
            ranks.entry(class).or_default().push(past.rank);
        }
        ranks.values_mut().for_each(Ranks::sort);
        let enough = classes
            .into_iter()
            .filter(|(_, samples)| samples.len() >= MIN_SAMPLES);
        Self {
            lessons: enough
                .map(|(class, samples)| (class, learn(&samples)))
                .collect(),
            ranks,
        }
    }

    pub(crate) fn predictive(
        &self,
        days: i64,
        phase: Phase,
        sold: u32,
        expected: f64,
    ) -> Predictive {
        let lesson = self
            .lessons
            .get(&(class(days), phase))
            .copied()
            .unwrap_or(PRIOR);
        let floor = f64::from(sold);
        let mean = lesson.bias * lesson.rest(floor, expected);
        Predictive {
            floor,
            mean,
            variance: lesson.linear * mean + lesson.square * mean * mean,
            cap: f64::MAX,
        }
    }

    pub(crate) fn recalibrate(
        &self,
        days: i64,
        phase: Phase,
        expected: f64,
        levels: &[f64],
    ) -> Vec<f64> {
        match self.ranks.get(&rank_class(days, phase, expected)) {
            Some(ranks) => levels
                .iter()
                .map(|level| widened(ranks.quantile(*level)))
                .collect(),
            None => levels.to_vec(),
        }
    }
}

impl Lesson {
    /// What is expected on top of what is sold: the gamma-Poisson update of [`crate::calibration`].
    fn rest(&self, sold: f64, expected: f64) -> f64 {
        let update = (self.strength + sold) / (self.strength + expected * self.sold_share);
        let update = update.clamp(1.0 / MAX_CORRECTION, MAX_CORRECTION);
        ((expected - sold) * update).max(0.02 * expected).max(0.1)
    }
}

fn learn(samples: &[&PastTotal]) -> Lesson {
    let sold: f64 = samples.iter().map(|past| f64::from(past.sold)).sum();
    let came: f64 = samples.iter().map(|past| f64::from(past.admissions)).sum();
    let sold_share = (sold / came.max(1.0)).clamp(0.0, 0.95);
    let mut best = (f64::INFINITY, PRIOR);
    for strength in STRENGTHS {
        let mut lesson = Lesson {
            sold_share,
            strength,
            ..PRIOR
        };
        lesson.bias = bias(&lesson, samples);
        let losses = samples.iter().map(|past| {
            let (rest, mean) = rests(&lesson, past);
            (rest - mean).powi(2) / (past.expected + 20.0)
        });
        let loss = losses.sum();
        if loss < best.0 {
            best = (loss, lesson);
        }
    }
    let mut lesson = best.1;
    let errors = samples.iter().map(|past| rests(&lesson, past));
    (lesson.linear, lesson.square) = fit_spread(errors, SPREAD_HALF_WEIGHT, MAX_SQUARE);
    lesson
}

/// What came on top of what was sold, and what was expected to.
fn rests(lesson: &Lesson, past: &PastTotal) -> (f64, f64) {
    let sold = f64::from(past.sold);
    (
        f64::from(past.admissions) - sold,
        lesson.bias * lesson.rest(sold, past.expected),
    )
}

fn bias(lesson: &Lesson, samples: &[&PastTotal]) -> f64 {
    let (mut came, mut expected) = (50.0, 50.0);
    for past in samples {
        let (rest, mean) = rests(lesson, past);
        // Large totals vary by their square: weigh them down.
        let weight = 1.0 / (1.0 + past.expected / 50.0);
        came += weight * rest;
        expected += weight * mean;
    }
    (came / expected).clamp(1.0 / MAX_CORRECTION, MAX_CORRECTION)
}
