//! A due task that competes for the permits of its limit key.

use crate::{db_time::DbTime, policy::Urgency};

/// A task that is due. The order of its fields is the order of the tasks of a key, the first to
/// run being the least.
///
/// A task in the middle of a conversation comes first, because the conversation must not grow
/// old; then a task that an operator requested; then the looks around the start of a showtime.
/// After these the priority of the step decides, then the urgency that the policy gives, then
/// how long the task has been due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Whether it begins a conversation.
    pub begins: bool,
    /// Whether its look may come later: not one around a start, or that a person asked for.
    pub can_wait: bool,
    /// The priority of the step; the smallest possible number if an operator requested the task.
    pub priority: i16,
    /// How urgent it is, by its policy.
    pub urgency: Urgency,
    /// Since when it is due.
    pub due_at: DbTime,
    /// The task.
    pub task_id: i64,
}

impl Candidate {
    /// Its rank against the tasks of other keys, where agents are scarce.
    #[must_use]
    pub fn tier(&self) -> (bool, i16) {
        (self.can_wait, self.priority)
    }
}
