//! From a job's answer to what its conversation makes of it.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use schema::word::{ErrorClass, LogLevel};
use source_fetch::memory_budget::{OverBudget, Reservation};
use source_language::{
    extract::allowance::{self, Exceeded, More},
    source::{
        Conversation,
        conversation::{Next, Problem, Response},
    },
};

use super::{HeldConversation, Tools, Trouble, ask::Held, report::Report};

/// Larger bodies are read on a thread of their own, not to hold up other agents.
const LARGE_BODY_BYTES: usize = 256 << 10;
/// What the values of any answer may take; of those that are read on an agent's thread, one at
/// a time, nothing is set aside for so much.
const FREE_BYTES: usize = 4 << 20;
/// What is set aside for the values of a large body, as a multiple of its size.
const USUAL_RATIO: usize = 4;
/// See [`OverBudget`](source_fetch::memory_budget::OverBudget).
const VALUES: &str = "the decoded values of its answer";
/// What the rows of all pages are called in an error of the memory budget.
const ROWS: &str = "the rows of its pages";

/// Gives the answer to the conversation; a panic in the reading fails the job like any
/// other answer that cannot be read.
pub(super) async fn hear(
    tools: &Tools,
    mut conversation: HeldConversation,
    response: Response,
    held: Held,
    source_id: i32,
    report: &mut Report,
) -> Result<HeldConversation, Trouble> {
    let metrics = &tools.shared.metrics;
    metrics.fetch_bytes.inc_by(response.body.len() as u64);
    // Kept until the answer is stored, in case that it cannot be used.
    let response = Arc::new(response);
    report.got(response.clone(), held);
    let is_large = response.body.len() > LARGE_BODY_BYTES;
    let mut memory = tools.shared.memory_budget.reserve(source_id);
    if is_large {
        let usual = response.body.len().saturating_mul(USUAL_RATIO);
        memory.resize(usual, VALUES).await.map_err(failed)?;
    }
    let hear = move || {
        let started_at = Instant::now();
        let heard = hear_now(&mut conversation, &response, memory, is_large);
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
    let rows_bytes = conversation.rows_bytes();
    let memory = conversation.memory();
    memory.resize(rows_bytes, ROWS).await.map_err(failed)?;
    Ok(conversation)
}

fn failed(over: OverBudget) -> Trouble {
    Trouble::Failed(over.into())
}

/// Asks the conversation what is next; a panic fails the job.
pub(super) fn next(conversation: &mut Conversation) -> Result<Next, Problem> {
    let next = AssertUnwindSafe(|| conversation.next());
    catch_unwind(next).unwrap_or_else(|_| Err(panicked()))
}

/// Reads an answer in the memory that is set aside for its values, and in more if there is
/// room: what is read on a thread of its own may wait for it.
fn hear_now(
    conversation: &mut Conversation,
    response: &Response,
    mut memory: Reservation,
    may_wait: bool,
) -> Result<(), Problem> {
    let over: Rc<RefCell<Option<OverBudget>>> = Rc::default();
    let allowed = FREE_BYTES + memory.bytes();
    let (why, budget) = (over.clone(), memory.bytes());
    let mut held = budget;
    let more: More = Box::new(move |bytes| {
        held = held.saturating_add(bytes);
        let grown = if may_wait {
            memory.resize_blocking(held, VALUES)
        } else {
            memory.try_resize(held, VALUES)
        };
        grown.map_err(|error| why.replace(Some(error))).is_ok()
    });
    // After a panic the conversation is dropped with all that it knew.
    let hear = AssertUnwindSafe(|| {
        allowance::within(
            allowed,
            Some(more),
            AssertUnwindSafe(|| conversation.answer(response)),
        )
    });
    match catch_unwind(hear) {
        Ok(Ok(heard)) => heard,
        Ok(Err(Exceeded)) => Err(match over.take() {
            Some(over) => over.into(),
            None => panicked(),
        }),
        Err(_) => Err(panicked()),
    }
}

fn panicked() -> Problem {
    let message = "the extraction panicked on this answer; please report it";
    Problem::new(ErrorClass::Malformed, message)
}
