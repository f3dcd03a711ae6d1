//! Conversations that wait for their next job, because the permits of the last one ended.
//!
//! The pod keeps them in memory for a while. One that is lost starts again.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use prometheus::IntGauge;

use crate::held_conversation::HeldConversation;

/// How long a conversation waits for its next job: longer than a row stays in the queue, and
/// than most pauses of a key.
const TIME_TO_LIVE: Duration = Duration::from_mins(5);
/// Conversations that wait at a time.
const MAX_WAITING: u64 = 10_000;

type Slot = Arc<Mutex<Option<HeldConversation>>>;

/// The conversations of this pod that wait for their next job, by task.
#[derive(Debug)]
pub(super) struct Conversations {
    by_task: Cache<i64, Slot>,
    waiting: IntGauge,
}

impl Conversations {
    /// Creates an empty cache; `waiting` shows how many conversations wait.
    pub(super) fn new(waiting: IntGauge) -> Self {
        let gauge = waiting.clone();
        let by_task = Cache::builder()
            .max_capacity(MAX_WAITING)
            .time_to_live(TIME_TO_LIVE)
            .eviction_listener(move |_, _, _| gauge.dec());
        Self {
            by_task: by_task.build(),
            waiting,
        }
    }

    /// Keeps a conversation for the next job of its task.
    pub(super) fn insert(&self, task_id: i64, conversation: HeldConversation) {
        self.waiting.inc();
        let slot = Arc::new(Mutex::new(Some(conversation)));
        self.by_task.insert(task_id, slot);
    }

    /// Takes out the conversation of a task.
    pub(super) fn take(&self, task_id: i64) -> Option<HeldConversation> {
        let slot = self.by_task.remove(&task_id)?;
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
    }
}
