//! How good forecasts were.
//!
//! WAPE and MASE judge points (Hyndman and Koehler, "Another look at measures of forecast accuracy",
//! 2006), the pinball loss judges quantiles (Koenker and Bassett, 1978), the CRPS judges a whole
//! distribution (Gneiting and Raftery, 2007), and coverage judges intervals.

/// A forecast beside what came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// What was forecast: the median.
    pub point: f64,
    /// Quantiles at [`crate::QUANTILE_LEVELS`].
    pub quantiles: [f64; 7],
    /// What came.
    pub came: f64,
    /// The error of a repetition of what came a week before, if that is known.
    pub repeated: Option<f64>,
}

/// Sums over many forecasts.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Accuracy {
    count: u32,
    came: f64,
    absolute: f64,
    signed: f64,
    pinball: f64,
    within_80: f64,
    within_95: f64,
    scaled: (f64, f64),
}

impl Accuracy {
    /// Adds a forecast.
    pub fn add(&mut self, scored: &Scored) {
        let Scored {
            point,
            quantiles,
            came,
            repeated,
        } = scored;
        self.count += 1;
        self.came += came;
        self.absolute += (point - came).abs();
        self.signed += point - came;
        let losses = crate::QUANTILE_LEVELS.iter().zip(quantiles);
        self.pinball += losses
            .map(|(level, value)| pinball(*level, *value, *came))
            .sum::<f64>()
            / 7.0;
        self.within_80 += f64::from(u8::from((quantiles[1]..=quantiles[5]).contains(came)));
        self.within_95 += f64::from(u8::from((quantiles[0]..=quantiles[6]).contains(came)));
        if let Some(repeated) = repeated {
            self.scaled.0 += (point - came).abs();
            self.scaled.1 += repeated;
        }
    }

    /// How many forecasts were added.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    fn per_forecast(&self, sum: f64) -> f64 {
        sum / f64::from(self.count.max(1))
    }

    /// Weighted absolute percentage error: the sum of errors over the sum of what came.
    #[must_use]
    pub fn wape(&self) -> f64 {
        self.absolute / self.came.max(1.0)
    }

    /// The sum of signed errors over the sum of what came; positive if too much was forecast.
    #[must_use]
    pub fn bias(&self) -> f64 {
        self.signed / self.came.max(1.0)
    }

    /// Mean absolute scaled error: errors over those of repeating the week before; `None` without any.
    #[must_use]
    pub fn mase(&self) -> Option<f64> {
        (self.scaled.1 > 0.0).then(|| self.scaled.0 / self.scaled.1)
    }

    /// Mean pinball loss over all levels.
    #[must_use]
    pub fn pinball(&self) -> f64 {
        self.per_forecast(self.pinball)
    }

    /// Share of what came within the interval of 80 %.
    #[must_use]
    pub fn coverage_80(&self) -> f64 {
        self.per_forecast(self.within_80)
    }

    /// Share of what came within the interval of 95 %.
    #[must_use]
    pub fn coverage_95(&self) -> f64 {
        self.per_forecast(self.within_95)
    }
}

/// The pinball loss of the quantile `value` at `level`.
///
/// ```
/// assert_eq!(forecast::pinball(0.9, 10.0, 20.0), 9.0);
/// assert_eq!(forecast::pinball(0.9, 20.0, 10.0), 1.0);
/// ```
#[must_use]
pub fn pinball(level: f64, value: f64, came: f64) -> f64 {
    // Rounded, as levels are decimal fractions.
    let share = if came >= value {
        level
    } else {
        ((1.0 - level) * 1e12).round() / 1e12
    };
    share * (came - value).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_coverage_are_shares() {
        let mut accuracy = Accuracy::default();
        let quantiles = [1.0, 2.0, 5.0, 10.0, 15.0, 18.0, 20.0];
        for (came, repeated) in [(10.0, Some(4.0)), (19.0, Some(8.0)), (31.0, None)] {
            accuracy.add(&Scored {
                point: 10.0,
                quantiles,
                came,
                repeated,
            });
        }
        assert!((accuracy.wape() - 0.5).abs() < 1e-9);
        assert!((accuracy.bias() + 0.5).abs() < 1e-9);
        assert_eq!(accuracy.mase(), Some(9.0 / 12.0));
        assert!((accuracy.coverage_80() - 1.0 / 3.0).abs() < 1e-9);
        assert!((accuracy.coverage_95() - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(accuracy.count(), 3);
    }
}
