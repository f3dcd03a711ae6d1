//! Stall detection: judges whether work goes on (invariant 13).
//!
//! Takes [`Facts`], gives a [`Stall`] or `None`. [`judge`] is pure; log, `/ready`, metric, doctor
//! and panel show its sentence. The facts are the failures of this process's own activities, and
//! the progress of the fleet as the database has it (`read_progress.sql`): activities that fail or
//! hang, tasks that wait while agents are free, jobs that run far beyond their timeout while none
//! ends, and a time without a leader or without pods. `/live` never depends on it.

mod judge;
mod watch;

pub use self::{
    judge::{MAX_FAILING, MAX_IDLE, judge},
    watch::StallWatch,
};

use std::{fmt, time::Duration};

use schema::progress::Progress;

use crate::activity::Failure;

/// Kinds of reasons why work has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StallReason {
    /// The database does not answer.
    Unreachable,
    /// The database takes no writes.
    Unwritable,
    /// The database refuses a statement.
    Refused,
    /// Statements do not end, or end in conflicts and timeouts.
    Slow,
    /// No coordinator leads.
    NoLeader,
    /// Tasks are due and no pod claims.
    NoPods,
    /// Tasks wait, agents are free, and nothing is claimed.
    NotClaimed,
    /// Jobs run for too long, and no job ends.
    NotEnding,
    /// The leader or a pod reports a stall.
    Reported,
}

impl StallReason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::Unreachable,
        Self::Unwritable,
        Self::Refused,
        Self::Slow,
        Self::NoLeader,
        Self::NoPods,
        Self::NotClaimed,
        Self::NotEnding,
        Self::Reported,
    ];

    /// Returns the reason as one word, for metrics and logs.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Unwritable => "unwritable",
            Self::Refused => "refused",
            Self::Slow => "slow",
            Self::NoLeader => "no_leader",
            Self::NoPods => "no_pods",
            Self::NotClaimed => "not_claimed",
            Self::NotEnding => "not_ending",
            Self::Reported => "reported",
        }
    }
}

/// Why work has stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stall {
    /// The kind.
    pub reason: StallReason,
    /// The activity or thing that has stopped.
    pub subject: &'static str,
    /// The problem, and what to do.
    pub detail: String,
    /// For how long so far; zero if that is not known.
    pub lasts: Duration,
}

impl fmt::Display for Stall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subject,
            detail,
            lasts,
            ..
        } = self;
        write!(formatter, "{subject}")?;
        if !lasts.is_zero() {
            write!(formatter, " for {} s", lasts.as_secs())?;
        }
        write!(formatter, ": {detail}")
    }
}

/// The facts that are judged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// The activities of this process that fail.
    pub failures: Vec<Failure>,
    /// The progress of the fleet, if the database answered.
    pub fleet: Option<Progress>,
    /// How long tasks have waited and agents been free without a claim.
    pub unclaimed_for: Duration,
    /// How long tasks have been due without a pod that claims.
    pub without_pods_for: Duration,
}
