//! Whole conversations with anybody.
//!
//! After the name of the case come answers, divided by U+001E. Each is a status, lines of
//! headers, an empty line and a body. When all are given, the last is given again.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use source_language::source::conversation::{Next, Response};

use super::{case, extract::judge};

/// Stands between two answers.
pub(crate) const DIVIDER: u8 = 0x1e;

/// More than any shipped definition asks for one look.
const MAX_REQUESTS: usize = 2_000;

/// Holds a conversation about the step that `bytes` name first.
///
/// # Panics
///
/// If it does not end, or ends with rows that cannot be.
pub fn conversation(bytes: &[u8]) {
    let (case, rest) = case::of(bytes);
    let Ok(mut conversation) = case.begin() else {
        return;
    };
    let mut answers = rest.split(|byte| *byte == DIVIDER).map(response);
    let mut last = response(b"");
    for _ in 0..MAX_REQUESTS {
        match conversation.next() {
            Ok(Next::Send(_)) => {}
            Ok(Next::Done(rows)) => {
                judge(&rows);
                let _ = conversation.discover(&rows);
                return;
            }
            Err(_) => return,
        }
        if let Some(answer) = answers.next() {
            last = answer;
        }
        if conversation.answer(&last).is_err() {
            return;
        }
    }
    panic!("{} asks more than {MAX_REQUESTS} times", case.name);
}

pub(crate) fn response(bytes: &[u8]) -> Response {
    let mut rest = bytes;
    let status = String::from_utf8_lossy(line(&mut rest)).trim().parse();
    let mut headers = HeaderMap::new();
    while let header = line(&mut rest)
        && !header.is_empty()
    {
        let colon = header.iter().position(|byte| *byte == b':');
        let (name, value) = header.split_at(colon.unwrap_or(header.len()));
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    Response {
        status: status.unwrap_or(200),
        headers,
        body: rest.to_vec(),
        received_at: case::NOW,
    }
}

/// Takes a line off the front.
fn line<'b>(rest: &mut &'b [u8]) -> &'b [u8] {
    let end = rest.iter().position(|byte| *byte == b'\n');
    let end = end.unwrap_or(rest.len());
    let (line, after) = rest.split_at(end);
    *rest = after.get(1..).unwrap_or_default();
    line.trim_ascii_end()
}
