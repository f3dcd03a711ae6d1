//! Seals the events of days that are over: packs those of each name into blocks.
//!
//! Each block is a transaction of its own, so a pass may be stopped anywhere. What a failed pass
//! left, the next one seals. Two leaders at a time do no harm: they take turns.

use std::{error::Error, time::Duration};

use schema::{
    connect::is_outage,
    events::seal::{self, Attempt, SealedEvents},
};
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::BackgroundPass;
use crate::metrics::Metrics;

/// Time between two blocks, so that sealing leaves the database to others.
const REST: Duration = Duration::from_millis(100);

/// Packs the events of days that are over into blocks.
#[derive(Debug)]
pub struct EventSealer {
    /// The metrics of sealed events.
    pub metrics: Metrics,
    /// Ends a pass between two blocks.
    pub stop: CancellationToken,
}

impl BackgroundPass for EventSealer {
    type Report = SealedEvents;
    type Error = sqlx::Error;
    const NAME: &'static str = "event_sealing";
    const EVERY: Duration = Duration::from_mins(10);

    async fn pass(&mut self, db: &PgPool) -> Result<SealedEvents, sqlx::Error> {
        let sealed = seal_due(db, REST, &self.stop).await?;
        self.metrics.maintenance.observe_sealed_events(&sealed);
        Ok(sealed)
    }

    fn log(&mut self, sealed: &SealedEvents) {
        if let Some((day, name_id)) = sealed.refused.first() {
            warn!(
                names = sealed.refused.len(),
                %day, name_id,
                "events are not sealed: unpacking them would not give the same events"
            );
        }
        if sealed.blocks > 0 {
            info!(
                blocks = sealed.blocks,
                events = sealed.events,
                "events of days that are over were sealed"
            );
        }
    }
}

/// Seals all events that can be sealed, with a `rest` after each block.
///
/// # Errors
///
/// If the database is away; what was sealed before stays sealed.
pub async fn seal_due(
    db: &PgPool,
    rest: Duration,
    stop: &CancellationToken,
) -> Result<SealedEvents, sqlx::Error> {
    let mut sealed = SealedEvents::default();
    for day in seal::due_days(db).await? {
        for name_id in seal::names_of_day(db, day).await? {
            while !stop.is_cancelled() {
                match seal::seal(db, day, name_id).await {
                    Ok(Attempt::Sealed(events)) => {
                        sealed.blocks += 1;
                        sealed.events += events;
                        sleep(rest).await;
                    }
                    Ok(Attempt::Nothing) => break,
                    Ok(Attempt::Refused) => {
                        sealed.refused.insert((day, name_id));
                        break;
                    }
                    Err(error) if is_outage(&error) => return Err(error),
                    Err(error) => {
                        error!(
                            %day, name_id,
                            error = &error as &dyn Error,
                            "events cannot be sealed; they stay live"
                        );
                        sealed.refused.insert((day, name_id));
                        break;
                    }
                }
            }
        }
    }
    Ok(sealed)
}
