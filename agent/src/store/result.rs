//! What a job gives to the store.

use std::{sync::Arc, time::Instant};

use schema::finish::Finished;

use super::pause::Pause;
use crate::{registration::Registration, trace::JobTag};

/// The result of a job: its history, and what the store must know apart from that.
#[derive(Debug, Clone, PartialEq)]
pub struct JobResult {
    /// The registration under which the task was claimed.
    pub registration: Arc<Registration>,
    /// When its answer was complete, by this process's clock.
    pub observed_at: Option<Instant>,
    /// When it was complete and waited only to be written.
    pub completed_at: Instant,
    /// Its history; [`Finished::observed_ago`] is set when it is sent.
    pub job: Finished,
    /// The pause for which the source asked the whole fleet.
    pub pause: Option<Pause>,
    /// What names it in logs, and its trace.
    pub tag: JobTag,
}
