//! Causes of anomalies: faults of data, which one source has, and events of the market.

/// Why a value is anomalous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The codes of seats mean something else: all seats read as sold, or all as free.
    SeatCodes,
    /// Seats are no longer seen at the start of showtimes.
    Coverage,
    /// Prices are in another unit or currency.
    PriceScale,
    /// Each showtime is listed twice.
    DoubleListing,
    /// Showtimes are listed, and nothing is sold any more.
    Frozen,
    /// No showtime is listed any more.
    Silent,
    /// One source deviates from all others, for a reason that the figures do not show.
    OneSource,
    /// One work deviates at many sources.
    WorkEvent,
    /// Many sources deviate together, with many works.
    MarketEvent,
    /// The figures do not show.
    Unknown,
}

impl Cause {
    /// All causes.
    pub const ALL: [Self; 10] = [
        Self::SeatCodes,
        Self::Coverage,
        Self::PriceScale,
        Self::DoubleListing,
        Self::Frozen,
        Self::Silent,
        Self::OneSource,
        Self::WorkEvent,
        Self::MarketEvent,
        Self::Unknown,
    ];

    /// Returns its name in the database.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::SeatCodes => "seat_codes",
            Self::Coverage => "coverage",
            Self::PriceScale => "price_scale",
            Self::DoubleListing => "double_listing",
            Self::Frozen => "frozen",
            Self::Silent => "silent",
            Self::OneSource => "one_source",
            Self::WorkEvent => "work_event",
            Self::MarketEvent => "market_event",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the cause of a name in the database.
    #[must_use]
    pub fn parse(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.label() == label)
    }

    /// Says whether the data are wrong, as far as the figures show.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        match self {
            Self::SeatCodes
            | Self::Coverage
            | Self::PriceScale
            | Self::DoubleListing
            | Self::Frozen
            | Self::Silent
            | Self::OneSource => true,
            Self::WorkEvent | Self::MarketEvent | Self::Unknown => false,
        }
    }

    /// Says whether the cause says what deviates; the metrics that show it are then of one fault.
    pub(crate) const fn names_metric(self) -> bool {
        !matches!(self, Self::OneSource | Self::MarketEvent | Self::Unknown)
    }

    /// Says whether the market did it, as far as the figures show.
    #[must_use]
    pub const fn is_market(self) -> bool {
        matches!(self, Self::WorkEvent | Self::MarketEvent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_a_fault_or_of_the_market_or_unknown() {
        for cause in Cause::ALL {
            assert_eq!(Cause::parse(cause.label()), Some(cause));
            assert!(!(cause.is_fault() && cause.is_market()));
        }
    }
}
