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
use source_language::{
    mask::{Mask, packed, withheld},
    response::{FetchError, header_of},
    source::{Learnt, conversation::Response},
};

use super::{Shared, report::Report};

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
    let Some(learnt) = report.learnt().cloned() else {
        return;
    };
    let mask = report.mask();
    let kept = tokio::task::spawn_blocking(move || keep(&answer, mask, &learnt)).await;
    if let Ok(Some(kept)) = kept {
        report.quarantines(kept);
    }
}

/// Makes what is kept of an answer; `None` if it cannot be compressed.
fn keep(answer: &Response, mask: Mask, learnt: &Learnt) -> Option<Quarantined> {
    let body = if learnt.is_withheld() {
        mask.body(&withheld(&answer.body))
    } else {
        // What its name tells is hidden in this answer only.
        let here = Learnt::default();
        here.add_named(&answer.body, false);
        let values = here.values();
        let mask = mask.and(values.iter().map(String::as_str));
        packed::body(&mask, &answer.body, MOST_BYTES)
    };
    let body = body.get(..MOST_BYTES).unwrap_or(&body);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(body).ok()?;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use jiff::Timestamp;
    use reqwest::header::HeaderMap;
    use schema::queue::Known;

    use super::*;

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

    fn text(kept: &Quarantined) -> String {
        let mut text = String::new();
        GzDecoder::new(kept.body.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        text
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
    fn neither_a_secret_nor_a_token_is_kept() {
        let (mask, learnt) = (Mask::new(["hunter2"], ["s3cr3t-abc"]), Learnt::default());
        let body = br#"{"key": "hunter%32", "token": "s3cr3t-abc", "csrf_token": "n0t-sent"}"#;
        let kept = text(&keep(&answer(body), mask.clone(), &learnt).unwrap());
        assert_eq!(
            kept,
            r#"{"key": "***", "token": "x7x7x7-x7x", "csrf_token": "x7x-7x7x"}"#
        );
        // The token was not found in its answer.
        learnt.withhold(true);
        let body = br#"{"success": false, "tok": "unknown-token"}"#;
        let kept = text(&keep(&answer(body), mask, &learnt).unwrap());
        assert!(!kept.contains("unknown"), "{kept}");
    }

    #[test]
    fn what_is_kept_is_the_body_as_it_came() {
        let learnt = Learnt::default();
        let kept = keep(&answer(b"<form id=\"login\">"), Mask::default(), &learnt).unwrap();
        assert_eq!(
            (text(&kept).as_str(), kept.body_bytes),
            ("<form id=\"login\">", 17)
        );
    }
}
