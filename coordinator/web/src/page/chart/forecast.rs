//! What is expected of the days to come, and how sure that is.

use std::fmt::Write as _;

use chrono::NaiveDate;

use crate::page::format::rounded;

/// The bands from the widest to the narrowest: class, lower and upper quantile.
pub(super) const BANDS: [(&str, f64, f64); 3] = [
    ("band95", 0.025, 0.975),
    ("band80", 0.1, 0.9),
    ("band50", 0.25, 0.75),
];

/// A forecast by business day.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The day on which it was made: only what was known then was read.
    pub origin: NaiveDate,
    /// The days that it is about, in order.
    pub days: Vec<ForecastDay>,
}

impl Forecast {
    /// The sum of the medians of its days.
    #[must_use]
    pub fn expected(&self) -> f64 {
        let medians = self.days.iter().filter_map(|day| day.quantile(0.5));
        medians.sum()
    }
}

/// The forecast of a business day.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastDay {
    /// The day.
    pub business_on: NaiveDate,
    /// Probabilities from 0 to 1, in order, each with the value that is not exceeded with it.
    pub quantiles: Vec<(f64, f64)>,
}

impl ForecastDay {
    /// The value that is not exceeded with a probability; between two that are given it is on the
    /// line between them, and beyond all it is none.
    #[must_use]
    pub fn quantile(&self, probability: f64) -> Option<f64> {
        let is_near = |one: f64| (one - probability).abs() < 1e-6;
        if let Some((_, value)) = self.quantiles.iter().find(|(known, _)| is_near(*known)) {
            return Some(*value);
        }
        self.quantiles.windows(2).find_map(|pair| {
            let [(low, from), (high, to)] = pair else {
                return None;
            };
            let is_within = *low < probability && probability < *high;
            is_within.then(|| from + (to - from) * (probability - low) / (high - low))
        })
    }
}

/// Says in words what is expected of a day.
pub(super) fn sentence(day: &ForecastDay) -> String {
    let mut text = day.business_on.format("%a %-d %b %Y").to_string();
    if let Some(median) = day.quantile(0.5) {
        write!(text, ": {} expected", rounded(median)).ok();
    }
    for (share, (_, low, high)) in [("95 %", BANDS[0]), ("80 %", BANDS[1]), ("50 %", BANDS[2])] {
        if let (Some(low), Some(high)) = (day.quantile(low), day.quantile(high)) {
            write!(
                text,
                "; {share} between {} and {}",
                rounded(low),
                rounded(high)
            )
            .ok();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_between_two_that_are_given_are_on_the_line_between_them() {
        let of = ForecastDay {
            business_on: NaiveDate::from_ymd_opt(2026, 12, 1).unwrap(),
            quantiles: vec![(0.1, 10.0), (0.5, 50.0), (0.9, 70.0)],
        };
        assert_eq!(of.quantile(0.5), Some(50.0));
        assert!((of.quantile(0.25).unwrap() - 25.0).abs() < 1e-9);
        assert_eq!((of.quantile(0.025), of.quantile(0.975)), (None, None));
        assert_eq!(
            sentence(&of),
            "Tue 1 Dec 2026: 50 expected; 80 % between 10 and 70; 50 % between 25 and 63"
        );
    }
}
