//! What a source says of a film.

use serde::{Deserialize, Serialize};

/// A film as one source describes it. Everything but the title may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Film {
    /// Title as displayed, with all that the source writes around it.
    pub title: String,
    /// ISO 3166 code of the territory in which it is shown under this title.
    pub territory: Option<String>,
    /// Title in the country of its production.
    pub original_title: Option<String>,
    /// Year of its first release.
    pub year: Option<i16>,
    /// Length in minutes.
    pub runtime_minutes: Option<i16>,
    /// Names of its directors.
    pub directors: Vec<String>,
    /// Name of its distributor.
    pub distributor: Option<String>,
    /// Day of its release in the territory, in days since 1970-01-01.
    pub released_on: Option<i32>,
    /// Identifiers, each with its scheme, such as `("imdb", "tt0115798")`.
    pub identifiers: Vec<(String, String)>,
    /// Where and when it is listed, if that is known.
    pub listing: Option<Listing>,
}

/// Where and when a film is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The source that lists it.
    pub source: String,
    /// First day of its showtimes, in days since 1970-01-01.
    pub first_on: i32,
    /// Last day of its showtimes, in days since 1970-01-01.
    pub last_on: i32,
}

/// The kind of a work.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum WorkKind {
    /// A film of 40 minutes or more.
    Feature,
    /// A film of less than 40 minutes, by the rule of the Academy of Motion Picture Arts and Sciences.
    Short,
    /// A recorded or live performance: opera, ballet, theatre, concert, sport.
    Event,
    /// Several works that are shown together; never one of them.
    Programme,
    /// Not known.
    #[default]
    Unknown,
}

impl WorkKind {
    /// Returns the word as the database has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Short => "short",
            Self::Event => "event",
            Self::Programme => "programme",
            Self::Unknown => "unknown",
        }
    }
}
