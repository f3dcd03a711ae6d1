//! A film made ready for comparisons: its names, and the keys by which candidates are found.

use std::collections::BTreeSet;

use crate::{
    attribute::AttributeKind,
    film::{Film, WorkKind},
    fold,
    name::{self, Name, NamePart, sorted_words},
    title::{NormalisedTitle, normalise},
    vocabulary::STOP_WORDS,
    word_frequency::{Frequency, frequency},
};

/// Minutes from which on a film is a feature.
const MIN_FEATURE_MINUTES: i16 = 40;
/// Longest key, in letters, so that every key fits an index.
const MAX_KEY_LETTERS: usize = 120;
/// A word that is a key by itself has as many letters.
const MIN_KEY_WORD_LETTERS: usize = 6;

/// A film with its title normalised, once for all comparisons.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub(crate) film: Film,
    pub(crate) title: NormalisedTitle,
    pub(crate) raw: Vec<String>,
    pub(crate) names: Vec<Name>,
    pub(crate) directors: Vec<Vec<String>>,
    pub(crate) year: Option<i16>,
    pub(crate) kind: WorkKind,
    pub(crate) identifiers: BTreeSet<(String, String)>,
    pub(crate) reference: Option<String>,
}

impl Candidate {
    /// Normalises what is known of a film.
    #[must_use]
    pub fn new(film: Film) -> Self {
        let title = normalise(&film.title);
        let names = name::all(&title, &film);
        let directors = film
            .directors
            .iter()
            .map(|name| sorted_words(name))
            .filter(|words| !words.is_empty())
            .collect();
        let identifiers = film
            .identifiers
            .iter()
            .map(|(scheme, value)| (scheme.trim().to_lowercase(), value.trim().to_lowercase()))
            .filter(|(_, value)| !value.is_empty() && value != "0")
            .collect();
        Self {
            raw: fold::words(&film.title),
            names,
            directors,
            year: title.year.or(film.year),
            kind: kind(&title, film.runtime_minutes),
            identifiers,
            reference: None,
            title,
            film,
        }
    }

    /// Names the work that a trusted list has for the film.
    #[must_use]
    pub fn with_reference(self, work: Option<&str>) -> Self {
        Self {
            reference: work.map(str::to_owned),
            ..self
        }
    }

    /// Returns the work that a trusted list has for the film, by the name that the list gives it.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// Returns the names without spaces under which a trusted list is searched.
    #[must_use]
    pub fn reference_keys(&self) -> BTreeSet<String> {
        let names = self.names.iter().filter(|name| name.is_whole());
        names
            .map(|name| name.compact.chars().take(MAX_KEY_LETTERS).collect())
            .collect()
    }

    /// Counts the words of its title that carry meaning.
    pub(crate) fn meanings(&self) -> usize {
        let words = self.title.words.iter();
        words
            .filter(|word| !STOP_WORDS.contains(&word.as_str()))
            .count()
    }

    /// Returns what is known of the film.
    #[must_use]
    pub const fn film(&self) -> &Film {
        &self.film
    }

    /// Returns its normalised title.
    #[must_use]
    pub const fn title(&self) -> &NormalisedTitle {
        &self.title
    }

    /// Returns the kind of the work.
    #[must_use]
    pub const fn kind(&self) -> WorkKind {
        self.kind
    }

    /// Returns the blocking keys: two films that share none are not compared.
    ///
    /// Keys are names as they sound, identifiers, a director with a year, the longest rare word of a name
    /// with a year, and the work of a trusted list.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        let year = self.year.map(|year| year.to_string()).unwrap_or_default();
        for name in &self.names {
            keys.insert(format!("t:{}", name.loose));
            if name.part == NamePart::Head {
                continue;
            }
            let longest = name
                .words
                .iter()
                .filter(|word| {
                    word.chars().count() >= MIN_KEY_WORD_LETTERS
                        && frequency(word) == Frequency::Rare
                        && !STOP_WORDS.contains(&word.as_str())
                })
                .max_by_key(|word| (word.chars().count(), word.as_str()));
            if let Some(word) = longest {
                keys.insert(format!("w:{word}:{year}"));
            }
        }
        keys.extend(self.reference.iter().map(|work| format!("r:{work}")));
        if !year.is_empty() {
            keys.extend(
                self.directors
                    .iter()
                    .map(|words| format!("d:{}:{year}", words.concat())),
            );
        }
        keys.extend(
            self.identifiers
                .iter()
                .map(|(scheme, value)| format!("i:{scheme}:{value}")),
        );
        keys.into_iter()
            .map(|key| key.chars().take(MAX_KEY_LETTERS).collect())
            .collect()
    }
}

/// Returns the key by which a title is searched: the title of the work without spaces, accents,
/// case and a leading English article; `None` if no letter or digit is left.
///
/// ```
/// let crash = works::title_key("The Crash");
/// assert_eq!(crash.as_deref(), Some("crash"));
/// assert_eq!(works::title_key("IMAX: CRASH (Subtitled)"), crash);
/// assert_eq!(works::title_key("…"), None);
/// ```
#[must_use]
pub fn title_key(title: &str) -> Option<String> {
    let name = Name::new(&normalise(title).words, true);
    let key: String = name.compact.chars().take(MAX_KEY_LETTERS).collect();
    (!key.is_empty()).then_some(key)
}

/// Decides the kind of a work.
fn kind(title: &NormalisedTitle, runtime_minutes: Option<i16>) -> WorkKind {
    let has = |kind| title.attribute(kind).is_some();
    if title.is_programme {
        WorkKind::Programme
    } else if has(AttributeKind::Series)
        || has(AttributeKind::Performance)
        || has(AttributeKind::Season)
    {
        WorkKind::Event
    } else {
        match runtime_minutes {
            Some(minutes) if minutes >= MIN_FEATURE_MINUTES => WorkKind::Feature,
            Some(minutes) if minutes > 0 => WorkKind::Short,
            _ => WorkKind::Unknown,
        }
    }
}
