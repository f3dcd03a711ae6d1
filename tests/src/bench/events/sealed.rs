//! What events take when they are sealed, and how fast they are.

use std::time::Instant;

use schema::events::{
    erasure,
    seal::{self, Attempt},
};
use sqlx::{AssertSqlSafe, Executor as _, PgPool};

use crate::bench::error::BenchError;

/// Days ago of the day to which events are moved: no duplicate is looked for in it.
const DAYS_AGO: i32 = 3;

/// Blocks and their partitions, without what is empty.
const BLOCK_BYTES: &str = "SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint
    FROM pg_partition_tree('event_block') WHERE isleaf AND NOT is_empty(relid)";

/// What sealing did.
#[derive(Debug)]
pub(in crate::bench) struct Sealed {
    /// Events that were sealed.
    pub(in crate::bench) events: u64,
    /// Events a second.
    pub(in crate::bench) rate: f64,
    /// Bytes on disk, of which is all that events have.
    pub(in crate::bench) bytes: i64,
}

/// Makes the partitions of the day whose events are sealed.
///
/// # Errors
///
/// If a statement fails.
pub(in crate::bench) async fn make_partitions(db: &PgPool) -> Result<(), BenchError> {
    for parent in ["event", "event_block"] {
        db.execute(AssertSqlSafe(format!(
            "DO $$ BEGIN EXECUTE format('CREATE TABLE {parent}_old PARTITION OF {parent} FOR VALUES FROM (%L) TO (%L)',
                date_trunc('day', now(), 'UTC') - interval '{DAYS_AGO} days',
                date_trunc('day', now(), 'UTC') - interval '{DAYS_AGO} days' + interval '1 day'); END $$"
        )))
        .await?;
    }
    db.execute("CREATE UNIQUE INDEX event_old_message_key ON event_old (message_key)")
        .await?;
    Ok(())
}

/// Moves all live events to that day, as if they had been received then.
///
/// # Errors
///
/// If a statement fails.
pub(in crate::bench) async fn age(db: &PgPool) -> Result<(), BenchError> {
    db.execute(AssertSqlSafe(format!(
        "WITH moved AS (DELETE FROM event RETURNING *)
        INSERT INTO event
        SELECT received_at - interval '{DAYS_AGO} days', occurred_at - interval '{DAYS_AGO} days', message_key,
            user_id, name_id, place_id, flags, properties, clocks
        FROM moved
        -- A run that began before midnight has events of two days.
        WHERE received_at >= date_trunc('day', now(), 'UTC')"
    )))
    .await?;
    // Else they are before the first day that is exported.
    db.execute(AssertSqlSafe(format!(
        "UPDATE first_day SET on_day = on_day - {DAYS_AGO} WHERE of_table = 'event'"
    )))
    .await?;
    Ok(())
}

/// Seals all, one block after another as fast as it goes. Client and server take turns, so this is
/// what one core does.
///
/// # Errors
///
/// If a statement fails, or an event is not sealed.
pub(in crate::bench) async fn seal(db: &PgPool) -> Result<Sealed, BenchError> {
    while erasure::index_partition(db).await?.is_some() {}
    db.execute("VACUUM (ANALYZE) event").await?;
    let began = Instant::now();
    let mut events = 0;
    for day in seal::due_days(db).await? {
        for name_id in seal::names_of_day(db, day).await? {
            loop {
                match seal::seal(db, day, name_id).await? {
                    Attempt::Sealed(sealed) => events += sealed,
                    Attempt::Nothing => break,
                    Attempt::Refused => return Err(BenchError::nothing("events are not sealed")),
                }
            }
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let live: i64 = sqlx::query_scalar("SELECT count(*) FROM event")
        .fetch_one(db)
        .await?;
    if live > 0 || events == 0 {
        return Err(BenchError::nothing(format!(
            "{events} events are sealed, {live} are not"
        )));
    }
    db.execute("VACUUM (ANALYZE) event_block").await?;
    Ok(Sealed {
        events,
        rate: crate::bench::figure::number(events) / seconds,
        bytes: sqlx::query_scalar(BLOCK_BYTES).fetch_one(db).await?,
    })
}
