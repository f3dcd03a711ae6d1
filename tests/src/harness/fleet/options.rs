//! What a fleet has.

use std::{path::PathBuf, time::Duration};

use coordinator::policy::Policy;

use crate::harness::chains::ChainsOptions;

/// Where a fleet keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// A server of its own that keeps what was committed, and can be killed.
    Own,
    /// A database on the server that the tests share; quick, and lost in a crash.
    Scratch,
}

/// How the processes of a fleet reach their database.
#[derive(Debug, Clone, Default)]
pub enum Way {
    /// As it is.
    #[default]
    Direct,
    /// As if it were so far away: what is sent arrives so much later, in each direction.
    Delayed(Duration),
    /// Through this program, a `PgBouncer` that pools transactions.
    Pooled(PathBuf),
}

/// What a fleet has. Leases are short, so that scenarios are.
#[derive(Debug, Clone)]
pub struct FleetOptions {
    /// Where it keeps its data.
    pub database: Database,
    /// How its processes reach it; the fleet itself asks it directly.
    pub way: Way,
    /// The chains that it watches; without, it has no definitions either.
    pub chains: Option<ChainsOptions>,
    /// Coordinators.
    pub coordinators: usize,
    /// Pods.
    pub pods: usize,
    /// Agents of each pod.
    pub agents: usize,
    /// How long a pod may be silent: long, so that none seems dead on a busy machine.
    pub pod_lease: Duration,
    /// How long a pod that is stopped lets its jobs finish.
    pub grace: Duration,
    /// How long a leader may be silent; as long for the same reason.
    pub leader_lease: Duration,
    /// How long the database must have answered before pods are taken for dead.
    pub rescue_after_outage: Duration,
    /// How it is decided when a task is due: at fixed intervals, so that there is work
    /// whatever is sold.
    pub policy: Policy,
    /// Further settings of all processes, as variables of their environment.
    pub env: Vec<(String, String)>,
    /// Further settings of the pods alone.
    pub pod_env: Vec<(&'static str, &'static str)>,
}

impl Default for FleetOptions {
    fn default() -> Self {
        Self {
            database: Database::Own,
            way: Way::Direct,
            chains: Some(ChainsOptions::default()),
            coordinators: 1,
            pods: 2,
            agents: 50,
            pod_lease: Duration::from_secs(30),
            grace: Duration::from_secs(30),
            leader_lease: Duration::from_secs(15),
            rescue_after_outage: Duration::from_secs(3),
            policy: Policy::Interval,
            env: Vec::new(),
            pod_env: Vec::new(),
        }
    }
}
