//! Measures what rollups add to the cost of storing, and how fast they are up to date.
//!
//! The dense set of [`storage`](super::storage) goes through the store, every other look without
//! the log: the difference between the two is the cost of the log. Then all shipped
//! rollups are filled, single showtimes get a late snapshot that changes who came, and film-day
//! totals are read from the view and, to compare, from the snapshots. `SHOWTIMES` gives another size,
//! of which an eighth is made, in cinemas with 25 of them a day.

use std::time::{Duration, Instant};

use coordinator::background::rollups::refresh_marked;
use sqlx::{Executor, PgPool};
use tokio_util::sync::CancellationToken;

use super::{
    Measured,
    error::BenchError,
    figure::{Figure, Reach, number, quantile},
    scale,
    server::Server,
    storage::made::{self, Set},
};

/// Name on the command line.
pub const NAME: &str = "rollup";

const SHOWTIMES: u32 = 4_000;
const CONNECTIONS: u32 = 4;
/// Times that each question is asked, and showtimes that get a late snapshot.
const TIMES: i32 = 31;

/// All showtimes are of one cinema until then.
const CINEMAS: &str = "
    INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
    SELECT source_id, 1, 1, territory, 'more ' || n, 'A cinema', timezone
    FROM cinema CROSS JOIN generate_series(2, (SELECT count(*) / 25 FROM showtime)) AS n;
    UPDATE showtime SET cinema_id = 1 + showtime_id % (SELECT count(*) FROM cinema);
    TRUNCATE dirty_showtime";

/// Half of the looks were not logged, so everything is marked.
const MARK_ALL: &str = "SELECT mark_all(name) FROM rollup WHERE parent IS NULL";

/// One seat more, a moment after the last snapshot and long before the start.
const LATE: &str = "
    INSERT INTO snapshot
    SELECT observed_at + interval '1 millisecond', job_id, showtime_id, layout_id,
        available - 1, sold + 1, held, blocked, broken, house, unknown, unmapped, seats
    FROM snapshot WHERE showtime_id = $1 ORDER BY observed_at DESC LIMIT 1";

const FILM_DAYS: &str = "SELECT film_id, business_on, sum(admissions) FROM fullhouse.film_day
    GROUP BY film_id, business_on";
const FILM_DAYS_OF_SNAPSHOTS: &str = "SELECT film_id, business_on, sum(admissions)
    FROM showtime_standing GROUP BY film_id, business_on";

/// Rows in which a table of buckets and what is computed from the snapshots differ.
const DIFFERING: &str = "SELECT count(*) FROM (
    (SELECT showtime_id, admissions, sold FROM rollup.showtime_sales
        EXCEPT ALL SELECT showtime_id, admissions, sold FROM showtime_standing)
    UNION ALL
    (SELECT showtime_id, admissions, sold FROM showtime_standing
        EXCEPT ALL SELECT showtime_id, admissions, sold FROM rollup.showtime_sales)) AS differing";

/// Measures.
///
/// # Errors
///
/// If Postgres is missing or refuses, or a rollup is not what a recount gives.
pub async fn run() -> Measured {
    let server = Server::start(CONNECTIONS).await?;
    let db = &server.db;
    made::partitions(db).await?;
    let set = Set {
        name: "dense",
        showtimes: (scale::of("SHOWTIMES", SHOWTIMES) / 8).max(50),
        looks: 30..=60,
        is_half_logged: true,
    };
    eprintln!("  {} showtimes go through the store", set.showtimes);
    let loaded = made::load(db, &set).await?;
    let (with, without) = costs(&loaded.storing);

    db.execute(CINEMAS).await?;
    db.execute(MARK_ALL).await?;
    db.execute("VACUUM ANALYZE").await?;
    eprintln!("  rollups are filled");
    let (buckets, took) = refresh(db).await?;
    let mut millis = Vec::new();
    for showtime_id in showtimes(db).await? {
        sqlx::query(LATE).bind(showtime_id).execute(db).await?;
        millis.push(refresh(db).await?.1.as_secs_f64() * 1e3);
    }
    millis.sort_by(f64::total_cmp);
    let differing: i64 = sqlx::query_scalar(DIFFERING).fetch_one(db).await?;
    if differing > 0 {
        return Err(BenchError::nothing(format!("{differing} showtimes differ")));
    }
    let figure = |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
    Ok(vec![
        figure("log", with, "us/snapshot")
            .reach(Reach::AtMost(without * 1.1))
            .beside("without", without),
        figure(
            "backfill",
            number(buckets) / took.as_secs_f64(),
            "buckets/s",
        ),
        figure("late", quantile(&millis, 0.5), "ms").reach(Reach::AtMost(50.0)),
        figure("late.p90", quantile(&millis, 0.9), "ms"),
        figure("film_days", median(db, FILM_DAYS).await?, "ms")
            .reach(Reach::AtMost(20.0))
            .beside("of snapshots", median(db, FILM_DAYS_OF_SNAPSHOTS).await?),
    ])
}

/// Median microseconds that it takes to store a snapshot, with the log and without.
fn costs(storing: &[(u64, Duration)]) -> (f64, f64) {
    let of = |rest: usize| {
        let looks = storing.iter().skip(rest).step_by(2);
        let mut micros: Vec<f64> = looks
            .filter(|(snapshots, _)| *snapshots > 0)
            .map(|(snapshots, took)| took.as_secs_f64() * 1e6 / number(*snapshots))
            .collect();
        micros.sort_by(f64::total_cmp);
        quantile(&micros, 0.5)
    };
    (of(0), of(1))
}

/// Lets the leader's pass refresh all that is marked: every rollup that it concerns.
async fn refresh(db: &PgPool) -> Result<(u64, Duration), BenchError> {
    let began = Instant::now();
    let done = refresh_marked(db, None, &CancellationToken::new()).await?;
    let took = began.elapsed();
    if done.set_aside.is_empty() && done.buckets > 0 {
        Ok((done.buckets, took))
    } else {
        Err(BenchError::nothing(format!("{done:?}")))
    }
}

async fn showtimes(db: &PgPool) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar("SELECT showtime_id FROM showtime ORDER BY md5(showtime_id::text) LIMIT $1")
        .bind(TIMES)
        .fetch_all(db)
        .await
}

/// Median milliseconds from asked to all rows read.
async fn median(db: &PgPool, question: &'static str) -> Result<f64, BenchError> {
    let mut millis = Vec::new();
    for _ in 0..TIMES {
        let began = Instant::now();
        if db.fetch_all(question).await?.is_empty() {
            return Err(BenchError::nothing(format!("no answer to {question}")));
        }
        millis.push(began.elapsed().as_secs_f64() * 1e3);
    }
    millis.sort_by(f64::total_cmp);
    Ok(quantile(&millis, 0.5))
}
