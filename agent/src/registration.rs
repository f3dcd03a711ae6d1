//! The registration of a pod: the row of the database under which it holds a lease and claims.
//!
//! Takes an [`Identity`], gives a [`Registration`], which every claim under way keeps alive.
//! Keeps the [`PodState`] that the parts of a pod share. If the statement fails, nothing is
//! registered and the caller tries again.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    time::Duration,
};

use actix::Message;
use liveness::activity::Activities;
use schema::pod::{self, NewPod};
use sqlx::PgPool;
use tracing::info;

use crate::database::in_time;

/// A registration of this pod. Every claim under way holds it, so the heartbeat renews its
/// lease until the last of them is stored.
#[derive(Debug)]
pub struct Registration {
    /// The row of the pod.
    pub pod_id: i32,
    is_lost: AtomicBool,
    must_be_replaced: AtomicBool,
}

impl PartialEq for Registration {
    fn eq(&self, other: &Self) -> bool {
        self.pod_id == other.pod_id
    }
}

impl Eq for Registration {}

impl Registration {
    /// The registration in this row, whose lease runs.
    #[must_use]
    pub fn new(pod_id: i32) -> Self {
        Self {
            pod_id,
            is_lost: AtomicBool::new(false),
            must_be_replaced: AtomicBool::new(false),
        }
    }

    /// Notes that the leader has ended it, so its claims run elsewhere.
    pub fn mark_lost(&self) {
        self.is_lost.store(true, Ordering::Relaxed);
    }

    /// Whether the leader has ended it.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// Has the heartbeat replace it, because a claim under it can never be stored. When its
    /// other claims are stored it ends, and then that claim runs elsewhere.
    pub fn request_replacement(&self) {
        self.must_be_replaced.store(true, Ordering::Relaxed);
    }

    /// Whether the heartbeat has to replace it.
    #[must_use]
    pub fn must_be_replaced(&self) -> bool {
        self.must_be_replaced.load(Ordering::Relaxed)
    }
}

/// The data with which a pod registers.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Name of the pod.
    pub name: String,
    /// Jobs that it can run at a time.
    pub agents: i32,
    /// How long it may be silent.
    pub lease: Duration,
}

/// The state of a pod, which its parts read and write without a message.
#[derive(Debug, Default)]
pub struct PodState {
    /// Whether the pod has a registration.
    pub registered: AtomicBool,
    /// Whether the pod claims no more and will end.
    pub draining: AtomicBool,
    /// Jobs under way.
    pub busy: AtomicI32,
    /// How the statements of the parts ended.
    pub activities: Activities,
    /// Why work has stopped, if it has.
    pub stall: Mutex<Option<String>>,
}

impl PodState {
    /// Returns why work has stopped, if it has.
    #[must_use]
    pub fn stall(&self) -> Option<String> {
        let stall = self.stall.lock().unwrap_or_else(PoisonError::into_inner);
        stall.clone()
    }
}

/// Registers the pod.
///
/// # Errors
///
/// If the statement fails.
pub async fn register(db: &PgPool, identity: &Identity) -> Result<Arc<Registration>, sqlx::Error> {
    let new = NewPod {
        name: &identity.name,
        version: env!("CARGO_PKG_VERSION"),
        agents: identity.agents,
        lease: identity.lease,
    };
    let pod_id = in_time(pod::register(db, &new)).await?;
    info!(pod = pod_id, name = identity.name, "registered");
    Ok(Arc::new(Registration::new(pod_id)))
}

/// Says under which registration the pod claims from now on; `None` stops claims.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Registered(pub Option<Arc<Registration>>);

/// Asks for another registration, because the answer to a claim was lost.
///
/// The tasks that the statement may have claimed run in no pod until the doubtful registration
/// ends. New claims need another registration; the old one lives as long as its known claims.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ReplaceRegistration(pub Arc<Registration>);
