//! Takes secrets out of what is stored, logged, recorded or shown: by value, in every
//! encoding in which a source may send one back.
//!
//! Takes secret values and a text, gives the text without them. The text is searched as it
//! is and again decoded (`mask::encoding`): percent signs, escapes of JSON and JavaScript,
//! entities of HTML, base64 at every alignment, hexadecimal digits, and all of these inside
//! each other. Upper and lower case are the same here.
//!
//! A value shorter than [`MIN_BYTES`] is not searched for: it would be found by chance
//! everywhere. One that is made of digits alone counts only where no digit stands beside it.
//! Of a long value also the beginning and the end are found, as a text that was cut has them.
//!
//! In texts, three asterisks stand for a value. In bodies, a learnt value is replaced by another of
//! the same shape, so that a recording is replayed as the answer was. Of an answer whose token was
//! not found only the shape is kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
};

use aho_corasick::{AhoCorasick, MatchKind};
use encoding::Decoded;

mod encoding;
pub mod packed;
mod stand_in;
mod withheld;

pub use stand_in::stand_in;
pub use withheld::withheld;

/// The text that replaces a secret in texts for people.
pub const MASKED: &str = "***";
/// Shorter values are not searched for.
pub const MIN_BYTES: usize = 6;
/// Encodings inside each other that are looked into.
const MAX_DEPTH: u8 = 4;
/// Further times that escapes are decoded one language after the other.
const MAX_ALONE: u8 = 2;
/// Values of at least this size are found by their beginning and their end as well.
const MIN_CUT_BYTES: usize = 24;
/// Bytes of such a beginning or end.
const CUT_BYTES: usize = 16;

/// Secret values, ready to be searched for.
#[derive(Clone, Default)]
pub struct Mask {
    finder: Option<AhoCorasick>,
    /// The value and part of each pattern of the finder.
    patterns: Vec<Pattern>,
    values: Vec<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pattern {
    value: usize,
    part: Part,
}

/// How much of a form of a value a pattern is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Beginning,
    End,
}

#[derive(Clone)]
struct Value {
    text: String,
    is_digits: bool,
    stand_in: String,
}

impl Value {
    fn new((text, stand_in): (&str, String)) -> Self {
        Self {
            text: text.to_owned(),
            is_digits: text.bytes().all(|byte| byte.is_ascii_digit()),
            stand_in,
        }
    }
}

/// The place of a value in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hit {
    at: Range<usize>,
    value: usize,
    is_whole: bool,
}

/// Shows how many values there are, and none of them.
impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mask")
            .field("values", &self.values.len())
            .finish_non_exhaustive()
    }
}

impl Mask {
    /// Prepares to hide the `secrets` of a definition and what was `learnt` from its source.
    #[must_use]
    pub fn new<'a>(
        secrets: impl IntoIterator<Item = &'a str>,
        learnt: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let secrets = secrets.into_iter().map(|text| (text, MASKED.to_owned()));
        let learnt = learnt.into_iter().map(|text| (text, stand_in(text)));
        Self::of(secrets.chain(learnt).map(Value::new).collect())
    }

    /// Returns one that hides these values that were `learnt` as well.
    #[must_use]
    pub fn and<'a>(self, learnt: impl IntoIterator<Item = &'a str>) -> Self {
        let learnt: Vec<&str> = learnt.into_iter().collect();
        if learnt.is_empty() {
            return self;
        }
        let learnt = learnt
            .into_iter()
            .map(|text| Value::new((text, stand_in(text))));
        Self::of(self.values.into_iter().chain(learnt).collect())
    }

    fn of(values: Vec<Value>) -> Self {
        let mut patterns: BTreeMap<Vec<u8>, Pattern> = BTreeMap::new();
        let is_long = |value: &Value| value.text.trim().len() >= MIN_BYTES;
        let values: Vec<Value> = values.into_iter().filter(is_long).collect();
        for (value, Value { text, .. }) in values.iter().enumerate() {
            let parts = [
                (Part::Beginning, text.as_bytes().get(..CUT_BYTES)),
                (
                    Part::End,
                    text.len()
                        .checked_sub(CUT_BYTES)
                        .and_then(|at| text.as_bytes().get(at..)),
                ),
            ];
            for (part, bytes) in parts {
                if let (Some(bytes), true) = (bytes, text.len() >= MIN_CUT_BYTES) {
                    patterns
                        .entry(bytes.to_vec())
                        .or_insert(Pattern { value, part });
                }
            }
        }
        for (value, Value { text, .. }) in values.iter().enumerate() {
            for form in forms(text) {
                // A whole value goes before the part of another.
                let part = Part::Whole;
                patterns.insert(form, Pattern { value, part });
            }
        }
        let mut finder = AhoCorasick::builder();
        finder
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true);
        let finder = (!patterns.is_empty()).then(|| finder.build(patterns.keys()).ok());
        Self {
            finder: finder.flatten(),
            patterns: patterns.into_values().collect(),
            values,
        }
    }

    /// Whether there is nothing to hide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns `text` with three asterisks for each secret.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        if self.is_empty() {
            return text.to_owned();
        }
        let masked = self.replaced(text.as_bytes(), |_, _| MASKED.as_bytes().to_vec());
        String::from_utf8_lossy(&masked).into_owned()
    }

    /// Returns `body` with three asterisks for each secret of the definition, and for each
    /// value that was learnt another of the same shape: what reads the body, a pattern of a
    /// definition for example, finds it again. A number stays a number.
    #[must_use]
    pub fn body(&self, body: &[u8]) -> Vec<u8> {
        if self.is_empty() {
            return body.to_vec();
        }
        self.replaced(body, |value, at| {
            if value.is_digits && is_json_number(body, &at) {
                return stand_in(&value.text).into_bytes();
            }
            value.stand_in.clone().into_bytes()
        })
    }

    fn replaced(&self, text: &[u8], by: impl Fn(&Value, Range<usize>) -> Vec<u8>) -> Vec<u8> {
        let mut hits = self.hits(text, MAX_DEPTH);
        if hits.is_empty() {
            return text.to_vec();
        }
        hits.sort_by_key(|hit| (hit.at.start, std::cmp::Reverse(hit.at.end)));
        let (mut masked, mut done) = (Vec::with_capacity(text.len()), 0);
        let mut hits = hits.into_iter().peekable();
        while let Some(first) = hits.next() {
            // What overlaps is one secret, or two that stand in one piece of base64.
            let mut end = first.at.end;
            while let Some(next) = hits.next_if(|next| next.at.start < end) {
                end = end.max(next.at.end);
            }
            masked.extend_from_slice(&text[done..first.at.start]);
            match self.values.get(first.value) {
                Some(value) if first.is_whole => {
                    masked.extend(by(value, first.at.start..end));
                }
                Some(_) | None => masked.extend_from_slice(MASKED.as_bytes()),
            }
            done = end;
        }
        masked.extend_from_slice(&text[done..]);
        masked
    }

    /// Finds all values in a text and in the texts that it encodes.
    fn hits(&self, text: &[u8], depth: u8) -> Vec<Hit> {
        let mut found = self.direct(text);
        let Some(depth) = depth.checked_sub(1) else {
            return found;
        };
        if text.len() < MIN_BYTES {
            return found;
        }
        let mut see = |decoded: &Decoded| {
            for hit in self.hits(&decoded.bytes, depth) {
                let at = decoded.origin(&hit.at);
                found.push(Hit { at, ..hit });
            }
        };
        encoding::each_unescaped(text, false, &mut see);
        encoding::each_decoded(text, MIN_BYTES, &mut see);
        if depth + 1 == MAX_DEPTH {
            found.extend(self.hits_one_by_one(text, MAX_ALONE));
        }
        found
    }

    /// Finds all values in a text whose escapes are decoded one language after the other.
    fn hits_one_by_one(&self, text: &[u8], depth: u8) -> Vec<Hit> {
        let mut found = Vec::new();
        encoding::each_unescaped(text, true, &mut |decoded| {
            let mut inside = self.direct(&decoded.bytes);
            if let Some(depth) = depth.checked_sub(1) {
                inside.extend(self.hits_one_by_one(&decoded.bytes, depth));
            }
            for hit in inside {
                let at = decoded.origin(&hit.at);
                found.push(Hit { at, ..hit });
            }
        });
        found
    }

    /// Finds all values in a text as it is.
    fn direct(&self, text: &[u8]) -> Vec<Hit> {
        let Some(finder) = &self.finder else {
            return Vec::new();
        };
        let hit = |found: aho_corasick::Match| {
            let pattern = *self.patterns.get(found.pattern().as_usize())?;
            let value = self.values.get(pattern.value)?;
            let at = grown(text, found.range(), pattern.part, value.text.as_bytes());
            let is_beside_digits = at
                .start
                .checked_sub(1)
                .is_some_and(|at| text[at].is_ascii_digit())
                || text.get(at.end).is_some_and(u8::is_ascii_digit);
            (!value.is_digits || !is_beside_digits).then_some(Hit {
                at,
                value: pattern.value,
                is_whole: pattern.part == Part::Whole,
            })
        };
        finder.find_iter(text).filter_map(hit).collect()
    }
}

/// Returns as much around a part of a value as is still that value.
fn grown(text: &[u8], mut at: Range<usize>, part: Part, value: &[u8]) -> Range<usize> {
    let same = |a: Option<&u8>, b: Option<&u8>| match (a, b) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => false,
    };
    match part {
        Part::Whole => {}
        Part::Beginning => {
            while same(text.get(at.end), value.get(at.len())) {
                at.end += 1;
            }
        }
        Part::End => {
            let before = |at: &Range<usize>| {
                let (text_at, value_at) = (
                    at.start.checked_sub(1)?,
                    value.len().checked_sub(at.len() + 1)?,
                );
                Some((text_at, value_at))
            };
            while let Some((text_at, value_at)) = before(&at)
                && same(text.get(text_at), value.get(value_at))
            {
                at.start = text_at;
            }
        }
    }
    at
}

/// Whether what stands at `at` is a number of JSON and no text.
fn is_json_number(body: &[u8], at: &Range<usize>) -> bool {
    let before = body[..at.start]
        .iter()
        .rev()
        .find(|byte| !byte.is_ascii_whitespace());
    let after = body[at.end..]
        .iter()
        .find(|byte| !byte.is_ascii_whitespace());
    matches!(before, Some(b':' | b',' | b'[')) && matches!(after, Some(b',' | b'}' | b']'))
}

/// The ways in which a value may be written without an encoding that is decoded: as it is,
/// trimmed, in other character sets, as decoding leaves it, with `+` for blanks.
fn forms(text: &str) -> BTreeSet<Vec<u8>> {
    let mut plain = BTreeSet::from([text.as_bytes().to_vec(), text.trim().as_bytes().to_vec()]);
    // What looks like an escape in the value itself is decoded with the text around it.
    let mut decoded = text.as_bytes().to_vec();
    for _ in 0..MAX_DEPTH {
        let Some(next) = encoding::unescaped(&decoded, &encoding::SIGNS) else {
            break;
        };
        decoded = next.bytes;
        plain.insert(decoded.clone());
    }
    let spaced = |form: &Vec<u8>| {
        let plus = form
            .iter()
            .map(|byte| if *byte == b' ' { b'+' } else { *byte });
        plus.collect::<Vec<u8>>()
    };
    let mut all: BTreeSet<Vec<u8>> = plain.iter().map(spaced).collect();
    all.append(&mut plain);
    let units = || text.encode_utf16();
    all.insert(units().flat_map(u16::to_le_bytes).collect());
    all.insert(units().flat_map(u16::to_be_bytes).collect());
    let latin: Option<Vec<u8>> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).ok())
        .collect();
    all.extend(latin);
    all.retain(|form| form.len() >= MIN_BYTES);
    all
}

#[cfg(test)]
mod tests;
