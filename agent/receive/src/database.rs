//! The database of a receiver: connections, its clock, and whether it answers.
//!
//! Connections live on the runtime that opened them, and requests are served on threads of their own;
//! [`Database::run`] takes a statement from there to here.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use liveness::activity::Activities;
use schema::connect::{self, Connect};
use settings::DatabaseSettings;
use sqlx::PgPool;
use tokio::runtime::Handle;

/// How long a caller waits for a free connection.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a small statement may take.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3);
/// What the process asks the database for again and again.
const READ_CLOCK: &str = "read the clock of the database";

/// What the clock of the database said, and when.
type ClockReading = (DateTime<Utc>, Instant);

/// The database, which all parts of a receiver share; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pool: PgPool,
    runtime: Handle,
    /// `None` before it answered first.
    clock: Arc<Mutex<Option<ClockReading>>>,
    /// Statements that are made again and again.
    pub(crate) activities: Activities,
}

impl Database {
    /// Creates a pool; connections are opened when they are needed. Call it on the runtime that will own
    /// them.
    pub(crate) fn open(settings: &DatabaseSettings) -> Result<Self, sqlx::Error> {
        let pool = connect::pool(&Connect {
            url: settings.url.expose(),
            application: "receiver",
            most_connections: settings.connections,
            wait: CONNECTION_TIMEOUT,
        })?;
        Ok(Self {
            pool,
            runtime: Handle::current(),
            clock: Arc::default(),
            activities: Activities::default(),
        })
    }

    /// Returns the pool, for callers on its runtime.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Runs small statements on the runtime of the connections, within a bounded time.
    pub(crate) async fn run<T, F>(
        &self,
        statements: impl FnOnce(PgPool) -> F,
    ) -> Result<T, sqlx::Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, sqlx::Error>> + Send + 'static,
    {
        let statements = connect::in_time(STATEMENT_TIMEOUT, statements(self.pool.clone()));
        let running = self.runtime.spawn(statements);
        running.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }

    /// Returns the time by the clock of the database (invariant 8), or `None` before it answered first.
    pub(crate) fn now(&self) -> Option<DateTime<Utc>> {
        let clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        clock
            .and_then(|(time, at)| time.checked_add_signed(TimeDelta::from_std(at.elapsed()).ok()?))
    }

    /// Reads the clock of the database.
    pub(crate) async fn read_clock(&self) -> Result<(), sqlx::Error> {
        let reading = async {
            let mut connection = self.pool.acquire().await?;
            let began_at = Instant::now();
            let time = schema::schedule::clock(&mut *connection).await?;
            Ok((time, began_at + began_at.elapsed() / 2))
        };
        let reading = connect::in_time(STATEMENT_TIMEOUT, reading);
        let read = self.activities.note(READ_CLOCK, reading).await?;
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(read);
        Ok(())
    }
}
