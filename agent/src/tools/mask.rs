//! Takes secrets out of what is recorded or shown.
//!
//! A source may send a secret back, in a body or an address; so each is looked for in
//! everything, in the forms in which it can stand there.

use std::fmt::Write as _;

use secrecy::{ExposeSecret, SecretString};

/// What stands in place of a secret.
const MASK: &[u8] = b"***";
/// Shorter ones would be found everywhere by chance.
const SHORTEST: usize = 3;

/// The secrets of a definition, in every form in which they may be written.
pub struct Mask(Vec<Vec<u8>>);

impl Mask {
    /// Prepares to hide `secrets`.
    #[must_use]
    pub fn new(secrets: &[SecretString]) -> Self {
        let secrets = secrets.iter().map(ExposeSecret::expose_secret);
        let secrets = secrets.filter(|secret| secret.len() >= SHORTEST);
        let mut forms: Vec<Vec<u8>> = secrets.flat_map(forms).map(String::into_bytes).collect();
        // A form that holds another one goes first.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self(forms)
    }

    /// Returns `bytes` without the secrets.
    #[must_use]
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut masked = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Some(byte) = rest.first() {
            let form = self.0.iter().find(|form| rest.starts_with(form));
            if let Some(form) = form {
                masked.extend_from_slice(MASK);
                rest = &rest[form.len()..];
            } else {
                masked.push(*byte);
                rest = &rest[1..];
            }
        }
        masked
    }

    /// Returns `text` without the secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }
}

/// As it is, percent-encoded in both ways, and in JSON in both ways.
fn forms(secret: &str) -> Vec<String> {
    let mut percent = String::new();
    for byte in secret.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            percent.push(char::from(byte));
        } else {
            let _ = write!(percent, "%{byte:02X}");
        }
    }
    let form = percent
        .replace("%20", "+")
        .replace("%2A", "*")
        .replace('~', "%7E");
    let json = serde_json::Value::from(secret).to_string();
    let json = json.trim_matches('"').to_owned();
    let slashed = json.replace('/', "\\/");
    vec![
        secret.to_owned(),
        small_escapes(&percent),
        percent,
        form,
        json,
        slashed,
    ]
}

/// Percent signs may be followed by small letters as well.
fn small_escapes(text: &str) -> String {
    let mut small = String::with_capacity(text.len());
    let mut escaped = 0_u8;
    for letter in text.chars() {
        small.push(if escaped > 0 {
            letter.to_ascii_lowercase()
        } else {
            letter
        });
        escaped = if letter == '%' {
            2
        } else {
            escaped.saturating_sub(1)
        };
    }
    small
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form() {
        let mask = Mask::new(&["a/b c\"ö".to_owned().into(), "ab".to_owned().into()]);
        for text in [
            "x a/b c\"ö y",
            "x a%2Fb%20c%22%C3%B6 y",
            "x a%2fb%20c%22%c3%b6 y",
            "x a%2Fb+c%22%C3%B6 y",
            "x a/b c\\\"ö y",
            "x a\\/b c\\\"ö y",
        ] {
            assert_eq!(mask.text(text), "x *** y", "{text}");
        }
        // Too short to be looked for.
        assert_eq!(mask.text("ab"), "ab");
    }
}
