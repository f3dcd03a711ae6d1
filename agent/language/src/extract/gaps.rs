//! Gaps: the parts of an answer that could not be read, or never came.
//!
//! An answer with gaps is partial: its rows are true, but what is absent from it means
//! nothing. Code that interprets absence (showtimes that are no longer listed, seats that a
//! sparse list does not name) asks here first.

use std::cell::{Cell, RefCell};

/// Gaps that are described one by one; of the others there is only the number.
const MAX_DESCRIBED: usize = 3;

/// The gaps of one answer, over all of its pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Rows that could not be read, lists that were none, rows that moved between pages.
    pub missing: usize,
    /// There are no rows, and nothing in the answer says that it is empty.
    pub is_silent: bool,
    /// The first of them, each in a clause.
    pub described: Vec<String>,
}

impl Gaps {
    /// Returns whether the answer was read as a whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.missing == 0 && !self.is_silent
    }

    /// Adds one gap.
    pub fn add(&mut self, what: impl FnOnce() -> String) {
        self.add_many(1, what);
    }

    /// Adds several gaps of one kind.
    pub fn add_many(&mut self, count: usize, what: impl FnOnce() -> String) {
        if count == 0 {
            return;
        }
        self.missing += count;
        if self.described.len() < MAX_DESCRIBED {
            self.described.push(what());
        }
    }

    /// Adds the gaps of another page.
    pub fn append(&mut self, page: Self) {
        self.missing += page.missing;
        self.is_silent |= page.is_silent;
        let room = MAX_DESCRIBED - self.described.len();
        self.described.extend(page.described.into_iter().take(room));
    }

    /// Returns what the answer lacks in one sentence; `None` if it was read as a whole.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        match (self.missing, self.is_silent) {
            (0, false) => None,
            (0, true) => Some(
                "there are no rows and nothing in the answer says so: it counts as partial, and \
                 what is absent from it is not taken for gone"
                    .to_owned(),
            ),
            (missing, _) => {
                let further = missing.saturating_sub(self.described.len());
                let further = match further {
                    0 => String::new(),
                    more => format!("; and {more} more"),
                };
                let s = if missing == 1 { "" } else { "s" };
                Some(format!(
                    "the answer is partial, {missing} gap{s}: {}{further}; what is absent from it \
                     is not taken for gone",
                    self.described.join("; ")
                ))
            }
        }
    }
}

/// The gaps of an answer that is being read, and the rows that the definition leaves out.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    gaps: RefCell<Gaps>,
    left_out: Cell<usize>,
    skips: Cell<bool>,
}

impl Reading {
    /// Notes a gap.
    pub(crate) fn note_gap(&self, what: impl FnOnce() -> String) {
        self.gaps.borrow_mut().add(what);
    }

    /// Notes that there are no rows and the answer does not say that it is empty.
    pub(crate) fn note_silence(&self) {
        self.gaps.borrow_mut().is_silent = true;
    }

    /// Returns how many gaps there are so far.
    pub(crate) fn missing(&self) -> usize {
        self.gaps.borrow().missing
    }

    /// Returns the first gap that was described.
    pub(crate) fn first(&self) -> Option<String> {
        self.gaps.borrow().described.first().cloned()
    }

    /// Says whether what cannot be read is left out rather than an error.
    pub(crate) fn set_skipping(&self, skips: bool) {
        self.skips.set(skips);
    }

    /// Returns whether what cannot be read is left out.
    pub(crate) fn is_skipping(&self) -> bool {
        self.skips.get()
    }

    /// Notes a row that `where` leaves out.
    pub(crate) fn note_left_out(&self) {
        self.left_out.set(self.left_out.get() + 1);
    }

    /// Forgets the rows that were counted, because they are read once more.
    pub(crate) fn reset_left_out(&self) {
        self.left_out.set(0);
    }

    /// Takes the gaps.
    pub(crate) fn take(&self) -> Gaps {
        self.gaps.take()
    }

    /// Returns how many rows `where` left out.
    pub(crate) fn left_out(&self) -> usize {
        self.left_out.get()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_few_gaps_are_described_and_all_are_counted() {
        let mut gaps = Gaps::default();
        assert_eq!(gaps.sentence(), None);
        for row in 0..4 {
            gaps.add(|| format!("row {row} has no key"));
        }
        let mut more = Gaps::default();
        more.add(|| "row 9 has no key".to_owned());
        gaps.append(more);
        assert_eq!(
            gaps.sentence().unwrap(),
            "the answer is partial, 5 gaps: row 0 has no key; row 1 has no key; row 2 has no key; \
             and 2 more; what is absent from it is not taken for gone"
        );
    }

    #[test]
    fn silence_is_no_statement() {
        let silent = Gaps {
            is_silent: true,
            ..Gaps::default()
        };
        assert!(!silent.is_whole());
        assert!(
            silent
                .sentence()
                .unwrap()
                .contains("nothing in the answer says so")
        );
    }
}
