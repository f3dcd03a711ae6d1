//! What stands in brackets: attributes, a part of the title, or another title.

use super::{NormalisedTitle, folded, note_year, words_of};
use crate::attribute::AttributeKind;
use crate::{
    phrase::Place,
    token::{Bracket, Separator, Token, tokenise},
    vocabulary::{FILLERS, LANGUAGES, longest},
};

/// Words that make the content of brackets a part of the title.
const PART_WORDS: [&str; 9] = [
    "part", "chapter", "volume", "vol", "episode", "season", "series", "teil", "partie",
];

/// Markers before another title.
const ALSO_KNOWN: [&[&str]; 5] = [
    &["aka"],
    &["a", "k", "a"],
    &["also", "known", "as"],
    &["original", "title"],
    &["orig"],
];

/// Reads each of the brackets: into attributes, back into the title, or as another title.
pub(super) fn read(parts: &mut NormalisedTitle, tokens: &mut Vec<Token>, brackets: &[Bracket]) {
    // The later first, so that what goes back into the title moves no other place.
    for bracket in brackets.iter().rev() {
        let text = bracket.text.replace(
            [
                '(', ')', '[', ']', '{', '}', '（', '）', '【', '】', '［', '］',
            ],
            " ",
        );
        let (inner, _) = tokenise(&text);
        let is_whole_title = tokens.is_empty() && parts.alternatives.is_empty();
        let words = folded(&inner);
        if words.is_empty() {
            continue;
        }
        let has_rest = !tokens.is_empty();
        if has_rest && let Some(attributes) = cover(&words, Place::Bracket) {
            if attributes
                .iter()
                .any(|(kind, _)| *kind == AttributeKind::Year)
            {
                note_year(parts, &words);
                if let Some(next) = tokens.get_mut(bracket.words_before) {
                    next.is_behind_year = true;
                }
            }
            for (kind, text) in attributes {
                parts.is_unsure |= kind == AttributeKind::Version;
                parts.add(kind, text);
            }
            continue;
        }
        let is_part = words.iter().any(|word| PART_WORDS.contains(word));
        let is_number = words
            .iter()
            .all(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
        if is_whole_title || is_part || is_number || bracket.words_before == 0 {
            let at = bracket.words_before.min(tokens.len());
            tokens.splice(
                at..at,
                inner.into_iter().map(|token| Token {
                    is_behind_year: false,
                    ..token
                }),
            );
        } else {
            let marker = ALSO_KNOWN
                .iter()
                .find(|marker| words.starts_with(marker))
                .map_or(0, |marker| marker.len());
            let other = inner.get(marker..).unwrap_or_default();
            if !other.is_empty() {
                parts.alternatives.push(words_of(other).0);
            }
        }
    }
    if let Some(first) = tokens.first_mut() {
        first.separator = Separator::Space;
    }
    parts.alternatives.reverse();
}

/// Reads words as attributes; `None` if one of them is none.
pub(super) fn cover(words: &[&str], place: Place) -> Option<Vec<(AttributeKind, String)>> {
    let mut found = Vec::new();
    let mut rest = words;
    while let Some(word) = rest.first() {
        let taken = if let Some((phrase, taken)) = longest(rest, place) {
            found.push((phrase.1, rest.get(..taken)?.join(" ")));
            taken
        } else if LANGUAGES.contains(word) {
            found.push((AttributeKind::Language, (*word).to_owned()));
            1
        } else if FILLERS.contains(word) {
            1
        } else {
            return None;
        };
        rest = rest.get(taken..)?;
    }
    (!found.is_empty()).then_some(found)
}
