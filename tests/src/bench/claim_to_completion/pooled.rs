//! The same jobs through `PgBouncer` in transaction mode.

use std::time::Duration;

use schema::connect::{Connect, pool};
use sqlx::PgPool;

use super::{PODS, Rate, fleet};
use crate::{
    bench::{error::BenchError, server::Server},
    harness::pooler::{Pooler, find},
};

/// Measures; `None` where there is no `PgBouncer` that can do it, which is said.
pub(super) async fn run(server: &Server) -> Result<Option<Rate>, BenchError> {
    let program = match find() {
        Ok(program) => program,
        Err(missing) => {
            eprintln!("  not through PgBouncer: {missing}");
            return Ok(None);
        }
    };
    eprintln!("  the same through {}", program.display());
    let logs = tempfile::tempdir().map_err(BenchError::file(std::env::temp_dir()))?;
    let pooler = Pooler::start(&program, &server.url(), logs.path()).await?;
    let db: PgPool = pool(&Connect {
        url: pooler.url(),
        application: "bench",
        most_connections: u32::try_from(PODS).unwrap_or(1) + 4,
        wait: Duration::from_secs(10),
    })?;
    let rate = fleet(&db).await?;
    db.close().await;
    Ok(Some(rate))
}
