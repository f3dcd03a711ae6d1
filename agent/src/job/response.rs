//! One answer of a job: handed to its conversation, which reads it.
//!
//! Takes an answer, gives the conversation back. Reads within the memory that is reserved for the
//! decoded values. An answer that cannot be read, or a panic on it, fails the job.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use schema::{
    enums::{ErrorClass, LogLevel},
    finish::NewLogLine,
};
use serde_json::json;
use source_fetch::memory_budget::{OverBudget, Reservation};
use source_language::{
    extract::allowance::{self, Exceeded, More},
    source::{
        Conversation,
        conversation::{Next, Problem, Response},
    },
};

use super::{
    context::AgentContext, outcome::JobFailure, read_slots::HeldResources, report::Report,
};
use crate::held_conversation::HeldConversation;

/// A larger body is read on a thread of its own, so that other agents do not wait.
const LARGE_BODY_BYTES: usize = 256 << 10;
/// What the decoded values of any answer may take without a reservation: one answer at a time
/// is read on an agent's thread.
const UNRESERVED_BYTES: usize = 4 << 20;
/// Reservation for the values of a large body, as a multiple of its size.
const VALUES_TO_BODY_RATIO: usize = 4;
/// Name of decoded values in an error of the memory budget.
const VALUES: &str = "the decoded values of its answer";
/// What the memory budget calls the rows of all pages in an error.
const ROWS: &str = "the rows of its pages";

/// Gives the answer to the conversation. A panic while it is read fails the job, as any answer
/// does that cannot be read.
pub(super) async fn handle_response(
    context: &AgentContext,
    mut conversation: HeldConversation,
    response: Response,
    held: HeldResources,
    source_id: i32,
    report: &mut Report,
) -> Result<HeldConversation, JobFailure> {
    let metrics = &context.pod.metrics;
    metrics.fetch_bytes.inc_by(response.body.len() as u64);
    // Kept until the job has ended, in case the answer cannot be used.
    let response = Arc::new(response);
    let body_bytes = held.memory.bytes();
    report.hold_response(response.clone(), held);
    let is_large = response.body.len() > LARGE_BODY_BYTES;
    let memory = context.pod.memory_budget.reserve(source_id);
    let mut memory = memory.held_by_job(body_bytes + conversation.memory().bytes());
    if is_large {
        let usual = response.body.len().saturating_mul(VALUES_TO_BODY_RATIO);
        memory.resize(usual, VALUES).await.map_err(failed)?;
    }
    let read = move || {
        let started_at = Instant::now();
        let outcome = read_within(&mut conversation, &response, memory, is_large);
        (conversation, outcome, started_at.elapsed())
    };
    let done = if is_large {
        tokio::task::spawn_blocking(read).await.ok()
    } else {
        Some(context.read_slots.run_when_idle(read).await)
    };
    let Some((mut conversation, outcome, took)) = done else {
        return Err(JobFailure::failed(
            ErrorClass::Malformed,
            "the thread that read the answer ended before it had read it",
        ));
    };
    metrics.extract_duration.observe(took.as_secs_f64());
    report.record_extract(took);
    for note in conversation.take_notes() {
        report.log(NewLogLine::new(LogLevel::Warn, note));
    }
    metrics
        .fetch_saved_bytes
        .inc_by(conversation.take_saved_bytes());
    outcome.map_err(|problem| {
        if problem.class == ErrorClass::Malformed {
            let line = NewLogLine::new(LogLevel::Error, problem.message.clone());
            report.log(line.with(json!({
                "class": problem.class.label(),
                "status": problem.http_status,
            })));
        }
        JobFailure::Failed(problem)
    })?;
    let rows_bytes = conversation.rows_bytes();
    let memory = conversation.memory();
    memory.set_held_by_job(body_bytes);
    memory.resize(rows_bytes, ROWS).await.map_err(failed)?;
    Ok(conversation)
}

fn failed(over: OverBudget) -> JobFailure {
    JobFailure::Failed(over.into())
}

/// Returns what the conversation does next; a panic fails the job.
pub(super) fn next(conversation: &mut Conversation) -> Result<Next, Problem> {
    let next = AssertUnwindSafe(|| conversation.next());
    catch_unwind(next).unwrap_or_else(|_| Err(panicked()))
}

/// Reads an answer within the memory that is reserved for its values. It reserves more where
/// there is room; on a thread of its own it may wait for room.
fn read_within(
    conversation: &mut Conversation,
    response: &Response,
    mut memory: Reservation,
    may_wait: bool,
) -> Result<(), Problem> {
    let over: Rc<RefCell<Option<OverBudget>>> = Rc::default();
    let allowed = UNRESERVED_BYTES + memory.bytes();
    let refusal = over.clone();
    let mut reserved = memory.bytes();
    let more: More = Box::new(move |bytes| {
        reserved = reserved.saturating_add(bytes);
        let grown = if may_wait {
            memory.resize_blocking(reserved, VALUES)
        } else {
            memory.try_resize(reserved, VALUES)
        };
        grown.map_err(|error| refusal.replace(Some(error))).is_ok()
    });
    // After a panic the conversation is dropped, so nothing sees its broken state.
    let read = AssertUnwindSafe(|| {
        allowance::within(
            allowed,
            Some(more),
            AssertUnwindSafe(|| conversation.answer(response)),
        )
    });
    match catch_unwind(read) {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(Exceeded)) => Err(match over.take() {
            Some(over) => over.into(),
            None => panicked(),
        }),
        Err(_) => Err(panicked()),
    }
}

fn panicked() -> Problem {
    let message = "the extraction panicked on this answer, which is a defect of the program: please report it";
    Problem::new(ErrorClass::Malformed, message)
}
