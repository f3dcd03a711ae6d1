//! What is measured of a subject each day.

/// A measure of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Tickets of the showtimes that start on the day.
    Admissions,
    /// Tickets that were sold on the day, for whatever day.
    Sold,
    /// Showtimes that start on the day.
    Showtimes,
    /// Price of a ticket, in the currency of the source.
    Price,
    /// Showtimes whose seats were seen at their start, as a share of those listed.
    Coverage,
    /// Admissions as a share of seats. It is not tested; it distinguishes causes.
    Occupancy,
}

/// How a metric is compared with what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// A count: a negative binomial tail.
    Count,
    /// A positive number: the relative distance from the median of the weekday.
    Relative,
    /// A share of one: the distance from the median of the weekday.
    Share,
}

impl Metric {
    /// All metrics.
    pub const ALL: [Self; 6] = [
        Self::Admissions,
        Self::Sold,
        Self::Showtimes,
        Self::Price,
        Self::Coverage,
        Self::Occupancy,
    ];

    /// Returns its name in the database.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Admissions => "admissions",
            Self::Sold => "sold",
            Self::Showtimes => "showtimes",
            Self::Price => "price",
            Self::Coverage => "coverage",
            Self::Occupancy => "occupancy",
        }
    }

    /// Returns the metric of a name in the database.
    #[must_use]
    pub fn parse(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.label() == label)
    }

    /// Returns how it is compared.
    pub(crate) const fn scale(self) -> Scale {
        match self {
            Self::Admissions | Self::Sold | Self::Showtimes => Scale::Count,
            Self::Price => Scale::Relative,
            Self::Coverage | Self::Occupancy => Scale::Share,
        }
    }

    /// Says whether it counts things, so that parts add up.
    pub(crate) const fn is_count(self) -> bool {
        matches!(self.scale(), Scale::Count)
    }

    /// Returns the smallest deviation that is worth a report: relative, for a share absolute.
    ///
    /// With enough data every deviation is significant; below this nobody would act.
    pub(crate) const fn min_effect(self) -> f64 {
        match self {
            Self::Admissions | Self::Sold | Self::Showtimes => 0.25,
            Self::Price | Self::Coverage | Self::Occupancy => 0.10,
        }
    }

    /// Returns the smallest standard deviation that is believed, in the same unit.
    pub(crate) const fn min_deviation(self) -> f64 {
        match self {
            Self::Admissions | Self::Sold | Self::Showtimes => 0.0,
            Self::Price | Self::Coverage | Self::Occupancy => 0.01,
        }
    }

    /// Returns the deviation of a value from what is expected: relative, for a share absolute.
    pub(crate) fn effect(self, observed: f64, expected: f64) -> f64 {
        match self.scale() {
            Scale::Count | Scale::Relative => observed / expected.max(1e-9) - 1.0,
            Scale::Share => observed - expected,
        }
    }

    /// Writes a value as a person reads it.
    pub(crate) fn write(self, value: f64) -> String {
        match self.scale() {
            Scale::Count => format!("{value:.0}"),
            Scale::Relative => format!("{value:.2}"),
            Scale::Share => format!("{:.0} %", value * 100.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_back() {
        for metric in Metric::ALL {
            assert_eq!(Metric::parse(metric.label()), Some(metric));
        }
        assert_eq!(Metric::parse("mood"), None);
    }
}
