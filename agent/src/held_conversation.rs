//! A conversation together with the memory that its rows take.

use std::ops::{Deref, DerefMut};

use source_fetch::memory_budget::Reservation;
use source_language::source::Conversation;

/// A conversation that releases the memory of its rows when it is dropped.
#[derive(Debug)]
pub struct HeldConversation {
    conversation: Conversation,
    memory: Reservation,
    left_by: Option<i64>,
}

impl HeldConversation {
    /// Holds `memory` for as long as the conversation.
    #[must_use]
    pub fn new(conversation: Conversation, memory: Reservation) -> Self {
        Self {
            conversation,
            memory,
            left_by: None,
        }
    }

    /// Returns the last job that left it for another; `None` for a new one.
    pub(crate) fn left_by(&self) -> Option<i64> {
        self.left_by
    }

    /// Notes the job that leaves it for another.
    pub(crate) fn leave(mut self, job_id: i64) -> Self {
        self.left_by = Some(job_id);
        self
    }

    /// Returns the memory that is reserved for its rows.
    pub(crate) fn memory(&mut self) -> &mut Reservation {
        &mut self.memory
    }
}

impl Deref for HeldConversation {
    type Target = Conversation;

    fn deref(&self) -> &Conversation {
        &self.conversation
    }
}

impl DerefMut for HeldConversation {
    fn deref_mut(&mut self) -> &mut Conversation {
        &mut self.conversation
    }
}
