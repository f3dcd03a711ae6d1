//! The meter: bounds the steps, the depth of values and the stack of an expression.
//!
//! jq has loops without end, and values that double with each step. No clock is read: the cost is
//! counted where jq looks up its next term and where values are made, so the same answer costs the
//! same on every machine. An expression that exceeds its budget is ended at once, by an unwinding
//! that no `try` of the expression sees, up to where the expression began.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use super::MAX_DEPTH;
use crate::extract::allowance;

#[cfg(not(panic = "unwind"))]
compile_error!("an expression without an end is ended by unwinding: build with panic = unwind");

/// Bytes of text that cost as much as a step to copy.
const PIECE_BYTES: usize = 32;
/// Memory that a step makes, about: most make none, and some a value.
const STEP_BYTES: usize = 4;
/// Cost of looking up a term and running it, in steps that go through an answer.
const TERM: usize = 2;
/// Stack that an expression may take: half of what a thread has.
const MAX_STACK_BYTES: usize = 1 << 20;

thread_local! {
    /// Steps that the expression under way may still take.
    static EFFORT: Cell<usize> = const { Cell::new(0) };
    /// Where its stack begins.
    static BASE: Cell<usize> = const { Cell::new(0) };
}

/// Why an expression was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The expression used all of its steps.
    Effort,
    /// The expression made a value with too many levels.
    Depth,
    /// The expression called itself too often.
    Stack,
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Effort => f.write_str(
                "takes too long: does it loop without an end, or go through the whole answer for \
                 each row?",
            ),
            Self::Depth => write!(f, "makes a value of more than {MAX_DEPTH} levels"),
            Self::Stack => {
                f.write_str("calls itself too often: `recurse`, `limit` and `until` do not")
            }
        }
    }
}

/// Does `work` with so many steps; returns what came of it and the steps that are left.
pub(super) fn within<T>(effort: usize, work: impl FnOnce() -> T) -> (Result<T, Stopped>, usize) {
    EFFORT.set(effort);
    BASE.set(stack_at());
    // What `work` was building is dropped with the unwinding.
    let done = catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        match payload.downcast::<Stopped>() {
            Ok(stopped) => *stopped,
            Err(other) => resume_unwind(other),
        }
    });
    (done, EFFORT.take())
}

/// Counts a term of an expression that is looked up.
pub(super) fn step() {
    if BASE.get().abs_diff(stack_at()) > MAX_STACK_BYTES {
        stop(Stopped::Stack);
    }
    spend(TERM);
}

/// Counts so many values that are made or compared.
pub(super) fn spend(effort: usize) {
    allowance::take(effort.saturating_mul(STEP_BYTES));
    let Some(left) = EFFORT.get().checked_sub(effort) else {
        EFFORT.set(0);
        stop(Stopped::Effort);
    };
    EFFORT.set(left);
}

/// Counts text of so many bytes that is made or compared.
pub(super) fn spend_text(bytes: usize) {
    allowance::take(bytes);
    spend(bytes / PIECE_BYTES);
}

/// Ends the expression under way.
pub(super) fn stop(why: Stopped) -> ! {
    resume_unwind(Box::new(why))
}

/// Returns about where the stack is.
#[inline(never)]
fn stack_at() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(&here).addr()
}
