//! One job: a claim from the request to what is stored of its answer.
//!
//! Takes a [`RunJob`], gives a [`JobResult`](crate::store::JobResult) to the store, and
//! [`Freed`] to the claimer. Keeps nothing. Every job ends once, whatever happens to it: it
//! succeeds, fails with a class, or is returned unrun.
//!
//! This module is the actor; [`procedure`] is what it does.

mod context;
mod procedure;
mod deadline;
mod converse;
mod conversations;
mod send;
mod response;
pub mod read_slots;
pub mod judge;
mod resolve;
mod report;
mod listing;
mod failure;
mod quarantine;
mod log_throttle;
pub mod source_cache;

pub use context::{AgentContext, PodContext};
pub(crate) use send::user_agent;

use std::{sync::Arc, time::Instant};

use actix::prelude::*;
use schema::queue::Claim;
use tracing::error;

use crate::{liveness::ExitOnPanic, registration::Registration};

/// A claim to run, and what that needs.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RunJob {
    /// The claim.
    pub claim: Claim,
    /// No request is sent after this.
    pub deadline: Instant,
    /// The registration under which it was claimed.
    pub registration: Arc<Registration>,
    /// The slot that is free when the job has ended.
    pub slot: usize,
}

/// Says that the agent of this slot is free again.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Freed(pub usize);

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
