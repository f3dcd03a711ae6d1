//! Rollups by work equal a recount, through a merge of a work with 10,000 showtimes and its undo.

use coordinator::{
    background::{rollups::refresh_marked, works::match_films},
    operate::{
        film::{PairVerdict, decide},
        report::cli_actor,
    },
};
use schema::scratch::Scratch;
use sqlx::{AssertSqlSafe, PgPool};
use tokio_util::sync::CancellationToken;

/// Two chains in two territories; 10,000 showtimes of the second film, each with seats, every other
/// with prices, over four weeks, and 100 of the first film in both territories.
const SHOWTIMES: &str = "
    INSERT INTO source (name, title) SELECT 'chain-' || n, 'Chain' FROM generate_series(1, 2) AS n;
    INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
    VALUES (1, 1, 1, 'GB', '1', 'A', 'UTC'), (1, 1, 1, 'FR', '2', 'B', 'UTC'), (2, 1, 1, 'FR', '1', 'C', 'UTC');
    INSERT INTO film (source_id, discovered_by, key, title)
    VALUES (1, 1, 'a', 'Paper Lanterns'), (2, 1, 'b', 'Lanternas de Papel');
    INSERT INTO seat_code (source_id, code_index, discovered_by, status, code)
    SELECT source_id, 0, 1, 'sold'::seat_status, 'S' FROM source;
    INSERT INTO layout (source_id, discovered_by, content_hash, seat_count, x, y, seat_key, row_label, seat_number, area, kind, seat_group)
    SELECT source_id, 1, gen_random_uuid(), 2, '{1,2}', '{1,1}', '{a,b}', '{A,A}', '{1,2}', '{\"\",\"\"}', '{\"\",\"\"}', '{\"\",\"\"}'
    FROM source;
    INSERT INTO tariff (source_id, discovered_by, content_hash, currency, amount, amount_max, fee, tax_included, ticket, area)
    SELECT source_id, 1, gen_random_uuid(), 'EUR', '{12}', '{NULL}', '{NULL}', '{NULL}', '{adult}', '{\"\"}' FROM source;
    INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
    SELECT 1 + n % 2, 1, 1, now(), 1, current_date + n % 28, n::text FROM generate_series(1, 100) AS n
    UNION ALL
    SELECT 3, 1, 1, now(), 2, current_date + n % 28, n::text FROM generate_series(1, 10000) AS n;
    INSERT INTO snapshot (observed_at, job_id, showtime_id, layout_id, available, sold, held, blocked, broken, house, unknown, unmapped, seats)
    SELECT now(), 1, showtime_id, layout_id, 2 - showtime_id % 3, showtime_id % 3, 0, 0, 0, 0, 0, 0, '\\x00'
    FROM showtime INNER JOIN cinema USING (cinema_id) INNER JOIN layout USING (source_id);
    INSERT INTO showtime_tariff (observed_at, job_id, showtime_id, tariff_id)
    SELECT now(), 1, showtime_id, tariff_id
    FROM showtime INNER JOIN cinema USING (cinema_id) INNER JOIN tariff USING (source_id)
    WHERE showtime_id % 2 = 0";

/// What the rollups must say, from what is stored and from no table of any rollup; the name of the
/// day is put in.
fn recount(on: &str) -> String {
    format!(
        "SELECT work_id, territory, {on}, currency,
            count(*) FILTER (WHERE NOT is_cancelled), count(*) FILTER (WHERE is_cancelled),
            count(*) FILTER (WHERE NOT is_cancelled AND certainty = 'exact'),
            sum(seats) FILTER (WHERE NOT is_cancelled), sum(admissions) FILTER (WHERE NOT is_cancelled),
            round(sum(admissions) FILTER (WHERE NOT is_cancelled)::numeric
                / nullif(sum(seats) FILTER (WHERE NOT is_cancelled), 0), 4),
            sum(gross) FILTER (WHERE NOT is_cancelled)
        FROM showtime_standing INNER JOIN film_work USING (film_id)
        GROUP BY work_id, territory, {on}, currency"
    )
}

/// The rows of a table or query as texts, sorted.
async fn rows(db: &PgPool, from: &str) -> Vec<String> {
    let statement = format!("SELECT row(asked.*)::text FROM ({from}) AS asked ORDER BY 1");
    sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_all(db)
        .await
        .unwrap()
}

/// Refreshes all that is dirty and shows that tables and views equal a recount; returns the tables.
/// That views equal it while buckets are dirty too is shown on fewer showtimes, in `schema`.
async fn assert_exact(db: &PgPool, when: &str) -> Vec<String> {
    refresh_marked(db, None, &CancellationToken::new())
        .await
        .unwrap();
    let week = "date_trunc('week', business_on::timestamp)::date";
    let mut tables = Vec::new();
    for (rollup, on) in [("work_day", "business_on"), ("work_week", week)] {
        let expected = rows(db, &recount(on)).await;
        for schema in ["rollup", "fullhouse"] {
            let found = rows(db, &format!("SELECT * FROM {schema}.{rollup}")).await;
            assert!(found == expected, "{schema}.{rollup} {when}");
        }
        tables.extend(expected);
    }
    tables
}

#[tokio::test]
async fn rollups_by_work_follow_a_merge_and_its_undo() {
    let db = Scratch::new().await.unwrap().db;
    sqlx::raw_sql(SHOWTIMES).execute(&db).await.unwrap();
    let actor = cli_actor(Some("the same poster".to_owned()));
    let judge = async |verdict: PairVerdict| {
        decide(&db, &actor, ("1", "2"), verdict).await.unwrap();
        match_films(&db, &CancellationToken::new()).await.unwrap();
    };
    match_films(&db, &CancellationToken::new()).await.unwrap();
    let apart = assert_exact(&db, "at first").await;
    let works = async || -> Vec<(i32, i64)> {
        sqlx::query_as(
            "SELECT work_id, sum(showtimes)::bigint FROM rollup.work_week GROUP BY work_id ORDER BY work_id",
        )
        .fetch_all(&db)
        .await
        .unwrap()
    };
    assert_eq!(works().await, [(1, 100), (2, 10_000)]);

    judge(PairVerdict::Same).await;
    let merged = assert_exact(&db, "after the merge").await;
    assert_eq!(works().await, [(1, 10_100)]);
    assert!(merged.len() < apart.len());

    judge(PairVerdict::Undecided).await;
    let undone = assert_exact(&db, "after the undo").await;
    assert!(undone == apart, "an undo is exact");
}
