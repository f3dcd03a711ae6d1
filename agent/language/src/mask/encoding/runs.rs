//! Pieces of a text that may be base64 or hexadecimal digits.
//!
//! Where such a piece begins cannot be known: a letter before it may belong to it or not. So
//! each is decoded from each place at which a byte may begin.

use super::Decoded;

/// Decodes pieces of base64, in either alphabet, with line breaks in them or not.
pub(super) fn each_base64(text: &[u8], min: usize, see: &mut dyn FnMut(&Decoded)) {
    each(text, (min * 8).div_ceil(6), sextet, &mut |digits| {
        for phase in 0..4.min(digits.len()) {
            see(&decoded(&digits[phase..], 6));
        }
    });
}

/// Decodes pieces of hexadecimal digits.
pub(super) fn each_hex(text: &[u8], min: usize, see: &mut dyn FnMut(&Decoded)) {
    each(text, min * 2, nibble, &mut |digits| {
        for phase in 0..2.min(digits.len()) {
            see(&decoded(&digits[phase..], 4));
        }
    });
}

/// A digit and its place.
type Digit = (u8, usize);

/// Calls `see` with each run of at least `min` digits.
fn each(text: &[u8], min: usize, digit: fn(u8) -> Option<u8>, see: &mut dyn FnMut(&[Digit])) {
    let mut run: Vec<Digit> = Vec::new();
    for (at, byte) in text.iter().enumerate() {
        if let Some(value) = digit(*byte) {
            run.push((value, at));
        } else if !matches!(byte, b'\r' | b'\n') {
            if run.len() >= min {
                see(&run);
            }
            run.clear();
        }
    }
    if run.len() >= min {
        see(&run);
    }
}

/// Puts digits of so many bits together to bytes.
fn decoded(digits: &[Digit], bits: u32) -> Decoded {
    let mut decoded = Decoded::with_capacity(digits.len());
    let (mut held, mut held_bits, mut start) = (0_u32, 0, 0);
    for (value, at) in digits {
        if held_bits == 0 {
            start = *at;
        }
        held = (held << bits | u32::from(*value)) & 0xffff;
        held_bits += bits;
        if held_bits >= 8 {
            held_bits -= 8;
            let [.., byte] = (held >> held_bits).to_be_bytes();
            decoded.push(byte, start..at + 1);
            // The remaining bits of this digit begin the next byte.
            start = *at;
        }
    }
    decoded
}

fn sextet(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

fn nibble(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}
