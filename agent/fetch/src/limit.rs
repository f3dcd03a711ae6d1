//! The rate limiter of the pod: a second guard of each limit key, after the permits of the
//! leader; it spreads a batch of claims over time.
//!
//! Takes a limit key and the deadline of a permit; gives leave to send, or the reason why not.
//! Keeps one governor per key. A job that cannot be served before its permit ends is refused at
//! once, and sends nothing.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock, clock::DefaultClock};
use thiserror::Error;
use tokio::sync::watch;

/// The longest time between two requests of a key, as a guard against overflow.
const SLOWEST: Duration = Duration::from_hours(24);

/// The rate of a limit key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Requests per second in the long run; not positive means one a day.
    pub per_second: f64,
    /// Requests that may come at once; 0 counts as 1.
    pub burst: u32,
}

/// Why a job may not send its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Denied {
    /// The permit ended.
    #[error("its permit had ended")]
    Ended,
    /// The permit will have ended when the limit lets the request pass.
    #[error("its permit would have ended before the limit let it pass")]
    TooLate,
    /// The source asked for a pause.
    #[error("its limit key was paused")]
    Paused,
}

/// The guards of all limit keys of this pod.
#[derive(Debug, Default)]
pub struct Limits {
    keys: Mutex<HashMap<i32, Arc<Key>>>,
}

#[derive(Debug)]
struct Key {
    rate: Rate,
    governor: DefaultDirectRateLimiter,
    /// One job at a time waits for the governor; the others queue here, in order.
    turn: tokio::sync::Mutex<()>,
    paused_until: watch::Sender<Option<Instant>>,
}

impl Limits {
    /// Waits until a request of the key may be sent, before `deadline`.
    ///
    /// # Errors
    ///
    /// [`Denied`] as soon as it is certain that it may not.
    pub async fn pass(
        &self,
        limit_key_id: i32,
        rate: Rate,
        deadline: Instant,
    ) -> Result<(), Denied> {
        let key = self.key(limit_key_id, rate);
        let mut paused_until = key.paused_until.subscribe();
        let end = tokio::time::Instant::from_std(deadline);
        let turn = tokio::time::timeout_at(end, key.turn.lock()).await;
        let _turn = turn.map_err(|_| Denied::Ended)?;
        loop {
            let now = Instant::now();
            if now >= deadline {
                return Err(Denied::Ended);
            }
            if paused_until
                .borrow_and_update()
                .is_some_and(|until| now < until)
            {
                return Err(Denied::Paused);
            }
            let wait = match key.governor.check() {
                Ok(()) => return Ok(()),
                Err(not_yet) => not_yet.wait_time_from(DefaultClock::default().now()),
            };
            if !fits(now, wait, deadline) {
                return Err(Denied::TooLate);
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = paused_until.changed() => {}
            }
        }
    }

    /// Pauses a key in this pod: its waiting jobs are denied at once. A pause is
    /// only ever made longer. A key that nothing asked for yet is left alone.
    pub fn pause(&self, limit_key_id: i32, pause: Duration) {
        let until = Instant::now() + pause;
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(&limit_key_id) {
            key.paused_until.send_if_modified(|paused_until| {
                let longer = paused_until.is_none_or(|before| before < until);
                if longer {
                    *paused_until = Some(until);
                }
                longer
            });
        }
    }

    /// The guard of a key; a new one if a new definition changed its rate.
    fn key(&self, limit_key_id: i32, rate: Rate) -> Arc<Key> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let paused_until = match keys.get(&limit_key_id) {
            Some(key) if key.rate == rate => return key.clone(),
            Some(key) => *key.paused_until.borrow(),
            None => None,
        };
        let key = Arc::new(Key {
            rate,
            governor: RateLimiter::direct(quota(rate)),
            turn: tokio::sync::Mutex::default(),
            paused_until: watch::Sender::new(paused_until),
        });
        keys.insert(limit_key_id, key.clone());
        key
    }
}

/// Decides whether a request that waits for `wait` is still sent before `deadline`.
fn fits(now: Instant, wait: Duration, deadline: Instant) -> bool {
    now.checked_add(wait).is_some_and(|sent| sent < deadline)
}

fn quota(rate: Rate) -> Quota {
    let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
    let period = Duration::try_from_secs_f64(1.0 / rate.per_second)
        .unwrap_or(SLOWEST)
        .clamp(Duration::from_nanos(1), SLOWEST);
    Quota::with_period(period)
        .unwrap_or_else(|| Quota::per_hour(NonZeroU32::MIN))
        .allow_burst(burst)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rate(per_second: f64, burst: u32) -> Rate {
        Rate { per_second, burst }
    }

    #[tokio::test]
    async fn a_burst_passes_at_once_and_the_next_is_too_late() {
        let limits = Limits::default();
        let deadline = Instant::now() + SECOND;
        for _ in 0..3 {
            assert_eq!(limits.pass(1, rate(0.1, 3), deadline).await, Ok(()));
        }
        let denied = limits.pass(1, rate(0.1, 3), deadline).await;
        assert_eq!(denied, Err(Denied::TooLate));
        assert!(Instant::now() < deadline, "it was told at once");
    }

    #[tokio::test]
    async fn a_permit_that_has_ended_sends_nothing() {
        let limits = Limits::default();
        let denied = limits.pass(1, rate(100.0, 1), Instant::now()).await;
        assert_eq!(denied, Err(Denied::Ended));
        let deadline = Instant::now() + SECOND;
        assert_eq!(limits.pass(1, rate(100.0, 1), deadline).await, Ok(()));
    }

    #[tokio::test]
    async fn a_pause_denies_those_that_wait() {
        let limits = Limits::default();
        let deadline = Instant::now() + 60 * SECOND;
        assert_eq!(limits.pass(1, rate(0.1, 1), deadline).await, Ok(()));
        let waiting = limits.pass(1, rate(0.1, 1), deadline);
        let pausing = async {
            tokio::task::yield_now().await;
            limits.pause(1, SECOND);
        };
        let (denied, ()) = tokio::join!(waiting, pausing);
        assert_eq!(denied, Err(Denied::Paused));
        assert_eq!(limits.pass(2, rate(0.1, 1), deadline).await, Ok(()));
    }

    #[test]
    fn a_pause_is_only_made_longer() {
        let limits = Limits::default();
        let key = limits.key(1, rate(1.0, 1));
        limits.pause(1, 60 * SECOND);
        let long = *key.paused_until.borrow();
        limits.pause(1, SECOND);
        assert_eq!(*key.paused_until.borrow(), long);
    }

    proptest! {
        #[test]
        fn what_fits_is_sent_before_the_deadline(wait_millis in 0_u64..10_000, permit_millis in 0_u64..10_000) {
            let now = Instant::now();
            let wait = Duration::from_millis(wait_millis);
            let deadline = now + Duration::from_millis(permit_millis);
            prop_assert_eq!(fits(now, wait, deadline), wait_millis < permit_millis);
        }

        #[test]
        fn no_rate_is_more_than_was_asked(per_second in 0.000_1_f64..1e6, burst in 0_u32..1000) {
            let quota = quota(rate(per_second, burst));
            prop_assert!(quota.replenish_interval().as_secs_f64() * per_second >= 1.0 - 1e-2);
            prop_assert_eq!(quota.burst_size().get(), burst.max(1));
        }
    }
}
