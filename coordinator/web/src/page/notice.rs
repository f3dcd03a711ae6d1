//! The result of an action, carried to the next page in a cookie that lives for one view.
//!
//! Not in the address: there, anybody could write a notice and send the link.

use actix_web::{HttpRequest, HttpResponse, http::header::SET_COOKIE};

use percent_encoding::percent_decode_str;

use super::address::encode;
use crate::access::guard::cookie;

const NAME: &str = "fullhouse_notice";
/// Letters at most: a cookie has 4 kB.
const MAX_LETTERS: usize = 600;

/// Reads the notice of a request.
#[must_use]
pub fn of(request: &HttpRequest) -> Option<String> {
    cookie(request.headers(), NAME).map(decode)
}

/// Answers a form: goes `to` a page, which shows `sentences`.
#[must_use]
pub fn go(to: &str, sentences: &[String]) -> HttpResponse {
    let text: String = sentences.join(". ").chars().take(MAX_LETTERS).collect();
    HttpResponse::SeeOther()
        .insert_header(("Location", to))
        .insert_header((SET_COOKIE, set(&encode(&text), 60)))
        .finish()
}

/// The header that ends a notice.
#[must_use]
pub fn ended() -> String {
    set("", 0)
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn set(value: &str, seconds: u32) -> String {
    format!("{NAME}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_survives_the_way_through_a_cookie() {
        for text in ["", "plain", "a;b=c, ü% \"\n", "%zz", "100%"] {
            assert_eq!(decode(&encode(text)), text);
            assert!(
                encode(text)
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'%')
            );
        }
        assert_eq!(decode("%"), "%");
        assert_eq!(decode("é%4"), "é%4");
    }
}
