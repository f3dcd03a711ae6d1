//! Takes attributes off the ends of a title, one at a time.

use super::{NormalisedTitle, bracket::cover, folded, note_year, programme::is_extra};
use crate::attribute::AttributeKind;
use crate::{
    phrase::Place,
    token::{Separator, Token},
    vocabulary::{
        ENGLISH_ARTICLES, OTHER_ARTICLES, STOP_WORDS, STRAND_ENDS, STRANDS, beginning_with,
        ends_with, longest, matches,
    },
};

/// Takes one attribute off, or moves an article; returns `false` if there was nothing to do.
pub(super) fn strip_once(parts: &mut NormalisedTitle, tokens: &mut Vec<Token>) -> bool {
    if tokens.len() < 2 {
        return false;
    }
    move_article(tokens)
        || strip_followed_by(parts, tokens)
        || strip_extra(parts, tokens)
        || strip_first_clause(parts, tokens)
        || strip_last_clause(parts, tokens)
        || strip_first_words(parts, tokens)
        || strip_last_words(parts, tokens)
}

/// Moves an article behind a comma, at the end of the title or of a clause, to the front of it.
fn move_article(tokens: &mut Vec<Token>) -> bool {
    let found = (1..tokens.len()).find(|at| {
        tokens.get(*at).is_some_and(|token| {
            let word = token.word.as_str();
            token.separator == Separator::Comma
                && (ENGLISH_ARTICLES.contains(&word) || OTHER_ARTICLES.contains(&word))
        }) && (at + 1 == tokens.len() || begins_clause(tokens, at + 1))
    });
    let Some(at) = found else {
        return false;
    };
    let front = (1..at)
        .rev()
        .find(|at| begins_clause(tokens, *at))
        .unwrap_or(0);
    let mut article = tokens.remove(at);
    article.separator = Separator::Space;
    if let Some(first) = tokens.get_mut(front) {
        std::mem::swap(&mut article.separator, &mut first.separator);
    }
    tokens.insert(front, article);
    true
}

/// Words behind which stands what is added to the showing.
const FOLLOWERS: [[&str; 2]; 6] = [
    ["followed", "by"],
    ["introduced", "by"],
    ["hosted", "by"],
    ["preceded", "by"],
    ["accompanied", "by"],
    ["presented", "by"],
];

/// Takes off what comes before or after the film: `followed by a discussion`.
fn strip_followed_by(parts: &mut NormalisedTitle, tokens: &mut Vec<Token>) -> bool {
    let words = folded(tokens);
    let found = (1..words.len().saturating_sub(2)).find(|at| {
        let next = words.get(*at..at + 2).unwrap_or_default();
        FOLLOWERS.iter().any(|follower| follower == next)
            && words
                .iter()
                .take(*at)
                .any(|word| !STOP_WORDS.contains(word))
    });
    let Some(at) = found else {
        return false;
    };
    let added = tokens.split_off(at);
    parts.add(AttributeKind::Event, folded(&added).join(" "));
    true
}

/// Takes off what is added to the showing: `+ Q&A`, `x Workshop`, `plus intro`.
fn strip_extra(parts: &mut NormalisedTitle, tokens: &mut Vec<Token>) -> bool {
    let found = (1..tokens.len()).find(|at| {
        tokens
            .get(*at)
            .is_some_and(|token| matches!(token.word.as_str(), "+" | "x" | "plus"))
            && tokens
                .get(at + 1..)
                .is_some_and(|rest| !rest.is_empty() && is_extra(rest))
    });
    let Some(at) = found else {
        return false;
    };
    let extra = tokens.split_off(at);
    parts.add(
        AttributeKind::Event,
        folded(extra.get(1..).unwrap_or_default()).join(" "),
    );
    true
}

/// Takes the first clause off if it speaks of the showing, or is named like a strand.
fn strip_first_clause(parts: &mut NormalisedTitle, tokens: &mut Vec<Token>) -> bool {
    let Some(end) = (1..tokens.len()).find(|at| begins_clause(tokens, *at)) else {
        return false;
    };
    let words: Vec<String> = tokens
        .iter()
        .take(end)
        .map(|token| token.word.clone())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_taken = note(parts, &words) || {
        let is_strand = STRANDS.contains(&words.join(" ").as_str())
            || STRAND_ENDS.iter().any(|last| ends_with(&words, last));
        if is_strand {
            parts.add(AttributeKind::Strand, words.join(" "));
        }
        is_strand
    };
    if is_taken {
        tokens.drain(..end);
        if let Some(first) = tokens.first_mut() {
            first.separator = Separator::Space;
        }
    }
    is_taken
}

/// Takes the last clause off if it speaks of the showing.
fn strip_last_clause(parts: &mut NormalisedTitle, tokens: &mut Vec<Token>) -> bool {
    let Some(start) = (1..tokens.len())
        .rev()
        .find(|at| begins_clause(tokens, *at))
    else {
        return false;
    };
    let words: Vec<String> = tokens
        .iter()
        .skip(start)
        .map(|token| token.word.clone())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_taken = note(parts, &words);
    if is_taken {
        tokens.truncate(start);
    }
    is_taken
}

fn begins_clause(tokens: &[Token], at: usize) -> bool {
    tokens
        .get(at)
        .is_some_and(|token| token.separator == Separator::Clause)
}

/// Notes the attributes that all of a clause's words are; returns `false` if they are not.
fn note(parts: &mut NormalisedTitle, words: &[&str]) -> bool {
    let Some(attributes) = cover(words, Place::Segment) else {
        return false;
    };
    for (kind, text) in attributes {
        if kind == AttributeKind::Year {
            note_year(parts, words);
        }
        parts.is_unsure |= kind == AttributeKind::Version;
        parts.add(kind, text);
    }
    true
}

/// Takes a format, or a phrase for an audience, off the beginning.
fn strip_first_words(parts: &mut NormalisedTitle, tokens: &mut Vec<Token>) -> bool {
    let words = folded(tokens);
    let found = longest(&words, Place::Bare).filter(|(phrase, taken)| {
        matches!(phrase.1, AttributeKind::Format | AttributeKind::Audience) && *taken < words.len()
    });
    let Some((phrase, taken)) = found else {
        return false;
    };
    parts.add(
        phrase.1,
        words
            .iter()
            .take(taken)
            .copied()
            .collect::<Vec<_>>()
            .join(" "),
    );
    tokens.drain(..taken);
    if let Some(first) = tokens.first_mut() {
        first.separator = Separator::Space;
    }
    true
}

/// Takes the longest phrase off the end.
fn strip_last_words(parts: &mut NormalisedTitle, tokens: &mut Vec<Token>) -> bool {
    let words = folded(tokens);
    let least = words
        .iter()
        .position(|word| !STOP_WORDS.contains(word))
        .map_or(1, |at| at + 1);
    let found = (least..words.len()).find_map(|at| {
        let rest = words.get(at..)?;
        beginning_with(rest.first()?)
            .filter(|phrase| phrase.2 >= Place::Unsure)
            .find(|phrase| matches(phrase, rest) == Some(rest.len()))
            .map(|phrase| (phrase, at))
    });
    let Some((phrase, at)) = found else {
        return false;
    };
    let text = words.get(at..).unwrap_or_default().join(" ");
    parts.add(phrase.1, text);
    parts.is_unsure |= phrase.2 == Place::Unsure;
    tokens.truncate(at);
    true
}
