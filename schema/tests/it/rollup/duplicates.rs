//! A showtime that is listed twice is in no rollup, and back in all when that is undone.

use super::{HOUR, assert_exact, run, settle, world};
use crate::fixture::World;

async fn totals(world: &World) -> (i64, i64) {
    sqlx::query_as(
        "SELECT coalesce((SELECT sum(admissions) FROM rollup.film_week), 0)::bigint,
            coalesce((SELECT sum(sold) FROM rollup.sales_week), 0)::bigint",
    )
    .fetch_one(&world.db)
    .await
    .unwrap()
}

#[tokio::test]
async fn rollups_leave_out_what_is_listed_twice() {
    let world = world().await;
    for showtime in 1..=3 {
        world
            .snapshot(showtime, 90 * HOUR, 6, &[0x00, 0x00, 0x00])
            .await;
        world
            .snapshot(showtime, 80 * HOUR, 6, &[0x11, 0x00, 0x00])
            .await;
    }
    settle(&world, 50).await;
    let before = totals(&world).await;
    assert_eq!(before, (6, 6));
    run(
        &world,
        "INSERT INTO showtime_duplicate (showtime_id, counted_as, reason) VALUES (2, 1, 'test')"
            .to_owned(),
    )
    .await;
    assert_exact(&world, false, "before a refresh").await;
    settle(&world, 50).await;
    assert_eq!(totals(&world).await, (4, 4));
    assert_exact(&world, true, "while it is listed twice").await;
    run(&world, "DELETE FROM showtime_duplicate".to_owned()).await;
    settle(&world, 50).await;
    assert_eq!(totals(&world).await, before);
    assert_exact(&world, true, "when that is undone").await;
}
