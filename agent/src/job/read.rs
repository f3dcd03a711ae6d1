//! From a job's answer to its rows.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use schema::{
    queue::{Claim, Params},
    word::{ErrorClass, LogLevel},
};

use super::{Tools, Trouble, report::Report};
use crate::{
    extract::Answer,
    fetch::{Fetched, with_causes},
    rows::Rows,
    source::Source,
};

/// Larger bodies are read on a thread of their own, not to hold up other agents.
const LARGE_BODY_BYTES: usize = 256 << 10;

/// Reads the body; a panic in the reading fails the job like any other answer
/// that cannot be read.
pub(super) async fn rows(
    tools: &Tools,
    source: &Arc<Source>,
    claim: &Claim,
    fetched: Fetched,
    report: &mut Report,
) -> Result<Rows, Trouble> {
    let metrics = &tools.shared.metrics;
    metrics.fetch_bytes.inc_by(fetched.body.len() as u64);
    let started_at = Instant::now();
    let extracted = if fetched.body.len() > LARGE_BODY_BYTES {
        let (source, step, params) = (source.clone(), claim.step.clone(), claim.params.clone());
        let extract = move || extract_now(&source, &step, &params, &fetched);
        let extracted = tokio::task::spawn_blocking(extract).await;
        extracted.unwrap_or_else(|_| Err("the extraction did not end".to_owned()))
    } else {
        extract_now(source, &claim.step, &claim.params, &fetched)
    };
    metrics
        .extract_duration
        .observe(started_at.elapsed().as_secs_f64());
    extracted.map_err(|message| {
        report.log(LogLevel::Error, &message);
        Trouble::failed(ErrorClass::Malformed, message)
    })
}

fn extract_now(
    source: &Source,
    step: &str,
    params: &Params,
    fetched: &Fetched,
) -> Result<Rows, String> {
    let answer = Answer {
        status: 200,
        content_type: fetched.content_type.as_deref(),
        body: &fetched.body,
        received_at: jiff::Timestamp::now(),
    };
    // Nothing outlives a panic here: the source keeps no state between calls.
    let extract = AssertUnwindSafe(|| source.extract(step, params, &answer));
    match catch_unwind(extract) {
        Ok(rows) => rows.map_err(|error| with_causes(&error)),
        Err(_) => Err("the extraction panicked on this answer; please report it".to_owned()),
    }
}
