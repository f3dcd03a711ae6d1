//! The procedure of a job: converse (send requests until there are rows), judge (can the rows be
//! true), resolve ids (layout, codes, tariff), record (fill the report), store (hand it over).
//!
//! Takes a [`RunJob`]. Each step takes what the one before it gives; the [`Report`] collects the
//! history of the job on the way. A step that fails ends the job with a [`JobFailure`], and then
//! only the history is stored. A job stores a listing itself; everything else goes to the store.
//! Whatever happens, a job ends once.

use std::{sync::Arc, time::Instant};

use schema::{enums::LogLevel, finish::NewLogLine};
use serde_json::json;
use source_language::{
    response::FetchError,
    rows::Rows,
    source::{Conversation, Source},
};
use tokio::time::timeout;
use tracing::{error, info};

use super::{
    context::AgentContext,
    converse::{Conversed, converse},
    deadline,
    judge::judge,
    listing::{Listed, store_listing},
    messages::RunJob,
    outcome::{Completion, JobFailure, pause_key},
    phase::JobPhase,
    quarantine::quarantine,
    report::Report,
    resolve::{Resolved, resolve_ids},
    send::source_of,
};
use crate::store::{JobResult, StoreResult};

/// Runs a job to its end, and hands its result to the store unless it is stored already.
pub(super) async fn run(context: &AgentContext, job: RunJob) {
    let mut report = Report::new(&job, &context.pod.telemetry);
    let result = match run_until_deadline(context, &job, &mut report).await {
        Ok(Completion::Recorded) => report.succeeded(),
        Ok(Completion::Continued) => report.continued(),
        Ok(Completion::Stored) => return,
        Err(JobFailure::Returned(reason)) => {
            context.pod.metrics.permit_returned.inc();
            report.returned(reason)
        }
        Err(JobFailure::Failed(failure)) => fail(context, &job, failure, report).await,
    };
    store(context, result).await;
}

/// Hands a result to the store. While the database is away, the job waits here for space, and its
/// slot is not free.
async fn store(context: &AgentContext, result: JobResult) {
    let space = context.backlog.reserve(&result).await;
    let message = StoreResult(result, space);
    if context.store.send(message).await.is_err() {
        error!("the store has ended, and the pod ends with it");
    }
}

/// Runs the five steps until the deadline of the job.
async fn run_until_deadline(
    context: &AgentContext,
    job: &RunJob,
    report: &mut Report,
) -> Result<Completion, JobFailure> {
    let pod = &context.pod;
    let processing = pod.processing_timeout;
    let timed_out = |phase, at_most| {
        pod.metrics.job_timed_out.inc();
        deadline::timed_out(phase, at_most, processing)
    };
    let permit = job.deadline.saturating_duration_since(Instant::now());
    let source = match timeout(processing, source_of(pod, &job.claim)).await {
        Ok(source) => source?,
        Err(_) => return Err(timed_out(report.phase(), processing)),
    };
    report.record_source(&source);
    let at_most = deadline::max_duration(
        permit,
        deadline::request_time(&source, &job.claim.step),
        job.claim.permits,
        processing,
    );
    let done = timeout(at_most, run_steps(context, job, &source, report)).await;
    done.unwrap_or_else(|_| Err(timed_out(report.phase(), at_most)))
}

/// Runs the five steps.
async fn run_steps(
    context: &AgentContext,
    job: &RunJob,
    source: &Arc<Source>,
    report: &mut Report,
) -> Result<Completion, JobFailure> {
    let (pod, claim) = (&context.pod, &job.claim);
    let conversed = converse(context, job, source, report).await?;
    let name = &source.definition().name;
    pod.archiving.archive_success(name, report).await;
    let (conversation, mut rows) = match conversed {
        Conversed::Complete(conversation, rows) => (conversation, rows),
        Conversed::OutOfPermits => return Ok(Completion::Continued),
    };
    record_gaps(context, &conversation, report);
    report.enter(JobPhase::Stores);
    let judged = judge(pod, source, claim, &mut rows).await;
    let judged = judged.map_err(|error| error.into_failure(report))?;
    let resolved = resolve_ids(pod, claim, rows, judged.layout, report).await?;
    let Some(rows) = record(resolved, report) else {
        return Ok(Completion::Recorded);
    };
    let listed = Listed {
        rows,
        is_whole: conversation.gaps().is_whole(),
        conversation,
        fields: judged.fields,
    };
    store_listing(pod, source, job, listed, report).await
}

/// Records what could not be read of the answers, and what the definition left out.
fn record_gaps(context: &AgentContext, conversation: &Conversation, report: &mut Report) {
    let gaps = conversation.gaps();
    report.record_gaps(gaps);
    context.pod.metrics.extract_gaps.inc_by(gaps.missing as u64);
    if let (rows @ 1.., left_out) = conversation.counts()
        && left_out >= rows
    {
        let line = NewLogLine::new(LogLevel::Info, format!("`where` left out all {rows} rows"));
        report.log(line.with(json!({ "rows": rows })));
    }
}

/// Records the rows in the report, with which the store writes them; returns those of a listing,
/// which the job stores itself.
fn record(resolved: Resolved, report: &mut Report) -> Option<Rows> {
    match resolved {
        Resolved::Seats(snapshot, logs) => report.record_snapshot(snapshot, logs),
        Resolved::Prices { prices, rows } => report.record_prices(prices, rows),
        Resolved::Observations(rows) => report.record_observations(rows),
        Resolved::Listing(rows) => return Some(rows),
    }
    None
}

/// Ends a job that failed: quarantines its answer, pauses its limit key, and logs.
async fn fail(
    context: &AgentContext,
    job: &RunJob,
    mut failure: FetchError,
    mut report: Report,
) -> JobResult {
    let claim = &job.claim;
    context.pod.archiving.archive_answer(&mut report).await;
    quarantine(
        &context.pod.quarantine_sample,
        claim,
        &mut failure,
        &mut report,
    )
    .await;
    failure.message = report.mask().text(&failure.message);
    if context.pod.failure_log.allow(claim.source_id) {
        info!(
            job = claim.job_id,
            task = claim.task_id,
            source = claim.source_id,
            step = claim.step,
            trace_id = report.tag().trace_field(),
            class = failure.class.label(),
            error = failure.message,
            "a job failed; further failures of this source are in the database"
        );
    }
    // A pause that the head of the answer asked for is known already.
    let pause = report
        .pause()
        .or_else(|| pause_key(context, claim, &failure));
    report.failed(&failure, pause)
}
