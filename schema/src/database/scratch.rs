//! Scratch databases for tests and benchmarks: one each, with the schema of this
//! program, on a private server that all tests of a run share.
//!
//! The server keeps nothing through a crash and lives in `FULLHOUSE_TEST_DIR`, or in the directory
//! for temporary files of this user. It keeps running after a test: the runner of the tests stops
//! it, as `make test` does. A database stays until its process has ended and another process makes
//! one: a run needs the disk of the tests that run at once, not of all.

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use chrono::Utc;
use rustix::process::{Pid, test_kill_process};
use sqlx::PgPool;
use thiserror::Error;
use tokio::task::spawn_blocking;

use crate::{
    connect::{Connect, is_refused_with, pool, sqlstate},
    local_server::{Durability, LocalServer, ServerError},
    migrate::{self, SchemaError},
    private::{self, PrivateError},
};

/// Databases of ended processes that one new database drops: more than one is made for each, so the
/// rest of an earlier run goes, too.
const MAX_DROPPED: usize = 3;

/// Counts the databases of this process.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Why there is no scratch database.
#[derive(Debug, Error)]
pub enum ScratchError {
    /// The server could not be started or refused.
    #[error("the server of the tests does not serve")]
    Server(#[from] ServerError),
    /// The migrations failed.
    #[error("the template of the tests cannot be migrated")]
    Schema(#[from] SchemaError),
    /// The database cannot be reached.
    #[error("the scratch database cannot be reached")]
    Database(#[from] sqlx::Error),
    /// The directory cannot be written.
    #[error("the directory of the tests cannot be written")]
    Directory(#[from] PrivateError),
    /// The template cannot be locked.
    #[error("the template of the tests cannot be locked")]
    Lock(#[from] io::Error),
}

/// A database of its own, with the schema and no rows.
#[derive(Debug)]
pub struct Scratch {
    /// Connections to it.
    pub db: PgPool,
    /// Its address, for other processes.
    pub url: String,
}

impl Scratch {
    /// Makes one; takes some 60 ms once the server and the template are there.
    ///
    /// # Errors
    ///
    /// See [`ScratchError`].
    pub async fn new() -> Result<Self, ScratchError> {
        let (server, directory) = start_server().await?;
        let name = free_name(&server).await?;
        // Of today, for its partitions begin with the day on which they are made.
        let today = Utc::now().format("%Y%m%d");
        let template = format!("template_{today}_{}", migrate::fingerprint());
        let copied = server.create_database(&name, Some(&template)).await;
        if copied.as_ref().is_err_and(says_missing) {
            make_template(&server, &directory, &template).await?;
            server.create_database(&name, Some(&template)).await?;
        } else {
            copied?;
        }
        Self::open(&server, &name)
    }

    /// Makes one without a schema, for tests of migrations.
    ///
    /// # Errors
    ///
    /// See [`ScratchError`].
    pub async fn empty() -> Result<Self, ScratchError> {
        let (server, _) = start_server().await?;
        let name = free_name(&server).await?;
        server.create_database(&name, None).await?;
        Self::open(&server, &name)
    }

    fn open(server: &LocalServer, name: &str) -> Result<Self, ScratchError> {
        let url = server.url(name);
        Ok(Self {
            db: open(&url)?,
            url,
        })
    }
}

/// Starts the server that all tests share, or finds it; returns its directory, too.
async fn start_server() -> Result<(LocalServer, PathBuf), ScratchError> {
    let directory = private::directory(&directory(), LocalServer::guest())?;
    let server = LocalServer::builder(directory.join("server"))
        .durability(Durability::None)
        .setting("max_connections", "300")
        .setting("shared_buffers", "256MB")
        .start()
        .await?;
    Ok((server, directory))
}

/// A name that no database has. Drops a few databases of processes that have ended.
async fn free_name(server: &LocalServer) -> Result<String, ScratchError> {
    let own = std::process::id();
    let name = format!("scratch_{own}_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    // A process of an earlier run may have had this number.
    server
        .drop_databases(MAX_DROPPED, |found| found == name || is_abandoned(found))
        .await?;
    Ok(name)
}

/// Returns whether nobody uses the database `name` any more: the process that made it for itself has
/// ended, or it is the template of another day.
fn is_abandoned(name: &str) -> bool {
    if let Some(rest) = name.strip_prefix("template_") {
        return !rest.starts_with(&Utc::now().format("%Y%m%d_").to_string());
    }
    let own = name
        .strip_prefix("scratch_")
        .or_else(|| name.strip_prefix("draft_"));
    own.and_then(|rest| rest.split('_').next()?.parse().ok())
        .and_then(Pid::from_raw)
        .is_some_and(|pid| test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

/// Makes the template of these migrations, unless another process made it meanwhile.
async fn make_template(
    server: &LocalServer,
    directory: &Path,
    name: &str,
) -> Result<(), ScratchError> {
    let lock = private::append(&directory.join("template.lock"), None)?;
    // On a thread of its own: another task of this one may hold the lock, and has to go on.
    let locking = spawn_blocking(move || lock.lock().map(|()| lock));
    let _lock = locking.await.map_err(io::Error::other)??;
    let draft = format!("draft_{}", std::process::id());
    server.drop_database(&draft).await?;
    server.create_database(&draft, None).await?;
    let db = open(&server.url(&draft))?;
    migrate::migrate(&db).await?;
    db.close().await;
    // The name is given last: a template that has it is complete.
    match server.create_database(name, Some(&draft)).await {
        Err(ServerError::Database { source, .. })
            if is_refused_with(&source, sqlstate::DUPLICATE_DATABASE) => {}
        made => made?,
    }
    server.drop_database(&draft).await?;
    Ok(())
}

fn says_missing(error: &ServerError) -> bool {
    matches!(error, ServerError::Database { source, .. } if is_refused_with(source, sqlstate::INVALID_CATALOG_NAME))
}

fn open(url: &str) -> Result<PgPool, sqlx::Error> {
    pool(&Connect {
        url,
        application: "scratch",
        most_connections: 8,
        wait: Duration::from_secs(30),
    })
}

fn directory() -> PathBuf {
    std::env::var_os("FULLHOUSE_TEST_DIR").map_or_else(
        || std::env::temp_dir().join(format!("fullhouse-tests-{}", private::own_uid())),
        PathBuf::from,
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_goes_when_its_process_has_ended() {
        let (server, _) = start_server().await.unwrap();
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        let gone = format!("scratch_{}_0", ended.id());
        ended.wait().unwrap();
        server.create_database(&gone, None).await.unwrap();
        let kept = Scratch::new().await.unwrap();
        let stays = "SELECT count(*) FROM pg_database WHERE datname = $1";
        let stays = || {
            sqlx::query_scalar::<_, i64>(stays)
                .bind(&gone)
                .fetch_one(&kept.db)
        };
        // Each drops some of those that tests beside this one have left.
        while 0 != stays().await.unwrap() {
            Scratch::empty().await.unwrap();
        }
    }
}
