//! The views of works for analysts, against figures that are added up by hand.

use sqlx::{AssertSqlSafe, PgPool};

use crate::fixture::World;

/// Two chains in London: the work runs at cinemas 1 and 2 in the first week, at 1 and 3 in the
/// second, and another work beside it. Weeks begin eight and one weeks ago, on Mondays.
const RUN: &str = "
    INSERT INTO source (name, title) VALUES ('other', 'Other');
    INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
    VALUES (1, 1, 1, 'GB', '1', 'A', 'Europe/London'), (1, 1, 1, 'GB', '2', 'B', 'Europe/London'),
        (2, 1, 1, 'GB', '1', 'C', 'Europe/London');
    INSERT INTO film (source_id, discovered_by, key, title)
    VALUES (1, 1, 'a', 'Crash'), (2, 1, 'b', 'IMAX: Crash'), (2, 1, 'c', 'Low Tide');
    INSERT INTO film_fact (film_id, changed_by, distributor) VALUES (1, 1, 'North'), (3, 1, 'South');
    INSERT INTO work (film_id, title) VALUES (1, 'Crash'), (2, 'Crash'), (3, 'Low Tide');
    INSERT INTO film_work (film_id, work_id, rule, reason)
    VALUES (1, 1, 'person', 'x'), (2, 1, 'person', 'x'), (3, 3, 'alone', 'x');
    INSERT INTO attribute (discovered_by, source_id, code, kind, meaning, mapped_at)
    VALUES (1, 2, 'I', 'format', 'imax', now()), (1, 2, 'D', 'format', 'digital', now()), (1, 2, '3', 'dimension', '3d', now());
    INSERT INTO seat_code (source_id, code_index, discovered_by, status, code)
    SELECT source_id, 0, 1, 'available'::seat_status, 'A' FROM source
    UNION ALL SELECT source_id, 1, 1, 'sold', 'S' FROM source;
    INSERT INTO layout (source_id, discovered_by, content_hash, seat_count, x, y, seat_key, row_label, seat_number, area, kind, seat_group)
    SELECT source_id, 1, gen_random_uuid(), 100, array_agg(n), array_agg(1), array_agg(n::text), array_agg('A'::text), array_agg(n::text),
        array_agg(''::text), array_agg(''::text), array_agg(''::text)
    FROM source CROSS JOIN generate_series(1, 100) AS n GROUP BY source_id;
    INSERT INTO tariff (source_id, discovered_by, content_hash, currency, amount, amount_max, fee, tax_included, ticket, area)
    SELECT 2, 1, gen_random_uuid(), 'GBP', ARRAY[price], '{NULL}', '{NULL}', '{NULL}', '{adult}', '{\"\"}'
    FROM (VALUES (10.0), (20.0)) AS asked (price);
    CREATE TABLE planned (showtime_id integer, cinema_id integer, film_id integer, week integer, hour integer,
        sold_before integer, sold integer, attributes integer[], tariff_id integer);
    INSERT INTO planned VALUES
        (1, 1, 1, 0, 10, 10, 60, NULL, NULL), (2, 2, 1, 0, 14, 10, 40, NULL, NULL), (3, 3, 3, 0, 22, 0, 100, '{}', NULL),
        (4, 1, 1, 1, 18, 5, 25, NULL, NULL), (5, 3, 2, 1, 18, 20, 35, '{1,3}', 2), (6, 3, 2, 1, 2, 0, 15, '{2}', 1),
        (7, 3, 3, 1, 18, 0, 25, '{}', NULL);
    INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key, attribute_ids)
    SELECT cinema_id, 1, 1,
        (monday + week * 7 + hour * interval '1 hour' + CASE WHEN hour < 5 THEN interval '1 day' ELSE '0' END) AT TIME ZONE 'Europe/London',
        film_id, monday + week * 7, showtime_id::text, attributes
    FROM planned CROSS JOIN (SELECT date_trunc('week', now() - interval '60 days')::date AS monday) AS first
    ORDER BY showtime_id;
    INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
    SELECT 2, 1, 1, starts_at, 1, business_on, 'never seen' FROM showtime WHERE showtime_id = 4;
    INSERT INTO snapshot (observed_at, job_id, showtime_id, layout_id, available, sold, held, blocked, broken, house, unknown, unmapped, seats)
    SELECT showtime.starts_at - look.before, 1, showtime_id, cinema.source_id, 100 - look.sold, look.sold, 0, 0, 0, 0, 0, 0, decode(repeat('00', 50), 'hex')
    FROM planned INNER JOIN showtime USING (showtime_id) INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
    CROSS JOIN LATERAL (VALUES (interval '50 hours', sold_before), (interval '1 minute', planned.sold)) AS look (before, sold);
    INSERT INTO showtime_tariff (observed_at, job_id, showtime_id, tariff_id)
    SELECT now() - interval '1 hour', 1, showtime_id, tariff_id FROM planned WHERE tariff_id IS NOT NULL";

async fn world() -> World {
    let world = World::new().await;
    sqlx::raw_sql(RUN).execute(&world.db).await.unwrap();
    world
}

/// The rows of a query, each as a text.
async fn rows(db: &PgPool, query: &str) -> Vec<String> {
    let statement = format!("SELECT row(asked.*)::text FROM ({query}) AS asked");
    sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_all(db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_work_holds_drops_and_multiplies_by_week() {
    let world = world().await;
    let run = "SELECT title, week_number, is_over, showtimes, cinemas, cinemas_held, holdover, seats, admissions,
            occupancy, per_cinema, change, admissions_to_date, multiple
        FROM work_week_run WHERE work_id = 1 AND territory = 'GB' ORDER BY week_on";
    assert_eq!(
        rows(&world.db, run).await,
        [
            "(Crash,1,t,2,2,0,,200,100,0.5000,50.0,,100,1.000)",
            "(Crash,2,t,3,2,1,0.5000,300,75,0.2500,37.5,-0.2500,175,1.750)",
        ]
    );
}

#[tokio::test]
async fn shares_of_a_week_add_up_to_the_whole() {
    let world = world().await;
    let share = "SELECT dimension, name, showtimes, works, admissions, share FROM market_share
        WHERE week_on = (SELECT max(week_on) FROM market_share) ORDER BY dimension, lower(name)";
    assert_eq!(
        rows(&world.db, share).await,
        [
            "(chain,chain,1,1,25,0.2500)",
            "(chain,Other,3,2,75,0.7500)",
            "(distributor,North,3,1,75,0.7500)",
            "(distributor,South,1,1,25,0.2500)",
            "(format,digital,1,1,15,0.1500)",
            "(format,imax,1,1,35,0.3500)",
            "(format,,2,2,50,0.5000)",
        ]
    );
}

#[tokio::test]
async fn sales_before_the_start_are_cut_into_days() {
    let world = world().await;
    let curve =
        "SELECT days_before, showtimes, seats, sold, started, started_admissions, share_of_final
        FROM presale_curve WHERE work_id = 1 AND territory = 'GB' ORDER BY days_before";
    // The first looks were 50 hours before, so nothing is known of three days before.
    assert_eq!(
        rows(&world.db, curve).await,
        [
            "(0,5,500,175,5,175,1.0000)",
            "(1,5,500,45,5,175,0.2571)",
            "(2,5,500,45,5,175,0.2571)",
        ]
    );
    // Sealed, they say the same.
    let mut sealing = schema::seal::Pass::of(vec![1, 2, 5]);
    while sealing.batch(&world.db).await.unwrap() {}
    assert_eq!(rows(&world.db, curve).await[1], "(1,5,500,45,5,175,0.2571)");
}

#[tokio::test]
async fn parts_of_the_day_are_those_of_the_cinema() {
    let world = world().await;
    let parts = "SELECT work_id, weekday, daypart, showtimes, seats, admissions, occupancy FROM daypart_occupancy
        ORDER BY week_on, work_id, daypart";
    assert_eq!(
        rows(&world.db, parts).await,
        [
            "(1,1,afternoon,1,100,40,0.4000)",
            "(1,1,morning,1,100,60,0.6000)",
            "(3,1,late,1,100,100,1.0000)",
            "(1,1,evening,2,200,60,0.3000)",
            "(1,1,late,1,100,15,0.1500)",
            "(3,1,evening,1,100,25,0.2500)",
        ]
    );
}

#[tokio::test]
async fn prices_and_premium_formats_are_those_of_showtimes_that_have_them() {
    let world = world().await;
    let prices = "SELECT work_id, currency, showtimes, admissions, gross, average_price, described_admissions,
            premium_admissions, premium_share, premium_average_price
        FROM work_price WHERE week_on = (SELECT max(week_on) FROM work_price) ORDER BY work_id, currency";
    assert_eq!(
        rows(&world.db, prices).await,
        [
            "(1,GBP,2,50,850.00,17.00,50,35,0.7000,20.00)",
            "(1,XXX,1,25,,,,,,)",
            "(3,XXX,1,25,,,25,,0.0000,)",
        ]
    );
}

#[tokio::test]
async fn coverage_counts_what_was_listed_and_never_seen() {
    let world = world().await;
    let coverage = "SELECT source, cinemas, cinemas_seen, showtimes, showtimes_seen, priced, described, share_seen
        FROM sales_coverage WHERE week_on = (SELECT max(week_on) FROM sales_coverage) ORDER BY source";
    assert_eq!(
        rows(&world.db, coverage).await,
        ["(chain,2,1,2,1,0,0,0.5000)", "(other,1,1,3,3,2,3,1.0000)",]
    );
}

/// The example in the comment of each view runs as an analyst runs it.
#[tokio::test]
async fn the_examples_of_these_views_run() {
    let world = world().await;
    schema::access::prepare(&world.db).await.unwrap();
    let mut analyst = world.db.begin().await.unwrap();
    let examples: Vec<(String, String)> = sqlx::query_as(
        "SELECT relname::text, substring(obj_description(oid, 'pg_class') FROM 'Example: (.*);$') FROM pg_class
        WHERE relnamespace = 'analytics'::regnamespace
            AND relname IN ('work_week_run', 'market_share', 'presale_curve', 'daypart_occupancy', 'work_price',
                'sales_coverage', 'film_run', 'film_match')",
    )
    .fetch_all(&mut *analyst)
    .await
    .unwrap();
    assert_eq!(examples.len(), 8);
    sqlx::raw_sql("SET LOCAL ROLE fullhouse_analyst; SET LOCAL search_path = analytics, analytics_detail, fullhouse")
        .execute(&mut *analyst)
        .await
        .unwrap();
    for (view, example) in examples {
        let found = sqlx::query(AssertSqlSafe(example))
            .fetch_all(&mut *analyst)
            .await
            .unwrap();
        assert!(view == "film_run" || !found.is_empty(), "{view}");
    }
}
