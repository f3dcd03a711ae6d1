//! The result of an action, carried to the next page in a cookie that lives for one view.
//!
//! Not in the address: there, anybody could write a notice and send the link.

use actix_web::{HttpRequest, HttpResponse, http::header::SET_COOKIE};

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

fn set(value: &str, seconds: u32) -> String {
    format!("{NAME}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict")
}

/// Percent-encodes all but letters and digits.
#[must_use]
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let [high, low] =
                [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
            encoded.push('%');
            encoded.extend(
                [high, low]
                    .into_iter()
                    .flatten()
                    .map(|digit| digit.to_ascii_uppercase()),
            );
        }
        encoded
    })
}

/// Undoes [`encode`]; what is not encoded so stays as it is.
#[must_use]
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while let Some(&byte) = bytes.get(place) {
        let digits = text.get(place + 1..place + 3);
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(value) = value.filter(|_| byte == b'%') {
            decoded.push(value);
            place += 3;
        } else {
            decoded.push(byte);
            place += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
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
