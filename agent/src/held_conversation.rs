//! A conversation together with the memory that its rows take.

use std::ops::{Deref, DerefMut};

use source_fetch::memory_budget::Reservation;
use source_language::source::Conversation;

/// A conversation that releases the memory of its rows when it is dropped.
#[derive(Debug)]
pub struct HeldConversation {
    conversation: Conversation,
    memory: Reservation,
}

impl HeldConversation {
    /// Holds `memory` for as long as the conversation.
    #[must_use]
    pub fn new(conversation: Conversation, memory: Reservation) -> Self {
        Self {
            conversation,
            memory,
        }
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
