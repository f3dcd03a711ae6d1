//! The names that a film may be listed under.

use crate::{
    film::Film,
    fold,
    numeral::numbers,
    spelling,
    title::{NormalisedTitle, normalise},
    vocabulary::{ENGLISH_ARTICLES, OTHER_ARTICLES},
    word_weight,
};

/// The least that the words before a separator weigh, in bits, to be a name.
const MIN_HEAD_BITS: f64 = 5.0;
/// Most words of a person's name in front of a title.
const MAX_PERSON_WORDS: usize = 4;

/// Which part of a title a name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NamePart {
    /// All of it.
    Whole,
    /// A later clause: what stands before may be the name of a strand, or of a story.
    Clause,
    /// What stands before a later clause: a chain may drop the subtitle.
    Head,
    /// What stands behind a person's name, of which these are the words: "Person's Title".
    OfPerson(Vec<String>),
}

/// A name of a film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// Its words, without an English article in front.
    pub words: Vec<String>,
    /// Its words without spaces.
    pub compact: String,
    /// Its words as they sound, without spaces.
    pub loose: String,
    /// Whether nothing was taken off that may belong to it.
    pub is_sure: bool,
    /// Which part of the title it is.
    pub part: NamePart,
}

impl Name {
    /// Makes the name of all words of a title.
    pub(crate) fn new(words: &[String], is_sure: bool) -> Self {
        let words = match words {
            [first, rest @ ..]
                if !rest.is_empty() && ENGLISH_ARTICLES.contains(&first.as_str()) =>
            {
                rest
            }
            all => all,
        };
        Self {
            compact: words.concat(),
            loose: spelling::loose(words),
            words: words.to_vec(),
            is_sure,
            part: NamePart::Whole,
        }
    }

    fn part(words: &[String], part: NamePart) -> Self {
        Self {
            part,
            ..Self::new(words, false)
        }
    }

    /// Decides whether it stands for all of a title.
    pub(crate) fn is_whole(&self) -> bool {
        self.part == NamePart::Whole
    }

    /// Returns what agreement on its words weighs, in bits.
    pub(crate) fn bits(&self) -> f64 {
        self.words.iter().map(|word| word_weight::bits(word)).sum()
    }
}

/// Returns all names that a film may be listed under; the first is the title of the work.
pub(crate) fn all(title: &NormalisedTitle, film: &Film) -> Vec<Name> {
    let mut names = vec![Name::new(
        &title.words,
        !title.is_unsure && title.alternatives.is_empty(),
    )];
    let mut add = |name: Name| {
        let is_known = names.iter().any(|known| {
            known.words == name.words && known.is_whole() && (known.is_sure || !name.is_sure)
        });
        if !name.words.is_empty() && !is_known {
            names.push(name);
        }
    };
    if let Some(original) = &film.original_title {
        let original = normalise(original);
        add(Name::new(&original.words, !original.is_unsure));
    }
    for other in &title.alternatives {
        add(Name::new(other, false));
    }
    if let [first, rest @ ..] = title.words.as_slice()
        && !rest.is_empty()
        && OTHER_ARTICLES.contains(&first.as_str())
    {
        add(Name::new(rest, false));
    }
    for clause in &title.clauses {
        add(Name::part(clause, NamePart::Clause));
        let (head, tail) = title.words.split_at(title.words.len() - clause.len());
        let head = Name::part(head, NamePart::Head);
        // What a number ends is a part of a story, not a subtitle.
        let is_sequel = numbers(tail).iter().any(|number| number != "1");
        if head.bits() >= MIN_HEAD_BITS && !is_sequel {
            add(head);
        }
    }
    if let Some((person, rest)) = of_person(&film.title, &title.words) {
        add(Name::part(rest, NamePart::OfPerson(person)));
    }
    names
}

/// Parts a title of the form "Person's Title" into the sorted words of the person and the rest.
fn of_person<'a>(raw: &str, words: &'a [String]) -> Option<(Vec<String>, &'a [String])> {
    let end = ["'s ", "\u{2019}s "]
        .iter()
        .filter_map(|sign| raw.find(sign))
        .min()?;
    let person = raw.get(..end)?;
    let count = fold::words(person).len();
    let (front, rest) = words.split_at_checked(count)?;
    let is_front = front.concat() == fold::words(person).concat() + "s";
    ((2..=MAX_PERSON_WORDS).contains(&count) && is_front && !rest.is_empty())
        .then(|| (sorted_words(person), rest))
}

/// Returns the folded words of a person's name, sorted: family names stand first or last.
pub(crate) fn sorted_words(name: &str) -> Vec<String> {
    let mut words = fold::words(name);
    words.sort();
    words
}
