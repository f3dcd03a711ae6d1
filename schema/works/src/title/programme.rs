//! Programmes of several works, recognised conservatively: in doubt a title is that of one work.

use super::folded;
use crate::{
    token::{Separator, Token},
    vocabulary::{EXTRAS, PROGRAMMES, STOP_WORDS, contains},
};

/// Decides whether a title names several works.
///
/// A plus sign alone does not: it parts works only where one side begins with the other, where
/// each side has several words of meaning, or where a side has clauses of its own.
pub(super) fn is_programme(tokens: &[Token]) -> bool {
    let words = folded(tokens);
    PROGRAMMES.iter().any(|phrase| contains(&words, phrase))
        || (1..tokens.len()).any(|at| parts_works(tokens, at))
}

fn parts_works(tokens: &[Token], at: usize) -> bool {
    let Some((left, [sign, right @ ..])) = tokens.split_at_checked(at) else {
        return false;
    };
    if right.is_empty() || is_extra(right) {
        return false;
    }
    match sign.word.as_str() {
        "+" => {}
        "and" => return sign.is_behind_year,
        _ => return false,
    }
    let (left_words, right_words) = (folded(left), folded(right));
    let has_clause = |side: &[Token]| {
        side.iter()
            .skip(1)
            .any(|token| token.separator == Separator::Clause)
    };
    let meaning = |side: &[&str]| {
        side.iter()
            .filter(|word| !STOP_WORDS.contains(word))
            .count()
    };
    sign.is_behind_year
        || right_words.starts_with(&left_words)
        || left_words.starts_with(&right_words)
        || has_clause(left)
        || has_clause(right)
        || (meaning(&left_words) >= 2 && meaning(&right_words) >= 2)
}

/// Decides whether what is added is an extra of the showing.
pub(super) fn is_extra(added: &[Token]) -> bool {
    let words = folded(added);
    EXTRAS.iter().any(|phrase| contains(&words, phrase))
}
