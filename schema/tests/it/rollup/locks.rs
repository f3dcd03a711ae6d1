//! No session of an analyst delays the rollups of the leader, even with open transactions.

use std::time::Duration;

use schema::rollup::{due, mark_dirty_buckets, record_progress, refresh, set_aside, status};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::time::timeout;

use super::{HOUR, assert_exact, run, settle, world};
use crate::{
    access::people::{analyst, forget},
    fixture::World,
};

/// Ends a test that hangs; promises nothing.
const BOUND: Duration = Duration::from_secs(30);

const MINE: &str =
    "SELECT fullhouse.create_rollup('mine', 'SELECT film_id, business_on, count(*) AS showtimes
    FROM showtime_standing GROUP BY film_id, business_on', '{film_id,business_on}')";

async fn say(asked: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(asked)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Everything that the leader does to rollups; none of it may wait for the analyst. Returns what is
/// left to refresh.
async fn lead(world: &World, when: &str) -> Vec<String> {
    let all = async {
        while mark_dirty_buckets(&world.db).await.unwrap() > 0 {}
        let mut refreshed = true;
        while refreshed {
            refreshed = false;
            for name in due(&world.db).await.unwrap() {
                refreshed |= refresh(&world.db, &name, 50).await.unwrap() > Some(0);
            }
        }
        record_progress(&world.db).await.unwrap();
        status(&world.db).await.unwrap();
    };
    timeout(BOUND, all)
        .await
        .unwrap_or_else(|_| panic!("the leader waits for {when}"));
    assert_eq!(
        world.count("dirty_showtime").await,
        0,
        "{when}: the log is not read"
    );
    due(&world.db).await.unwrap()
}

#[tokio::test]
async fn an_open_transaction_of_an_analyst_holds_up_no_rollup() {
    let world = world().await;
    schema::access::prepare(&world.db).await.unwrap();
    let (name, mut asked) = analyst(&world.db).await;
    say(&mut asked, MINE).await;
    settle(&world, 50).await;
    let open = [
        "SELECT fullhouse.refresh_rollup('showtime_sales')".to_owned(),
        "SELECT fullhouse.create_rollup('over_mine', 'SELECT film_id, sum(showtimes)::bigint AS n FROM mine GROUP BY film_id', '{film_id}')".to_owned(),
        "SELECT fullhouse.create_rollup('over_shipped', 'SELECT business_on, sum(admissions)::bigint AS n FROM film_day GROUP BY business_on', '{business_on}')".to_owned(),
        MINE.replace("'mine'", "'another'"),
        "SELECT * FROM fullhouse.film_week; SELECT * FROM fullhouse.mine; SELECT * FROM rollup_status".to_owned(),
        "SELECT fullhouse.open_rollup_draft()".to_owned(),
        "SELECT fullhouse.drop_rollup('mine')".to_owned(),
        "SELECT pg_advisory_xact_lock(hashtextextended('fullhouse rollup log', 0))".to_owned(),
        "SELECT pg_advisory_lock(hashtextextended('fullhouse rollup log', 0))".to_owned(),
    ];
    for (n, statement) in (0_i32..).zip(&open) {
        let mut transaction = asked.begin().await.unwrap();
        say(&mut transaction, statement).await;
        world
            .snapshot(1 + n, 78 * HOUR, 6, &[0x10, 0x01, 0x11])
            .await;
        let left = lead(&world, statement).await;
        // What is being dropped waits alone.
        let own = if statement.contains("drop_rollup") {
            vec!["mine"]
        } else {
            vec![]
        };
        assert_eq!(left, own, "{statement}");
        transaction.rollback().await.unwrap();
        settle(&world, 50).await;
        assert_exact(&world, true, &format!("after {statement}")).await;
    }
    say(
        &mut asked,
        "SELECT pg_advisory_unlock_all(); SELECT fullhouse.drop_rollup('mine')",
    )
    .await;
    forget(&world.db, &[name]).await;
}

/// The tables of a dropped rollup go once nobody reads them, and its name is free then.
#[tokio::test]
async fn who_reads_a_dropped_rollup_is_not_waited_for() {
    let world = world().await;
    run(&world, MINE.to_owned()).await;
    settle(&world, 50).await;
    let mut reading = world.db.begin().await.unwrap();
    say(&mut reading, "SELECT * FROM rollup.mine").await;
    run(&world, "SELECT fullhouse.drop_rollup('mine')".to_owned()).await;
    lead(&world, "a reader of what was dropped").await;
    assert_eq!(world.count("pg_class WHERE relname = 'mine'").await, 1);
    let early = sqlx::raw_sql(MINE).execute(&world.db).await.unwrap_err();
    assert!(early.to_string().contains("are still there"), "{early}");
    reading.commit().await.unwrap();
    lead(&world, "nobody").await;
    assert_eq!(world.count("pg_class WHERE relname LIKE 'mine%'").await, 0);
    assert_eq!(
        world
            .count("partition_reader WHERE reader = 'rollup mine'")
            .await,
        0
    );
    run(&world, MINE.to_owned()).await;
    settle(&world, 50).await;
    assert_exact(&world, true, "after it was made again").await;
}

/// What is set aside while it is dropped is not waited for, and not forgotten if it is not dropped.
#[tokio::test]
async fn marks_that_were_lost_are_made_again() {
    let world = world().await;
    world.snapshot(1, 78 * HOUR, 6, &[0x10, 0x01, 0x11]).await;
    run(&world, MINE.to_owned()).await;
    settle(&world, 50).await;
    let mut dropping = world.db.begin().await.unwrap();
    say(&mut dropping, "SELECT fullhouse.drop_rollup('mine')").await;
    let aside = set_aside(&world.db, "mine", "its query failed");
    timeout(BOUND, aside)
        .await
        .expect("it waits for who drops it")
        .unwrap();
    dropping.rollback().await.unwrap();
    // Everything that it missed meanwhile.
    run(&world, "DELETE FROM rollup.mine".to_owned()).await;
    settle(&world, 50).await;
    assert_exact(&world, true, "after it was marked again").await;
    assert_eq!(world.count("rollup_request").await, 0);
}

/// A rollup that is made while the log is read misses nothing: a race that is staged.
#[tokio::test]
async fn what_is_stored_while_a_rollup_is_made_is_in_it() {
    let world = world().await;
    let mut making = world.db.begin().await.unwrap();
    say(&mut making, MINE).await;
    world.snapshot(2, 78 * HOUR, 6, &[0x11, 0x01, 0x11]).await;
    settle(&world, 50).await;
    world.snapshot(3, 79 * HOUR, 6, &[0x11, 0x01, 0x11]).await;
    making.commit().await.unwrap();
    assert_exact(&world, false, "before the leader has seen it").await;
    // One bucket alone: the others are marked.
    assert_eq!(refresh(&world.db, "mine", 1).await.unwrap(), Some(1));
    assert_exact(&world, false, "while it is filled").await;
    assert!(mark_dirty_buckets(&world.db).await.unwrap() > 0);
    settle(&world, 50).await;
    assert_exact(&world, true, "when it is filled").await;
}
