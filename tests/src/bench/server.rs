//! The database that is measured with: a private server that syncs every commit.

use std::time::Duration;

use schema::{
    connect::{Connect, pool},
    local_server::LocalServer,
    migrate::migrate,
};
use sqlx::PgPool;
use tempfile::TempDir;

use super::error::BenchError;

const DATABASE: &str = "fullhouse";

/// A server with the schema and no rows; dropping it ends it and removes its data.
#[derive(Debug)]
pub struct Server {
    /// Connections to it.
    pub db: PgPool,
    postgres: LocalServer,
    _data: TempDir,
}

impl Server {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// If Postgres is missing or does not start.
    pub async fn start(connections: u32) -> Result<Self, BenchError> {
        let data = tempfile::tempdir().map_err(BenchError::file(std::env::temp_dir()))?;
        let server = LocalServer::builder(data.path())
            .temporary()
            .start()
            .await?;
        server.create_database(DATABASE, None).await?;
        let db = sessions(&server, connections)?;
        migrate(&db).await?;
        Ok(Self {
            db,
            postgres: server,
            _data: data,
        })
    }

    /// A session that has done nothing yet.
    ///
    /// # Errors
    ///
    /// If the address cannot be read.
    pub fn new_session(&self) -> Result<PgPool, BenchError> {
        Ok(sessions(&self.postgres, 1)?)
    }

    /// The address of its database.
    #[must_use]
    pub fn url(&self) -> String {
        self.postgres.url(DATABASE)
    }

    /// The address of its database for a role, with a new password.
    ///
    /// # Errors
    ///
    /// If there is no such role.
    pub async fn url_of(&self, role: &str) -> Result<String, BenchError> {
        Ok(self.postgres.login(role, DATABASE).await?)
    }
}

fn sessions(server: &LocalServer, most_connections: u32) -> Result<PgPool, sqlx::Error> {
    pool(&Connect {
        url: &server.url(DATABASE),
        application: "bench",
        most_connections,
        wait: Duration::from_secs(10),
    })
}

/// How much log the server has written, in bytes, and how many whole pages in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wal {
    /// Bytes since the cluster was made.
    pub bytes: i64,
    /// Whole pages, as far as the server's processes have reported it.
    pub full_pages: i64,
}

impl Wal {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn read(db: &PgPool) -> Result<Self, sqlx::Error> {
        let (bytes, full_pages) = sqlx::query_as::<_, (i64, i64)>(
            "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint, wal_fpi FROM pg_stat_wal",
        )
        .fetch_one(db)
        .await?;
        Ok(Self { bytes, full_pages })
    }
}

/// The number of the server's first process, the parent of all others.
///
/// # Errors
///
/// If the database does not answer, or runs on another machine.
pub async fn postmaster(db: &PgPool) -> Result<u32, BenchError> {
    let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(db)
        .await?;
    let parent = u32::try_from(backend).ok().and_then(super::cpu::parent_of);
    parent.ok_or_else(|| BenchError::nothing("the processes of Postgres are not on this machine"))
}
