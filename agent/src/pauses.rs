//! Pauses that other pods met: learnt from the database, several times a second.
//!
//! A claim is not given for a key that is paused, but what was claimed before may still
//! wait for its turn. This makes every pod deny it, so that a `Retry-After` reaches the
//! whole fleet within a second, also where a pooler lets no notification through.

use std::{sync::Arc, time::Duration};

use schema::limit;
use source_fetch::limit::Limits;
use sqlx::PgPool;
use tokio::time;

use crate::{database::in_time, job::Shared};

/// Time between two looks.
const EVERY: Duration = Duration::from_millis(300);

/// Tells the guards of this pod about pauses, until it is dropped.
pub async fn watch(db: PgPool, shared: Arc<Shared>) {
    loop {
        time::sleep(EVERY).await;
        // While the database is away there are no claims either, and those who need it say so.
        let _ = in_time(learn(&db, &shared.limits)).await;
    }
}

/// Makes `limits` keep the pauses that the database knows.
///
/// # Errors
///
/// If the database does not answer.
pub async fn learn(db: &PgPool, limits: &Limits) -> Result<(), sqlx::Error> {
    for paused in limit::paused(db).await? {
        limits.pause(paused.limit_key_id, paused.left);
    }
    Ok(())
}
