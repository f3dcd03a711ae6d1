use std::time::Duration;

use schema::{
    enums::SeatStatus,
    mapping::{map, recount},
    seal::{Pass, Sealed, Unsealed, unseal},
};

use crate::fixture::World;

const QUIET: Duration = Duration::from_hours(24);
const HOUR: i32 = 60;

/// A showtime of three days ago, with codes and a layout of five seats.
async fn over() -> World {
    let world = World::new().await;
    world.showtimes(3, 72).await;
    world.codes().await;
    world.layout(5).await;
    world
}

async fn seal_all(world: &World) -> Sealed {
    let mut pass = Pass::new(QUIET);
    while pass.batch(&world.db).await.unwrap() {}
    pass.done().clone()
}

/// Snapshots as they are read, for comparison.
async fn remember(world: &World, name: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "CREATE TABLE {name} AS
        SELECT showtime_id, observed_at, job_id, layout_id, available, sold, held, blocked,
            broken, house, unknown, unmapped, seats
        FROM seat_snapshot"
    )))
    .execute(&world.db)
    .await
    .unwrap();
}

async fn assert_same(world: &World, one: &str, other: &str) {
    let differing: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT count(*) FROM (
            (SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other})
            UNION ALL (SELECT * FROM {other} EXCEPT ALL SELECT * FROM {one})) AS differing"
    )))
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert_eq!(differing, 0, "{one} and {other} differ");
}

/// Invariant 5: odd numbers of seats, layouts that change, codes that take a byte, and seats
/// that turn at any time come out of the seal as they went in, and back.
#[tokio::test]
async fn whatever_was_stored_is_sealed_and_unsealed_as_it_was() {
    let world = World::new().await;
    world.showtimes(40, 72).await;
    world.codes().await;
    for seats in 1..=64 {
        world.layout(seats).await;
    }
    // A seat turns when its own number says so; some snapshots have codes above 15, and some
    // showtimes change to another layout on the way.
    sqlx::raw_sql(
        "INSERT INTO snapshot (observed_at, job_id, showtime_id, layout_id,
            available, sold, held, blocked, broken, house, unknown, unmapped, seats)
        SELECT made.observed_at, made.job_id, made.showtime_id, made.seat_count, count[1], count[2],
            count[3], count[4], count[5], count[6], count[7], count[8], made.packed
        FROM (
            SELECT showtime_id, seat_count,
                now() - make_interval(hours => 96) + look * look * interval '1000003 microseconds' AS observed_at,
                (look * 7919 + showtime_id)::bigint * 1000003 % 100000000 + (showtime_id % 3)::bigint * 10000000000 AS job_id,
                CASE WHEN look % 13 = 5 THEN codes.wide ELSE codes.narrow END AS packed
            FROM generate_series(1, 40) AS showtime_id
            CROSS JOIN LATERAL generate_series(1, 1 + showtime_id * 5 % 47) AS look
            CROSS JOIN LATERAL (
                SELECT 1 + (showtime_id * 7 + look * (showtime_id % 4 / 3) / 6) % 64 AS seat_count
            ) AS shown
            CROSS JOIN LATERAL (
                SELECT
                    string_agg(set_byte('\\x00', 0, code + 20 * (seat % 2)), '' ORDER BY seat) AS wide,
                    string_agg(set_byte('\\x00', 0, code + 16 * coalesce(next_code, 0)), '' ORDER BY seat)
                        FILTER (WHERE seat % 2 = 0) AS narrow
                FROM (
                    SELECT seat, code, lead(code) OVER (ORDER BY seat) AS next_code
                    FROM generate_series(0, seat_count - 1) AS seat
                    CROSS JOIN LATERAL (
                        SELECT ascii(md5(showtime_id || '/' || seat || '/' || (look + seat) / 9)) % 5 AS code
                    ) AS turned
                ) AS turning
            ) AS codes
        ) AS made
        CROSS JOIN LATERAL count_seats(1, made.packed, made.seat_count) AS count",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let snapshots = world.count("snapshot").await;
    assert!(snapshots > 800, "{snapshots}");
    remember(&world, "original").await;

    let sealed = seal_all(&world).await;
    assert_eq!(sealed.refused, [0; 0]);
    assert_eq!(
        (sealed.showtimes, i64::try_from(sealed.snapshots).unwrap()),
        (40, snapshots)
    );
    assert_eq!(world.count("snapshot").await, 0);
    remember(&world, "sealed").await;
    assert_same(&world, "original", "sealed").await;
    assert_eq!(
        seal_all(&world).await,
        Sealed::default(),
        "nothing is left to seal"
    );

    let unsealed = unseal(&world.db, None, |_| {}).await.unwrap();
    assert_eq!(
        (
            unsealed.showtimes,
            i64::try_from(unsealed.snapshots).unwrap()
        ),
        (40, snapshots)
    );
    assert_eq!(world.count("sealed_showtime").await, 0);
    remember(&world, "unsealed").await;
    assert_same(&world, "original", "unsealed").await;
}

#[tokio::test]
async fn what_is_still_going_on_is_not_sealed() {
    let world = over().await;
    world.snapshot(1, 80 * HOUR, 5, &[0x00, 0x00, 0x00]).await;
    world.snapshot(1, HOUR, 5, &[0x01, 0x00, 0x00]).await;
    world.snapshot(2, 80 * HOUR, 5, &[0x00, 0x00, 0x00]).await;
    sqlx::query("UPDATE showtime SET starts_at = now() + interval '1 hour' WHERE showtime_id = 2")
        .execute(&world.db)
        .await
        .unwrap();
    assert_eq!(seal_all(&world).await, Sealed::default());
    let mut pass = Pass::of(vec![1, 2]);
    while pass.batch(&world.db).await.unwrap() {}
    assert_eq!(
        pass.done().showtimes,
        1,
        "a person may, but not before the start"
    );
    assert_eq!(world.count("snapshot WHERE showtime_id = 2").await, 1);
}

/// Counters that are not what the codes say cannot be derived again: such a showtime stays.
#[tokio::test]
async fn what_would_come_out_otherwise_is_left_as_it_is() {
    let world = over().await;
    for showtime in 1..=3 {
        world
            .snapshot(showtime, 80 * HOUR, 5, &[0x00, 0x00, 0x00])
            .await;
        world
            .snapshot(showtime, 79 * HOUR, 5, &[0x10, 0x00, 0x00])
            .await;
    }
    sqlx::query(
        "UPDATE snapshot SET sold = sold + 1, available = available - 1 WHERE showtime_id = 2",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let sealed = seal_all(&world).await;
    assert_eq!(
        (sealed.showtimes, sealed.snapshots, sealed.seat_records),
        (2, 4, 20)
    );
    assert_eq!(sealed.refused, [2]);
    assert_eq!(world.count("snapshot").await, 2);
    assert_eq!(world.count("sealed_showtime").await, 2);
}

#[tokio::test]
async fn a_late_snapshot_is_seen_in_its_place_and_sealed_with_the_rest() {
    let world = over().await;
    world.snapshot(1, 80 * HOUR, 5, &[0x00, 0x00, 0x00]).await;
    world.snapshot(1, 70 * HOUR, 5, &[0x11, 0x00, 0x00]).await;
    seal_all(&world).await;
    world.snapshot(1, 75 * HOUR, 5, &[0x10, 0x00, 0x00]).await;
    let curve = "SELECT array_agg(sold ORDER BY observed_at) FROM occupancy WHERE showtime_id = 1";
    let sold: Vec<i16> = sqlx::query_scalar(curve)
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert_eq!(sold, [0, 1, 2]);
    remember(&world, "live_and_sealed").await;
    let sealed = seal_all(&world).await;
    assert_eq!((sealed.showtimes, sealed.snapshots), (1, 3));
    assert_eq!(world.count("snapshot").await, 0);
    remember(&world, "sealed").await;
    assert_same(&world, "live_and_sealed", "sealed").await;
}

#[tokio::test]
async fn one_showtime_is_unsealed_by_its_number() {
    let world = over().await;
    for showtime in 1..=2 {
        world
            .snapshot(showtime, 80 * HOUR, 5, &[0x00, 0x00, 0x00])
            .await;
    }
    seal_all(&world).await;
    let unsealed = unseal(&world.db, Some(&[2, 3]), |_| {}).await.unwrap();
    assert_eq!(
        unsealed,
        Unsealed {
            showtimes: 1,
            snapshots: 1
        }
    );
    assert_eq!(world.count("snapshot WHERE showtime_id = 2").await, 1);
}

/// Invariant 6: a code that is mapped later corrects what is sealed.
#[tokio::test]
async fn a_code_that_is_mapped_later_corrects_what_is_sealed() {
    let world = over().await;
    world.snapshot(1, 80 * HOUR, 5, &[0x00, 0x00, 0x00]).await;
    world.snapshot(1, 79 * HOUR, 5, &[0x33, 0x10, 0x00]).await;
    sqlx::query(
        "INSERT INTO showtime_latest (observed_at, job_id, showtime_id, layout_id, state_hash, sold, unmapped)
        VALUES (now(), 1, 1, 5, gen_random_uuid(), 1, 2)",
    )
    .execute(&world.db)
    .await
    .unwrap();
    seal_all(&world).await;
    let mapped = map(&world.db, "chain", &[("odd".to_owned(), SeatStatus::Sold)])
        .await
        .unwrap();
    let read = "SELECT sold, unmapped, available FROM occupancy WHERE showtime_id = 1 ORDER BY observed_at DESC LIMIT 1";
    let counters: (i16, i16, i16) = sqlx::query_as(read).fetch_one(&world.db).await.unwrap();
    assert_eq!(counters, (3, 0, 2));
    let done = recount(&world.db, mapped.source_id, |_| {}).await.unwrap();
    assert_eq!(done.snapshots, 0, "there is nothing to write");
    let latest: (i16, i16) = sqlx::query_as("SELECT sold, unmapped FROM showtime_latest")
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert_eq!(latest, (3, 0));
}

/// A race that is staged: the pass has begun when a snapshot comes.
#[tokio::test]
async fn a_showtime_that_another_seals_is_left_to_it() {
    let world = over().await;
    world.snapshot(1, 80 * HOUR, 5, &[0x00, 0x00, 0x00]).await;
    let mut other = world.db.begin().await.unwrap();
    sqlx::query("SELECT FROM showtime WHERE showtime_id = 1 FOR NO KEY UPDATE")
        .execute(&mut *other)
        .await
        .unwrap();
    assert_eq!(seal_all(&world).await, Sealed::default());
    other.rollback().await.unwrap();
    assert_eq!(seal_all(&world).await.showtimes, 1);
}

#[tokio::test]
async fn snapshots_of_a_time_are_found_live_and_sealed() {
    let world = over().await;
    world.snapshot(1, 80 * HOUR, 5, &[0x00, 0x00, 0x00]).await;
    world.snapshot(1, 70 * HOUR, 5, &[0x11, 0x00, 0x00]).await;
    seal_all(&world).await;
    world.snapshot(2, 71 * HOUR, 5, &[0x11, 0x00, 0x00]).await;
    let found: Vec<i32> = sqlx::query_scalar(
        "SELECT showtime_id FROM seat_snapshots_between(now() - interval '72 hours', now()) ORDER BY observed_at",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(found, [2, 1]);
}

/// Others may write to a batch for as long as they like: a pass gives up after a few tries with
/// pauses between them, and what it found stays for the next.
#[tokio::test]
async fn a_batch_that_others_write_to_is_given_up_in_the_end() {
    let world = over().await;
    world.snapshot(1, 80 * HOUR, 5, &[0x11, 0x11, 0x10]).await;
    sqlx::raw_sql(
        "CREATE SEQUENCE tried;
        CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM nextval('tried');
            RAISE EXCEPTION 'somebody else wrote it' USING ERRCODE = '40001';
        END $$;
        CREATE TRIGGER conflict BEFORE INSERT ON sealed_showtime
            FOR EACH STATEMENT EXECUTE FUNCTION conflict();",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let refused = Pass::new(QUIET).batch(&world.db).await.unwrap_err();
    assert!(refused.to_string().contains("somebody else"), "{refused}");
    let tried: i64 = sqlx::query_scalar("SELECT last_value FROM tried")
        .fetch_one(&world.db)
        .await
        .unwrap();
    assert_eq!(tried, 6);
    assert_eq!(world.count("snapshot").await, 1);
    sqlx::raw_sql("DROP TRIGGER conflict ON sealed_showtime")
        .execute(&world.db)
        .await
        .unwrap();
    assert_eq!(seal_all(&world).await.snapshots, 1);
}
