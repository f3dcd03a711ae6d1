//! The export that a leader makes by itself, while a fleet works.

// The tests of the coordinator hold an export against the same statements.
#[path = "../../coordinator/tests/it/export/read_back.rs"]
mod read_back;

use std::{collections::BTreeSet, fs, path::Path};

use chrono::{Days, NaiveDate};
use coordinator::export::{
    manifest::Manifest,
    place::{Place, StoreOptions},
    table::DataSet,
};
use sqlx::{AssertSqlSafe, Postgres, Transaction};
use tests::harness::{
    error::HarnessError,
    fleet::{Database, Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};

use self::read_back::{MICROS, Row, rows, stored};
use crate::scenario;

/// Days of the past that are made.
const DAYS: u64 = 4;

/// The first of them: the last is two days ago, so it is complete whatever the hour, and stays so.
const FIRST: &str = "SELECT (now() AT TIME ZONE 'UTC')::date - 5";

/// The first of them is `$1`; the showtimes were found on the first two.
const PAST: [&str; 2] = [
    "UPDATE first_day SET on_day = $1",
    "UPDATE showtime SET discovered_at = ($1::date + showtime_id % 2)::timestamp AT TIME ZONE 'UTC'",
];

/// Of which tables some jobs' rows are made on each of these days too, by which column, and of
/// how many jobs.
const SEEN: [(&str, &str, u32); 3] = [
    ("snapshot", "observed_at", 100),
    ("showtime_tariff", "observed_at", 100),
    ("job", "finished_at", 200),
];

/// Says, in a transaction that stays open, that the seat records of a day were exported: the
/// leader, which is about to say so itself, waits for its end.
const TAKE_DAY: &str = "INSERT INTO exported_day (row_count, bytes, place_id, revision, on_day,
        data_set, files, source_ids, code_indexes, statuses)
    VALUES (0, 0, $1, 0, $2, 'seat-records', '{}', '{}', '{}', '{}')";
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%exported_day%'";
/// What is left of a leader that was killed: its sessions end when they notice.
const LEFT: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' AND query LIKE '%export%'";
const LET_GO: &str = "UPDATE export_place SET held_until = now() - interval '1 second'";
const EXPORTED: &str =
    "SELECT count(*) FROM exported_day WHERE on_day < (SELECT on_day + 4 FROM first_day LIMIT 1)";
/// How far retention may go, in days since the first.
const READ_UNTIL: &str =
    "SELECT coalesce(min((read_until AT TIME ZONE 'UTC')::date - first_day.on_day), 0)::bigint
    FROM partition_reader CROSS JOIN first_day
    WHERE reader = 'export' AND parent = 'snapshot'";

/// Invariant 5, in files: a leader that is killed when its manifest names a day of which the
/// database does not know yet is followed by one that ends the export, with each row once.
#[test]
fn the_next_leader_ends_an_export_in_which_one_was_killed() {
    scenario(async {
        let directory = tempfile::tempdir().unwrap();
        let to = directory.path().to_str().unwrap();
        let mut fleet = Fleet::start(FleetOptions {
            database: Database::Scratch,
            leader_lease: std::time::Duration::from_secs(2),
            env: vec![("FULLHOUSE_EXPORT__TO".to_owned(), to.to_owned())],
            ..FleetOptions::default()
        })
        .await?;
        fleet.wait_for_snapshots(60, PATIENCE).await?;
        fleet.coordinator(0)?.stop(PATIENCE).await?;
        let days = make_past(&fleet).await?;
        let place = Place::open(to, &StoreOptions::default()).unwrap();
        let taken = take_day(&fleet, &place, days[1]).await?;

        fleet.restart_coordinator(0)?;
        fleet
            .wait_for_number("the second day in the manifest", WAITING, 1, PATIENCE)
            .await?;
        // Jobs go on beside it.
        fleet.wait_for_snapshots(20, PATIENCE).await?;
        fleet.coordinator(0)?.kill()?;
        let (manifest, _) = place.manifest().await.unwrap();
        let named = manifest
            .unwrap()
            .files_of(DataSet::SeatRecords, days[1])
            .map(|files| files.len());
        assert!(named.is_some_and(|files| files > 0), "{named:?}");
        let read = fleet.number(READ_UNTIL).await?;
        assert!(
            read <= 1,
            "retention would drop what was not exported: {read}"
        );

        taken.rollback().await?;
        wait_until("the end of its sessions", PATIENCE, async || {
            Ok((fleet.number(LEFT).await? == 0).then_some(()))
        })
        .await?;
        let known = "SELECT count(*) FROM exported_day WHERE data_set = 'seat-records'";
        assert_eq!(fleet.number(known).await?, 1, "the first day");
        // As when it has been dead for half a minute.
        sqlx::query(LET_GO).execute(fleet.db()).await?;
        fleet.add_coordinator()?;
        let all = i64::try_from(DataSet::ALL.len() as u64 * DAYS).unwrap();
        fleet
            .wait_for_number("all days", EXPORTED, all, PATIENCE)
            .await?;
        fleet
            .wait_for_number("leave for retention", READ_UNTIL, 4, PATIENCE)
            .await?;
        fleet.wait_for_snapshots(20, PATIENCE).await?;
        fleet.stop().await?;
        // A showtime that changed meanwhile has its day exported again.
        println!("{}", fleet.operate(&["export"])?);
        assert_whole(&fleet, &place, directory.path(), &days).await?;
        // Where all stands still for a minute, the statement that waits is ended.
        fleet.end(&["the export ended early"]).await
    });
}

/// Makes days of the past; returns them.
async fn make_past(fleet: &Fleet) -> Result<Vec<NaiveDate>, HarnessError> {
    let first: NaiveDate = sqlx::query_scalar(FIRST).fetch_one(fleet.db()).await?;
    let mut transaction = fleet.db().begin().await?;
    let seen = SEEN.map(|(table, at, jobs)| {
        format!(
            "INSERT INTO {table}
            SELECT past.*
            FROM {table}
            CROSS JOIN generate_series(0, {DAYS} - 1) AS number
            CROSS JOIN LATERAL jsonb_populate_record({table}, jsonb_build_object('{at}',
                $1::date + number + ({at} AT TIME ZONE 'UTC')::time)) AS past
            WHERE {table}.job_id IN (SELECT job_id FROM {table} ORDER BY job_id LIMIT {jobs})"
        )
    });
    for statement in PAST.map(str::to_owned).into_iter().chain(seen) {
        sqlx::query(AssertSqlSafe(statement))
            .bind(first)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    sqlx::raw_sql(MICROS).execute(fleet.db()).await?;
    Ok((0..DAYS).map(|number| first + Days::new(number)).collect())
}

async fn take_day(
    fleet: &Fleet,
    place: &Place,
    day: NaiveDate,
) -> Result<Transaction<'static, Postgres>, HarnessError> {
    let known = schema::export::place(fleet.db(), place.address()).await?;
    let mut taken = fleet.db().begin().await?;
    // Else the reference to the place would keep the leader from the manifest already.
    sqlx::query("SET LOCAL session_replication_role = replica")
        .execute(&mut *taken)
        .await?;
    sqlx::query(TAKE_DAY)
        .bind(known.place_id)
        .bind(day)
        .execute(&mut *taken)
        .await?;
    Ok(taken)
}

/// Every row of the days is in what the manifest names, once, and nothing else is there.
async fn assert_whole(
    fleet: &Fleet,
    place: &Place,
    directory: &Path,
    days: &[NaiveDate],
) -> Result<(), HarnessError> {
    let manifest: Manifest = place.manifest().await.unwrap().0.unwrap();
    for data_set in DataSet::ALL {
        let there: BTreeSet<String> = place.files(data_set).await.unwrap().into_iter().collect();
        let named: BTreeSet<String> = manifest.paths_of(data_set).into_iter().collect();
        assert_eq!(there, named, "{data_set}");
        for day in days {
            let paths = manifest.files_of(data_set, *day).unwrap();
            let contents = paths
                .iter()
                .map(|path| fs::read(directory.join(path)).unwrap());
            let mut read: Vec<Row> = contents.flat_map(|content| rows(&content)).collect();
            let mut expected = stored(fleet.db(), data_set, *day).await?;
            println!("{data_set} of {day}: {} rows", expected.len());
            // Simulated showtimes were found on two days, prices may not have been seen yet, and there are no events.
            if !matches!(
                data_set,
                DataSet::Showtimes | DataSet::Prices | DataSet::Events
            ) {
                assert!(!expected.is_empty(), "{data_set} of {day}");
            }
            read.sort_unstable();
            expected.sort_unstable();
            assert!(read == expected, "{data_set} of {day} differs");
        }
    }
    Ok(())
}
