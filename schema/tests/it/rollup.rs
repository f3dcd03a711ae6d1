//! Rollups equal a recount, whatever is stored, corrected, sealed, moved and mapped, and when.

mod duplicates;
mod hostile;
mod locks;
mod made;
mod rights;

use schema::{
    enums::SeatStatus,
    finish::{Counts, Labels, Snapshot, finish},
    mapping::{map, recount},
    rollup::{due, mark_dirty_buckets, refresh, status},
    seal::{Pass, unseal},
};
use uuid::Uuid;

use crate::fixture::{World, finished};

/// Showtimes of the world, and the seats of its layout.
const SHOWTIMES: i32 = 9;
const SEATS: usize = 6;
const HOUR: i32 = 60;

async fn run(world: &World, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&world.db)
        .await
        .unwrap();
}

/// Refreshes all there is, each batch so large.
async fn settle(world: &World, most: i32) {
    while mark_dirty_buckets(&world.db).await.unwrap() > 0 {}
    loop {
        let names = due(&world.db).await.unwrap();
        if names.is_empty() {
            return;
        }
        for name in names {
            refresh(&world.db, &name, most).await.unwrap();
        }
    }
}

/// The query of a rollup with those below it put in their places: no table of any rollup.
async fn recount_query(world: &World, name: &str) -> String {
    let mut name = name.to_owned();
    let mut whole: Option<String> = None;
    loop {
        let (query, parent): (String, Option<String>) =
            sqlx::query_as("SELECT query, parent FROM rollup WHERE name = $1")
                .bind(&name)
                .fetch_one(&world.db)
                .await
                .unwrap();
        let Some(parent) = parent else {
            return whole.map_or_else(
                || query.clone(),
                |whole| {
                    whole.replace(
                        &format!("fullhouse.{name}"),
                        &format!("({query}) AS {name}"),
                    )
                },
            );
        };
        whole = Some(match whole {
            None => query,
            Some(whole) => whole.replace(
                &format!("fullhouse.{name}"),
                &format!("({query}) AS {name}"),
            ),
        });
        name = parent;
    }
}

async fn differing(world: &World, read: &str, name: &str) -> i64 {
    let recounted = recount_query(world, name).await;
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT count(*) FROM (
            (SELECT * FROM {read} EXCEPT ALL SELECT * FROM ({recounted}) AS one)
            UNION ALL (SELECT * FROM ({recounted}) AS other EXCEPT ALL SELECT * FROM {read})) AS differing"
    )))
    .fetch_one(&world.db)
    .await
    .unwrap()
}

async fn names(world: &World) -> Vec<String> {
    let all = status(&world.db).await.unwrap();
    all.into_iter().map(|rollup| rollup.name).collect()
}

/// Compares the view of every rollup with a recount; where all is refreshed, its table as well.
async fn assert_exact(world: &World, is_settled: bool, when: &str) {
    for name in names(world).await {
        let view = format!("fullhouse.{name}");
        assert_eq!(differing(world, &view, &name).await, 0, "{view} {when}");
        if is_settled {
            let table = format!("rollup.{name}");
            assert_eq!(differing(world, &table, &name).await, 0, "{table} {when}");
        }
    }
}

/// Showtimes of two cinemas and three films that started three days ago, their codes and seats.
async fn world() -> World {
    let world = World::new().await;
    world.showtimes(SHOWTIMES, 72).await;
    world.codes().await;
    world.layout(i32::try_from(SEATS).unwrap()).await;
    run(&world, "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
            VALUES (1, 1, 1, 'DE', '2', 'Another', 'UTC');
        INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, '2', 'B'), (1, 1, '3', 'C');
        INSERT INTO work (film_id) VALUES (1), (2), (3);
        INSERT INTO film_work (film_id, work_id, rule, reason) VALUES (1, 1, 'alone', 'none'), (2, 2, 'alone', 'none');
        UPDATE showtime SET film_id = 1 + showtime_id % 3, cinema_id = 1 + showtime_id % 2,
            starts_at = starts_at + showtime_id * interval '7 hours', business_on = current_date - showtime_id % 4;
        INSERT INTO tariff (source_id, discovered_by, content_hash, currency, amount, amount_max, fee,
            tax_included, ticket, area)
        SELECT 1, 1, gen_random_uuid(), currency, ARRAY[n, n + 2, n + 5], ARRAY[NULL, n + 3, NULL]::numeric[],
            ARRAY[NULL, NULL, 1]::numeric[], ARRAY[true, true, NULL], ARRAY['a', 'b', 'c'], ARRAY['', '', '']
        FROM (VALUES (8, 'EUR'), (9, 'EUR'), (11, 'PLN')) AS made (n, currency)".to_owned()).await;
    world
}

const OWN: &str = "SELECT fullhouse.create_rollup('evening',
    'SELECT cinema_id, territory, count(*) AS showtimes, sum(admissions) AS admissions, max(sold) AS most
    FROM showtime_standing WHERE extract(hour FROM starts_at) >= 12 GROUP BY cinema_id, territory',
    '{territory,cinema_id}')";

/// A small generator: the same operations for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> i32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((self.0 >> 33) % sides).unwrap()
    }

    fn showtime(&mut self) -> i32 {
        1 + self.roll(u64::try_from(SHOWTIMES).unwrap())
    }

    fn packed(&mut self) -> Vec<u8> {
        (0..SEATS / 2)
            .map(|_| u8::try_from(self.roll(4) + 16 * self.roll(4)).unwrap())
            .collect()
    }

    /// Does one of the seventeen things that can happen to what is stored; says what.
    async fn act(&mut self, world: &World, step: i32, kind: i32) -> &'static str {
        let showtime = self.showtime();
        match kind {
            0..=5 => {
                // Each at a time of its own; some are late by days, some come after the start.
                let minutes = 30 * HOUR + self.roll(70) * HOUR + step % HOUR;
                let seats = i32::try_from(SEATS).unwrap();
                let packed = self.packed();
                world.snapshot(showtime, minutes, seats, &packed).await;
                "snapshot"
            }
            6 => {
                run(world, format!("INSERT INTO showtime_tariff VALUES
                    (now() - interval '90 hours' + {step} * interval '1 minute', 1, {showtime}, {})", 1 + self.roll(3))).await;
                "tariff"
            }
            7 => {
                let status = [SeatStatus::Sold, SeatStatus::Held, SeatStatus::Blocked];
                let code = [(
                    "odd".to_owned(),
                    status[usize::try_from(self.roll(3)).unwrap()],
                )];
                let mapped = map(&world.db, "chain", &code).await.unwrap();
                recount(&world.db, mapped.source_id, |_| {}).await.unwrap();
                "map"
            }
            8 => {
                let mut pass = Pass::of(vec![showtime, self.showtime()]);
                while pass.batch(&world.db).await.unwrap() {}
                "seal"
            }
            9 => {
                unseal(&world.db, Some(&[showtime]), |_| {}).await.unwrap();
                "unseal"
            }
            10 => {
                run(
                    world,
                    format!(
                        "UPDATE showtime SET business_on = current_date - {}, film_id = {},
                    starts_at = starts_at + {} * interval '5 hours' WHERE showtime_id = {showtime}",
                        self.roll(12),
                        1 + self.roll(3),
                        self.roll(5) - 2
                    ),
                )
                .await;
                "move"
            }
            11 => {
                run(world, format!("UPDATE showtime SET cinema_id = 3 - cinema_id WHERE showtime_id = {showtime}")).await;
                "another cinema"
            }
            12 => {
                run(
                    world,
                    format!(
                        "UPDATE cinema SET territory = '{}' WHERE cinema_id = {}",
                        ["FR", "DE", "PL"][usize::try_from(self.roll(3)).unwrap()],
                        1 + self.roll(2)
                    ),
                )
                .await;
                "another territory"
            }
            13 => {
                let event = ["unlisted", "relisted"][usize::try_from(self.roll(2)).unwrap()];
                run(world, format!("INSERT INTO showtime_change (at, job_id, showtime_id, event)
                    VALUES (now() - interval '80 hours' + {step} * interval '1 minute', 1, {showtime}, '{event}')")).await;
                "listing"
            }
            14 => {
                // The first work of the third film, a merge, or a split.
                let (film, work) = (1 + self.roll(3), 1 + self.roll(3));
                run(world, format!("INSERT INTO film_work (film_id, work_id, rule, reason) VALUES ({film}, {work}, 'person', 'x')
                    ON CONFLICT (film_id) DO UPDATE SET work_id = excluded.work_id")).await;
                "another work"
            }
            15 => {
                // A part of the work only: what is left is computed when it is read.
                mark_dirty_buckets(&world.db).await.unwrap();
                for name in due(&world.db).await.unwrap() {
                    refresh(&world.db, &name, 2).await.unwrap();
                }
                "refresh of a part"
            }
            _ => {
                settle(world, 3).await;
                "refresh"
            }
        }
    }
}

/// Invariant 6, and that late, corrected and re-mapped data flow through.
async fn play(seed: u64) {
    let world = world().await;
    run(&world, OWN.to_owned()).await;
    let mut dice = Dice(seed);
    for showtime in 1..=SHOWTIMES {
        for look in 0..3 {
            let minutes = (75 + 9 * look) * HOUR;
            let seats = i32::try_from(SEATS).unwrap();
            world
                .snapshot(showtime, minutes, seats, &dice.packed())
                .await;
        }
    }
    settle(&world, 50).await;
    // Seventeen is prime: whatever the stride, all happen, in another order for another seed.
    let stride = [7, 9][usize::try_from(seed % 2).unwrap()];
    for step in 0..51 {
        let done = dice.act(&world, step, step * stride % 17).await;
        if step % 8 == 7 {
            assert_exact(
                &world,
                false,
                &format!("after {done}, step {step} of {seed}"),
            )
            .await;
        }
    }
    settle(&world, 50).await;
    assert_exact(&world, true, &format!("at the end of {seed}")).await;
    assert!(world.count("fullhouse.film_week").await > 0);
    assert!(world.count("fullhouse.work_week").await > 0);
    assert!(world.count("fullhouse.sales_week").await > 0);
    assert!(world.count("fullhouse.evening").await > 0);
}

#[tokio::test]
async fn whatever_happens_every_rollup_equals_a_recount() {
    for seed in [1, 2] {
        play(seed).await;
    }
}

/// A statement that stores is logged in the same transaction; a refresh takes what it has seen, and
/// no more: what is committed after it began stays for the next. A race that is staged.
#[tokio::test]
async fn what_is_stored_while_a_refresh_runs_stays_for_the_next() {
    let world = world().await;
    settle(&world, 50).await;
    let mut storing = world.db.begin().await.unwrap();
    sqlx::query("INSERT INTO snapshot VALUES (now() - interval '80 hours', 1, 1, 6, 4, 2, 0, 0, 0, 0, 0, 0, '\\x110000')")
        .execute(&mut *storing)
        .await
        .unwrap();
    world.snapshot(2, 80 * HOUR, 6, &[0x11, 0x11, 0x00]).await;
    settle(&world, 50).await;
    let sold = "SELECT coalesce(sum(admissions), 0)::bigint FROM rollup.film_day";
    let before: i64 = sqlx::query_scalar(sold).fetch_one(&world.db).await.unwrap();
    assert_eq!(before, 4);
    storing.commit().await.unwrap();
    settle(&world, 50).await;
    let after: i64 = sqlx::query_scalar(sold).fetch_one(&world.db).await.unwrap();
    assert_eq!(after, 6);
}

/// The first look after the start decides who came, even where it sees no change.
#[tokio::test]
async fn a_look_without_change_after_the_start_is_heard_of() {
    let world = World::new().await;
    let claims = world.claimed(2).await;
    world.showtimes(2, 1).await;
    let seen = |claim: &schema::queue::Claim, showtime_id| schema::finish::Finished {
        seats: Some(Snapshot {
            showtime_id,
            layout_id: 1,
            tariff_id: None,
            state_hash: Uuid::from_u128(7),
            packed: vec![0x10],
            counts: Counts {
                available: 1,
                sold: 1,
                ..Counts::default()
            },
            codes_version: 0,
            labels: Labels::default(),
            price_median: None,
        }),
        ..finished(claim)
    };
    finish(&world.db, world.pod_id, &[seen(&claims[0], 1)])
        .await
        .unwrap();
    while mark_dirty_buckets(&world.db).await.unwrap() > 0 {}
    finish(&world.db, world.pod_id, &[seen(&claims[1], 1)])
        .await
        .unwrap();
    assert_eq!(world.count("snapshot").await, 1, "nothing changed");
    assert_eq!(
        world
            .count("dirty_showtime WHERE showtime_ids = '{1}'")
            .await,
        1
    );
}
