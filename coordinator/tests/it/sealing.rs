//! Sealing and retiring, against a database.

use std::time::Duration;

use coordinator::background::{
    retirement::{RetiredPartitions, retire_due},
    sealing::seal_all,
};
use schema::{scratch::Scratch, seal::Sealed};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// A showtime that started ten days ago and was seen a day before, in a partition of its own.
const OVER: &str = "
    INSERT INTO source (name, title) VALUES ('plaza', 'Plaza');
    INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
    VALUES (1, 1, 1, 'FR', '1', 'A cinema', 'UTC');
    INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, '1', 'A film');
    INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
    VALUES (1, 1, 1, now() - interval '10 days', 1, current_date, '1');
    INSERT INTO seat_code VALUES (1, 0, 1, 'available', 'free');
    INSERT INTO layout (source_id, discovered_by, content_hash, seat_count, x, y, seat_key, row_label,
        seat_number, area, kind, seat_group)
    VALUES (1, 1, gen_random_uuid(), 1, '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}');
    DO $$ BEGIN EXECUTE format('CREATE TABLE snapshot_old PARTITION OF snapshot FOR VALUES FROM (%L) TO (%L)',
        now() - interval '12 days', now() - interval '10 days'); END $$;
    INSERT INTO snapshot VALUES (now() - interval '11 days', 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, '\\x00')";

async fn pass(
    db: &PgPool,
    quiet: Duration,
    stop: &CancellationToken,
) -> Result<(Sealed, RetiredPartitions), sqlx::Error> {
    Ok((
        seal_all(db, quiet, stop).await?,
        retire_due(db, stop).await?,
    ))
}

#[tokio::test]
async fn what_is_over_is_sealed_and_its_empty_partition_dropped() {
    let db = Scratch::new().await.unwrap().db;
    sqlx::raw_sql(OVER).execute(&db).await.unwrap();
    let day = Duration::from_hours(24);
    let stop = CancellationToken::new();
    let (sealed, retired) = pass(&db, day, &stop).await.unwrap();
    assert_eq!(
        (sealed.showtimes, sealed.snapshots, sealed.seat_records),
        (1, 1, 1)
    );
    assert_eq!(
        (retired.dropped.as_slice(), retired.moved.len()),
        (["snapshot_old".to_owned()].as_slice(), 0)
    );
    assert_eq!(
        pass(&db, day, &stop).await.unwrap(),
        (Sealed::default(), RetiredPartitions::default())
    );
}

/// The seats of what is still to come are not sealed; a day of them that is over is packed.
#[tokio::test]
async fn a_day_that_is_over_and_not_sealed_is_packed_once() {
    let db = Scratch::new().await.unwrap().db;
    sqlx::raw_sql(OVER).execute(&db).await.unwrap();
    sqlx::raw_sql(
        "UPDATE showtime SET starts_at = now() + interval '1 day';
        INSERT INTO snapshot SELECT now() - interval '11 days' - make_interval(secs => number),
            1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, '\\x00'
        FROM generate_series(1, 1000) AS number",
    )
    .execute(&db)
    .await
    .unwrap();
    let day = Duration::from_hours(24);
    let stop = CancellationToken::new();
    let (_, retired) = pass(&db, day, &stop).await.unwrap();
    assert_eq!(retired.packed, ["snapshot_old"]);
    assert_eq!(
        pass(&db, day, &stop).await.unwrap(),
        (Sealed::default(), RetiredPartitions::default())
    );
}

#[tokio::test]
async fn a_pass_that_is_stopped_leaves_the_rest() {
    let db = Scratch::new().await.unwrap().db;
    sqlx::raw_sql(OVER).execute(&db).await.unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    let (sealed, retired) = pass(&db, Duration::from_hours(24), &stop).await.unwrap();
    assert_eq!(
        (sealed, retired),
        (Sealed::default(), RetiredPartitions::default())
    );
}
