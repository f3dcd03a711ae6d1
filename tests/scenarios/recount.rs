//! Rollups and sealing, beside a fleet that goes on selling.

use std::time::Duration;

use simulated_chains::options::WorldOptions;
use tests::harness::{
    chains::ChainsOptions,
    disorder::Disorder,
    error::HarnessError,
    fleet::{Database, Fleet, FleetOptions},
    recount::recount,
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

/// Rounds of disorder, seven acts each.
const ACTS: usize = 28;

/// Showtimes that were seen and have started.
const STARTED: &str = "SELECT count(*) FROM showtime
    WHERE starts_at < now() AND EXISTS (SELECT FROM snapshot WHERE snapshot.showtime_id = showtime.showtime_id)";

/// Showtimes that nobody looks at any more.
const OVER: &str = "SELECT count(DISTINCT task.subject_id)
    FROM task
    INNER JOIN step ON step.step_id = task.step_id AND step.yields = 'seats'
    INNER JOIN snapshot ON snapshot.showtime_id = task.subject_id
    WHERE task.retired_at IS NOT NULL";

/// Lets two hours pass for them, and remembers what was seen of them.
const AGE: [&str; 3] = [
    "CREATE TABLE remembered AS
    SELECT DISTINCT task.subject_id AS showtime_id
    FROM task
    INNER JOIN step ON step.step_id = task.step_id AND step.yields = 'seats'
    INNER JOIN snapshot ON snapshot.showtime_id = task.subject_id
    WHERE task.retired_at IS NOT NULL",
    "WITH aged AS (
        UPDATE showtime SET starts_at = starts_at - interval '2 hours'
        WHERE showtime_id IN (SELECT showtime_id FROM remembered)
    )
    UPDATE snapshot SET observed_at = observed_at - interval '2 hours'
    WHERE showtime_id IN (SELECT showtime_id FROM remembered)",
    "CREATE TABLE remembered_snapshot AS
    SELECT seat_snapshot.*
    FROM remembered INNER JOIN seat_snapshot ON seat_snapshot.showtime_id = remembered.showtime_id",
];
const UNSEALED: &str = "SELECT count(*) FROM remembered
    WHERE showtime_id NOT IN (SELECT showtime_id FROM sealed_showtime)";
/// What reads otherwise now, but for where it is read from.
const CHANGED: &str = "SELECT count(*) FROM (
    (SELECT showtime_id, observed_at, job_id, layout_id, available, sold, held, blocked, broken, house, unknown, unmapped, seats
        FROM remembered_snapshot
    EXCEPT ALL
    SELECT showtime_id, observed_at, job_id, layout_id, available, sold, held, blocked, broken, house, unknown, unmapped, seats
        FROM remembered INNER JOIN seat_snapshot USING (showtime_id))
    UNION ALL
    (SELECT showtime_id, observed_at, job_id, layout_id, available, sold, held, blocked, broken, house, unknown, unmapped, seats
        FROM remembered INNER JOIN seat_snapshot USING (showtime_id)
    EXCEPT ALL
    SELECT showtime_id, observed_at, job_id, layout_id, available, sold, held, blocked, broken, house, unknown, unmapped, seats
        FROM remembered_snapshot)) AS changed";

/// A fleet whose leader seals after an hour. At a speed of a hundred, chains show seats until the
/// look after the start has been taken.
fn options(speed: f64) -> FleetOptions {
    FleetOptions {
        chains: Some(ChainsOptions {
            world: WorldOptions {
                cinemas: 2,
                auditoriums: 4,
                days: 3,
                speed,
                rate: 10.0,
                burst: 40,
                ..WorldOptions::default()
            },
            ..ChainsOptions::default()
        }),
        database: Database::Scratch,
        env: vec![(
            "FULLHOUSE_COORDINATOR__SEAL_AFTER".to_owned(),
            "1h".to_owned(),
        )],
        ..FleetOptions::default()
    }
}

/// Invariant 5: every rollup is what a recount gives, also while a part of it is dirty, after
/// late snapshots, moved showtimes, other meanings, other prices, sealing and unsealing.
#[test]
fn rollups_equal_a_recount_after_disorder() {
    scenario(async {
        let mut fleet = Fleet::start(options(1000.0)).await?;
        fleet.wait_for_snapshots(300, PATIENCE).await?;
        fleet
            .wait_for_number("showtimes that started", STARTED, 20, PATIENCE)
            .await?;
        let mut disorder = Disorder::new(&fleet);
        for _ in 0..ACTS {
            disorder.act().await?;
            // So that acts and looks alternate.
            fleet.wait_for_snapshots(20, PATIENCE).await?;
        }
        println!("{:?}", disorder.done());
        for (what, rows) in disorder.done() {
            assert!(*rows > 0, "no {what}");
        }
        fleet.stop().await?;
        for one in recount(fleet.db()).await? {
            assert_eq!((one.differing_before, one.differing), (0, 0), "{one:?}");
            assert!(one.rows > 0, "{one:?}");
        }
        fleet.end(&["the health of a source fell"]).await
    });
}

/// The leader seals what has been over for an hour while other showtimes sell, and nobody who
/// reads notices.
#[test]
fn what_the_leader_seals_reads_as_before() {
    scenario(async {
        let mut fleet = Fleet::start(options(100.0)).await?;
        fleet
            .wait_for_number("showtimes that are over", OVER, 5, PATIENCE)
            .await?;
        age(&fleet).await?;
        // A new leader runs the passes of the storage at once.
        fleet.coordinator(0)?.stop(Duration::from_mins(1)).await?;
        fleet.restart_coordinator(0)?;
        wait_until("all of them sealed", PATIENCE, async || {
            Ok((fleet.number(UNSEALED).await? == 0).then_some(()))
        })
        .await?;
        fleet.wait_for_snapshots(20, PATIENCE).await?;
        assert_eq!(fleet.number(CHANGED).await?, 0, "rows that read otherwise");
        fleet.stop().await?;
        for one in recount(fleet.db()).await? {
            assert_eq!((one.differing_before, one.differing), (0, 0), "{one:?}");
        }
        fleet.end(&["the health of a source fell"]).await
    });
}

async fn age(fleet: &Fleet) -> Result<(), HarnessError> {
    let mut transaction = fleet.db().begin().await?;
    for statement in AGE {
        sqlx::query(statement).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}
