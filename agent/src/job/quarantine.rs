//! Quarantine: keeps a sample of the answers that could not be used, for a person to read.
//!
//! Takes the answer of a failed job; gives what is stored of it, compressed and without secrets. A
//! few per minute, step and pod are kept, each up to a bound. The leader removes all but the newest
//! of each step.

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
    response::FetchError,
    response::header_of,
    source::{Learnt, conversation::Response},
};

use super::report::Report;

/// Bytes that are kept of a body, before compression.
const MAX_BODY_BYTES: usize = 2 << 20;
/// Answers of one step that a pod keeps in [`SAMPLE_WINDOW`].
const MAX_SAMPLED: usize = 3;
/// Time in which a pod keeps at most [`MAX_SAMPLED`] answers of one step.
const SAMPLE_WINDOW: Duration = Duration::from_mins(1);
/// Bytes of a body that are searched for [`MARKS`].
const MAX_SEARCHED_BYTES: usize = 64 << 10;
/// Texts of pages that are no answer, with the kind of page; the first match counts.
const MARKS: [(&[&str], &str); 3] = [
    (
        &["captcha", "cf-challenge", "challenge-platform"],
        "the page asks for proof that the client is no robot",
    ),
    (
        &["type=\"password\"", "type='password'", "type=password"],
        "the page has a password field: is it a login page?",
    ),
    (&["maintenance"], "the page mentions maintenance"),
];

/// Decides which answers are kept: a few of each step in a while.
#[derive(Debug, Default)]
pub(super) struct QuarantineSample(Mutex<HashMap<(i32, String), VecDeque<Instant>>>);

impl QuarantineSample {
    /// Whether an answer to this claim is kept now; it counts as kept then.
    fn admit(&self, claim: &Claim) -> bool {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let times = kept
            .entry((claim.source_id, claim.step.clone()))
            .or_default();
        let now = Instant::now();
        while times
            .front()
            .is_some_and(|at| now.duration_since(*at) > SAMPLE_WINDOW)
        {
            times.pop_front();
        }
        let has_room = times.len() < MAX_SAMPLED;
        if has_room {
            times.push_back(now);
        }
        has_room
    }
}

/// Keeps the answer of a failed job if the sample admits it, and adds to the failure what the
/// answer looks like.
pub(super) async fn quarantine(
    sample: &QuarantineSample,
    claim: &Claim,
    failure: &mut FetchError,
    report: &mut Report,
) {
    let Some(answer) = report.take_unusable_response(failure.class) else {
        return;
    };
    if let Some(what) = looks_like(&answer) {
        failure.message = format!("{}; {what}", failure.message);
    }
    if !sample.admit(claim) {
        return;
    }
    let Some(learnt) = report.learnt().cloned() else {
        return;
    };
    let mask = report.mask();
    let kept = tokio::task::spawn_blocking(move || packed_answer(&answer, mask, &learnt)).await;
    if let Ok(Some(kept)) = kept {
        report.record_quarantined(kept);
    }
}

/// Masks, cuts and compresses an answer; `None` if it cannot be compressed.
fn packed_answer(answer: &Response, mask: Mask, learnt: &Learnt) -> Option<Quarantined> {
    let body = masked_body(answer, mask, learnt, MAX_BODY_BYTES);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&body).ok()?;
    Some(Quarantined {
        body_bytes: i32::try_from(answer.body.len()).unwrap_or(i32::MAX),
        content_type: header_of(&answer.headers, CONTENT_TYPE).map(|text| text.replace('\0', "")),
        body: gzip.finish().ok()?,
    })
}

/// Returns the body of an answer without secrets, at most `limit` bytes.
pub(super) fn masked_body(answer: &Response, mask: Mask, learnt: &Learnt, limit: usize) -> Vec<u8> {
    let mut body = if learnt.is_withheld() {
        mask.body(&withheld(&answer.body))
    } else {
        // Values whose names mark them as secret are masked in this answer only.
        let here = Learnt::default();
        here.add_named(&answer.body, false);
        let values = here.values();
        let mask = mask.and(values.iter().map(String::as_str));
        packed::body(&mask, &answer.body, limit)
    };
    body.truncate(limit);
    body
}

/// Returns what an answer that could not be used looks like, where its text shows that.
fn looks_like(answer: &Response) -> Option<&'static str> {
    let head = answer
        .body
        .get(..MAX_SEARCHED_BYTES)
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
    use schema::queue::StoredBaseline;

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
            baseline: StoredBaseline::default(),
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
        let sample = QuarantineSample::default();
        let admitted = [(); 5].map(|()| sample.admit(&claim("seats")));
        assert_eq!(admitted, [true, true, true, false, false]);
        assert!(sample.admit(&claim("showtimes")));
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
        let kept = text(&packed_answer(&answer(body), mask.clone(), &learnt).unwrap());
        assert_eq!(
            kept,
            r#"{"key": "***", "token": "x7x7x7-x7x", "csrf_token": "x7x-7x7x"}"#
        );
        // The answer has a token that was not found, so all of its text is withheld.
        learnt.withhold(true);
        let body = br#"{"success": false, "tok": "unknown-token"}"#;
        let kept = text(&packed_answer(&answer(body), mask, &learnt).unwrap());
        assert!(!kept.contains("unknown"), "{kept}");
    }

    #[test]
    fn what_is_kept_is_the_body_as_it_came() {
        let learnt = Learnt::default();
        let kept =
            packed_answer(&answer(b"<form id=\"login\">"), Mask::default(), &learnt).unwrap();
        assert_eq!(
            (text(&kept).as_str(), kept.body_bytes),
            ("<form id=\"login\">", 17)
        );
    }
}
