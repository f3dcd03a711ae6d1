//! What a listing says of the film of a showtime, and of the showtime itself.

use compact_str::CompactString;
use jiff::civil::Date;
use vocabulary::AttributeMeaning;

/// Numbers of one film at most.
pub const MAX_FILM_IDS: usize = 16;
/// Attributes of one showtime at most.
pub const MAX_ATTRIBUTES: usize = 64;

/// What a listing says of a film, as it came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilmFacts {
    /// Title in the language in which it was made.
    pub original_title: Option<String>,
    /// Year of the film.
    pub year: Option<i16>,
    /// How long it is.
    pub runtime_minutes: Option<i16>,
    /// Its directors, in the order of the source.
    pub directors: Vec<String>,
    /// Who distributes it.
    pub distributor: Option<String>,
    /// When it is released, where the source is.
    pub released_on: Option<Date>,
    /// The numbers that others give to it, by scheme.
    pub ids: Vec<FilmId>,
}

impl FilmFacts {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A number that somebody else than the source gives to a film.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilmId {
    /// Who gives it, as the definition says: `imdb`, `edi`.
    pub scheme: CompactString,
    /// The number as it came.
    pub value: CompactString,
}

/// Something that a source says of a showtime by a code: its format, sound, language and the like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The code as it came.
    pub code: CompactString,
    /// What the definition says that it means; `None` if it does not map it.
    pub meaning: Option<AttributeMeaning>,
}
