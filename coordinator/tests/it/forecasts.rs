//! Forecasts against a database: what an origin may read, scores, refusals, deletion.

use chrono::{DateTime, TimeDelta, Utc};
use coordinator::background::forecasts::{make_forecasts, score_forecasts};
use forecast::Origin;
use schema::{
    forecasts::{self, RunRecord},
    scratch::Scratch,
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// Five cinemas with three showtimes a day of five films, from 25 days ago until in six days, each
/// seen two days and one hour before its start.
async fn world() -> (PgPool, DateTime<Utc>) {
    let db = Scratch::new().await.unwrap().db;
    sqlx::raw_sql(
        "INSERT INTO source (name, title) VALUES ('plaza', 'Plaza');
        INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        SELECT 1, 1, 1, 'GB', n::text, 'Cinema', 'Europe/London' FROM generate_series(1, 5) AS n;
        INSERT INTO film (source_id, discovered_by, key, title)
        SELECT 1, 1, n::text, 'Film ' || n FROM generate_series(1, 5) AS n;
        INSERT INTO work (film_id) SELECT film_id FROM film ORDER BY film_id;
        INSERT INTO film_work (film_id, work_id, rule, reason) SELECT film_id, work_id, 'alone', 'none' FROM work;
        INSERT INTO layout (source_id, discovered_by, content_hash, seat_count, x, y, seat_key, row_label,
            seat_number, area, kind, seat_group)
        SELECT 1, 1, gen_random_uuid(), 100, numbers, numbers, texts, texts, texts, texts, texts, texts
        FROM (SELECT array_fill(1, ARRAY[100]) AS numbers, array_fill('a'::text, ARRAY[100]) AS texts) AS filled;
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, discovered_at, film_id, business_on, key)
        SELECT cinema, 1, 1, starts_at, starts_at - interval '10 days', 1 + (cinema + day + slot) % 5,
            starts_at::date, cinema || '/' || day || '/' || slot
        FROM generate_series(1, 5) AS cinema, generate_series(0, 31) AS day, generate_series(1, 3) AS slot,
            LATERAL (SELECT date_trunc('day', now()) + make_interval(days => day - 25, hours => 9 + 3 * slot) AS starts_at)
                AS timed;
        INSERT INTO snapshot (observed_at, job_id, showtime_id, layout_id, available, sold, held, blocked,
            broken, house, unknown, unmapped, seats)
        SELECT observed_at, 1, showtime_id, 1, 100 - sold, sold, 0, 0, 0, 0, 0, 0, decode(repeat('00', 50), 'hex')
        FROM showtime, LATERAL (VALUES
            (starts_at - interval '2 days', 5 + showtime_id * 7 % 20),
            (starts_at - interval '1 hour', 15 + showtime_id * 7 % 20 + showtime_id % 15)) AS seen (observed_at, sold)
        WHERE observed_at <= now();
        INSERT INTO showtime_latest (observed_at, job_id, showtime_id, layout_id, seat_count, sold, unmapped, state_hash)
        SELECT DISTINCT ON (showtime_id) observed_at, 1, showtime_id, 1, 100, sold, 0, gen_random_uuid()
        FROM snapshot ORDER BY showtime_id, observed_at DESC",
    )
    .execute(&db)
    .await
    .unwrap();
    let (_, now) = forecasts::latest_origin(&db).await.unwrap();
    (db, now)
}

async fn score(db: &PgPool, now: DateTime<Utc>) -> (u64, u64) {
    let stop = CancellationToken::new();
    score_forecasts(db, now, &stop).await.unwrap()
}

async fn make(db: &PgPool, at: DateTime<Utc>) -> RunRecord {
    make_forecasts(db, at).await.unwrap().unwrap()
}

/// Everything that was forecast, without the keys of rows.
async fn forecast_rows(db: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT row(target, target_on, showtime_id, work_id, territory, sold, level, quantiles, baselines)::text
        FROM forecast ORDER BY 1",
    )
    .fetch_all(db)
    .await
    .unwrap()
}

async fn count(db: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

#[tokio::test]
async fn a_forecast_reads_nothing_that_was_stored_after_its_origin() {
    let (db, now) = world().await;
    let origin = now - TimeDelta::days(3);
    score(&db, now).await;
    let made = make(&db, origin).await;
    assert!(made.showtimes > 90 && made.work_days > 20, "{made:?}");
    let before = forecast_rows(&db).await;
    // Everything that is from after the origin changes.
    sqlx::query("DELETE FROM forecast")
        .execute(&db)
        .await
        .unwrap();
    for statement in [
        "DELETE FROM forecast_refusal",
        "DELETE FROM forecast_run",
        "UPDATE snapshot SET sold = 99, available = 1 WHERE observed_at > $1",
        "UPDATE showtime_latest SET sold = 99, observed_at = now() WHERE observed_at > $1",
        "UPDATE showtime_outcome SET admissions = 99 WHERE known_at > $1",
        "INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, discovered_at, film_id, business_on, key)
        SELECT cinema_id, 1, 1, starts_at, $1 + interval '1 second', film_id, business_on, key || '/late' FROM showtime",
    ] {
        let query = sqlx::query(statement);
        let bound = if statement.contains("$1") { query.bind(origin) } else { query };
        bound.execute(&db).await.unwrap();
    }
    let again = make(&db, origin).await;
    assert_eq!(again, made);
    assert_eq!(forecast_rows(&db).await, before);
}

/// The weather of the day after tomorrow was forecast hot before the origin, and came cold.
#[tokio::test]
async fn the_weather_is_that_which_was_known_at_the_origin() {
    let (db, now) = world().await;
    sqlx::raw_sql(
        "INSERT INTO observation_subject (source_id, subject, cinema_id, linked_by) VALUES (1, 'london', 1, 'anna');
        INSERT INTO observation (value, at, observed_at, job_id, source_id, subject, metric)
        SELECT value, noon, least(noon, now() - interval '4 days'), 1, 1, subject, metric
        FROM generate_series(-20, 2) AS day,
            LATERAL (SELECT date_trunc('day', now()) + make_interval(days => day, hours => 12) AS noon) AS timed,
            (VALUES ('london'), ('plaza/2'), ('unknown')) AS named (subject),
            LATERAL (VALUES ('temperature_celsius', 10 + day % 3), ('precipitation_mm', 1)) AS measured (metric, value);
        UPDATE observation SET value = 35 WHERE metric = 'temperature_celsius' AND at > now() + interval '12 hours';
        INSERT INTO observation (value, at, observed_at, job_id, source_id, subject, metric)
        SELECT 1, at, now(), job_id, source_id, subject, metric FROM observation WHERE value = 35",
    )
    .execute(&db)
    .await
    .unwrap();
    let mut connection = db.acquire().await.unwrap();
    let mut last_outdoor = Vec::new();
    for at in [now - TimeDelta::days(3), now + TimeDelta::seconds(1)] {
        let origin = Origin::new(at, at.date_naive());
        let inputs = forecasts::read_inputs(&mut connection, origin, 30, 14)
            .await
            .unwrap();
        let mut weather = inputs.history.weather;
        weather.sort_by_key(|day| day.as_of(origin).map(|day| day.on));
        assert_eq!(weather.len(), 23);
        last_outdoor.push(weather[22].as_of(origin).unwrap().outdoor);
    }
    assert!(
        last_outdoor[0] > 1.0 && last_outdoor[1] < -1.0,
        "{last_outdoor:?}"
    );
}

#[tokio::test]
async fn forecasts_are_scored_by_what_came_and_the_newest_is_shown() {
    let (db, now) = world().await;
    let (settled, scored) = score(&db, now).await;
    assert!(settled >= 370 && scored == 0, "{settled} {scored}");
    let first = make(&db, now - TimeDelta::days(4)).await;
    let second = make(&db, now - TimeDelta::days(3)).await;
    assert!(first.showtimes > 0 && second.showtimes > 0);

    let (_, scored) = score(&db, now).await;
    assert!(scored > 50, "{scored}");
    let rows = forecasts::accuracy(&db, (now - TimeDelta::days(9)).date_naive())
        .await
        .unwrap();
    for target in ["showtime", "work_day"] {
        let row = rows.iter().find(|row| row.target == target).unwrap();
        assert!(row.wapes.iter().all(Option::is_some), "{row:?}");
        assert!(row.coverage.iter().all(|share| (0.0..=1.0).contains(share)));
    }
    // What a later origin learns from: scores that were known by then.
    let third = make(&db, now).await;
    assert!(
        third.showtimes > 0 && third.past_forecasts > 50,
        "{third:?}"
    );
    assert_eq!(first.past_forecasts, 0);

    let next =
        "SELECT min(showtime_id)::bigint FROM showtime WHERE starts_at > now() + interval '1 day'";
    let next = i32::try_from(count(&db, next).await).unwrap();
    let shown = forecasts::of_showtime(&db, next).await.unwrap().unwrap();
    assert_eq!(shown.origin, now);
    assert!(shown.within_80.0 <= shown.median && shown.median <= shown.within_80.1);
    let works = forecasts::of_work(&db, 1, now.date_naive()).await.unwrap();
    assert!(!works.is_empty() && works.iter().all(|one| one.baselines.len() == 4));
}

#[tokio::test]
async fn an_empty_fleet_is_refused_in_a_sentence() {
    let db = Scratch::new().await.unwrap().db;
    let (_, now) = forecasts::latest_origin(&db).await.unwrap();
    let made = make(&db, now).await;
    assert_eq!((made.showtimes, made.refusals), (0, 1));
    let refusals = forecasts::refusals(&db, None).await.unwrap();
    assert!(
        refusals[0].contains("only 0 finished showtimes are known"),
        "{refusals:?}"
    );
}

#[tokio::test]
async fn an_origin_is_stored_once_and_not_beside_another_run() {
    let (db, now) = world().await;
    score(&db, now).await;
    let mut other = db.begin().await.unwrap();
    assert!(forecasts::lock(&mut other).await.unwrap());
    assert_eq!(make_forecasts(&db, now).await.unwrap(), None);
    assert_eq!(count(&db, "SELECT count(*) FROM forecast_run").await, 0);
    other.rollback().await.unwrap();

    make(&db, now).await;
    let all = count(&db, "SELECT count(*) FROM forecast").await;
    assert_eq!(make_forecasts(&db, now).await.unwrap(), None);
    assert_eq!(count(&db, "SELECT count(*) FROM forecast").await, all);
}

#[tokio::test]
async fn old_forecasts_are_deleted_a_bounded_number_at_a_time() {
    let (db, now) = world().await;
    score(&db, now).await;
    make(&db, now - TimeDelta::days(3)).await;
    score(&db, now).await;
    sqlx::raw_sql(
        "INSERT INTO forecast_refusal (forecast_run_id, target, reason)
        SELECT forecast_run_id, 'opening', 'too little is sold' FROM forecast_run;
        INSERT INTO work_presale (seen_at, released_on, work_id, sold, days, territory)
        SELECT now(), current_date - age, 1, 20, 1 + age / 100, 'GB' FROM (VALUES (300), (500)) AS released (age)",
    )
    .execute(&db)
    .await
    .unwrap();
    let refusals = "SELECT count(*) FROM forecast_refusal";
    let presales = "SELECT count(*) FROM work_presale";
    let all = count(&db, "SELECT count(*) FROM forecast").await;
    let older = now - TimeDelta::days(4);
    assert_eq!(forecasts::delete_old(&db, older, 10).await.unwrap(), 0);
    assert_eq!(count(&db, refusals).await, 1);
    assert_eq!(forecasts::delete_old(&db, now, 10).await.unwrap(), 10);
    assert_eq!(count(&db, "SELECT count(*) FROM forecast").await, all - 10);
    // Comparisons read the presales of 400 days.
    assert_eq!(count(&db, refusals).await, 0);
    assert_eq!(count(&db, presales).await, 1);
    forecasts::delete_old(&db, now, 100_000).await.unwrap();
    assert_eq!(count(&db, "SELECT count(*) FROM forecast_score").await, 0);
}
