//! What earlier forecasts and what came teach: the booking curve, the worth of a showtime's own
//! sales, the spread, and the ranks of what came.
//!
//! All of it is learnt from forecasts that were made before what they forecast was known, so a fit
//! that is too close to its own data does not make the intervals too narrow. The level of a showtime
//! is gamma with shape `k`, its sales are Poisson: after `x` sales by the time at which a share `c`
//! is usually sold, the rest is expected to be `μ (1 - c) (k + x) / (k + μ c)` (the booking curve of
//! revenue management, see Weatherford and Kimes, 2003; the update is that of the leader's policy).
//! Intervals are recalibrated by the ranks of what came (Gneiting, Balabdaoui and Raftery, 2007).

use crate::{
    distribution::Predictive,
    history::{Known, Map},
    past::{PastForecast, Phase},
    rank::Ranks,
    spread::fit_spread,
};

/// Hours to the start at which a class of lead begins.
const LEAD_HOURS: [f64; 12] = [
    6.0, 12.0, 24.0, 48.0, 72.0, 96.0, 120.0, 144.0, 168.0, 240.0, 336.0, 504.0,
];
/// Fewer forecasts than this say too little of a class.
const MIN_SAMPLES: usize = 150;
/// Candidates of the shape of levels; the last one ignores a showtime's own sales.
const SHAPES: [f64; 9] = [1.0, 2.0, 4.0, 7.0, 12.0, 25.0, 50.0, 150.0, 1e6];
/// Expectations above this are corrected by a slope of their own.
const HIGH_REST: f64 = 40.0;
/// Candidates of the power of presales.
const POWERS: [f64; 5] = [0.0, 0.2, 0.4, 0.7, 1.0];
/// Earlier forecasts of a class that are read at most, spread over all of them.
const MAX_SAMPLES: usize = 2_000;
/// Of these, how many the search for the best candidate reads.
const SEARCH_SAMPLES: usize = 500;
/// Expectations from which squared errors are weighed down, and the most that the variance can be of
/// their square.
const SPREAD_HALF_WEIGHT: f64 = 10.0;
const MAX_SQUARE: f64 = 4.0;

/// What was learnt of forecasts of one lead and phase.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lesson {
    /// Share of the admissions that is usually sold by then.
    pub(crate) sold_share: f64,
    /// Power of the presale of the work by which the level is multiplied.
    presale_power: f64,
    /// Shape of the levels: how many sales outweigh the level.
    shape: f64,
    /// Power to which the expected rest is raised: high ones are often too high.
    slope: f64,
    /// What it is then multiplied by.
    bias: f64,
    /// A further power of the part above [`HIGH_REST`].
    high_slope: f64,
    /// The variance of the rest is this times its mean, plus `square` times the square of its mean.
    linear: f64,
    square: f64,
}

/// Lessons by lead and phase, and ranks.
#[derive(Debug, Default)]
pub(crate) struct Calibration {
    lessons: Map<(usize, Option<Phase>), Lesson>,
    ranks: Map<(usize, usize), Ranks>,
}

/// Class of a lead, 0 for the shortest.
fn lead_class(hours: f64) -> usize {
    LEAD_HOURS.iter().filter(|edge| hours >= **edge).count()
}

/// Class of a size by the admissions that are expected: below 5, 15, 40, and more.
#[must_use]
pub fn size_class(expected: f64) -> usize {
    [5.0, 15.0, 40.0]
        .iter()
        .filter(|edge| expected >= **edge)
        .count()
}

impl Calibration {
    /// Learns from the earlier forecasts that were known at the origin.
    pub(crate) fn fit(known: &Known<'_>) -> Self {
        let mut classes: Map<(usize, Option<Phase>), Vec<&PastForecast>> = Map::default();
        let mut ranks: Map<(usize, usize), Ranks> = Map::default();
        for past in known.past() {
            let lead = lead_class(past.lead_hours);
            classes
                .entry((lead, Some(past.phase)))
                .or_default()
                .push(past);
            classes.entry((lead, None)).or_default().push(past);
            let size = size_class(past.predictive.floor + past.predictive.mean);
            ranks.entry((lead, size)).or_default().push(past.rank);
        }
        let lessons = classes
            .into_iter()
            .filter(|(_, samples)| samples.len() >= MIN_SAMPLES)
            .map(|((lead, phase), samples)| ((lead, phase), learn(lead, &samples)))
            .collect();
        ranks.values_mut().for_each(Ranks::sort);
        Self { lessons, ranks }
    }

    pub(crate) fn lesson(&self, lead_hours: f64, phase: Phase) -> Lesson {
        let lead = lead_class(lead_hours);
        let of = |phase| self.lessons.get(&(lead, phase)).copied();
        of(Some(phase))
            .or_else(|| of(None))
            .unwrap_or_else(|| prior(lead))
    }

    /// The levels at which to read the quantiles of a distribution, so that `levels` come true.
    pub(crate) fn recalibrate(
        &self,
        lead_hours: f64,
        predictive: &Predictive,
        levels: &[f64],
    ) -> Vec<f64> {
        let class = (
            lead_class(lead_hours),
            size_class(predictive.floor + predictive.mean),
        );
        match self.ranks.get(&class) {
            Some(ranks) => levels.iter().map(|level| ranks.quantile(*level)).collect(),
            None => levels.to_vec(),
        }
    }
}

/// Before anything is learnt: shares sold of a usual booking curve, and a wide spread.
fn prior(lead: usize) -> Lesson {
    const SHARES: [f64; 13] = [
        0.6, 0.5, 0.4, 0.25, 0.18, 0.14, 0.11, 0.09, 0.08, 0.06, 0.04, 0.03, 0.02,
    ];
    Lesson {
        sold_share: SHARES[lead],
        presale_power: 0.3,
        shape: 5.0,
        slope: 1.0,
        bias: 1.0,
        high_slope: 0.0,
        linear: 2.0,
        square: 0.25,
    }
}

impl Lesson {
    /// What is expected on top of what is sold.
    pub(crate) fn rest(&self, level: f64, presale: f64, sold: Option<u16>) -> f64 {
        let level = level * presale.powf(self.presale_power);
        sold.map_or(level, |sold| self.rest_of(level, f64::from(sold)))
    }

    fn rest_of(&self, level: f64, sold: f64) -> f64 {
        self.corrected(posterior(level, sold, self.sold_share, self.shape))
    }

    fn corrected(&self, rest: f64) -> f64 {
        let rest = self.bias * rest.powf(self.slope);
        let high = (rest / HIGH_REST).max(1.0).powf(self.high_slope);
        (rest * high).max(1e-3)
    }

    pub(crate) fn variance(&self, rest: f64) -> f64 {
        self.linear * rest + self.square * rest * rest
    }
}

/// An earlier forecast in the form that the search reads.
struct Sample {
    level: f64,
    sold: f64,
    room: f64,
    rest: f64,
}

fn learn(lead: usize, samples: &[&PastForecast]) -> Lesson {
    let counted: Vec<_> = samples
        .iter()
        .copied()
        .filter(|past| past.sold.is_some())
        .collect();
    if counted.len() < MIN_SAMPLES {
        return prior(lead);
    }
    let step = counted.len().div_ceil(MAX_SAMPLES);
    let counted: Vec<_> = counted.into_iter().step_by(step).collect();
    let sold: f64 = counted
        .iter()
        .filter_map(|past| past.sold)
        .map(f64::from)
        .sum();
    let came: f64 = counted.iter().map(|past| f64::from(past.admissions)).sum();
    let sold_share = (sold / came.max(1.0)).clamp(0.001, 0.95);
    let mut best = (f64::INFINITY, prior(lead));
    let step = counted.len().div_ceil(SEARCH_SAMPLES);
    for presale_power in POWERS {
        let read = counted.iter().step_by(step);
        let samples: Vec<Sample> = read.map(|past| Sample::of(past, presale_power)).collect();
        for shape in SHAPES {
            let loss = loss(&samples, sold_share, shape);
            if loss < best.0 {
                best = (
                    loss,
                    Lesson {
                        sold_share,
                        presale_power,
                        shape,
                        ..best.1
                    },
                );
            }
        }
    }
    let samples: Vec<Sample> = counted
        .iter()
        .map(|past| Sample::of(past, best.1.presale_power))
        .collect();
    let pairs: Vec<(f64, f64)> = samples
        .iter()
        .map(|sample| {
            (
                sample.rest,
                posterior(sample.level, sample.sold, sold_share, best.1.shape),
            )
        })
        .collect();
    let (bias, slope) = regression(&pairs);
    let mut lesson = Lesson {
        slope,
        bias,
        ..best.1
    };
    lesson.high_slope = high_slope(&lesson, &pairs);
    let errors = samples.iter().map(|sample| {
        let expected = lesson.rest_of(sample.level, sample.sold);
        (sample.rest, expected.min(sample.room).max(0.5))
    });
    (lesson.linear, lesson.square) = fit_spread(errors, SPREAD_HALF_WEIGHT, MAX_SQUARE);
    lesson
}

impl Sample {
    fn of(past: &PastForecast, presale_power: f64) -> Self {
        let sold = f64::from(past.sold.unwrap_or(0));
        Self {
            level: past.level * past.presale.powf(presale_power),
            sold,
            room: past.predictive.cap - sold,
            rest: f64::from(past.admissions) - sold,
        }
    }
}

/// Squared errors of the best multiple of the posterior, larger ones weighed down by the sales that
/// came, which do not depend on the candidate.
fn loss(samples: &[Sample], sold_share: f64, shape: f64) -> f64 {
    let (mut tops, mut bottoms, mut squares) = (0.0, 0.0, 0.0);
    for sample in samples {
        let expected = posterior(sample.level, sample.sold, sold_share, shape).min(sample.room);
        let weight = 1.0 / (sample.rest.max(0.0) + sample.level + 10.0);
        tops += weight * sample.rest * expected;
        bottoms += weight * expected * expected;
        squares += weight * sample.rest * sample.rest;
    }
    squares - tops * tops / bottoms.max(1e-9)
}

/// Mean of what is still to be sold, by the gamma posterior of the level.
fn posterior(level: f64, sold: f64, sold_share: f64, shape: f64) -> f64 {
    (level * (1.0 - sold_share) * (shape + sold) / (shape + level * sold_share)).max(1e-3)
}

/// Intercept and slope of what came against what was expected, both as logarithms: Cox, "Two further
/// applications of a model for binary regression", 1958, here for counts.
fn regression(pairs: &[(f64, f64)]) -> (f64, f64) {
    let (mut intercept, mut slope) = (0.0_f64, 1.0_f64);
    for _ in 0..8 {
        // A slope far from 1 needs much evidence.
        let (mut h00, mut h01, mut h11) = (1.0, 0.0, 50.0);
        let (mut g0, mut g1) = (-intercept, 50.0 * (1.0 - slope));
        for (rest, expected) in pairs {
            let x = expected.max(0.2).ln();
            let mean = (intercept + slope * x).clamp(-5.0, 8.0).exp();
            let weight = 1.0 / (2.0 + 0.2 * mean);
            g0 += weight * (rest - mean);
            g1 += weight * (rest - mean) * x;
            h00 += weight * mean;
            h01 += weight * mean * x;
            h11 += weight * mean * x * x;
        }
        let determinant = (h00 * h11 - h01 * h01).max(1e-9);
        intercept = (intercept + (g0 * h11 - g1 * h01) / determinant).clamp(-1.5, 1.5);
        slope = (slope + (g1 * h00 - g0 * h01) / determinant).clamp(0.5, 1.0);
    }
    (intercept.exp(), slope)
}

/// The power of what is above [`HIGH_REST`], by penalised Newton steps; mostly below 0, as high
/// expectations are too high.
fn high_slope(lesson: &Lesson, pairs: &[(f64, f64)]) -> f64 {
    let mut slope = 0.0_f64;
    for _ in 0..6 {
        let (mut score, mut information) = (-30.0 * slope, 30.0);
        for (rest, expected) in pairs {
            let corrected = lesson.corrected(*expected);
            let x = (corrected / HIGH_REST).max(1.0).ln();
            let mean = corrected * (slope * x).exp();
            let weight = 1.0 / (2.0 + 0.1 * mean);
            score += weight * (rest - mean) * x;
            information += weight * mean * x * x;
        }
        slope = (slope + score / information).clamp(-0.8, 0.2);
    }
    slope
}
