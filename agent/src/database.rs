//! The pod's connections to the database, and its patience while that is away.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use schema::connect::{self, Connect, DatabaseFault};
use sqlx::PgPool;
use tokio::{
    runtime::Handle,
    sync::Semaphore,
    task::{JoinError, JoinHandle},
    time,
};
use tracing::{info, warn};

/// A statement without an answer after this is taken for lost.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a caller waits for a free connection.
const CONNECTION_WAIT: Duration = Duration::from_secs(5);
/// What the database took too long for is tried so many times more: a statement that is too
/// large for it will be too large again.
const MAX_SLOW_TRIES: u32 = 3;
/// First and longest wait before another try.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// The database as the parts of a pod share it.
///
/// Connections live on the runtime that made this, so an arbiter that is busy
/// extracting never holds up the answers of another's statement.
#[derive(Debug, Clone)]
pub struct Database {
    pool: PgPool,
    runtime: Handle,
    /// What agents ask for beside claim, heartbeat and store uses only some of the connections.
    side: Arc<Semaphore>,
    /// What takes long has a connection of its own.
    bulk: Arc<Semaphore>,
}

/// A task that ends when nobody waits for it any more.
struct EndsWithCaller<T>(JoinHandle<T>);

impl<T> Drop for EndsWithCaller<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T> Future for EndsWithCaller<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl Database {
    /// Opens a pool of connections; none is made yet. Call it on the runtime that
    /// shall own them.
    ///
    /// # Errors
    ///
    /// If the address cannot be read.
    pub fn open(settings: &settings::Database, application: &str) -> Result<Self, sqlx::Error> {
        let pool = connect::pool(&Connect {
            url: settings.url.expose(),
            application,
            most_connections: settings.connections,
            wait: CONNECTION_WAIT,
        })?;
        let side = usize::try_from(settings.connections / 3)
            .unwrap_or(1)
            .max(1);
        Ok(Self {
            pool,
            runtime: Handle::current(),
            side: Arc::new(Semaphore::new(side)),
            bulk: Arc::new(Semaphore::new(1)),
        })
    }

    /// The pool, for those who live on its runtime.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Runs `ask` on the runtime of the connections, again and again while the
    /// database is away. What it does must be safe to do twice.
    ///
    /// # Errors
    ///
    /// What `ask` returns, unless the database is away.
    pub async fn insist<T, E, F>(&self, ask: impl Fn(PgPool) -> F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<sqlx::Error> + Outage + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.insist_within(&self.side, u32::MAX, |db| in_time(ask(db)))
            .await
    }

    /// As [`insist`](Self::insist), of something that takes many statements and as long as
    /// they need: each bounds its own time. One such thing runs at a time, beside all others.
    ///
    /// # Errors
    ///
    /// As [`insist`](Self::insist), and where the database took too long for it several times.
    pub async fn insist_in_parts<T, E, F>(&self, ask: impl Fn(PgPool) -> F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<sqlx::Error> + Outage + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.insist_within(&self.bulk, MAX_SLOW_TRIES, ask).await
    }

    async fn insist_within<T, E, F>(
        &self,
        turns: &Arc<Semaphore>,
        max_slow_tries: u32,
        ask: impl Fn(PgPool) -> F,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<sqlx::Error> + Outage + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let mut backoff = Backoff::default();
        let mut too_slow = 0;
        loop {
            // Never closed, so an error cannot be; a permit more would do no harm.
            let turn = turns.clone().acquire_owned().await;
            let asked = EndsWithCaller(self.runtime.spawn(ask(self.pool.clone())));
            let answer = asked.await.unwrap_or_else(|_| Err(lost().into()));
            drop(turn);
            match answer {
                Err(error) if error.is_out_of_time() && too_slow >= max_slow_tries => {
                    return Err(error);
                }
                Err(error) if error.is_outage() => {
                    too_slow += u32::from(error.is_out_of_time());
                    backoff.wait(&error.to_string()).await;
                }
                answer => {
                    backoff.over();
                    return answer;
                }
            }
        }
    }
}

/// Bounds the wait for an answer of the database.
///
/// # Errors
///
/// What `ask` returns, or an outage whose outcome is unknown.
pub fn in_time<T, E: From<sqlx::Error>>(
    ask: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, E>> {
    within(PATIENCE, ask)
}

/// Bounds the wait as [`in_time`] does, and to `at_most` where that is shorter.
///
/// # Errors
///
/// As [`in_time`].
pub fn within<T, E: From<sqlx::Error>>(
    at_most: Duration,
    ask: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, E>> {
    connect::in_time(at_most.min(PATIENCE), ask)
}

fn lost() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

/// An error that may be the database being away.
pub trait Outage: std::error::Error {
    /// Whether the same call may succeed later.
    fn is_outage(&self) -> bool;

    /// Whether the database was there, but took longer than it may.
    fn is_out_of_time(&self) -> bool {
        false
    }
}

impl Outage for sqlx::Error {
    fn is_outage(&self) -> bool {
        connect::is_outage(self)
    }

    fn is_out_of_time(&self) -> bool {
        let is_over = |error: &std::io::Error| error.kind() == std::io::ErrorKind::TimedOut;
        matches!(self, Self::Io(error) if is_over(error))
            || connect::is_refused_with(self, connect::sqlstate::QUERY_CANCELED)
    }
}

/// Waits longer from try to try, and says so once.
#[derive(Debug, Default)]
pub struct Backoff {
    tries: u32,
}

impl Backoff {
    /// Waits before the next try; the first call warns of `problem`.
    pub async fn wait(&mut self, problem: &str) {
        time::sleep(self.next(problem)).await;
    }

    /// Waits before the next try; the first call warns of `error`.
    pub async fn wait_after(&mut self, error: &sqlx::Error) {
        time::sleep(self.next_after(error)).await;
    }

    /// How long to wait before the next try; the first call warns of `error`.
    pub fn next_after(&mut self, error: &sqlx::Error) -> Duration {
        if self.tries == 0 {
            let problem = error.to_string();
            match DatabaseFault::of(error) {
                DatabaseFault::Unreachable => warn!(problem, "the database is away, trying again"),
                DatabaseFault::Unwritable => {
                    warn!(problem, "the database takes no writes, trying again");
                }
                DatabaseFault::Transient | DatabaseFault::Refused => {
                    warn!(problem, "the database refuses a statement, trying again");
                }
            }
        }
        self.step()
    }

    /// How long to wait before the next try; the first call warns of `problem`.
    pub fn next(&mut self, problem: &str) -> Duration {
        if self.tries == 0 {
            warn!(problem, "the database is away, trying again");
        }
        self.step()
    }

    fn step(&mut self) -> Duration {
        let (first, longest) = BACKOFF;
        let wait = first.saturating_mul(1 << self.tries.min(16)).min(longest);
        self.tries += 1;
        wait
    }

    /// Whether a try has failed since it was last over.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.tries > 0
    }

    /// Ends the waiting, and says so if there was any.
    pub fn over(&mut self) {
        if self.tries > 0 {
            info!(tries = self.tries, "the database is back");
            self.tries = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_its_bound() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..40).map(|_| backoff.next("test")).collect();
        assert_eq!(waits[0], BACKOFF.0);
        assert!(waits.is_sorted());
        assert_eq!(waits.last(), Some(&BACKOFF.1));
    }
}
