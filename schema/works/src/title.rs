//! Separates the title of a work from what a listing says of the showing.
//!
//! Takes a title as displayed, gives the title of the work and attributes: nothing that is taken
//! off is lost. Where a word may belong to either, the result says that it is not certain.

mod bracket;
mod programme;
mod strip;

use serde::{Deserialize, Serialize};

use crate::{
    attribute::{Attribute, AttributeKind},
    numeral,
    token::{self, Separator, Token},
    vocabulary::year,
};

/// The parts of a title.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NormalisedTitle {
    /// The title of the work.
    pub title: String,
    /// Its folded words, articles included, numerals as digits.
    pub words: Vec<String>,
    /// Words of the title from each later clause on: what stands before may be a strand's name.
    pub clauses: Vec<Vec<String>>,
    /// Words of other titles, which stood in brackets.
    pub alternatives: Vec<Vec<String>>,
    /// What was said of the showing.
    pub attributes: Vec<Attribute>,
    /// Year of the film, if it stood in brackets.
    pub year: Option<i16>,
    /// Whether several works are shown together.
    pub is_programme: bool,
    /// Whether something that may be a part of the title was taken off or changed.
    pub is_unsure: bool,
}

impl NormalisedTitle {
    /// Returns the attribute of a kind.
    #[must_use]
    pub fn attribute(&self, kind: AttributeKind) -> Option<&str> {
        self.attributes
            .iter()
            .find(|one| one.kind == kind)
            .map(|one| one.text.as_str())
    }

    /// Decides whether the listing names a form that showings of a new release have.
    #[must_use]
    pub fn is_current_form(&self) -> bool {
        use AttributeKind::{Audience, Dimension, Format, Language, Preview, Sound};
        self.attributes.iter().any(|one| {
            matches!(
                one.kind,
                Format | Dimension | Sound | Language | Audience | Preview
            )
        })
    }

    /// Decides whether the listing says how or for whom it shows the film.
    #[must_use]
    pub fn is_decorated(&self) -> bool {
        self.attributes
            .iter()
            .any(|one| !matches!(one.kind, AttributeKind::Year | AttributeKind::Certificate))
    }

    fn add(&mut self, kind: AttributeKind, text: String) {
        let attribute = Attribute { kind, text };
        if !self.attributes.contains(&attribute) {
            self.attributes.push(attribute);
        }
    }
}

/// Separates a title into the title of the work and attributes of the showing.
///
/// Applied to its own result it changes nothing.
///
/// ```
/// let parts = works::normalise("IMAX: Silent Harbour II (12A) (Subtitled)");
/// assert_eq!(parts.words, ["silent", "harbour", "2"]);
/// assert_eq!(parts.attributes.len(), 3);
/// ```
#[must_use]
pub fn normalise(title: &str) -> NormalisedTitle {
    let mut parts = NormalisedTitle::default();
    let (mut tokens, brackets) = token::tokenise(title);
    bracket::read(&mut parts, &mut tokens, &brackets);
    parts.is_programme = programme::is_programme(&tokens);
    while strip::strip_once(&mut parts, &mut tokens) {}
    if let Some(first) = tokens.first_mut() {
        first.separator = Separator::Space;
    }
    parts.title = token::written(&tokens);
    let (words, is_written_numeral) = words_of(&tokens);
    parts.words = words;
    parts.clauses = (1..tokens.len())
        .filter(|at| {
            tokens
                .get(*at)
                .is_some_and(|token| token.separator == Separator::Clause)
        })
        .map(|at| words_of(tokens.get(at..).unwrap_or_default()).0)
        .collect();
    parts.is_unsure |= is_written_numeral;
    parts.attributes.sort();
    parts
}

/// Returns the words of tokens with numerals as digits, and whether a written numeral was replaced.
fn words_of(tokens: &[Token]) -> (Vec<String>, bool) {
    let mut words: Vec<String> = tokens
        .iter()
        .map(|token| match token.word.as_str() {
            "vol" => "volume".to_owned(),
            "pt" => "part".to_owned(),
            word => word.to_owned(),
        })
        .collect();
    let ends: Vec<bool> = (1..=tokens.len())
        .map(|next| {
            tokens
                .get(next)
                .is_none_or(|token| token.separator == Separator::Clause)
        })
        .collect();
    let is_written = numeral::replace(&mut words, &ends);
    (
        words.iter().flat_map(|word| parted(word)).collect(),
        is_written,
    )
}

/// Parts a word where a digit meets a letter: some listings put a space there.
fn parted(word: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut was_digit = None;
    for letter in word.chars() {
        let is_digit = letter.is_ascii_digit();
        match parts.last_mut() {
            Some(part) if was_digit == Some(is_digit) => part.push(letter),
            _ => parts.push(letter.to_string()),
        }
        was_digit = Some(is_digit);
    }
    parts
}

/// Returns the folded words of tokens.
fn folded(tokens: &[Token]) -> Vec<&str> {
    tokens.iter().map(|token| token.word.as_str()).collect()
}

/// Notes the year among words.
fn note_year(parts: &mut NormalisedTitle, words: &[&str]) {
    if parts.year.is_none() {
        parts.year = words.iter().find_map(|word| year(word));
    }
}
