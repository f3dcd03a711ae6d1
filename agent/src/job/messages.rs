//! The messages of agents: what they are given, and what they give back.

use std::{sync::Arc, time::Instant};

use actix::Message;
use schema::queue::Claim;

use crate::registration::Registration;

/// A claim to run, and what that needs.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RunJob {
    /// The claim.
    pub claim: Claim,
    /// When the claim was sent.
    pub claim_sent_at: Instant,
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
