//! Decides which cinemas of different sources are one venue, which of their auditoriums are one,
//! and which of their showtimes are listed twice.
//!
//! A chain lists its own cinemas; an aggregator lists those of many chains under its own names, at
//! its own coordinates. Names are compared by their words: a word that many cinemas have, such as
//! that of a chain or a city, weighs little. How alike two names have to be depends on how far
//! apart the places are (entity resolution of places, Sehgal, Getoor and Viechnicki, "Entity
//! Resolution in Geospatial Data Integration", 2006).
//!
//! | module | takes | gives |
//! |---|---|---|
//! | `vocabulary` | nothing | words of chains, and words for cinemas and auditoriums |
//! | [`name`] | two names | how alike they are |
//! | [`place`] | two places | a distance; blocking keys |
//! | [`comparison`] | two cinemas | a verdict with reasons |
//! | [`auditorium`] | the auditoriums of a venue | groups with reasons |
//! | [`duplicate`] | the listings of a venue for one start | which count as which |

mod vocabulary;
pub mod name;
pub mod place;
pub mod comparison;
pub mod auditorium;
pub mod duplicate;

use std::collections::BTreeSet;

pub use auditorium::{Auditorium, AuditoriumMatch, MatchRule, match_auditoriums};
pub use comparison::{VenueComparison, VenueReason, VenueSignal, compare_cinemas};
pub use duplicate::{Duplicate, ListedShowtime, find_duplicates};
pub use place::Location;

use crate::fold::words;

/// What a source says of a cinema.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cinema {
    /// Name of the source. If it has the name of a chain, its cinemas are of that chain.
    pub source: String,
    /// ISO 3166 code of the territory.
    pub territory: String,
    /// Name as displayed.
    pub name: String,
    /// Town or city.
    pub city: Option<String>,
    /// Where it is.
    pub place: Option<Location>,
}

/// A cinema that is ready for comparisons.
#[derive(Debug, Clone, PartialEq)]
pub struct VenueCandidate {
    cinema: Cinema,
    words: Vec<String>,
    city: BTreeSet<String>,
    source_words: BTreeSet<String>,
    brands: BTreeSet<String>,
}

impl VenueCandidate {
    /// Normalises the name of a cinema.
    #[must_use]
    pub fn new(cinema: Cinema) -> Self {
        let name = words(&cinema.name);
        let source_words: BTreeSet<String> = words(&cinema.source).into_iter().collect();
        // A source that writes its own name on a cinema is the chain of it, in the list or not.
        let is_brand = |word: &&String| {
            vocabulary::is_brand(word)
                || (source_words.contains(*word) && !vocabulary::is_common(word))
        };
        let brands = name
            .iter()
            .filter(is_brand)
            .chain(
                source_words
                    .iter()
                    .filter(|word| vocabulary::is_brand(word)),
            )
            .cloned()
            .collect();
        let city = cinema.city.as_deref().map(words).unwrap_or_default();
        Self {
            words: name,
            city: city.into_iter().collect(),
            source_words,
            brands,
            cinema,
        }
    }

    /// Returns the cinema.
    #[must_use]
    pub const fn cinema(&self) -> &Cinema {
        &self.cinema
    }

    /// Returns the keys under which others find it.
    ///
    /// Two cinemas that are the same venue, or may be, have a stored key of the one among the
    /// [`sought_keys`](Self::sought_keys) of the other, and the other way round. Only where a place
    /// is not known, a name that is spelled in two ways may find nothing.
    #[must_use]
    pub fn stored_keys(&self) -> BTreeSet<String> {
        let kind = if self.cinema.place.is_some() {
            'n'
        } else {
            'w'
        };
        let mut keys = self.name_keys(kind);
        keys.extend(self.place_keys());
        keys
    }

    /// Returns the keys under which it finds others: by place, and by name those that have none.
    #[must_use]
    pub fn sought_keys(&self) -> BTreeSet<String> {
        let mut keys = self.name_keys('w');
        if self.cinema.place.is_none() {
            keys.extend(self.name_keys('n'));
        }
        keys.extend(self.place_keys());
        keys
    }

    fn place_keys(&self) -> Vec<String> {
        self.cinema.place.map(Location::keys).unwrap_or_default()
    }

    /// A key for each word that distinguishes cinemas; for a name without one, all words together,
    /// with those of the city.
    fn name_keys(&self, kind: char) -> BTreeSet<String> {
        let key = |word: &str| format!("{kind}:{}:{word}", self.cinema.territory);
        let telling: BTreeSet<String> = self
            .words
            .iter()
            .filter(|word| vocabulary::is_telling(word) && !self.city.contains(*word))
            .map(|word| key(word))
            .collect();
        if !telling.is_empty() {
            return telling;
        }
        let rest: BTreeSet<&String> = self
            .words
            .iter()
            .filter(|word| vocabulary::is_telling(word))
            .chain(&self.city)
            .collect();
        if rest.is_empty() {
            return BTreeSet::from([key(&self.words.concat())]);
        }
        rest.into_iter().map(|word| key(word)).collect()
    }
}
