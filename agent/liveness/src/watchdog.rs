//! Guards that end a process when it cannot go on, and watchdogs that show that its loops run.
//!
//! A supervisor does not revive an actor that panicked. An actor that the process cannot do
//! without holds an [`ExitOnPanic`]: its panic ends the process, and its leases run out.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// The exit code of a process that a panic ends, as Rust has it for the main thread.
const PANIC_EXIT_CODE: i32 = 101;

/// Ends the process if it is dropped by a panic.
#[derive(Debug)]
pub struct ExitOnPanic {
    name: &'static str,
    exit: fn(&'static str),
}

impl ExitOnPanic {
    /// Guards the actor or task called `name`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, exit }
    }
}

impl Drop for ExitOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            (self.exit)(self.name);
        }
    }
}

fn exit(name: &'static str) {
    tracing::error!(
        actor = name,
        "a vital part panicked, so the process ends; its claims run again elsewhere"
    );
    std::process::exit(PANIC_EXIT_CODE);
}

/// The watchdogs of the loops of a process; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Watchdogs {
    all: Arc<Mutex<Vec<Watchdog>>>,
}

/// The watchdog of one loop, which feeds it at every turn and so stops when the loop hangs.
#[derive(Debug, Clone)]
pub struct Watchdog {
    name: &'static str,
    start: Instant,
    fed_at_millis: Arc<AtomicU64>,
}

impl Watchdogs {
    /// Adds the watchdog of the loop called `name`, fed just now.
    #[must_use]
    pub fn add(&self, name: &'static str) -> Watchdog {
        let watchdog = Watchdog {
            name,
            start: Instant::now(),
            fed_at_millis: Arc::default(),
        };
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(watchdog.clone());
        watchdog
    }

    /// Returns the name of a loop that has not fed its watchdog for `timeout`, if there is one.
    #[must_use]
    pub fn expired(&self, timeout: Duration) -> Option<&'static str> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .find(|watchdog| watchdog.age() > timeout)
            .map(|watchdog| watchdog.name)
    }
}

impl Watchdog {
    /// Notes that the loop runs.
    pub fn feed(&self) {
        let millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.fed_at_millis.store(millis, Ordering::Relaxed);
    }

    fn age(&self) -> Duration {
        let fed_at = Duration::from_millis(self.fed_at_millis.load(Ordering::Relaxed));
        self.start.elapsed().saturating_sub(fed_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    static EXITED: AtomicBool = AtomicBool::new(false);

    fn note_exit(_: &'static str) {
        EXITED.store(true, Ordering::Relaxed);
    }

    #[test]
    fn only_a_panic_ends_the_process() {
        let guard = || ExitOnPanic {
            name: "test",
            exit: note_exit,
        };
        drop(guard());
        assert!(!EXITED.load(Ordering::Relaxed));
        let panicked = std::panic::catch_unwind(|| {
            let _guard = guard();
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(panicked.is_err() && EXITED.load(Ordering::Relaxed));
    }

    #[test]
    fn a_loop_that_hangs_is_found() {
        let watchdogs = Watchdogs::default();
        watchdogs.add("heartbeat").feed();
        assert_eq!(watchdogs.expired(Duration::from_mins(1)), None);
        let store = watchdogs.add("store");
        while store.age() <= Duration::from_millis(1) {
            std::thread::yield_now();
        }
        assert!(watchdogs.expired(Duration::from_millis(1)).is_some());
    }
}
