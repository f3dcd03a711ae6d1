//! Ranks of what came within what was forecast, by which later intervals are widened or narrowed.

use crate::real::real;

/// How many ranks of a perfect forecast are mixed in, so that few ranks change little.
const PRIOR_RANKS: f64 = 100.0;
/// Ranks that are kept at most.
const MAX_RANKS: usize = 20_000;

/// Ranks of one class, between 0 and 1.
#[derive(Debug, Default)]
pub(crate) struct Ranks(Vec<f64>);

impl Ranks {
    pub(crate) fn push(&mut self, rank: f64) {
        if self.0.len() < MAX_RANKS {
            self.0.push(rank);
        }
    }

    pub(crate) fn sort(&mut self) {
        self.0.sort_by(f64::total_cmp);
    }

    /// The rank below which a share `level` of what came fell; `level` itself without any ranks.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(crate) fn quantile(&self, level: f64) -> f64 {
        if self.0.is_empty() {
            return level;
        }
        let count = real(self.0.len());
        let place = (level * count - 0.5).clamp(0.0, count - 1.0);
        let (low, part) = (place.floor() as usize, place.fract());
        let next = self.0[(low + 1).min(self.0.len() - 1)];
        let observed = self.0[low] * (1.0 - part) + next * part;
        let weight = count / (count + PRIOR_RANKS);
        (level + weight * (observed - level)).clamp(0.0005, 0.9995)
    }
}
