//! Connections to the database, with names for `pg_stat_activity`.
//!
//! A pool hands out sessions that take writes, as long as there is a server that lets it open
//! any: see the modules `sessions`, and `failover` for addresses that name several servers.
//!
//! No statement of this package relies on a session: a transaction is one statement or one `BEGIN …
//! COMMIT`, and locks end with it. So a fleet runs behind `PgBouncer` in transaction mode. Two things
//! are lost there. `LISTEN` belongs to a session, which the pooler hands to others: they would get
//! notifications in the middle of their answers. So a pod listens only on a session of its own
//! ([`is_own_session`]), and elsewhere finds new rows by polling. And the settings that these
//! connections bring are not applied, so an operator sets them on the role.

mod fault;
mod failover;
mod hosts;
mod sessions;

pub use self::{fault::DatabaseFault, sessions::takes_writes};

use std::{io::ErrorKind, sync::Arc, time::Duration};

use sqlx::{Connection as _, PgExecutor, PgPool, postgres::PgPoolOptions};
use tokio::time::timeout;

use self::{failover::Servers, sessions::Sessions};

/// How long a connection that is given back may take to answer what it was asked last.
const LAST_ANSWER: Duration = Duration::from_secs(5);

/// How a process connects.
#[derive(Debug, Clone)]
pub struct Connect<'a> {
    /// `postgres://user:password@host:port/database`; several servers are named as libpq names
    /// them, `host:port,host:port`, and the first that takes writes is used.
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
/// Of several servers it begins with the first and follows the one that takes writes: call it on
/// the runtime that owns the connections. [`open`] begins with the right one.
///
/// # Errors
///
/// [`sqlx::Error::Configuration`] if the address cannot be read.
pub fn pool(connect: &Connect<'_>) -> Result<PgPool, sqlx::Error> {
    Ok(pool_of(connect, servers(connect)?))
}

/// Opens a pool as [`pool`] does, on the first server that takes writes; if none does within
/// [`Connect::wait`], on the first of all.
///
/// # Errors
///
/// [`sqlx::Error::Configuration`] if the address cannot be read.
pub async fn open(connect: &Connect<'_>) -> Result<PgPool, sqlx::Error> {
    let servers = servers(connect)?;
    if servers.are_several() {
        // The user of the pool gets the error.
        let _ = timeout(connect.wait, servers.choose()).await;
    }
    Ok(pool_of(connect, servers))
}

fn servers(connect: &Connect<'_>) -> Result<Servers, sqlx::Error> {
    let application: String = connect.application.chars().take(63).collect();
    let all = hosts::parse(connect.url)?.into_iter().map(|options| {
        options.application_name(&application).options([
            ("statement_timeout", "60s"),
            ("idle_in_transaction_session_timeout", "30s"),
            ("timezone", "UTC"),
            // The hot statements are worth more tries of a plan than their run time.
            ("jit", "off"),
            // A pooler does not pass it on: see `is_own_session`.
            ("fullhouse.session", "own"),
        ])
    });
    Ok(Servers::new(all.collect()))
}

fn pool_of(connect: &Connect<'_>, servers: Servers) -> PgPool {
    let sessions = Arc::new(Sessions::new());
    let (new, used, given_back) = (sessions.clone(), sessions.clone(), sessions.clone());
    let opened_to = servers.clone();
    let pool = PgPoolOptions::new()
        .max_connections(connect.most_connections)
        .acquire_timeout(connect.wait)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            let (sessions, servers) = (new.clone(), opened_to.clone());
            Box::pin(async move {
                sessions.examine_new(connection, || servers.current()).await;
                Ok(())
            })
        })
        .before_acquire(move |connection, of| {
            let sessions = used.clone();
            Box::pin(async move { Ok(sessions.may_use(connection, of).await) })
        })
        // A caller that waits no longer for an answer leaves its connection to the driver, which waits
        // on, as long as TCP does where the server is gone without a word; until then no other
        // could take its place.
        .after_release(move |connection, _| {
            let sessions = given_back.clone();
            Box::pin(async move {
                let answered = in_time(LAST_ANSWER, connection.ping()).await;
                if answered.is_err() {
                    sessions.broke();
                }
                answered.map(|()| true)
            })
        })
        .connect_lazy_with(servers.current());
    if servers.are_several() {
        tokio::spawn(failover::follow(pool.clone(), servers, sessions));
    }
    pool
}

/// Returns whether the session belongs to this connection alone. It does not where a pooler stands
/// in between, which opens sessions without the settings of its clients.
///
/// # Errors
///
/// If the statement fails.
pub async fn is_own_session(connection: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    let own = sqlx::query_scalar!(
        r#"SELECT coalesce(current_setting('fullhouse.session', true) = 'own', false) AS "own!""#
    );
    own.fetch_one(connection).await
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

/// SQLSTATE codes that the programs distinguish, by their names in the table of Postgres error
/// codes.
pub mod sqlstate {
    /// A name of a database that there is none of.
    pub const INVALID_CATALOG_NAME: &str = "3D000";
    /// A table that has this name is there already.
    pub const DUPLICATE_TABLE: &str = "42P07";
    /// A trigger or role that has this name is there already.
    pub const DUPLICATE_OBJECT: &str = "42710";
    /// Other columns of a view than it has.
    pub const INVALID_TABLE_DEFINITION: &str = "42P16";
    /// Other parameters or another result of a function than it has.
    pub const INVALID_FUNCTION_DEFINITION: &str = "42P13";
    /// Two functions have this name.
    pub const AMBIGUOUS_FUNCTION: &str = "42725";
    /// An object of another kind has this name.
    pub const WRONG_OBJECT_TYPE: &str = "42809";
    /// Another transaction wrote what this one was about to.
    pub const SERIALIZATION_FAILURE: &str = "40001";
    /// The database is there already.
    pub const DUPLICATE_DATABASE: &str = "42P04";
    /// Two transactions waited for each other.
    pub const DEADLOCK_DETECTED: &str = "40P01";
    /// A lock was not to be had in the time that was set.
    pub const LOCK_NOT_AVAILABLE: &str = "55P03";
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

/// Decides whether the database refuses the values of a statement, and would take other values. A
/// refusal for another reason, such as a missing privilege, does not depend on the values.
#[must_use]
pub fn is_fault_of_values(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(refusal) = error else {
        return DatabaseFault::of(error) == DatabaseFault::Refused;
    };
    // 22: data exception; 23: constraint; 54: limit exceeded; P0: raised by a function.
    refusal.code().is_some_and(|code| {
        ["22", "23", "54", "P0"]
            .iter()
            .any(|class| code.starts_with(class))
    })
}

/// Decides whether the database is away rather than refusing the statement:
/// the same call may succeed when it is back.
#[must_use]
pub fn is_outage(error: &sqlx::Error) -> bool {
    DatabaseFault::of(error) != DatabaseFault::Refused
}
