//! Cuts a title into words with what separates them, and takes brackets out.

use crate::fold::{fold, is_word_letter};

/// What stands between a word and the word before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separator {
    /// A space, or a sign without meaning.
    Space,
    /// A hyphen within a compound.
    Hyphen,
    /// A comma.
    Comma,
    /// A colon, a bar or a spaced dash: a clause begins.
    Clause,
}

/// A word of a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// As written.
    pub text: String,
    /// Folded.
    pub word: String,
    /// What stands before it.
    pub separator: Separator,
    /// Whether a year in brackets stood before it.
    pub is_behind_year: bool,
}

/// The content of brackets, and how many words stood before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bracket {
    pub text: String,
    pub words_before: usize,
}

/// Cuts a title into its words and the contents of its brackets.
///
/// Brackets within a word belong to it, as do brackets without a partner.
pub(crate) fn tokenise(title: &str) -> (Vec<Token>, Vec<Bracket>) {
    let letters: Vec<char> = title.chars().collect();
    let mut cutter = Cutter::default();
    let mut brackets = Vec::new();
    let mut within_word = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        if within_word.contains(&at) {
            at += 1;
            continue;
        }
        let Some(end) = closing(&letters, at) else {
            cutter.read(&letters, at);
            at += 1;
            continue;
        };
        if is_within_word(&letters, at, end) {
            within_word.push(end);
            at += 1;
            continue;
        }
        cutter.end_word();
        let text: String = letters
            .get(at + 1..end)
            .unwrap_or_default()
            .iter()
            .collect();
        brackets.push(Bracket {
            text,
            words_before: cutter.tokens.len(),
        });
        at = end + 1;
    }
    cutter.end_word();
    (cutter.tokens, brackets)
}

/// Decides whether brackets stand within a word, as in "(un)seen" and "see(n)".
fn is_within_word(letters: &[char], start: usize, end: usize) -> bool {
    let letter = |at: Option<usize>| at.and_then(|at| letters.get(at)).copied();
    let is_word = |letter: Option<char>| letter.is_some_and(is_word_letter);
    let is_small = |letter: Option<char>| letter.is_some_and(char::is_lowercase);
    (is_word(letter(start.checked_sub(1))) && is_small(letter(Some(start + 1))))
        || (is_word(letter(end.checked_sub(1))) && is_small(letter(Some(end + 1))))
}

/// Returns where the bracket that opens at `at` closes.
fn closing(letters: &[char], at: usize) -> Option<usize> {
    let (open, close) = match letters.get(at)? {
        '(' => ('(', ')'),
        '[' => ('[', ']'),
        '{' => ('{', '}'),
        '（' => ('（', '）'),
        '【' => ('【', '】'),
        '［' => ('［', '］'),
        _ => return None,
    };
    let mut depth = 0_usize;
    for (index, letter) in letters.iter().enumerate().skip(at) {
        if *letter == open {
            depth += 1;
        } else if *letter == close {
            depth -= 1;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

/// Builds tokens letter by letter.
#[derive(Debug)]
struct Cutter {
    tokens: Vec<Token>,
    word: String,
    /// Dots between the letters of the word.
    dots: usize,
    separator: Separator,
}

impl Default for Cutter {
    fn default() -> Self {
        Self {
            tokens: Vec::new(),
            word: String::new(),
            dots: 0,
            separator: Separator::Space,
        }
    }
}

impl Cutter {
    fn read(&mut self, letters: &[char], at: usize) {
        let Some(&letter) = letters.get(at) else {
            return;
        };
        let before = at
            .checked_sub(1)
            .and_then(|index| letters.get(index))
            .copied();
        let next = letters.get(at + 1).copied();
        let is_digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
        let is_space = |letter: Option<char>| letter.is_none_or(char::is_whitespace);
        match letter {
            _ if is_word_letter(letter) => self.word.push(letter),
            '\'' | '\u{2019}' | '\u{2018}' | '`' => {}
            // An initialism is one word.
            '.' if self.is_initialism(next) => self.dots += 1,
            '+' => self.sign("+"),
            '&' => self.sign("and"),
            '×' => self.sign("x"),
            ',' => self.separate(Separator::Comma),
            ':' | '：' if !(is_digit(before) && is_digit(next)) => {
                self.separate(Separator::Clause);
            }
            '|' | '｜' | '•' | '·' | ';' | '»' | '«' | '~' => {
                self.separate(Separator::Clause);
            }
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '/'
                if is_space(before) && is_space(next) =>
            {
                self.separate(Separator::Clause);
            }
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '/' | ':' | '：' => {
                self.separate(Separator::Hyphen);
            }
            _ => self.end_word(),
        }
    }

    /// Decides whether the word so far is letters with dots between, and another letter follows.
    fn is_initialism(&self, next: Option<char>) -> bool {
        self.word.chars().count() == self.dots + 1
            && self.word.chars().all(char::is_alphabetic)
            && next.is_some_and(char::is_alphabetic)
    }

    /// Ends the word, and begins another behind `separator` unless a stronger one stands already.
    fn separate(&mut self, separator: Separator) {
        self.end_word();
        let rank = |one: Separator| match one {
            Separator::Space => 0,
            Separator::Hyphen => 1,
            Separator::Comma => 2,
            Separator::Clause => 3,
        };
        if rank(separator) > rank(self.separator) {
            self.separator = separator;
        }
    }

    /// Adds a sign that is a word.
    fn sign(&mut self, word: &str) {
        self.end_word();
        self.push(word.to_owned(), word.to_owned());
    }

    fn end_word(&mut self) {
        self.dots = 0;
        if self.word.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.word);
        let word = fold(&text);
        self.push(text, word);
    }

    fn push(&mut self, text: String, word: String) {
        let separator = std::mem::replace(&mut self.separator, Separator::Space);
        let is_first = self.tokens.is_empty();
        self.tokens.push(Token {
            text,
            word,
            separator: if is_first {
                Separator::Space
            } else {
                separator
            },
            is_behind_year: false,
        });
    }
}

/// Writes tokens as a title again; cut again, it gives the same words.
pub(crate) fn written(tokens: &[Token]) -> String {
    let mut text = String::new();
    for (index, token) in tokens.iter().enumerate() {
        if index > 0 {
            text.push_str(match token.separator {
                Separator::Space => " ",
                Separator::Hyphen => "-",
                Separator::Comma => ", ",
                Separator::Clause => ": ",
            });
        }
        text.push_str(match token.word.as_str() {
            "+" => "+",
            "and" if token.text == "and" => "&",
            _ => &token.text,
        });
    }
    text
}
