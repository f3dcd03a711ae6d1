//! What is recorded of a request and its answer.

use reqwest::header::{HeaderMap, HeaderName};
use source_language::mask::{MASKED, MIN_BYTES, Mask, packed, stand_in, withheld};

use super::{Live, Raw};
use crate::{
    dialogue,
    recording::{Answered, Exchange},
};

/// Headers of an answer that mean something to a definition or its reader.
const OF_INTEREST: [&str; 9] = [
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "link",
    "location",
    "retry-after",
    "set-cookie",
];

impl Live {
    /// Returns it as it is recorded: without secrets, and with the headers that matter.
    pub(super) fn exchange(&self, raw: &Raw, mask: &Mask) -> Exchange {
        let Raw {
            asked, response, ..
        } = raw;
        let definition = self.source.definition();
        let names = response.headers.keys().map(HeaderName::as_str);
        let names =
            names.filter(|name| OF_INTEREST.contains(name) || definition.names_header(name));
        let headers = names.filter_map(|name| {
            let text = header_text(&response.headers, name)?;
            let text = mask.body(text.as_bytes());
            Some((name.to_owned(), String::from_utf8_lossy(&text).into_owned()))
        });
        let body = if raw.is_withheld {
            mask.body(&withheld(&response.body))
        } else {
            packed::body(mask, &response.body, usize::MAX)
        };
        Exchange {
            request: dialogue::sent(asked).without(mask),
            answer: Answered {
                status: response.status,
                headers: headers.collect(),
                file: String::new(),
                body,
            },
        }
    }
}

/// All values of a header; in place of those of cookies stand others of the same shape, or
/// three asterisks for short ones.
fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    let texts = headers.get_all(name).iter().map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        match text.split_once('=') {
            Some((cookie, rest)) if name == "set-cookie" => {
                let (value, attributes) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
                let value = if value.len() < MIN_BYTES {
                    MASKED.to_owned()
                } else {
                    stand_in(value)
                };
                format!("{cookie}={value}{attributes}")
            }
            _ => text.into_owned(),
        }
    });
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn cookies_are_recorded_without_their_values() {
        let mut headers = HeaderMap::new();
        headers.append(
            "set-cookie",
            HeaderValue::from_static("sid=a1B2c3-x; Path=/; HttpOnly"),
        );
        headers.append("set-cookie", HeaderValue::from_static("b=1"));
        let text = header_text(&headers, "set-cookie");
        assert_eq!(
            text.as_deref(),
            Some("sid=xX7xX7-x; Path=/; HttpOnly\nb=***")
        );
        assert_eq!(header_text(&headers, "etag"), None);
    }
}
