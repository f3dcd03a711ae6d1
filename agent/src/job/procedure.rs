//! The procedure of a job: converse, judge, resolve ids, record, store.
//!
//! Takes a [`RunJob`]. Each step takes what the one before it gives; the [`Report`] collects the
//! history of the job on the way. A step that fails ends the job with a [`JobFailure`], and then
//! only the history is stored.

use std::sync::Arc;

use schema::word::LogLevel;
use tracing::{error, info};

use super::{
    RunJob,
    context::AgentContext,
    converse::{Conversed, converse},
    deadline::{self, JobPhase},
    failure::{JobFailure, pause_key},
    judge::judge,
    listing::{Listed, store_listing},
    quarantine,
    report::Report,
    resolve::{Resolved, resolve_ids},
};
use crate::{
    fetch::FetchError,
    rows::Rows,
    source::{Conversation, Source},
    store::{JobResult, StoreResult},
};

/// How a job that did not fail is completed.
pub(super) enum Completion {
    /// It succeeded, and its report goes to the store.
    Recorded,
    /// Its report goes to the store, and another job goes on with the conversation.
    Continued,
    /// Its history is stored already, or its lease had ended.
    Stored,
}

/// Runs a job to its end, and hands its result to the store unless it is stored already.
pub(super) async fn run(context: &AgentContext, job: RunJob) {
    let mut report = Report::new(&job);
    let result = match deadline::run_within(context, &job, &mut report).await {
        Ok(Completion::Recorded) => report.succeeded(),
        Ok(Completion::Continued) => report.continued(),
        Ok(Completion::Stored) => return,
        Err(JobFailure::Returned(reason)) => {
            context.pod.metrics.permit_returned.inc();
            report.returned(reason)
        }
        Err(JobFailure::Failed(failure)) => fail(context, &job, failure, report).await,
    };
    // While the database is away, the job waits here for room, and its slot is not free.
    let space = context.backlog.reserve(&result).await;
    let message = StoreResult(result, space);
    if context.store.send(message).await.is_err() {
        error!("the store has ended, and the pod ends with it");
    }
}

/// Runs the five steps.
pub(super) async fn run_steps(
    context: &AgentContext,
    job: &RunJob,
    source: &Arc<Source>,
    report: &mut Report,
) -> Result<Completion, JobFailure> {
    let (pod, claim) = (&context.pod, &job.claim);
    let (conversation, mut rows) = match converse(context, job, source, report).await? {
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
        report.log(LogLevel::Info, &format!("`where` left out all {rows} rows"));
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
    quarantine::quarantine(&context.pod, claim, &mut failure, &mut report).await;
    failure.message = report.mask().text(&failure.message);
    if context.pod.failure_log.allow(claim.source_id) {
        info!(
            job = claim.job_id,
            task = claim.task_id,
            source = claim.source_id,
            step = claim.step,
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
