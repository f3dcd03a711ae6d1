//! Escapes of addresses, JSON, JavaScript and HTML, decoded in one go.

use html5ever::data::NAMED_ENTITIES;

use super::Decoded;

/// Names of entities are not longer.
const MAX_ENTITY_BYTES: usize = 33;

/// The signs with which escapes begin, each of another language.
pub(in crate::mask) const SIGNS: [u8; 3] = [b'%', b'\\', b'&'];

/// Decodes the escapes of a text that begin with one of these `signs` once; `None` if it has
/// none.
pub(in crate::mask) fn unescaped(text: &[u8], signs: &[u8]) -> Option<Decoded> {
    if !text.iter().any(|byte| signs.contains(byte)) {
        return None;
    }
    let mut decoded = Decoded::with_capacity(text.len());
    let (mut at, mut is_changed) = (0, false);
    while let Some(byte) = text.get(at) {
        let rest = &text[at..];
        let escape = match byte {
            byte if !signs.contains(byte) => None,
            b'%' => percent(rest),
            b'\\' => backslash(rest),
            b'&' => entity(rest),
            _ => None,
        };
        if let Some((what, length)) = escape {
            let mut buffer = [0; 4];
            let bytes = match what {
                Escaped::Byte(byte) => {
                    buffer[0] = byte;
                    &buffer[..1]
                }
                Escaped::Char(character) => character.encode_utf8(&mut buffer).as_bytes(),
            };
            for byte in bytes {
                decoded.push(*byte, at..at + length);
            }
            at += length;
            is_changed = true;
        } else {
            decoded.push(*byte, at..at + 1);
            at += 1;
        }
    }
    is_changed.then_some(decoded)
}

/// The meaning of an escape.
enum Escaped {
    Byte(u8),
    Char(char),
}

/// An escape and its length.
type Found = Option<(Escaped, usize)>;

/// `%2F`, and `%u002F` as JavaScript's `escape` writes it.
fn percent(text: &[u8]) -> Found {
    if matches!(text.get(1), Some(b'u' | b'U'))
        && let Some((character, length)) = code_units(text, 2, b"%u")
    {
        return Some((Escaped::Char(character), length));
    }
    let byte = u8::try_from(hex(text.get(1..3)?)?).ok()?;
    Some((Escaped::Byte(byte), 3))
}

/// `\u002F`, `\u{2F}`, `\x2F`, `\/` and the like.
fn backslash(text: &[u8]) -> Found {
    let character = match text.get(1)? {
        b'u' => {
            if text.get(2) == Some(&b'{') {
                let digits = text
                    .iter()
                    .take(10)
                    .skip(3)
                    .take_while(|byte| byte.is_ascii_hexdigit());
                let end = 3 + digits.count();
                let character = char::from_u32(hex(text.get(3..end)?)?)?;
                return (text.get(end) == Some(&b'}'))
                    .then_some((Escaped::Char(character), end + 1));
            }
            let (character, length) = code_units(text, 2, b"\\u")?;
            return Some((Escaped::Char(character), length));
        }
        b'x' => {
            let character = char::from_u32(hex(text.get(2..4)?)?)?;
            return Some((Escaped::Char(character), 4));
        }
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        // No others: a backslash may also stand before the entity of another sign.
        sign @ (b'"' | b'\\' | b'/' | b'\'' | b'`') => char::from(*sign),
        _ => return None,
    };
    Some((Escaped::Char(character), 2))
}

/// Four digits at `at`, with those of the other half of a pair after `again`.
fn code_units(text: &[u8], at: usize, again: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| u16::try_from(hex(text.get(at..at + 4)?)?).ok();
    let first = unit(at)?;
    if let Some(character) = char::from_u32(u32::from(first)) {
        return Some((character, at + 4));
    }
    let next = at + 4 + again.len();
    if !text.get(at + 4..next)?.eq_ignore_ascii_case(again) {
        return None;
    }
    let pair = [first, unit(next)?];
    let character = char::decode_utf16(pair).next()?.ok()?;
    Some((character, next + 4))
}

/// `&#47;`, `&#x2F;` and `&sol;`; the semicolon of a number may be missing.
fn entity(text: &[u8]) -> Found {
    if text.get(1) == Some(&b'#') {
        let is_hex = matches!(text.get(2), Some(b'x' | b'X'));
        let (from, radix) = if is_hex { (3, 16) } else { (2, 10) };
        let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
        let end = from
            + text
                .get(from..)?
                .iter()
                .take(8)
                .take_while(is_digit)
                .count();
        let digits = std::str::from_utf8(text.get(from..end)?).ok()?;
        let character = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
        let length = end + usize::from(text.get(end) == Some(&b';'));
        return Some((Escaped::Char(character), length));
    }
    let name = text.get(1..)?.iter().take(MAX_ENTITY_BYTES);
    let length = name.take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let name = std::str::from_utf8(text.get(1..length + 2)?).ok()?;
    let (first, second) = NAMED_ENTITIES.get(name.strip_suffix(';').map(|_| name)?)?;
    // Those of two characters stand for no letter that keys are made of.
    (*second == 0).then_some(())?;
    Some((Escaped::Char(char::from_u32(*first)?), length + 2))
}

fn hex(digits: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    let is_hex = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u32::from_str_radix(text, 16).ok()).flatten()
}
