//! The connections of a pod to the database: timeouts of statements, and retries while the
//! database is away.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use schema::connect::{self, Connect, DatabaseFault};
use settings::DatabaseSettings;
use sqlx::PgPool;
use tokio::{
    runtime::Handle,
    sync::Semaphore,
    task::{JoinError, JoinHandle},
    time,
};
use tracing::{info, warn};

/// A statement without an answer after this time counts as lost.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a caller waits for a free connection.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(5);
/// Retries of statements that ran out of time: a statement that is too large for the database
/// will be too large again.
const MAX_SLOW_RETRIES: u32 = 3;
/// Wait before the first retry.
const MIN_BACKOFF: Duration = Duration::from_millis(100);
/// Longest wait before a retry.
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// The database, which the parts of a pod share.
///
/// Connections live on the runtime that opened them, so a thread that is busy extracting never
/// delays the answers to statements of another thread.
#[derive(Debug, Clone)]
pub struct Database {
    pool: PgPool,
    runtime: Handle,
    /// Connections for the statements of agents; the others are for claim, heartbeat and store.
    agent_connections: Arc<Semaphore>,
    /// The connection for work that takes long.
    bulk_connection: Arc<Semaphore>,
}

/// A task that is aborted when its handle is dropped.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl Database {
    /// Creates a pool; connections are opened when they are needed. Call it on the runtime that
    /// will own them.
    ///
    /// # Errors
    ///
    /// If the address cannot be read.
    pub fn open(settings: &DatabaseSettings, application: &str) -> Result<Self, sqlx::Error> {
        let pool = connect::pool(&Connect {
            url: settings.url.expose(),
            application,
            most_connections: settings.connections,
            wait: CONNECTION_TIMEOUT,
        })?;
        let agent_connections = usize::try_from(settings.connections / 3)
            .unwrap_or(1)
            .max(1);
        Ok(Self {
            pool,
            runtime: Handle::current(),
            agent_connections: Arc::new(Semaphore::new(agent_connections)),
            bulk_connection: Arc::new(Semaphore::new(1)),
        })
    }

    /// Returns the pool, for callers on its runtime.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Runs `query` on the runtime of the connections, and again while the database is away. It
    /// must be safe to run twice.
    ///
    /// # Errors
    ///
    /// What `query` returns, unless the database is away.
    pub async fn retry<T, E, F>(&self, query: impl Fn(PgPool) -> F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<sqlx::Error> + Outage + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.retry_with(&self.agent_connections, u32::MAX, |db| in_time(query(db)))
            .await
    }

    /// Runs `query` as [`retry`](Self::retry) does, without a timeout of its own: it has many
    /// statements, each with a timeout. One such query runs at a time.
    ///
    /// # Errors
    ///
    /// As [`retry`](Self::retry), and if its statements ran out of time several times.
    pub async fn retry_in_parts<T, E, F>(&self, query: impl Fn(PgPool) -> F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<sqlx::Error> + Outage + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.retry_with(&self.bulk_connection, MAX_SLOW_RETRIES, query)
            .await
    }

    async fn retry_with<T, E, F>(
        &self,
        connections: &Arc<Semaphore>,
        max_slow_retries: u32,
        query: impl Fn(PgPool) -> F,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<sqlx::Error> + Outage + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let mut backoff = Backoff::default();
        let mut slow_tries = 0;
        loop {
            // Nothing closes the semaphore.
            let permit = connections.clone().acquire_owned().await;
            let running = AbortOnDrop(self.runtime.spawn(query(self.pool.clone())));
            let answer = running.await.unwrap_or_else(|_| Err(lost().into()));
            drop(permit);
            match answer {
                Err(error) if error.is_out_of_time() && slow_tries >= max_slow_retries => {
                    return Err(error);
                }
                Err(error) if error.is_outage() => {
                    slow_tries += u32::from(error.is_out_of_time());
                    backoff.wait(&error.to_string()).await;
                }
                answer => {
                    backoff.reset();
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
/// What `query` returns, or an outage whose outcome is unknown.
pub fn in_time<T, E: From<sqlx::Error>>(
    query: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, E>> {
    within(STATEMENT_TIMEOUT, query)
}

/// Bounds the wait as [`in_time`] does, or to `at_most` if that is shorter.
///
/// # Errors
///
/// As [`in_time`].
pub fn within<T, E: From<sqlx::Error>>(
    at_most: Duration,
    query: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, E>> {
    connect::in_time(at_most.min(STATEMENT_TIMEOUT), query)
}

fn lost() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

/// An error that may mean that the database is away.
pub trait Outage: std::error::Error {
    /// Whether the same call may succeed later.
    fn is_outage(&self) -> bool;

    /// Whether the database answered too late.
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

/// Exponential backoff, which logs its first failure and its end.
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
        let wait = MIN_BACKOFF
            .saturating_mul(1 << self.tries.min(16))
            .min(MAX_BACKOFF);
        self.tries += 1;
        wait
    }

    /// Whether a try has failed since the last success.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.tries > 0
    }

    /// Starts from the first wait again after a success; logs that the database is back.
    pub fn reset(&mut self) {
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
        assert_eq!(waits[0], MIN_BACKOFF);
        assert!(waits.is_sorted());
        assert_eq!(waits.last(), Some(&MAX_BACKOFF));
    }
}
