//! Rollups are made, filled, held, set aside and dropped.

use schema::rollup::{mark_dirty_buckets, record_progress, refresh, set_aside};
use uuid::Uuid;

use super::{HOUR, OWN, SHOWTIMES, assert_exact, run, settle, world};
use crate::fixture::World;

/// Queries, their keys, and a word of the reason why they are refused.
const REFUSED: [(&str, &str, &str); 19] = [
    (
        "SELECT film_id FROM showtime GROUP BY film_id; DROP TABLE job",
        "{film_id}",
        "semicolon",
    ),
    (
        "SELECT film_id, count(*) FROM showtime GROUP",
        "{film_id}",
        "syntax error",
    ),
    (
        "DELETE FROM showtime RETURNING film_id",
        "{film_id}",
        "syntax error",
    ),
    (
        "SELECT job_id, count(*) FROM job GROUP BY job_id",
        "{job_id}",
        "cannot read job",
    ),
    (
        "SELECT rolname AS film_id, count(*) FROM pg_authid GROUP BY rolname",
        "{film_id}",
        "cannot read pg_authid",
    ),
    (
        "SELECT film_id, (SELECT max(observed_at) FROM snapshot) AS at FROM showtime GROUP BY film_id",
        "{film_id}",
        "cannot read snapshot",
    ),
    (
        "SELECT film_id, max(pg_read_file('/etc/passwd')) AS found FROM showtime GROUP BY film_id",
        "{film_id}",
        "cannot call pg_read_file",
    ),
    (
        "SELECT film_id, max(set_config('role', 'none', true)) AS a FROM showtime GROUP BY film_id",
        "{film_id}",
        "cannot call set_config",
    ),
    (
        "SELECT film_id, max(query_to_xml('SELECT 1', true, true, '')::text) AS a FROM showtime GROUP BY film_id",
        "{film_id}",
        "cannot call query_to_xml",
    ),
    (
        "SELECT film_id, count(*) FILTER (WHERE starts_at < now()) AS past FROM showtime GROUP BY film_id",
        "{film_id}",
        "cannot call now()",
    ),
    (
        "SELECT film_id, max(current_user::text) AS a FROM showtime GROUP BY film_id",
        "{film_id}",
        "who asks",
    ),
    (
        "SELECT film_id, max(mark_dirty_buckets()) AS a FROM showtime GROUP BY film_id",
        "{film_id}",
        "cannot call mark_dirty_buckets",
    ),
    (
        "SELECT film_id, cinema_id FROM showtime",
        "{film_id}",
        "GROUP BY",
    ),
    (
        "SELECT film_id, count(*) FROM showtime GROUP BY film_id HAVING count(*) > 1",
        "{film_id}",
        "HAVING",
    ),
    (
        "SELECT film_id, count(*) FROM showtime GROUP BY film_id ORDER BY 2 LIMIT 3",
        "{film_id}",
        "LIMIT",
    ),
    (
        "SELECT film_id, max(cinema_id) AS cinema_id FROM showtime GROUP BY film_id",
        "{film_id,cinema_id}",
        "not grouped by cinema_id",
    ),
    (
        "SELECT cinema_id AS film_id, count(*) FROM showtime GROUP BY cinema_id",
        "{film_id}",
        "no key leads",
    ),
    (
        "SELECT film_id, cinema_id, count(*) AS n FROM showtime GROUP BY film_id, cinema_id",
        "{film_id}",
        "duplicate key",
    ),
    (
        "SELECT day.film_id, count(*) AS n FROM fullhouse.film_day AS day INNER JOIN film USING (film_id) GROUP BY day.film_id",
        "{film_id}",
        "that one alone",
    ),
];

/// Makes a rollup, and returns why it was refused.
async fn refusal(world: &World, query: &str, keys: &str) -> String {
    let made: Result<i64, sqlx::Error> =
        sqlx::query_scalar("SELECT fullhouse.create_rollup('own', $1, $2::text[])")
            .bind(query)
            .bind(keys)
            .fetch_one(&world.db)
            .await;
    made.unwrap_err().to_string()
}

#[tokio::test]
async fn a_query_that_could_not_be_kept_up_is_refused_and_says_why() {
    let world = world().await;
    for (query, keys, why) in REFUSED {
        let message = refusal(&world, query, keys).await;
        assert!(message.contains(why), "{query}: {message}");
    }
    assert_eq!(world.count("rollup WHERE name = 'own'").await, 0);
}

#[tokio::test]
async fn a_dropped_rollup_leaves_no_trace() {
    let world = world().await;
    let objects = "SELECT (SELECT count(*) FROM pg_class) + (SELECT count(*) FROM pg_proc)
        + (SELECT count(*) FROM pg_type) + (SELECT count(*) FROM pg_description)
        + (SELECT count(*) FROM rollup) + (SELECT count(*) FROM partition_reader)";
    let count = async || {
        sqlx::query_scalar::<_, i64>(objects)
            .fetch_one(&world.db)
            .await
    };
    let before = count().await.unwrap();
    run(&world, OWN.to_owned()).await;
    run(&world, "SELECT fullhouse.create_rollup('later', 'SELECT territory, sum(showtimes)::bigint AS showtimes FROM evening GROUP BY territory', '{territory}')".to_owned()).await;
    let kept = sqlx::raw_sql("SELECT fullhouse.drop_rollup('evening')")
        .execute(&world.db)
        .await;
    assert!(kept.unwrap_err().to_string().contains("is read by later"));
    run(
        &world,
        "SELECT fullhouse.drop_rollup('later'); SELECT fullhouse.drop_rollup('evening')".to_owned(),
    )
    .await;
    // The leader removes the tables.
    mark_dirty_buckets(&world.db).await.unwrap();
    assert_eq!(count().await.unwrap(), before);
}

/// Every row is exact from the moment that a rollup is made, and it fills batch by batch.
#[tokio::test]
async fn the_past_is_filled_in_batches_and_the_view_is_exact_meanwhile() {
    let world = world().await;
    for showtime in 1..=SHOWTIMES {
        world
            .snapshot(showtime, 80 * HOUR, 6, &[0x10, 0x01, 0x00])
            .await;
    }
    settle(&world, 50).await;
    run(&world, "SELECT fullhouse.create_rollup('own', 'SELECT showtime_id, max(sold) AS sold FROM occupancy GROUP BY showtime_id', '{showtime_id}')".to_owned()).await;
    let share = "SELECT backfill_share::float8 FROM rollup_status WHERE name = 'own'";
    let mut shares = Vec::new();
    loop {
        assert_eq!(
            world.count("fullhouse.own WHERE sold = 2").await,
            i64::from(SHOWTIMES)
        );
        shares.push(
            sqlx::query_scalar::<_, f64>(share)
                .fetch_one(&world.db)
                .await
                .unwrap(),
        );
        if refresh(&world.db, "own", 3).await.unwrap() == Some(0) {
            break;
        }
    }
    assert!(
        shares[0] < 0.5 && shares.is_sorted() && shares.last() == Some(&1.0),
        "{shares:?}"
    );
}

/// Two refreshers: the second leaves the rollup to the first.
#[tokio::test]
async fn a_rollup_that_another_refreshes_is_left_to_it() {
    let world = world().await;
    world.snapshot(1, 80 * HOUR, 6, &[0x10, 0x01, 0x00]).await;
    while mark_dirty_buckets(&world.db).await.unwrap() > 0 {}
    let mut other = world.db.begin().await.unwrap();
    assert_eq!(
        refresh(&mut *other, "showtime_sales", 10).await.unwrap(),
        Some(SHOWTIMES)
    );
    assert_eq!(
        refresh(&world.db, "showtime_sales", 10).await.unwrap(),
        None
    );
    assert!(
        refresh(&world.db, "cinema_sales_hour", 10)
            .await
            .unwrap()
            .is_some()
    );
    other.rollback().await.unwrap();
    assert_eq!(
        refresh(&world.db, "showtime_sales", 10).await.unwrap(),
        Some(SHOWTIMES)
    );
}

async fn held_until(world: &World) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT DISTINCT CASE WHEN read_until = '-infinity' THEN 'all'
            WHEN read_until < now() - interval '2 hours' THEN 'old' ELSE 'nothing' END
        FROM partition_reader WHERE reader = 'rollup showtime_sales'",
    )
    .fetch_all(&world.db)
    .await
    .unwrap()
}

/// Nothing is dropped that a rollup has not read, and one that fails does not hold it for ever.
#[tokio::test]
async fn a_rollup_holds_what_it_has_not_read() {
    let world = world().await;
    settle(&world, 50).await;
    record_progress(&world.db).await.unwrap();
    assert_eq!(held_until(&world).await, ["nothing"]);
    world.snapshot(1, 80 * HOUR, 6, &[0x10, 0x01, 0x00]).await;
    run(
        &world,
        "UPDATE dirty_showtime SET marked_at = now() - interval '1 day'".to_owned(),
    )
    .await;
    record_progress(&world.db).await.unwrap();
    assert_eq!(held_until(&world).await, ["old"]);
    mark_dirty_buckets(&world.db).await.unwrap();
    record_progress(&world.db).await.unwrap();
    assert_eq!(held_until(&world).await, ["old"], "it is not refreshed yet");

    set_aside(&world.db, "showtime_sales", "a column vanished")
        .await
        .unwrap();
    record_progress(&world.db).await.unwrap();
    assert_eq!(held_until(&world).await, ["old"]);
    run(
        &world,
        "UPDATE rollup SET failed_at = failed_at - interval '8 days' WHERE name = 'showtime_sales'"
            .to_owned(),
    )
    .await;
    record_progress(&world.db).await.unwrap();
    assert_eq!(held_until(&world).await, [""; 0]);
    let read = sqlx::raw_sql("SELECT * FROM fullhouse.film_day")
        .execute(&world.db)
        .await;
    assert!(
        read.unwrap_err().to_string().contains("set aside"),
        "nobody reads what is not kept up"
    );
    run(
        &world,
        "SELECT fullhouse.refresh_rollup('showtime_sales')".to_owned(),
    )
    .await;
    mark_dirty_buckets(&world.db).await.unwrap();
    assert_eq!(held_until(&world).await, ["all"], "it is filled again");
    settle(&world, 50).await;
    record_progress(&world.db).await.unwrap();
    assert_eq!(held_until(&world).await, ["nothing"]);
    assert_exact(&world, true, "after it was taken up again").await;
}

/// Invariant 12: a role that may make rollups makes them of what it may read, and drops none but
/// its own.
#[tokio::test]
async fn whoever_is_granted_rollups_makes_its_own_of_what_it_may_read() {
    let world = world().await;
    // Roles belong to the server, which the tests share.
    let role = format!("reader_{}", Uuid::new_v4().simple());
    run(
        &world,
        format!("CREATE ROLE {role}; SELECT fullhouse.grant_rollups('{role}')"),
    )
    .await;
    let asked = async |sql: String| {
        let mut transaction = world.db.begin().await.unwrap();
        let role = format!("SET LOCAL SESSION AUTHORIZATION {role}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(role))
            .execute(&mut *transaction)
            .await
            .unwrap();
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut *transaction)
            .await;
        match done {
            Ok(_) => {
                transaction.commit().await.unwrap();
                String::new()
            }
            Err(error) => error.to_string(),
        }
    };
    assert!(
        asked(OWN.to_owned())
            .await
            .contains("may not read showtime_standing")
    );
    run(
        &world,
        format!("GRANT SELECT ON showtime_standing TO {role}"),
    )
    .await;
    assert_eq!(asked(OWN.to_owned()).await, "");
    assert_eq!(
        asked("SELECT * FROM fullhouse.evening; SELECT * FROM fullhouse.film_week".to_owned())
            .await,
        ""
    );
    assert!(
        asked("SELECT * FROM rollup.evening".to_owned())
            .await
            .contains("permission denied")
    );
    assert!(
        asked("SELECT * FROM public.snapshot".to_owned())
            .await
            .contains("permission denied")
    );
    assert!(
        asked("SELECT fullhouse.drop_rollup('film_week')".to_owned())
            .await
            .contains("was made by")
    );
    assert_eq!(
        asked(
            "SELECT fullhouse.refresh_rollup('evening'); SELECT fullhouse.drop_rollup('evening')"
                .to_owned()
        )
        .await,
        ""
    );
    run(&world, format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

/// The names of a bucket reach the keys of what the query reads: no bucket costs the whole.
#[tokio::test]
async fn a_bucket_is_computed_by_key() {
    let world = world().await;
    // The role that computes reads the tables through the policies for partners.
    schema::access::prepare(&world.db).await.unwrap();
    for (name, by_key) in [
        ("showtime_sales", "showtime_id = dirty.showtime_id"),
        (
            "cinema_sales_hour",
            "(cinema_id = dirty.cinema_id) AND (business_on = dirty.business_on)",
        ),
        ("film_day", "film_id = dirty.film_id"),
        ("chain_day", "source_id = dirty.source_id"),
        ("sales_hour", "hour_at = dirty.hour_at"),
    ] {
        let statement: String = sqlx::query_scalar(
            "SELECT format('EXPLAIN SELECT * FROM jsonb_populate_recordset(NULL::rollup.%I, ''[{}]'') AS dirty
                CROSS JOIN LATERAL %s AS fresh',
                name || '_dirty', query_per_bucket(rollup, 'rollup.' || parent))
            FROM rollup WHERE name = $1",
        )
        .bind(name)
        .fetch_one(&world.db)
        .await
        .unwrap();
        let mut connection = world.db.acquire().await.unwrap();
        sqlx::raw_sql("SET enable_seqscan = off; SET ROLE rollup_runner")
            .execute(&mut *connection)
            .await
            .unwrap();
        let plan: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_all(&mut *connection)
            .await
            .unwrap();
        sqlx::raw_sql("RESET ROLE")
            .execute(&mut *connection)
            .await
            .unwrap();
        let plan = plan.join("\n");
        let reached = plan
            .lines()
            .any(|line| line.contains("Index Cond") && line.contains(by_key));
        assert!(reached, "{name}: {plan}");
    }
}
