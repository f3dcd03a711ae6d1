//! Jobs: each runs one claim from its requests to the stored rows.
//!
//! Takes a [`RunJob`], gives a [`JobResult`](crate::store::JobResult) to the store, and
//! [`Freed`] to the claimer. Keeps nothing. Every job ends once: it succeeds, fails with a
//! class, or is returned unrun.
//!
//! This module is the actor, and `procedure` has the steps of a job.

mod messages;
mod phase;
pub mod read_slots;
mod stored_text;
mod report;
mod conversations;
pub mod source_cache;
mod log_throttle;
mod quarantine;
mod archiving;
mod context;
mod outcome;
mod baseline;
mod deadline;
mod procedure;
mod converse;
mod send;
mod response;
pub mod judge;
mod resolve;
mod listing;

pub use self::{
    context::{AgentContext, PodContext},
    messages::{Freed, RunJob},
};
use actix::prelude::*;
use liveness::watchdog::ExitOnPanic;
use tracing::error;

/// An agent: the actor that runs one job at a time.
#[derive(Debug)]
pub struct Agent {
    context: AgentContext,
    _guard: ExitOnPanic,
}

impl Agent {
    /// Creates an idle agent.
    #[must_use]
    pub fn new(context: AgentContext) -> Self {
        Self {
            context,
            _guard: ExitOnPanic::new("agent"),
        }
    }
}

impl Actor for Agent {
    type Context = Context<Self>;
}

impl Handler<RunJob> for Agent {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, job: RunJob, _: &mut Self::Context) -> Self::Result {
        let context = self.context.clone();
        let work = async move {
            let slot = job.slot;
            procedure::run(&context, job).await;
            if context.claimer.send(Freed(slot)).await.is_err() {
                error!("the claimer has ended, and the pod ends with it");
            }
        };
        Box::pin(work.into_actor(self))
    }
}
