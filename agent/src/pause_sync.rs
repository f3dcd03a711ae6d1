//! Pause synchronisation: applies the pauses that other pods met to the limits of this pod.
//!
//! Takes the paused keys of the database, several times a second. No claim is given for a paused
//! key, but tasks that were claimed before may still wait for their limit. Here they are denied,
//! so that a `Retry-After` reaches the whole fleet within a second, also where a pooler lets no
//! notification through.

use std::{sync::Arc, time::Duration};

use schema::limit;
use source_fetch::limit::Limits;
use sqlx::PgPool;
use tokio::time;

use crate::{database::in_time, job::PodContext};

/// Time between two reads of the paused keys.
const REFRESH_INTERVAL: Duration = Duration::from_millis(300);

/// Keeps the limits of a pod up to date, until it is dropped.
pub async fn run(db: PgPool, pod: Arc<PodContext>) {
    loop {
        time::sleep(REFRESH_INTERVAL).await;
        // While the database is away there are no claims either, and the claimer reports that.
        let _ = in_time(refresh(&db, &pod.limits)).await;
    }
}

/// Applies the pauses in the database to `limits`.
///
/// # Errors
///
/// If the statement fails.
pub async fn refresh(db: &PgPool, limits: &Limits) -> Result<(), sqlx::Error> {
    for paused in limit::paused(db).await? {
        limits.pause(paused.limit_key_id, paused.left);
    }
    Ok(())
}
