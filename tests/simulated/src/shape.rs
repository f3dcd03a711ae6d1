//! The seven shapes of chains, and the facts of each.

use serde::Serialize;

/// The shape in which a chain answers; one shipped definition reads each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// JSON by areas, rows and seats, with numeric status and sofa groups.
    Bhd,
    /// JSON as a two-dimensional array with `[]` gaps, every number a string.
    Major,
    /// JSON as a matrix of integers, labels derived from three flags.
    Cds,
    /// GraphQL over POST; three fields together decide the status.
    Amc,
    /// HTML buttons with attributes, positions in pixels.
    Megabox,
    /// HTML divs whose classes are the status; the row label is a sibling.
    CgvKr,
    /// HTML anchors with a price each; a class marks the sold ones.
    CgvId,
}

/// A town in which a chain has cinemas.
#[derive(Debug)]
pub struct Town {
    /// Display name.
    pub name: &'static str,
    /// IANA time zone.
    pub timezone: &'static str,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

const fn town(name: &'static str, timezone: &'static str, latitude: f64, longitude: f64) -> Town {
    Town {
        name,
        timezone,
        latitude,
        longitude,
    }
}

const VIETNAM: &[Town] = &[
    town("Hà Nội", "Asia/Ho_Chi_Minh", 21.03, 105.85),
    town("Hồ Chí Minh", "Asia/Ho_Chi_Minh", 10.78, 106.70),
    town("Huế", "Asia/Ho_Chi_Minh", 16.46, 107.59),
];
const THAILAND: &[Town] = &[
    town("Bangkok", "Asia/Bangkok", 13.75, 100.50),
    town("Chiang Mai", "Asia/Bangkok", 18.79, 98.98),
];
const FRANCE: &[Town] = &[
    town("Paris", "Europe/Paris", 48.86, 2.35),
    town("Lyon", "Europe/Paris", 45.76, 4.84),
    town("Lille", "Europe/Paris", 50.63, 3.06),
];
const AMERICA: &[Town] = &[
    town("New York", "America/New_York", 40.71, -74.01),
    town("Chicago", "America/Chicago", 41.88, -87.63),
    town("Denver", "America/Denver", 39.74, -104.99),
    town("San Francisco", "America/Los_Angeles", 37.77, -122.42),
];
const KOREA: &[Town] = &[
    town("서울", "Asia/Seoul", 37.57, 126.98),
    town("부산", "Asia/Seoul", 35.18, 129.08),
];
const INDONESIA: &[Town] = &[
    town("Jakarta", "Asia/Jakarta", -6.21, 106.85),
    town("Bandung", "Asia/Jakarta", -6.92, 107.61),
];

impl Shape {
    /// Every shape, in the order in which chains are given theirs.
    pub const ALL: [Self; 7] = [
        Self::Bhd,
        Self::Major,
        Self::Cds,
        Self::Amc,
        Self::Megabox,
        Self::CgvKr,
        Self::CgvId,
    ];

    /// Returns the name of the shipped definition that reads this shape.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bhd => "bhd",
            Self::Major => "major",
            Self::Cds => "cds",
            Self::Amc => "amc",
            Self::Megabox => "megabox",
            Self::CgvKr => "cgv-kr",
            Self::CgvId => "cgv-id",
        }
    }

    /// Returns the shape with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.name() == name)
    }

    /// Returns a number that is different for every shape.
    #[must_use]
    pub const fn number(self) -> u64 {
        self as u64
    }

    /// Returns the ISO 4217 code of the chain's prices.
    #[must_use]
    pub const fn currency(self) -> &'static str {
        match self {
            Self::Bhd => "VND",
            Self::Major => "THB",
            Self::Cds => "EUR",
            Self::Amc => "USD",
            Self::Megabox | Self::CgvKr => "KRW",
            Self::CgvId => "IDR",
        }
    }

    /// Returns the towns of the chain's cinemas.
    #[must_use]
    pub const fn towns(self) -> &'static [Town] {
        match self {
            Self::Bhd => VIETNAM,
            Self::Major => THAILAND,
            Self::Cds => FRANCE,
            Self::Amc => AMERICA,
            Self::Megabox | Self::CgvKr => KOREA,
            Self::CgvId => INDONESIA,
        }
    }

    /// Returns the finest step in which the shape can say a start, in milliseconds.
    #[must_use]
    pub const fn start_step_ms(self) -> i64 {
        match self {
            Self::Bhd | Self::Cds | Self::Amc => 1_000,
            Self::Major | Self::Megabox | Self::CgvKr | Self::CgvId => 60_000,
        }
    }

    /// Tells whether the shape can say that seats are sold together.
    #[must_use]
    pub const fn has_sofas(self) -> bool {
        matches!(self, Self::Bhd | Self::Major | Self::CgvId)
    }

    /// Tells whether the shape can say that a place is for a wheelchair.
    #[must_use]
    pub const fn has_wheelchairs(self) -> bool {
        matches!(self, Self::Cds | Self::Amc | Self::Megabox | Self::CgvKr)
    }

    /// Returns the price of an adult's seat in the plain area, in hundredths of the currency.
    #[must_use]
    pub const fn base_price(self) -> i64 {
        match self {
            Self::Bhd => 9_000_000,
            Self::Major => 22_000,
            Self::Cds => 1_150,
            Self::Amc => 1_549,
            Self::Megabox | Self::CgvKr => 1_400_000,
            Self::CgvId => 5_000_000,
        }
    }
}
