//! What several sources list counts once, and observations are about works and venues.

use coordinator::{
    background::{rollups::refresh_marked, venues::MatchedVenues, works::match_films},
    operate::{
        film::{self, PairVerdict},
        observation::{link, unlink},
        report::cli_actor,
        source::set_precedence,
    },
};
use schema::venue::{self, ObservationSubject};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::{LEEDS, ODEON, decide_on, list, pass, rows, run, state, venues, world};

/// The listings that do not count, each with the one that does.
async fn duplicates(db: &PgPool) -> Vec<(i32, i32)> {
    sqlx::query_as("SELECT showtime_id, counted_as FROM showtime_duplicate ORDER BY showtime_id")
        .fetch_all(db)
        .await
        .unwrap()
}

/// Two sources whose cinemas are one venue, and each with a film of one work.
async fn listed_twice() -> PgPool {
    let db = world().await;
    for cinema in &ODEON[..3] {
        list(&db, *cinema).await;
    }
    run(
        &db,
        "INSERT INTO film (source_id, discovered_by, key, title)
        SELECT n, 1, 'f', 'Paper Lanterns' FROM generate_series(1, 3) AS n;
        INSERT INTO film_fact (film_id, changed_by, year, directors)
        SELECT n, 1, 2026, '{Ines Carvalho}' FROM generate_series(1, 3) AS n",
    )
    .await;
    match_films(&db, &CancellationToken::new()).await.unwrap();
    pass(&db).await;
    assert_eq!(venues(&db).await.len(), 1);
    db
}

/// Adds a showtime of a source at an hour of 2026-12-24, in an auditorium.
async fn show(db: &PgPool, source: i32, key: &str, hour: i32, auditorium: Option<&str>) -> i32 {
    sqlx::query_scalar(
        "WITH place AS (
            INSERT INTO auditorium (cinema_id, discovered_by, key, name)
            SELECT $1, 1, $4, $4 WHERE $4 IS NOT NULL
            ON CONFLICT (cinema_id, key) DO UPDATE SET name = excluded.name
            RETURNING auditorium_id)
        INSERT INTO showtime (cinema_id, film_id, discovered_by, changed_by, starts_at, business_on, key, auditorium_id)
        VALUES ($1, $1, 1, 1, '2026-12-24 00:00Z'::timestamptz + $3 * interval '1 hour', '2026-12-24', $2,
            (SELECT auditorium_id FROM place))
        RETURNING showtime_id",
    )
    .bind(source)
    .bind(key)
    .bind(hour)
    .bind(auditorium)
    .fetch_one(db)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_showtime_that_several_sources_list_counts_once() {
    let db = listed_twice().await;
    let own = show(&db, 1, "s1", 18, Some("Screen 1")).await;
    let other = show(&db, 1, "s2", 18, Some("Screen 2")).await;
    let listed = show(&db, 2, "x1", 18, Some("1")).await;
    let again = show(&db, 3, "y1", 18, Some("Auditorium 1")).await;
    let alone = show(&db, 2, "x2", 21, None).await;
    let late = show(&db, 1, "s3", 23, Some("Screen 1")).await;
    let unnamed = show(&db, 2, "x3", 23, None).await;
    pass(&db).await;
    let expected = [(listed, own), (again, own), (unnamed, late)];
    assert_eq!(duplicates(&db).await, expected);
    run(&db, "REFRESH MATERIALIZED VIEW film_run").await;
    let run_of: (i64, i32) = sqlx::query_as("SELECT showtimes, sources FROM film_run")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(run_of, (4, 2), "{own} {other} {alone} {late}");
    let shown = rows(
        &db,
        "SELECT showtime_id || ' ' || counted_as FROM showtime_profile WHERE counted_as IS NOT NULL ORDER BY 1",
    )
    .await;
    assert_eq!(
        shown.len(),
        3,
        "lists show each listing, and say as what it counts"
    );
    assert_eq!(pass(&db).await, MatchedVenues::default());

    // Two at eight, of which one may be meant: both count.
    let first = show(&db, 1, "s4", 20, Some("Screen 1")).await;
    show(&db, 1, "s5", 20, Some("Screen 2")).await;
    show(&db, 2, "x4", 20, None).await;
    pass(&db).await;
    assert_eq!(duplicates(&db).await, expected);
    // The second is taken off: one is left that may be meant.
    run(&db, "DELETE FROM showtime WHERE key = 's5'").await;
    pass(&db).await;
    assert_eq!(duplicates(&db).await.last(), Some(&(first + 2, first)));
    // It moves by half an hour: no longer the same.
    run(
        &db,
        "UPDATE showtime SET starts_at = starts_at + interval '30 minutes' WHERE key = 's4'",
    )
    .await;
    pass(&db).await;
    assert_eq!(duplicates(&db).await, expected);
    // The showtime that counted is removed: the listing counts at once, and is marked.
    run(
        &db,
        "DELETE FROM dirty_showtime; DELETE FROM showtime WHERE key = 's3'",
    )
    .await;
    assert_eq!(duplicates(&db).await, expected[..2]);
    let marked = rows(
        &db,
        "SELECT DISTINCT unnest(showtime_ids)::text FROM dirty_showtime ORDER BY 1",
    )
    .await;
    assert!(marked.contains(&unnamed.to_string()), "{marked:?}");
}

#[tokio::test]
async fn precedence_says_which_listing_counts() {
    let db = listed_twice().await;
    let own = show(&db, 1, "s1", 18, Some("Screen 1")).await;
    let listed = show(&db, 2, "x1", 18, Some("1")).await;
    let again = show(&db, 3, "y1", 18, Some("1")).await;
    pass(&db).await;
    assert_eq!(
        duplicates(&db).await,
        [(listed, own), (again, own)],
        "the older source"
    );
    run(
        &db,
        "INSERT INTO limit_key (name, rate_per_second, burst) VALUES ('host', 1, 1);
        INSERT INTO step (source_id, limit_key_id, every_seconds, timeout_seconds, priority, yields, name)
        VALUES (3, (SELECT limit_key_id FROM limit_key), 60, 60, 1, 'seats', 'seats')",
    )
    .await;
    pass(&db).await;
    assert_eq!(
        duplicates(&db).await,
        [(own, again), (listed, again)],
        "the one that reads seats"
    );
    let actor = cli_actor(None);
    set_precedence(&db, &actor, "listings", Some(1))
        .await
        .unwrap();
    pass(&db).await;
    assert_eq!(
        duplicates(&db).await,
        [(own, listed), (again, listed)],
        "the one that is set"
    );
    let wrong = set_precedence(&db, &actor, "listings", Some(0)).await;
    assert!(wrong.unwrap_err().to_string().contains("1 or more"));
    set_precedence(&db, &actor, "listings", None).await.unwrap();
    run(&db, "UPDATE step SET retired = true").await;
    pass(&db).await;
    assert_eq!(
        duplicates(&db).await,
        [(listed, own), (again, own)],
        "exactly as before"
    );
}

#[tokio::test]
async fn a_work_that_is_split_lists_nothing_twice() {
    let db = listed_twice().await;
    let own = show(&db, 1, "s1", 18, None).await;
    let listed = show(&db, 2, "x1", 18, None).await;
    pass(&db).await;
    let before = state(&db).await;
    assert_eq!(duplicates(&db).await, [(listed, own)]);
    let actor = cli_actor(Some("another cut".to_owned()));
    let pair = ("odeon/f", "listings/f");
    for (verdict, expected) in [
        (PairVerdict::Different, vec![]),
        (PairVerdict::Undecided, vec![(listed, own)]),
    ] {
        film::decide(&db, &actor, pair, verdict).await.unwrap();
        match_films(&db, &CancellationToken::new()).await.unwrap();
        pass(&db).await;
        assert_eq!(duplicates(&db).await, expected);
    }
    assert_eq!(state(&db).await, before);
}

/// The totals of all rollups, as a text for each row.
async fn totals(db: &PgPool) -> Vec<String> {
    refresh_marked(db, None, &CancellationToken::new())
        .await
        .unwrap();
    let mut all = Vec::new();
    for rollup in rows(db, "SELECT name FROM rollup ORDER BY name").await {
        let sql = format!(
            "SELECT '{rollup}' || to_jsonb(one)::text FROM fullhouse.{rollup} AS one ORDER BY 1"
        );
        all.extend(rows(db, &sql).await);
    }
    all
}

#[tokio::test]
async fn a_merge_of_five_thousand_listings_leaves_the_totals_and_its_undo_is_exact() {
    let db = world().await;
    list(&db, (1, "10", "Thorpe Park", LEEDS, Some(0.0))).await;
    list(&db, (2, "a", "Lanternas", LEEDS, Some(1_500.0))).await;
    run(
        &db,
        "INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, 'f', 'Paper Lanterns');
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        SELECT cinema_id, 1, 1, '2026-11-01 10:00Z'::timestamptz + n * interval '15 minutes', 1,
            '2026-11-01'::date + n / 96, n::text
        FROM generate_series(1, 5000) AS n CROSS JOIN cinema;
        -- Two of six seats are sold at each of the first two hundred, by both sources.
        INSERT INTO snapshot (observed_at, job_id, showtime_id, layout_id, available, sold, held, blocked, broken,
            house, unknown, unmapped, seats)
        SELECT starts_at - interval '5 minutes', 1, showtime_id, 1, 4, 2, 0, 0, 0, 0, 0, 0, '\\x110000'
        FROM showtime WHERE key::integer <= 200;
        INSERT INTO snapshot (observed_at, job_id, showtime_id, layout_id, available, sold, held, blocked, broken,
            house, unknown, unmapped, seats)
        SELECT starts_at - interval '65 minutes', 1, showtime_id, 1, 5, 1, 0, 0, 0, 0, 0, 0, '\\x100000'
        FROM showtime WHERE key::integer <= 200",
    )
    .await;
    match_films(&db, &CancellationToken::new()).await.unwrap();
    pass(&db).await;
    assert_eq!(venues(&db).await.len(), 2);
    let (before, totals_before) = (state(&db).await, totals(&db).await);
    let sold = async || -> Vec<(Option<i64>, Option<i64>)> {
        sqlx::query_as(
            "SELECT (SELECT sum(admissions)::bigint FROM fullhouse.chain_day),
                (SELECT sum(sold)::bigint FROM fullhouse.sales_day)",
        )
        .fetch_all(&db)
        .await
        .unwrap()
    };
    assert_eq!(sold().await, [(Some(800), Some(400))]);

    decide_on(&db, "odeon/10", "listings/a", PairVerdict::Same).await;
    let report = pass(&db).await;
    assert_eq!((report.moved, report.duplicates), (1, 5_000));
    let merged = totals(&db).await;
    assert_eq!(sold().await, [(Some(400), Some(200))], "each counts once");
    run(&db, "REFRESH MATERIALIZED VIEW film_run").await;
    let of_run: i64 = sqlx::query_scalar("SELECT showtimes FROM film_run")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(of_run, 5_000);
    // What is refreshed equals what is computed from nothing.
    for rollup in ["showtime_sales", "cinema_sales_hour"] {
        run(&db, &format!("SELECT fullhouse.refresh_rollup('{rollup}')")).await;
    }
    assert_eq!(totals(&db).await, merged);

    decide_on(&db, "listings/a", "odeon/10", PairVerdict::Undecided).await;
    let report = pass(&db).await;
    assert_eq!((report.moved, report.counted), (1, 5_000));
    assert_eq!(state(&db).await, before);
    assert_eq!(totals(&db).await, totals_before);
}

#[tokio::test]
async fn observations_are_about_works_and_venues() {
    let db = listed_twice().await;
    run(
        &db,
        "INSERT INTO observation (source_id, subject, metric, value, at, observed_at, job_id)
        SELECT 4, subject, metric, value, at::timestamptz, now(), 1
        FROM (VALUES
            ('odeon/10', 'temperature_celsius', 4, '2026-12-24 12:00Z'),
            ('odeon/10', 'temperature_celsius', 8, '2026-12-24 14:00Z'),
            ('odeon/10', 'precipitation_mm', 3, '2026-12-24 14:00Z'),
            ('odeon/10', 'temperature_celsius', 20, '2026-12-25 00:30Z'),
            ('listings/f', 'views', 100, '2026-12-24 14:00Z'),
            ('Paper Lanterns', 'articles', 7, '2026-12-24 14:00Z')) AS seen (subject, metric, value, at)",
    )
    .await;
    show(&db, 1, "s1", 18, None).await;
    show(&db, 2, "x1", 18, None).await;
    pass(&db).await;
    let day = "SELECT row(showtimes, temperature_celsius_max, temperature_celsius_mean, precipitation_mm)::text
        FROM venue_weather_day WHERE business_on = '2026-12-24'";
    assert_eq!(
        rows(&db, day).await,
        ["(1,8,6,3)"],
        "of the day, in local time; one showtime"
    );
    let of_work =
        "SELECT metric || ' ' || value || ' ' || linked_by FROM work_observation ORDER BY 1";
    assert_eq!(
        rows(&db, of_work).await,
        ["views 100 key"],
        "a title alone says nothing"
    );

    let actor = cli_actor(None);
    let work: i32 = sqlx::query_scalar("SELECT work_id FROM work WHERE film_id = 3")
        .fetch_one(&db)
        .await
        .unwrap();
    link(
        &db,
        &actor,
        "rex",
        "Paper Lanterns",
        ObservationSubject::Work(work),
    )
    .await
    .unwrap();
    assert_eq!(
        rows(&db, of_work).await,
        ["articles 7 link", "views 100 key"]
    );
    let linked = venue::linked_subjects(&db).await.unwrap();
    assert_eq!(linked[0].work_id, Some(1), "it follows the redirect");
    // A link outranks the key.
    link(
        &db,
        &actor,
        "rex",
        "listings/f",
        ObservationSubject::Venue(1),
    )
    .await
    .unwrap();
    assert_eq!(rows(&db, of_work).await, ["articles 7 link"]);
    unlink(&db, &actor, "rex", "listings/f").await.unwrap();
    unlink(&db, &actor, "rex", "Paper Lanterns").await.unwrap();
    assert_eq!(rows(&db, of_work).await, ["views 100 key"]);
    let unknown = link(&db, &actor, "rex", "a", ObservationSubject::Work(4_711)).await;
    assert!(unknown.unwrap_err().to_string().contains("4711"));
}
