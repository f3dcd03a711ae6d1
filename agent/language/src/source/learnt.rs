//! The secrets that a conversation learns from its source: tokens, cookies, values against forged
//! requests.
//!
//! Takes values as they come, gives them to the [`Mask`](crate::mask::Mask) that hides them. They
//! live in memory, as long as the conversation and the report of its job.
//!
//! Not every value of a source is a secret. A value is one if it is long enough, is neither a date
//! nor an address, and one of these holds: a request sends it and it came from a `first` answer; it
//! stands in a header of credentials; it is the value of a cookie; its name is that of a secret.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use http::header::{HeaderMap, LOCATION, SET_COOKIE};
use jiff::{Timestamp, civil};
use regex::bytes::Regex;
use serde_json::Value;
use url::Url;

use crate::mask::MIN_BYTES;

/// Digits alone are a number of a thing as a rule; a session's are longer.
const MIN_DIGITS: usize = 8;
/// Longer texts are no values but pages.
const MAX_BYTES: usize = 8 << 10;
/// Values of one job at most: the source chooses how many there are.
const MAX_VALUES: usize = 200;
/// Bytes of a body that are searched for values with names of secrets.
const MAX_SEARCHED_BYTES: usize = 1 << 20;

/// Names of credentials, in any place.
const NAMES: &str = r"csrf|xsrf|__requestverificationtoken|authenticity[_-]?token|(?:access|refresh|id|auth|session|bearer)[_-]?token|session[_-]?id|client[_-]?secret|passwo?r?d|jwt";
/// Further ones of answers that are asked for what they give.
const FURTHER_NAMES: &str =
    r"token|secret|session|sid|api[_-]?key|authorization|bearer|credential|signature|nonce";

static NAMED: LazyLock<Vec<Regex>> = LazyLock::new(|| named(NAMES));
static NAMED_IN_FIRST: LazyLock<Vec<Regex>> =
    LazyLock::new(|| named(&format!("{NAMES}|{FURTHER_NAMES}")));

/// Finds the values of such names: members of JSON, fields of forms and `meta` elements, and
/// parts of a query.
fn named(names: &str) -> Vec<Regex> {
    let name = format!(r"[\w.-]*(?:{names})[\w-]*");
    let patterns = [
        format!(r#"(?i)["']{name}\\?["']\s*:\s*\\?["']((?:[^"'\\]|\\[^"'])+)"#),
        format!(r#"(?i)["']{name}["']\s*:\s*([0-9]+)"#),
        format!(
            r#"(?i)<[^<>]*(?:name|id|property)\s*=\s*["']?{name}["']?[^<>]*(?:value|content)\s*=\s*["']?([^"'<>\s]+)"#
        ),
        format!(
            r#"(?i)<[^<>]*(?:value|content)\s*=\s*["']?([^"'<>\s]+)["']?[^<>]*(?:name|id|property)\s*=\s*["']?{name}"#
        ),
        format!(r"(?i)[?&;]{name}=([^&;#\s\x22'<>]+)"),
    ];
    patterns
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
}

/// Secret values that a conversation learnt at run time; clones share them.
#[derive(Clone, Default)]
pub struct Learnt(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    values: BTreeSet<String>,
    is_withheld: bool,
}

/// Shows how many values there are, and none of them.
impl fmt::Debug for Learnt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Learnt").field(&self.count()).finish()
    }
}

impl Learnt {
    /// Learns a value that is sent or was set, unless it cannot be a secret.
    pub fn add(&self, text: &str) {
        let text = text.trim();
        if let Some(url) = address(text) {
            // The address itself is public, but not the values in its query.
            let said = url.query_pairs().map(|(_, value)| value.into_owned());
            let words = [url.username(), url.password().unwrap_or_default()];
            for part in said.chain(words.map(str::to_owned)) {
                self.add_text(&part);
            }
            return;
        }
        self.add_text(text);
    }

    fn add_text(&self, text: &str) {
        let mut held = self.held();
        if held.values.len() < MAX_VALUES && is_secret(text) {
            held.values.insert(text.to_owned());
        }
    }

    /// Learns all texts and numbers in a value.
    pub fn add_all(&self, value: &Value) {
        match value {
            Value::String(text) => self.add(text),
            Value::Number(number) => self.add(&number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.add_all(item)),
            Value::Object(object) => object.values().for_each(|value| self.add_all(value)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Learns the cookies that an answer sets, and the values with names of secrets in the address
    /// to which it leads.
    pub fn add_headers(&self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            self.add_cookie(&String::from_utf8_lossy(line.as_bytes()));
        }
        for location in headers.get_all(LOCATION) {
            self.find(location.as_bytes(), &NAMED_IN_FIRST);
        }
    }

    /// Learns the value of a `Set-Cookie` line.
    pub fn add_cookie(&self, line: &str) {
        let pair = line.split(';').next().unwrap_or_default();
        if let Some((_, value)) = pair.split_once('=') {
            self.add(value.trim().trim_matches('"'));
        }
    }

    /// Learns the values in a body whose names are those of secrets; for the answer to a `first`
    /// request, more names count.
    pub fn add_named(&self, body: &[u8], is_first: bool) {
        let body = body.get(..MAX_SEARCHED_BYTES).unwrap_or(body);
        self.find(body, if is_first { &NAMED_IN_FIRST } else { &NAMED });
    }

    fn find(&self, body: &[u8], patterns: &[Regex]) {
        for pattern in patterns {
            for found in pattern.captures_iter(body).take(MAX_VALUES) {
                if let Some(value) = found.get(1) {
                    self.add(&String::from_utf8_lossy(value.as_bytes()));
                }
            }
        }
    }

    /// Sets whether the last answer holds a token that could not be found, so that none of it may
    /// be stored as it is.
    pub fn withhold(&self, is_withheld: bool) {
        self.held().is_withheld = is_withheld;
    }

    /// Whether none of the last answer may be stored as it is.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.held().is_withheld
    }

    /// Returns how many values there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.held().values.len()
    }

    /// Returns the values.
    #[must_use]
    pub fn values(&self) -> Vec<String> {
        self.held().values.iter().cloned().collect()
    }

    /// Learns what another knows.
    pub fn add_from(&self, other: &Self) {
        for value in other.values() {
            self.add_text(&value);
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

fn is_secret(text: &str) -> bool {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = || {
        text.parse::<civil::Date>().is_ok()
            || text.parse::<civil::DateTime>().is_ok()
            || text.parse::<Timestamp>().is_ok()
    };
    (MIN_BYTES..=MAX_BYTES).contains(&text.len())
        && (!is_number || text.len() >= MIN_DIGITS)
        && !is_date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(teach: impl Fn(&Learnt)) -> Vec<String> {
        let learnt = Learnt::default();
        teach(&learnt);
        learnt.values()
    }

    #[test]
    fn what_cannot_be_a_secret_is_not_learnt() {
        for text in [
            "1",
            "true",
            "abcde",
            "1234567",
            "2026-11-21",
            "2026-11-21T20:00:00Z",
            "https://api.kino.example/v2",
        ] {
            assert!(learnt(|learnt| learnt.add(text)).is_empty(), "{text}");
        }
        for text in ["s3cr3t", "12345678901", "/path/of/theirs"] {
            assert_eq!(learnt(|learnt| learnt.add(text)), [text]);
        }
        let signed = "https://cdn.kino.example/a?sig=abcdefgh&page=1";
        assert_eq!(learnt(|learnt| learnt.add(signed)), ["abcdefgh"]);
    }

    #[test]
    fn names_tell_what_is_a_secret() {
        for (body, expected) in [
            (r#"{"data": {"refreshToken" : "r-e-f-r"}}"#, "r-e-f-r"),
            (
                r#"<input type="hidden" name="csrf_token" value="abc123xyz">"#,
                "abc123xyz",
            ),
            (
                r"<meta content='abc123xyz' name='csrf-token'/>",
                "abc123xyz",
            ),
            (
                r"<input name=__RequestVerificationToken value=abc123xyz>",
                "abc123xyz",
            ),
            (r#""{\"access_token\":\"abc123xyz\"}""#, "abc123xyz"),
            ("<a href='/x?session_id=abc123xyz&a=1'>", "abc123xyz"),
        ] {
            assert_eq!(
                learnt(|learnt| learnt.add_named(body.as_bytes(), false)),
                [expected],
                "{body}"
            );
        }
        let body = br#"{"token": "abc123xyz", "title": "A long title"}"#;
        assert!(learnt(|learnt| learnt.add_named(body, false)).is_empty());
        assert_eq!(learnt(|learnt| learnt.add_named(body, true)), ["abc123xyz"]);
    }

    #[test]
    fn cookies_and_where_an_answer_leads_are_learnt() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (SET_COOKIE, "sid=\"abc123xyz\"; Path=/; HttpOnly"),
            (SET_COOKIE, "lang=de; Path=/"),
            (LOCATION, "/back?code=1&token=tok-tok"),
        ] {
            headers.append(name, http::header::HeaderValue::from_static(value));
        }
        let found = learnt(|learnt| learnt.add_headers(&headers));
        assert_eq!(found, ["abc123xyz", "tok-tok"]);
    }

    #[test]
    fn nothing_is_shown_by_debug() {
        let learnt = Learnt::default();
        learnt.add("abc123xyz");
        assert_eq!(format!("{learnt:?}"), "Learnt(1)");
    }
}
