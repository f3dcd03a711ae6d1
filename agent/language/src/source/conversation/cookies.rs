//! The cookies of one conversation.

use cookie_store::CookieStore;
use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

use crate::source::Request;

/// More cookies than any site needs.
const MAX_COOKIES: usize = 64;
/// Longer ones are not kept, as in browsers.
const MAX_LINE_BYTES: usize = 4096;

/// Keeps what an answer from `url` sets; returns its lines.
pub(super) fn store(jar: &mut CookieStore, url: &Url, headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(SET_COOKIE).iter();
    let lines = lines.filter_map(|value| value.to_str().ok());
    let mut kept = Vec::new();
    for line in lines
        .filter(|line| line.len() <= MAX_LINE_BYTES)
        .take(MAX_COOKIES)
    {
        if jar.iter_any().count() < MAX_COOKIES && jar.parse(line, url).is_ok() {
            kept.push(line.to_owned());
        }
    }
    kept
}

/// Keeps what was set in another conversation.
pub(super) fn restore(jar: &mut CookieStore, lines: &[(Url, String)]) {
    for (url, line) in lines {
        // It was good once; the jar judges whether it still is.
        let _ = jar.parse(line, url);
    }
}

/// Adds the cookies for the address of a request to the cookies from the definition.
pub(super) fn add(jar: &CookieStore, request: &mut Request) {
    let own = request.headers.get(COOKIE);
    let mut all: Vec<String> = own
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
        .into_iter()
        .collect();
    let set = jar.get_request_values(&request.url);
    all.extend(set.map(|(name, value)| format!("{name}={value}")));
    if all.is_empty() {
        return;
    }
    if let Ok(mut value) = HeaderValue::from_str(&all.join("; ")) {
        value.set_sensitive(true);
        request.headers.insert(COOKIE, value);
    }
}
