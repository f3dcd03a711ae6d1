//! Answers that could not be used, kept to be looked at: a sample, compressed, without
//! secrets.

use std::{
    collections::{HashMap, VecDeque},
    io::Write as _,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use reqwest::header::CONTENT_TYPE;
use schema::{finish::Quarantined, queue::Claim};
use secrecy::ExposeSecret as _;

use super::{Shared, report::Report};
use crate::{
    fetch::{FetchError, header_of},
    source::{Source, conversation::Response},
};

/// Bytes that are kept of a body, before compression.
const MOST_BYTES: usize = 2 << 20;
/// Answers of one step that a pod keeps in [`WINDOW`].
const MOST_KEPT: usize = 3;
/// See [`MOST_KEPT`].
const WINDOW: Duration = Duration::from_mins(1);
/// Bytes of a body that are searched for [`MARKS`].
const MOST_SEARCHED_BYTES: usize = 64 << 10;
/// What stands in a page that is no answer, and what it says of it; the first counts.
const MARKS: [(&[&str], &str); 3] = [
    (
        &["captcha", "cf-challenge", "challenge-platform"],
        "the page asks for proof that we are no robot",
    ),
    (
        &["type=\"password\"", "type='password'", "type=password"],
        "the page has a password field: is it a login page?",
    ),
    (&["maintenance"], "the page speaks of maintenance"),
];
/// What stands in place of a secret.
const MASK: &[u8] = b"***";
/// A shorter secret would be found by chance everywhere; it is no secret either.
const SHORTEST_SECRET_BYTES: usize = 4;

/// Lets a few answers of each step pass in a while.
#[derive(Debug, Default)]
pub(super) struct Sample(Mutex<HashMap<(i32, String), VecDeque<Instant>>>);

impl Sample {
    /// Whether an answer to this claim is to be kept now.
    fn takes(&self, claim: &Claim) -> bool {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let times = kept
            .entry((claim.source_id, claim.step.clone()))
            .or_default();
        let now = Instant::now();
        while times
            .front()
            .is_some_and(|at| now.duration_since(*at) > WINDOW)
        {
            times.pop_front();
        }
        let has_room = times.len() < MOST_KEPT;
        if has_room {
            times.push_back(now);
        }
        has_room
    }
}

/// Keeps a sample of the answers that could not be used, and says what they look like.
pub(super) async fn quarantine(
    shared: &Shared,
    claim: &Claim,
    failure: &mut FetchError,
    report: &mut Report,
) {
    let Some(answer) = report.evidence(failure.class) else {
        return;
    };
    if let Some(what) = looks_like(&answer) {
        failure.message = format!("{}; {what}", failure.message);
    }
    if !shared.sample.takes(claim) {
        return;
    }
    let Ok(source) = shared.sources.get(claim.definition_id).await else {
        return;
    };
    let kept = tokio::task::spawn_blocking(move || keep(&answer, &source)).await;
    if let Ok(Some(kept)) = kept {
        report.quarantines(kept);
    }
}

/// Makes what is kept of an answer; `None` if it cannot be compressed.
fn keep(answer: &Response, source: &Source) -> Option<Quarantined> {
    let cut = answer.body.get(..MOST_BYTES).unwrap_or(&answer.body);
    let mut body = cut.to_vec();
    for secret in source.secrets() {
        body = masked(body, secret.expose_secret().as_bytes());
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&body).ok()?;
    Some(Quarantined {
        body_bytes: i32::try_from(answer.body.len()).unwrap_or(i32::MAX),
        content_type: header_of(&answer.headers, CONTENT_TYPE).map(|text| text.replace('\0', "")),
        body: gzip.finish().ok()?,
    })
}

/// Says what an answer that could not be used looks like, where that is plain to see.
fn looks_like(answer: &Response) -> Option<&'static str> {
    let head = answer
        .body
        .get(..MOST_SEARCHED_BYTES)
        .unwrap_or(&answer.body);
    let head = head.to_ascii_lowercase();
    let has = |mark: &str| head.windows(mark.len()).any(|part| part == mark.as_bytes());
    let (_, what) = MARKS
        .into_iter()
        .find(|(marks, _)| marks.iter().any(|mark| has(mark)))?;
    Some(what)
}

/// Puts the mask wherever `secret` stands.
fn masked(body: Vec<u8>, secret: &[u8]) -> Vec<u8> {
    if secret.len() < SHORTEST_SECRET_BYTES {
        return body;
    }
    let mut clean = Vec::with_capacity(body.len());
    let mut rest = body.as_slice();
    while let Some(at) = rest.windows(secret.len()).position(|part| part == secret) {
        clean.extend_from_slice(&rest[..at]);
        clean.extend_from_slice(MASK);
        rest = &rest[at + secret.len()..];
    }
    clean.extend_from_slice(rest);
    clean
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use jiff::Timestamp;
    use reqwest::header::HeaderMap;
    use schema::queue::Known;

    use super::*;
    use crate::{definition::Definition, source::shipped::SHIPPED};

    fn claim(step: &str) -> Claim {
        Claim {
            job_id: 1,
            task_id: 1,
            source_id: 1,
            definition_id: 1,
            limit_key_id: 1,
            step: step.to_owned(),
            key: String::new(),
            params: serde_json::Map::new(),
            subject_id: None,
            parent_job_id: None,
            permits: 1,
            continues: false,
            permit: Duration::ZERO,
            queued: Duration::ZERO,
            starts_in_seconds: None,
            known: Known::default(),
        }
    }

    fn answer(body: &[u8]) -> Response {
        Response {
            status: 200,
            headers: HeaderMap::new(),
            body: body.to_vec(),
            received_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_few_answers_of_each_step_are_kept() {
        let sample = Sample::default();
        let taken = [(); 5].map(|()| sample.takes(&claim("seats")));
        assert_eq!(taken, [true, true, true, false, false]);
        assert!(sample.takes(&claim("showtimes")));
    }

    #[test]
    fn a_page_that_is_no_answer_is_named() {
        let page = |body: &str| answer(body.as_bytes());
        let login = page("<form><INPUT name=p type='password'></form>");
        assert!(looks_like(&login).is_some_and(|what| what.contains("login page")));
        let robot = page("<div class=\"g-recaptcha\"></div><input type=\"password\">");
        assert!(looks_like(&robot).is_some_and(|what| what.contains("no robot")));
        assert_eq!(looks_like(&page("{\"seats\":[]}")), None);
    }

    #[test]
    fn a_secret_is_masked_wherever_it_stands() {
        let body = b"token=hunter2&again=hunter2".to_vec();
        assert_eq!(masked(body, b"hunter2"), b"token=***&again=***");
        assert_eq!(masked(b"abc".to_vec(), b"b"), b"abc");
    }

    #[test]
    fn what_is_kept_is_the_body_as_it_came() {
        let definition = Definition::parse(SHIPPED[0].1, "shipped").unwrap();
        let source = Source::compile(definition).unwrap();
        let kept = keep(&answer(b"<form id=\"login\">"), &source).unwrap();
        let mut text = String::new();
        GzDecoder::new(kept.body.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(
            (text.as_str(), kept.body_bytes),
            ("<form id=\"login\">", 17)
        );
    }
}
