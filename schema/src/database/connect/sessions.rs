//! Which sessions of a pool may be used again.
//!
//! A session keeps what it was opened with: one that was opened while the database took no writes
//! refuses them for as long as it lives, and one that was opened to a server that has been demoted
//! stays there. So each new session is asked whether it takes writes, and one of the pool each
//! second. Where one does not, or breaks, all that were open by then are replaced when they are
//! next asked for; while new ones are no better, one is replaced now and then, to see.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{
    Connection as _, PgConnection, pool::PoolConnectionMetadata, postgres::PgConnectOptions,
};
use tokio::sync::Notify;

use super::in_time;

/// How often a session of a pool that serves is asked whether it takes writes.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// How often a session is replaced while no new one takes writes.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// A session's age is counted from a moment after it was examined.
const SLACK: Duration = Duration::from_millis(100);
/// How long the answer to whether a session takes writes may take.
const ANSWER: Duration = Duration::from_secs(2);
/// How many sessions of a pooler in between are ended in a row.
const POOLED_AT_ONCE: usize = 5;

/// Knows which sessions of a pool still take writes, and which must be replaced.
#[derive(Debug)]
pub(super) struct Sessions {
    state: Mutex<State>,
    /// Notified when a session refuses writes or breaks.
    pub(super) trouble: Notify,
}

#[derive(Debug)]
struct State {
    /// Sessions that were open by then are not trusted.
    distrusted_until: Option<Instant>,
    /// Whether the newest session took writes.
    newest_writes: bool,
    probed_at: Instant,
    checked_at: Instant,
}

/// The treatment of a session before it is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Use,
    Check,
    Replace,
}

impl State {
    fn new(now: Instant) -> Self {
        Self {
            distrusted_until: None,
            newest_writes: true,
            probed_at: now,
            checked_at: now,
        }
    }

    /// Decides about a session that was opened at `opened_at`.
    fn decide(&mut self, opened_at: Instant, now: Instant) -> Decision {
        if self
            .distrusted_until
            .is_some_and(|until| opened_at <= until)
        {
            if self.newest_writes || now.duration_since(self.probed_at) >= PROBE_EVERY {
                self.probed_at = now;
                return Decision::Replace;
            }
            return Decision::Use;
        }
        if now.duration_since(self.checked_at) >= CHECK_EVERY {
            self.checked_at = now;
            return Decision::Check;
        }
        Decision::Use
    }

    fn distrust(&mut self, now: Instant) {
        self.distrusted_until = Some(now + SLACK);
    }
}

impl Sessions {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State::new(Instant::now())),
            trouble: Notify::new(),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state)
    }

    /// Whether the newest session took no writes.
    pub(super) fn refuse_writes(&self) -> bool {
        self.with(|state| !state.newest_writes)
    }

    /// Notes that the pool opens its sessions elsewhere from now on.
    pub(super) fn moved(&self) {
        self.with(|state| {
            state.newest_writes = true;
            state.distrust(Instant::now());
        });
    }

    /// Notes that a session broke: others of its server may have, too.
    pub(super) fn broke(&self) {
        self.with(|state| state.distrust(Instant::now()));
        self.trouble.notify_one();
    }

    /// Examines a new session. It is handed out in any case: a writer learns from the
    /// database itself that it cannot.
    pub(super) async fn examine_new(
        &self,
        connection: &mut PgConnection,
        options: impl Fn() -> PgConnectOptions,
    ) {
        for _ in 0..POOLED_AT_ONCE {
            match in_time(ANSWER, takes_writes(connection)).await {
                Ok(true) => return self.with(|state| state.newest_writes = true),
                Ok(false) => {
                    self.with(|state| {
                        state.newest_writes = false;
                        state.distrust(Instant::now());
                    });
                    self.trouble.notify_one();
                }
                Err(_) => return self.broke(),
            }
            if !end_session_of_pooler(connection).await {
                return;
            }
            match in_time(ANSWER, PgConnection::connect_with(&options())).await {
                Ok(other) => *connection = other,
                Err(_) => return,
            }
        }
    }

    /// Whether a session of the pool may be used again.
    pub(super) async fn may_use(
        &self,
        connection: &mut PgConnection,
        of: PoolConnectionMetadata,
    ) -> bool {
        let now = Instant::now();
        let opened_at = now.checked_sub(of.age).unwrap_or(now);
        match self.with(|state| state.decide(opened_at, now)) {
            Decision::Use => true,
            Decision::Replace => false,
            Decision::Check => {
                let answer = in_time(ANSWER, takes_writes(connection)).await;
                let takes_writes = answer.unwrap_or(false);
                if !takes_writes {
                    self.broke();
                }
                takes_writes
            }
        }
    }
}

/// Asks whether a session takes writes: neither is its server a standby nor itself read-only.
///
/// # Errors
///
/// If there is no answer.
pub async fn takes_writes(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT NOT pg_is_in_recovery()
            AND NOT current_setting('transaction_read_only')::boolean AS "takes_writes!""#
    )
    .fetch_one(connection)
    .await
}

/// Ends the session of the server behind a new connection, if it is older than the connection: a
/// pooler keeps it, and would give it to others. Returns whether it was.
async fn end_session_of_pooler(connection: &mut PgConnection) -> bool {
    let ended = sqlx::query_scalar!(
        r#"SELECT pg_terminate_backend(pid) AS "ended!"
        FROM pg_stat_activity
        WHERE pid = pg_backend_pid()
            AND backend_start < statement_timestamp() - interval '1 second' - make_interval(secs => $1)"#,
        ANSWER.as_secs_f64()
    )
    .fetch_optional(connection);
    match in_time(ANSWER, ended).await {
        // It is ended before it can say so.
        Err(error) => error.as_database_error().is_some(),
        Ok(ended) => ended.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENED_LATER: Duration = Duration::from_millis(150);

    #[test]
    fn a_session_is_checked_once_a_second() {
        let start = Instant::now();
        let mut state = State::new(start);
        assert_eq!(state.decide(start, start), Decision::Use);
        let later = start + CHECK_EVERY;
        assert_eq!(state.decide(start, later), Decision::Check);
        assert_eq!(state.decide(start, later), Decision::Use);
    }

    #[test]
    fn sessions_that_are_older_than_a_refusal_are_replaced() {
        let start = Instant::now();
        let mut state = State::new(start);
        state.distrust(start);
        assert_eq!(state.decide(start, start), Decision::Replace);
        let opened_at = start + OPENED_LATER;
        assert_eq!(state.decide(opened_at, opened_at), Decision::Use);
    }

    /// Thousands of processes that open a session for each statement would be a load of their own.
    #[test]
    fn while_new_sessions_refuse_writes_one_is_replaced_now_and_then() {
        let start = Instant::now();
        let mut state = State::new(start);
        state.newest_writes = false;
        state.distrust(start);
        assert_eq!(state.decide(start, start), Decision::Use);
        let later = start + PROBE_EVERY;
        assert_eq!(state.decide(start, later), Decision::Replace);
        assert_eq!(state.decide(start, later), Decision::Use);
        state.newest_writes = true;
        assert_eq!(state.decide(start, later), Decision::Replace);
    }
}
