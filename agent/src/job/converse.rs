//! The job's part of a conversation: as many requests as it has permits, and no more.
//!
//! Takes a claim; gives rows, or leaves the conversation for the job that continues it. A permit is
//! one request, so a job whose answer leads to another request ends as `continued`: its history row
//! names its own address and status. The pod keeps the conversation in memory, by task, for some
//! minutes; the leader queues the task again at once, for this pod only. If nobody claims the row,
//! the pod may be gone: the task is queued for any pod, which starts from the beginning.
//!
//! So the limit stays exact without a shared counter, and tokens, cookies and rows of earlier pages
//! never reach the database. The price is one trip through the queue per further request. A
//! `continued` job changes neither when its task is due nor its failures; for the breaker it is an
//! answer.

use std::sync::Arc;

use jiff::Timestamp;
use schema::queue::Claim;
use source_language::{
    rows::Rows,
    source::{Conversation, Source, conversation::Next},
};
use uuid::Uuid;

use super::{
    context::AgentContext,
    messages::RunJob,
    outcome::JobFailure,
    report::Report,
    response::{handle_response, next},
    send::{OutgoingRequest, http_request, send},
};
use crate::held_conversation::HeldConversation;

/// How far the conversation came.
pub(super) enum Conversed {
    /// To its end.
    Complete(Box<HeldConversation>, Rows),
    /// The next request needs another permit.
    OutOfPermits,
}

/// Converses with the source until the conversation or the permits of the job end.
pub(super) async fn converse(
    context: &AgentContext,
    job: &RunJob,
    source: &Arc<Source>,
    report: &mut Report,
) -> Result<Conversed, JobFailure> {
    let claim = &job.claim;
    let waiting = &context.pod.conversations;
    // A conversation that another job of the task left is stale unless the leader says that
    // this job goes on with it, and if it was begun with another definition.
    let is_current = |left: &HeldConversation| claim.continues && left.is_with(source);
    let left = waiting.take(claim.task_id).filter(is_current);
    let is_continued = left.is_some();
    let mut conversation = match left {
        Some(conversation) => conversation,
        None => begin(context, claim, source)?,
    };
    report.record_previous(conversation.left_by());
    report.mask_secrets_of(source.clone(), conversation.learnt());
    let mut permits = claim.permits;
    loop {
        let asked = match next(&mut conversation).map_err(JobFailure::Failed)? {
            Next::Done(rows) => {
                report.count_first_hits(conversation.take_first_hits());
                return Ok(Conversed::Complete(Box::new(conversation), rows));
            }
            Next::Send(asked) => asked,
        };
        if permits == 0 {
            waiting.insert(claim.task_id, conversation.leave(claim.job_id));
            return Ok(Conversed::OutOfPermits);
        }
        permits -= 1;
        report.count_first_hits(conversation.take_first_hits());
        report.prepare_request(&asked);
        let cut_at = asked.cut_at();
        let outgoing = OutgoingRequest {
            request: http_request(asked.request, &context.pod, source, claim.job_id)?,
            cut_at,
            held_bytes: conversation.memory().bytes(),
        };
        let (response, held) = match send(context, job, source, outgoing, report).await {
            Ok(answered) => answered,
            Err(failure) => {
                // The request was not sent, so the next job can send it.
                if is_continued && matches!(failure, JobFailure::Returned(_)) {
                    waiting.insert(claim.task_id, conversation.leave(claim.job_id));
                }
                return Err(failure);
            }
        };
        let source_id = claim.source_id;
        conversation =
            handle_response(context, conversation, response, held, source_id, report).await?;
    }
}

fn begin(
    context: &AgentContext,
    claim: &Claim,
    source: &Arc<Source>,
) -> Result<HeldConversation, JobFailure> {
    Conversation::new(
        source.clone(),
        context.pod.memory.clone(),
        &claim.step,
        claim.params.clone(),
        Timestamp::now(),
        Uuid::new_v4(),
    )
    .map(|conversation| {
        let memory = context.pod.memory_budget.reserve(claim.source_id);
        HeldConversation::new(conversation, memory)
    })
    .map_err(JobFailure::Failed)
}
