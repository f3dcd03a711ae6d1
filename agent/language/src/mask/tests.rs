#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8], is_url: bool, pads: bool) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut held = [0; 4];
        held[1..=chunk.len()].copy_from_slice(chunk);
        let held = u32::from_be_bytes(held);
        for digit in 0..=chunk.len() {
            let sextet = (held >> (18 - 6 * digit)) & 63;
            text.push(char::from(STANDARD[sextet as usize]));
        }
        if pads {
            text.push_str(&"=".repeat(3 - chunk.len()));
        }
    }
    if is_url {
        text = text.replace('+', "-").replace('/', "_");
    }
    text
}

fn percent(text: &str, is_upper: bool, all: bool) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if !all && (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) {
            out.push(char::from(byte));
        } else if is_upper {
            write!(out, "%{byte:02X}").unwrap();
        } else {
            write!(out, "%{byte:02x}").unwrap();
        }
        out
    })
}

fn form(text: &str) -> String {
    let mut url = url::Url::parse("form:").unwrap();
    url.query_pairs_mut().append_pair("k", text);
    url.query().unwrap()[2..].to_owned()
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn units(text: &str, before: &str, is_upper: bool) -> String {
    text.encode_utf16().fold(String::new(), |mut out, unit| {
        if is_upper {
            write!(out, "{before}{unit:04X}").unwrap();
        } else {
            write!(out, "{before}{unit:04x}").unwrap();
        }
        out
    })
}

fn html(text: &str, of: fn(char) -> String) -> String {
    text.chars().map(of).collect()
}

fn named(c: char) -> String {
    match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        '/' => "&sol;".to_owned(),
        'ö' => "&ouml;".to_owned(),
        other => other.to_string(),
    }
}

fn hex(text: &str, is_upper: bool) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if is_upper {
            write!(out, "{byte:02X}").unwrap();
        } else {
            write!(out, "{byte:02x}").unwrap();
        }
        out
    })
}

/// The text in each encoding by itself.
fn encoded(secret: &str) -> Vec<(&'static str, String)> {
    let of = |before: &str, after: &str| format!("{before}{secret}{after}");
    let mut all = vec![
        ("raw", secret.to_owned()),
        ("lower case", secret.to_ascii_lowercase()),
        ("upper case", secret.to_ascii_uppercase()),
        ("percent", percent(secret, true, false)),
        ("percent, small", percent(secret, false, false)),
        ("percent, all", percent(secret, true, true)),
        ("form", form(secret)),
        (
            "percent twice",
            percent(&percent(secret, true, false), true, false),
        ),
        ("JSON", json(secret)),
        ("JSON, slashes", json(secret).replace('/', "\\/")),
        ("JSON twice", json(&json(secret))),
        ("JSON, units", units(secret, "\\u", false)),
        ("JSON, large units", units(secret, "\\u", true)),
        ("escape()", units(secret, "%u", true)),
        ("HTML", html(secret, named)),
        (
            "HTML, numbers",
            html(secret, |c| format!("&#{};", u32::from(c))),
        ),
        (
            "HTML, hex",
            html(secret, |c| format!("&#x{:x};", u32::from(c))),
        ),
        (
            "HTML, long hex",
            html(secret, |c| format!("&#X{:06X};", u32::from(c))),
        ),
        ("HTML of JSON", html(&json(secret), named)),
        ("hex", hex(secret, false)),
        ("hex, large", hex(secret, true)),
        (
            "percent of base64",
            percent(&base64(secret.as_bytes(), false, true), true, false),
        ),
        (
            "base64 of JSON",
            base64(
                format!("{{\"k\":\"{}\"}}", json(secret)).as_bytes(),
                false,
                true,
            ),
        ),
        (
            "base64 of base64",
            base64(
                base64(secret.as_bytes(), false, true).as_bytes(),
                true,
                false,
            ),
        ),
    ];
    for (name, is_url, pads) in [
        ("base64", false, true),
        ("base64url", true, true),
        ("base64 unpadded", false, false),
        ("base64url unpadded", true, false),
    ] {
        for before in ["", "u", "us", "user:"] {
            for after in ["", ":", "ab", "xyz"] {
                all.push((name, base64(of(before, after).as_bytes(), is_url, pads)));
            }
        }
    }
    all
}

fn hides(secret: &str, learnt: bool) -> Result<(), TestCaseError> {
    let values = [secret];
    let mask = if learnt {
        Mask::new([], values)
    } else {
        Mask::new(values, [])
    };
    for (name, text) in encoded(secret) {
        for around in [
            text.clone(),
            format!("x={text}&y"),
            format!("{{\"k\": \"{text}\"}}"),
        ] {
            let shown = mask.text(&around);
            prop_assert!(!shown.contains(&text), "{name}: {around} → {shown}");
            prop_assert!(shown.contains(MASKED), "{name}: {around} → {shown}");
            let body = mask.body(around.as_bytes());
            prop_assert!(
                mask.hits(&body, MAX_DEPTH)
                    .iter()
                    .all(|hit| learnt && hit.is_whole),
                "{name}"
            );
            let body = String::from_utf8_lossy(&body).into_owned();
            prop_assert!(
                !body.contains(&text) || stand_in(secret) == *secret,
                "{name}: {around} → {body}"
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_encoding_of_a_secret_passes(secret in "[ -~]{4}[!-~äöß€😀]{6,30}", learnt: bool) {
        let secret = secret.trim();
        prop_assume!(secret.len() >= MIN_BYTES && !secret.bytes().all(|byte| byte.is_ascii_digit()));
        hides(secret, learnt)?;
    }

    #[test]
    fn no_encoding_of_a_token_passes(secret in "[A-Za-z0-9_+/=.-]{6,80}", learnt: bool) {
        prop_assume!(!secret.bytes().all(|byte| byte.is_ascii_digit()));
        hides(&secret, learnt)?;
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is(text in "\\PC{0,200}") {
        let mask = Mask::new(["correct-horse-battery"], []);
        prop_assert_eq!(mask.text(&text), text.clone());
        prop_assert_eq!(mask.body(text.as_bytes()), text.into_bytes());
    }

    #[test]
    fn any_bytes_can_be_searched(bytes: Vec<u8>) {
        let _ = Mask::new(["abcdef"], ["123456789"]).body(&bytes);
    }
}

#[test]
fn a_backslash_before_an_entity_is_no_escape() {
    hides("a  aößa0\\ö", false).unwrap();
    hides("A 0AßaAä&\\", false).unwrap();
    hides("a\\\"b\\/c\\n%41&amp;", true).unwrap();
}

#[test]
fn short_values_are_not_searched_for_and_numbers_stand_alone() {
    let mask = Mask::new(["1", "abcde"], ["12345678"]);
    assert_eq!(mask.text("1 abcde"), "1 abcde");
    assert_eq!(mask.text("id=12345678&t=1234567890"), "id=***&t=1234567890");
    let body = mask.body(br#"{"id": 12345678, "text": "12345678"}"#);
    assert_eq!(body, br#"{"id": 77777777, "text": "77777777"}"#);
    let mask = Mask::new(["87654321"], []);
    let body = mask.body(br#"{"id": 87654321, "text": "87654321"}"#);
    assert_eq!(body, br#"{"id": 77777777, "text": "***"}"#);
}

#[test]
fn what_is_left_of_a_cut_secret_is_hidden_too() {
    let secret = "0123456789abcdefghijklmnopqrstuvwxyz";
    let mask = Mask::new([secret], []);
    assert_eq!(mask.text("x 0123456789abcdefghij"), "x ***");
    assert_eq!(mask.text("ijklmnopqrstuvwxyz… y"), "***… y");
    assert_eq!(mask.text("0123456789abcde"), "0123456789abcde");
}

#[test]
fn two_secrets_in_one_header_are_both_hidden() {
    let mask = Mask::new(["hunter-user", "hunter-password"], []);
    let text = base64(b"hunter-user:hunter-password", false, true);
    let shown = mask.text(&format!("Basic {text}"));
    // One sign is left of the colon between them.
    assert_eq!(shown.len(), "Basic ***6***".len(), "{shown}");
}

#[test]
fn nothing_is_shown_by_debug() {
    let mask = Mask::new(["hunter2-hunter2"], []);
    assert!(!format!("{mask:?}").contains("hunter2"));
}
