//! Pauses of limit keys, published to the fleet.

use std::time::Instant;

use schema::{connect::is_outage, limit};
use sqlx::PgPool;
use tracing::error;

use crate::database::{Backoff, in_time};

/// A pause of a limit key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// The key.
    pub limit_key_id: i32,
    /// When it ends, by this process's clock.
    pub until: Instant,
}

/// Publishes a pause to the fleet, for as long as it still lasts.
pub(super) async fn publish(db: &PgPool, pause: Pause) {
    let limit_key_id = pause.limit_key_id;
    let mut backoff = Backoff::default();
    loop {
        let left = pause.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        let reason = "the source asked for a pause";
        let published = limit::pause(db, limit_key_id, left, reason);
        match in_time(published).await {
            Ok(()) => return,
            Err(error) if is_outage(&error) => backoff.wait(&error.to_string()).await,
            Err(error) => {
                error!(
                    limit_key_id,
                    error = &error as &dyn std::error::Error,
                    "the pause of a limit key was not published to the fleet"
                );
                return;
            }
        }
    }
}
