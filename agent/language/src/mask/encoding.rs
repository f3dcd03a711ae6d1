//! Decodes a text in every way in which it may be an encoding, and knows where each decoded
//! byte comes from.

use std::ops::Range;

mod escapes;
mod runs;

pub(super) use escapes::{SIGNS, unescaped};

/// A decoded text.
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// For each byte, where in the text before what it was made of begins.
    starts: Vec<u32>,
    /// For each byte, where that ends.
    ends: Vec<u32>,
}

impl Decoded {
    fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            starts: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(bytes),
        }
    }

    fn push(&mut self, byte: u8, from: Range<usize>) {
        self.bytes.push(byte);
        // Larger bodies are never read.
        self.starts
            .push(u32::try_from(from.start).unwrap_or(u32::MAX));
        self.ends.push(u32::try_from(from.end).unwrap_or(u32::MAX));
    }

    /// Returns the part of the text before that was decoded to `at`.
    pub(super) fn origin(&self, at: &Range<usize>) -> Range<usize> {
        let start = self.starts.get(at.start).copied().unwrap_or(0);
        let last = at.end.checked_sub(1).and_then(|last| self.ends.get(last));
        start as usize..last.copied().unwrap_or(start) as usize
    }
}

/// Calls `see` with each text that this one may be when all its escapes are decoded and, if
/// `one_by_one`, also those of each language alone: what ends with the sign of another language
/// would be read with what stands behind it.
pub(super) fn each_unescaped(text: &[u8], one_by_one: bool, see: &mut dyn FnMut(&Decoded)) {
    if let Some(decoded) = unescaped(text, &SIGNS) {
        see(&decoded);
    }
    let signs = || SIGNS.iter().filter(|sign| text.contains(sign));
    if one_by_one && signs().count() > 1 {
        for sign in signs() {
            if let Some(decoded) = unescaped(text, &[*sign]) {
                see(&decoded);
            }
        }
    }
}

/// Calls `see` with each text that a piece of this one is base64 or hexadecimal digits of; one
/// that would be shorter than `min` bytes is left out.
pub(super) fn each_decoded(text: &[u8], min: usize, see: &mut dyn FnMut(&Decoded)) {
    runs::each_base64(text, min, see);
    runs::each_hex(text, min, see);
}
