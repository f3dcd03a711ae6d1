//! The allowance: the memory that the values of one answer may take while it is read.
//!
//! Code that makes a value whose size depends on the answer first takes its bytes here. Nothing is
//! given back before the reading ends: the count is about what all values of an answer take
//! together, and never much less. A reading that exceeds it is ended at once, by an unwinding up to
//! where the reading began, as a half-built tree is of no use. Outside of [`within`], such as in
//! the tools of authors, nothing is counted.

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, UnwindSafe, catch_unwind, resume_unwind},
};

/// Bytes that are requested at once when an allowance is used up.
const STEP_BYTES: usize = 1 << 20;

/// Asks for as many bytes more; returns whether they are there.
pub type More = Box<dyn FnMut(usize) -> bool>;

/// The reading took more than it was allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded;

thread_local! {
    /// Bytes that may still be taken on this thread.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
    /// The first allowance of the reading.
    static ALLOWED: Cell<usize> = const { Cell::new(usize::MAX) };
    static MORE: RefCell<Option<More>> = const { RefCell::new(None) };
}

/// Reads something with an allowance of `bytes`, which `more` may raise.
///
/// # Errors
///
/// [`Exceeded`] if that was not enough. A panic of `read` goes on.
pub fn within<T>(
    bytes: usize,
    more: Option<More>,
    read: impl FnOnce() -> T + UnwindSafe,
) -> Result<T, Exceeded> {
    LEFT.set(bytes);
    ALLOWED.set(bytes);
    MORE.replace(more);
    let done = catch_unwind(AssertUnwindSafe(read));
    LEFT.set(usize::MAX);
    ALLOWED.set(usize::MAX);
    MORE.replace(None);
    done.map_err(|payload| match payload.downcast::<Exceeded>() {
        Ok(exceeded) => *exceeded,
        Err(other) => resume_unwind(other),
    })
}

/// Takes the bytes of a value that is about to be made.
pub(crate) fn take(bytes: usize) {
    match LEFT.get().checked_sub(bytes) {
        Some(left) => LEFT.set(left),
        None => take_more(bytes),
    }
}

#[cold]
fn take_more(bytes: usize) {
    if ALLOWED.get() == usize::MAX {
        // No reading is under way: nothing is counted.
        LEFT.set(usize::MAX);
        return;
    }
    let left = LEFT.get();
    // Ever larger steps: who waits for each of them waits seldom.
    let step = (bytes - left).max(STEP_BYTES).max(ALLOWED.get() / 4);
    let is_given = MORE.with_borrow_mut(|more| more.as_mut().is_some_and(|more| more(step)));
    if !is_given {
        resume_unwind(Box::new(Exceeded));
    }
    ALLOWED.set(ALLOWED.get().saturating_add(step));
    LEFT.set(left + step - bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_more_than_it_may_is_ended() {
        let read = || (0..100).for_each(|_| take(10));
        assert_eq!(within(1_000, None, read), Ok(()));
        assert_eq!(within(999, None, read), Err(Exceeded));
        // Nothing is counted outside.
        for _ in 0..3 {
            take(usize::MAX / 2);
        }
    }

    #[test]
    fn an_allowance_may_be_raised() {
        let mut room = 16 * STEP_BYTES;
        let more: More = Box::new(move |step| {
            let is_there = room >= step;
            room = room.saturating_sub(step);
            is_there
        });
        let read = || (0..8).for_each(|_| take(STEP_BYTES));
        assert_eq!(within(0, Some(more), read), Ok(()));
        let more: More = Box::new(|_| false);
        assert_eq!(within(0, Some(more), read), Err(Exceeded));
    }

    #[test]
    fn a_panic_is_one_still() {
        let panics = std::panic::catch_unwind(|| within(1, None, || panic!("of another kind")));
        assert!(panics.is_err());
    }
}
