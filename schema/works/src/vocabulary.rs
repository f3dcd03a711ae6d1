//! Words that speak of a showing, not of the work: languages, strands, extras, programmes.

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    attribute::AttributeKind,
    phrase::{PHRASES, Phrase, Place},
};

/// Names of languages and their codes, as chains write them.
pub(crate) const LANGUAGES: &[&str] = &[
    "english",
    "hindi",
    "tamil",
    "telugu",
    "malayalam",
    "kannada",
    "punjabi",
    "bengali",
    "marathi",
    "gujarati",
    "urdu",
    "nepali",
    "french",
    "german",
    "spanish",
    "italian",
    "polish",
    "ukrainian",
    "russian",
    "turkish",
    "romanian",
    "arabic",
    "persian",
    "japanese",
    "korean",
    "mandarin",
    "cantonese",
    "chinese",
    "thai",
    "vietnamese",
    "tagalog",
    "portuguese",
    "dutch",
    "swedish",
    "danish",
    "norwegian",
    "finnish",
    "hungarian",
    "czech",
    "greek",
    "hebrew",
    "welsh",
    "irish",
    "deutsch",
    "englisch",
    "franzosisch",
    "francais",
    "castellano",
    "espanol",
    "nederlands",
    "portugues",
    "eng",
    "hin",
    "tam",
    "tel",
    "mal",
    "kan",
    "jap",
    "kor",
];

/// Words that stand between the others in brackets and segments.
pub(crate) const FILLERS: &[&str] = &[
    "in",
    "with",
    "and",
    "only",
    "the",
    "version",
    "language",
    "audio",
    "hd",
    "live",
    "special",
    "screening",
    "screenings",
    "show",
    "film",
    "new",
    "st",
    "ut",
    "untertitel",
    "digital",
    "+",
];

/// Last words of a strand's name, before a separator.
pub(crate) const STRAND_ENDS: &[&str] = &[
    "preview",
    "previews",
    "screening",
    "screenings",
    "friendly",
    "matinee",
    "matinees",
    "presents",
    "prasentiert",
    "presente",
    "premiere",
    "film club",
    "movie club",
    "cinema club",
    "cine club",
    "kids club",
    "baby club",
    "babies club",
    "film festival",
    "film society",
    "classics",
    "festival",
    "filmclub",
    "cineclub",
    "book club",
    "retrospective",
    "film season",
    "mondays",
    "tuesdays",
    "wednesdays",
    "thursdays",
    "fridays",
    "saturdays",
    "sundays",
];

/// Names of strands of chains, which stand before a separator.
pub(crate) const STRANDS: &[&str] = &[
    "beyond",
    "discover",
    "rediscover",
    "spotlight",
    "throwback",
    "late night",
    "late nights",
    "culture shock",
    "cult classic",
    "staff pick",
    "staff picks",
    "film of the month",
    "movie of the month",
    "movie night",
    "green screen",
    "in focus",
    "best of cinema",
    "cine debat",
    "filmfruhstuck",
    "kino cafe",
    "on the big screen",
    "back on the big screen",
    "from the archive",
    "sneak",
    "secret movie",
    "one night only",
    "event cinema",
    "arthouse",
    "anime night",
    "horror night",
    "world cinema",
    "feelgood film",
];

/// Words that make what is added to a film an extra of the showing, no other work.
pub(crate) const EXTRAS: &[&str] = &[
    "q and a",
    "discussion",
    "panel",
    "intro",
    "introduction",
    "talk",
    "workshop",
    "quiz",
    "party",
    "brunch",
    "conversation",
    "masterclass",
    "lecture",
    "live music",
    "live score",
    "drinks",
    "debate",
    "dj set",
    "short",
    "shorts",
    "extras",
    "bonus",
    "prosecco",
    "tea",
    "dinner",
    "screentalk",
    "karaoke",
    "cocktails",
    "pizza",
    "reception",
    "meet and greet",
    "live performance",
    "live commentary",
    "book signing",
];

/// Phrases that name a programme of several works.
pub(crate) const PROGRAMMES: &[&str] = &[
    "double bill",
    "triple bill",
    "double feature",
    "triple feature",
    "all nighter",
    "marathon",
    "back to back",
    "shorts programme",
    "shorts program",
    "short films",
    "doppelprogramm",
    "doppelvorstellung",
    "kurzfilmprogramm",
    "sesion doble",
];

/// Articles of English, which titles gain and lose between listings.
pub(crate) const ENGLISH_ARTICLES: &[&str] = &["the", "a", "an"];

/// Articles of other languages; in English some of them are words of other meaning.
pub(crate) const OTHER_ARTICLES: &[&str] = &[
    "le", "la", "les", "l", "un", "une", "der", "die", "das", "ein", "eine", "el", "los", "las",
    "una", "il", "lo", "gli", "i", "o", "os", "as", "um", "uma", "de", "het", "een", "den", "det",
    "en", "ett",
];

/// Words that carry no meaning of a title by themselves.
pub(crate) const STOP_WORDS: &[&str] = &[
    "the", "a", "an", "of", "and", "in", "on", "at", "to", "for", "by", "with", "from", "is", "my",
    "your", "le", "la", "les", "l", "un", "une", "de", "du", "des", "d", "et", "der", "die", "das",
    "den", "dem", "ein", "eine", "und", "el", "los", "las", "una", "del", "y", "il", "lo", "gli",
    "di", "e", "o", "os", "as", "um", "uma", "do", "da", "het", "een", "en", "part", "+",
];

/// Returns the length of the season that words begin with, such as 24-25 or 2024-25.
fn season(words: &[&str]) -> bool {
    let [first, second, ..] = words else {
        return false;
    };
    let last_two = |word: &str| -> Option<u8> {
        let is_number =
            matches!(word.len(), 2 | 4) && word.bytes().all(|byte| byte.is_ascii_digit());
        is_number
            .then(|| word.get(word.len() - 2..)?.parse().ok())
            .flatten()
    };
    matches!((last_two(first), last_two(second)), (Some(a), Some(b)) if b == (a + 1) % 100)
}

/// Reads a year of a film, 1888 to 2099.
pub(crate) fn year(word: &str) -> Option<i16> {
    let year: i16 = (word.len() == 4).then(|| word.parse().ok()).flatten()?;
    (1888..2100).contains(&year).then_some(year)
}

/// Reads a number, or an ordinal such as 50th or 10e.
fn number(word: &str) -> Option<u16> {
    let digits = word
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(word.len());
    let (digits, rest) = word.split_at_checked(digits)?;
    matches!(
        rest,
        "" | "st" | "nd" | "rd" | "th" | "e" | "eme" | "s" | "o"
    )
    .then(|| digits.parse().ok())
    .flatten()
}

/// Returns how many words the phrase takes at the beginning of `words`.
pub(crate) fn matches(phrase: &Phrase, words: &[&str]) -> Option<usize> {
    let mut rest = words;
    for part in phrase.0.split(' ') {
        let word = *rest.first()?;
        let (is_match, taken) = match part {
            // Anniversaries are round.
            "#" => (
                number(word).is_some_and(|n| {
                    n >= 5 && (phrase.1 != AttributeKind::Anniversary || n % 5 == 0)
                }),
                1,
            ),
            "#s" => (word.ends_with('s') && number(word).is_some(), 1),
            "Y" => (year(word).is_some(), 1),
            "S" => (season(rest), 2),
            other => (word == other, 1),
        };
        if !is_match {
            return None;
        }
        rest = rest.get(taken..)?;
    }
    Some(words.len() - rest.len())
}

/// The phrases by their first words; under "" those that begin with a number, a year or a season.
static BY_FIRST_WORD: LazyLock<HashMap<&'static str, Vec<&'static Phrase>>> = LazyLock::new(|| {
    let mut by_word: HashMap<&str, Vec<&Phrase>> = HashMap::new();
    for phrase in PHRASES {
        let first = match phrase.0.split(' ').next() {
            None | Some("#" | "#s" | "Y" | "S") => "",
            Some(word) => word,
        };
        by_word.entry(first).or_default().push(phrase);
    }
    by_word
});

/// Returns the phrases that may begin with a word.
pub(crate) fn beginning_with(word: &str) -> impl Iterator<Item = &'static Phrase> {
    [word, ""]
        .into_iter()
        .filter_map(|word| BY_FIRST_WORD.get(word))
        .flatten()
        .copied()
}

/// Returns the longest phrase at the beginning of `words` that may stand at `place`.
pub(crate) fn longest(words: &[&str], place: Place) -> Option<(&'static Phrase, usize)> {
    beginning_with(words.first()?)
        .filter(|phrase| phrase.2 >= place)
        .filter_map(|phrase| matches(phrase, words).map(|taken| (phrase, taken)))
        .max_by_key(|(_, taken)| *taken)
}

/// Decides whether `phrase`, one or more words, ends `words`.
pub(crate) fn ends_with(words: &[&str], phrase: &str) -> bool {
    let count = phrase.split(' ').count();
    words.len() >= count
        && phrase
            .split(' ')
            .eq(words.iter().copied().skip(words.len() - count))
}

/// Decides whether `words` contain a phrase.
pub(crate) fn contains(words: &[&str], phrase: &str) -> bool {
    let count = phrase.split(' ').count();
    words
        .windows(count)
        .any(|window| phrase.split(' ').eq(window.iter().copied()))
}
