//! Signs of life: what ends the process when it cannot go on, and what says that
//! it still does.
//!
//! A supervisor does not revive an actor that panicked. A vital actor holds a
//! [`Vital`]; its panic ends the process, and the leases run out.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// The exit code of a process whose vital actor panicked, as of one that panicked.
const PANICKED: i32 = 101;

/// Ends the process if it is dropped by a panic.
#[derive(Debug)]
pub struct Vital {
    name: &'static str,
    end: fn(&'static str),
}

impl Vital {
    /// Guards the actor or task called `name`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, end }
    }
}

impl Drop for Vital {
    fn drop(&mut self) {
        if std::thread::panicking() {
            (self.end)(self.name);
        }
    }
}

fn end(name: &'static str) {
    tracing::error!(
        actor = name,
        "a vital part panicked, so the process ends; its claims run again elsewhere"
    );
    std::process::exit(PANICKED);
}

/// The pulses of the parts of a process.
#[derive(Debug, Clone, Default)]
pub struct Pulses {
    all: Arc<Mutex<Vec<Pulse>>>,
}

/// The pulse of one part; beaten by its own loop, so that it stops when that hangs.
#[derive(Debug, Clone)]
pub struct Pulse {
    name: &'static str,
    start: Instant,
    last_millis: Arc<AtomicU64>,
}

impl Pulses {
    /// Adds a part, which has beaten just now.
    #[must_use]
    pub fn add(&self, name: &'static str) -> Pulse {
        let pulse = Pulse {
            name,
            start: Instant::now(),
            last_millis: Arc::default(),
        };
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(pulse.clone());
        pulse
    }

    /// Returns the name of a part that has not beaten for `bound`, if there is one.
    #[must_use]
    pub fn silent(&self, bound: Duration) -> Option<&'static str> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .find(|pulse| pulse.age() > bound)
            .map(|pulse| pulse.name)
    }
}

impl Pulse {
    /// Says that the part is alive.
    pub fn beat(&self) {
        let millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_millis.store(millis, Ordering::Relaxed);
    }

    fn age(&self) -> Duration {
        let last = Duration::from_millis(self.last_millis.load(Ordering::Relaxed));
        self.start.elapsed().saturating_sub(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    static ENDED: AtomicBool = AtomicBool::new(false);

    fn note(_: &'static str) {
        ENDED.store(true, Ordering::Relaxed);
    }

    #[test]
    fn only_a_panic_ends_the_process() {
        let guard = || Vital {
            name: "test",
            end: note,
        };
        drop(guard());
        assert!(!ENDED.load(Ordering::Relaxed));
        let panicked = std::panic::catch_unwind(|| {
            let _guard = guard();
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(panicked.is_err() && ENDED.load(Ordering::Relaxed));
    }

    #[test]
    fn a_part_that_stopped_is_found() {
        let pulses = Pulses::default();
        pulses.add("heart").beat();
        assert_eq!(pulses.silent(Duration::from_mins(1)), None);
        let store = pulses.add("store");
        while store.age() <= Duration::from_millis(1) {
            std::thread::yield_now();
        }
        assert!(pulses.silent(Duration::from_millis(1)).is_some());
    }
}
