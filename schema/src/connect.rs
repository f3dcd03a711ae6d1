//! Connections to the database, named so that `pg_stat_activity` says who is who.

use std::{io::ErrorKind, time::Duration};

use sqlx::{
    Connection as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::timeout;

/// How long a connection that is given back may take to answer what it was asked last.
const LAST_ANSWER: Duration = Duration::from_secs(5);

/// How a process connects.
#[derive(Debug, Clone)]
pub struct Connect<'a> {
    /// `postgres://user:password@host:port/database`.
    pub url: &'a str,
    /// Shown in `pg_stat_activity`, such as `coordinator` or `agent pod-7`; cut at 63 bytes.
    pub application: &'a str,
    /// Most connections at once.
    pub most_connections: u32,
    /// How long a caller waits for a free connection before it gets an error.
    pub wait: Duration,
}

/// Opens a pool; the first connection is made when it is first needed.
///
/// Statements that run longer than a minute are ended by the server, and so are
/// transactions left open: either would hold back the clean-up of the queue.
///
/// # Errors
///
/// [`sqlx::Error::Configuration`] if the address cannot be read.
pub fn pool(connect: &Connect<'_>) -> Result<PgPool, sqlx::Error> {
    let application: String = connect.application.chars().take(63).collect();
    let options = connect
        .url
        .parse::<PgConnectOptions>()?
        .application_name(&application)
        .options([
            ("statement_timeout", "60s"),
            ("idle_in_transaction_session_timeout", "30s"),
            ("timezone", "UTC"),
            // The hot statements are worth more tries of a plan than their run time.
            ("jit", "off"),
        ]);
    Ok(PgPoolOptions::new()
        .max_connections(connect.most_connections)
        .acquire_timeout(connect.wait)
        .test_before_acquire(false)
        // Whoever waits no longer for an answer leaves its connection to the driver, which waits
        // on, as long as TCP does where the server is gone without a word; until then no other
        // could take its place.
        .after_release(|connection, _| {
            Box::pin(async { in_time(LAST_ANSWER, connection.ping()).await.map(|()| true) })
        })
        .connect_lazy_with(options))
}

/// Bounds the wait for an answer of the database.
///
/// A process that was stopped for longer finds its time over before it has seen the answer that
/// is there. So it waits in two halves, and looks in between.
///
/// # Errors
///
/// What `ask` returns, or an outage whose outcome is unknown.
pub fn in_time<T, E: From<sqlx::Error>>(
    at_most: Duration,
    ask: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, E>> {
    // Asking is large, and is moved about by those who wait for it.
    let mut ask = Box::pin(ask);
    async move {
        for _ in 0..2 {
            if let Ok(answer) = timeout(at_most / 2, &mut ask).await {
                return answer;
            }
        }
        Err(sqlx::Error::Io(ErrorKind::TimedOut.into()).into())
    }
}

/// SQLSTATE codes that are told apart, by their names in the table of Postgres error codes.
pub mod sqlstate {
    /// A name of a database that there is none of.
    pub const INVALID_CATALOG_NAME: &str = "3D000";
    /// Another transaction wrote what this one was about to.
    pub const SERIALIZATION_FAILURE: &str = "40001";
    /// The database is there already.
    pub const DUPLICATE_DATABASE: &str = "42P04";
    /// There is no such table.
    pub const UNDEFINED_TABLE: &str = "42P01";
    /// The statement took too long, or somebody stopped it.
    pub const QUERY_CANCELED: &str = "57014";
}

/// Whether the database refused with this [SQLSTATE](sqlstate).
#[must_use]
pub fn is_refused_with(error: &sqlx::Error, sqlstate: &str) -> bool {
    let refusal = error.as_database_error();
    refusal
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code == sqlstate)
}

/// Decides whether the database is away rather than refusing the statement:
/// the same call may succeed when it is back.
#[must_use]
pub fn is_outage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::WorkerCrashed => true,
        // 08: connection; 57: shutdown, crash of another backend, or a timeout
        // of the server's; 53: out of memory, disk or connections; 40: asked to
        // run again; 25P02 and 25006: failed over to a replica.
        sqlx::Error::Database(refusal) => refusal.code().is_some_and(|code| {
            ["08", "57", "53", "40"]
                .iter()
                .any(|class| code.starts_with(class))
                || code == "25006"
        }),
        _ => false,
    }
}
