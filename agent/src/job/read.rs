//! From a job's answer to what its conversation makes of it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use schema::word::{ErrorClass, LogLevel};

use super::{Tools, Trouble, reading, report::Report};
use crate::source::{
    Conversation,
    conversation::{Next, Problem, Response},
};

/// Larger bodies are read on a thread of their own, not to hold up other agents.
const LARGE_BODY_BYTES: usize = 256 << 10;

/// Gives the answer to the conversation; a panic in the reading fails the job like any
/// other answer that cannot be read.
pub(super) async fn hear(
    tools: &Tools,
    mut conversation: Conversation,
    response: Response,
    held: reading::Turn,
    report: &mut Report,
) -> Result<Conversation, Trouble> {
    let metrics = &tools.shared.metrics;
    metrics.fetch_bytes.inc_by(response.body.len() as u64);
    // Kept until the answer is stored, in case that it cannot be used.
    let response = Arc::new(response);
    report.got(response.clone(), held);
    let is_large = response.body.len() > LARGE_BODY_BYTES;
    let hear = move || {
        let started_at = Instant::now();
        let heard = hear_now(&mut conversation, &response);
        (conversation, heard, started_at.elapsed())
    };
    let heard = if is_large {
        tokio::task::spawn_blocking(hear).await.ok()
    } else {
        Some(tools.reading.at_last(hear).await)
    };
    let Some((mut conversation, heard, took)) = heard else {
        return Err(Trouble::failed(
            ErrorClass::Malformed,
            "the reading of the answer did not end",
        ));
    };
    metrics.extract_duration.observe(took.as_secs_f64());
    for note in conversation.take_notes() {
        report.log(LogLevel::Warn, &note);
    }
    metrics
        .fetch_saved_bytes
        .inc_by(conversation.take_saved_bytes());
    heard.map_err(|problem| {
        if problem.class == ErrorClass::Malformed {
            report.log(LogLevel::Error, &problem.message);
        }
        Trouble::Failed(problem)
    })?;
    Ok(conversation)
}

/// Asks the conversation what is next; a panic fails the job.
pub(super) fn next(conversation: &mut Conversation) -> Result<Next, Problem> {
    let next = AssertUnwindSafe(|| conversation.next());
    catch_unwind(next).unwrap_or_else(|_| Err(panicked()))
}

fn hear_now(conversation: &mut Conversation, response: &Response) -> Result<(), Problem> {
    // After a panic the conversation is dropped with all that it knew.
    let hear = AssertUnwindSafe(|| conversation.answer(response));
    catch_unwind(hear).unwrap_or_else(|_| Err(panicked()))
}

fn panicked() -> Problem {
    let message = "the extraction panicked on this answer; please report it";
    Problem::new(ErrorClass::Malformed, message)
}
