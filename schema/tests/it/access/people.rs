//! Who asks in these tests, of what world, and what is expected of them.

use std::time::Duration;

use schema::{
    access::{Scope, grant_analyst, grant_partner, prepare, revoke},
    seal::Pass,
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, postgres::PgConnectOptions};

use crate::fixture::World;

/// Long enough for a machine that stalls.
pub(crate) const TIMEOUT: Duration = Duration::from_mins(2);

/// Two chains in two territories with three works, one of them at both, each showtime with seats and
/// prices.
pub(crate) async fn world() -> World {
    let world = World::new().await;
    run(
        &world.db,
        "INSERT INTO source (name, title) VALUES ('other', 'Other');
        INSERT INTO cinema (source_id, discovered_by, changed_by, latitude, longitude, territory, key, name, timezone)
        VALUES (1, 1, 1, 51.50, -0.12, 'GB', '1', 'Waterloo', 'Europe/London'),
            (1, 1, 1, 48.86, 2.34, 'FR', '2', 'Louvre', 'Europe/Paris'),
            (2, 1, 1, 51.51, -0.10, 'GB', '1', 'Blackfriars', 'Europe/London');
        INSERT INTO auditorium (cinema_id, discovered_by, key, name)
        SELECT cinema_id, 1, '1', 'One' FROM cinema;
        INSERT INTO film (source_id, discovered_by, key, title)
        VALUES (1, 1, '1', 'Monsoon Radio'), (1, 1, '2', 'Tin Harbour'),
            (2, 1, '1', 'MONSOON RADIO'), (2, 1, '2', 'Glass Orchard');
        INSERT INTO work (film_id, title) SELECT film_id, title FROM film ORDER BY film_id;
        UPDATE work SET merged_into = 1, title = 'Monsoon Radio' WHERE work_id = 3;
        INSERT INTO film_work (film_id, work_id, rule, score, reason)
        VALUES (1, 1, 'rules', 14, 'same title'), (2, 2, 'alone', NULL, 'none'),
            (3, 1, 'rules', 14, 'same title'), (4, 4, 'alone', NULL, 'none');
        INSERT INTO work_title (work_id, title, key)
        VALUES (1, 'Monsoon Radio', 'monsoonradio'), (2, 'Tin Harbour', 'tinharbour'), (4, 'Glass Orchard', 'glassorchard');
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, auditorium_id, business_on, key)
        SELECT cinema.cinema_id, 1, 1, now(), film.film_id, auditorium.auditorium_id, current_date, film.key
        FROM cinema
        INNER JOIN film ON film.source_id = cinema.source_id
        INNER JOIN auditorium ON auditorium.cinema_id = cinema.cinema_id;
        INSERT INTO film_title (film_id, title) SELECT film_id, title FROM film;
        INSERT INTO attribute (discovered_by, source_id, code) SELECT 1, source_id, '3D' FROM source;
        UPDATE showtime
        SET film_title_id = film_title.film_title_id, attribute_ids = ARRAY[attribute.attribute_id]
        FROM film INNER JOIN film_title USING (film_id) INNER JOIN attribute USING (source_id)
        WHERE film.film_id = showtime.film_id;
        INSERT INTO seat_code (source_id, code_index, discovered_by, status, code)
        SELECT source_id, 0, 1, 'sold'::seat_status, 'S' FROM source
        UNION ALL SELECT source_id, 1, 1, 'available', 'A' FROM source;
        INSERT INTO layout (source_id, discovered_by, content_hash, seat_count, x, y, seat_key, row_label, seat_number, area, kind, seat_group)
        SELECT source_id, 1, gen_random_uuid(), 2, '{1,2}', '{1,1}', '{a,b}', '{A,A}', '{1,2}', '{\"\",\"\"}', '{\"\",\"\"}', '{\"\",\"\"}'
        FROM source;
        INSERT INTO tariff (source_id, discovered_by, content_hash, currency, amount, amount_max, fee, tax_included, ticket, area)
        SELECT source_id, 1, gen_random_uuid(), 'EUR', '{12}', '{NULL}', '{NULL}', '{NULL}', '{adult}', '{\"\"}' FROM source;
        INSERT INTO snapshot (observed_at, job_id, showtime_id, layout_id, available, sold, held, blocked, broken, house, unknown, unmapped, seats)
        SELECT now() - age, 1, showtime_id, layout_id, available, 2 - available, 0, 0, 0, 0, 0, 0, seats
        FROM showtime INNER JOIN cinema USING (cinema_id) INNER JOIN layout USING (source_id)
        CROSS JOIN (VALUES (interval '1 minute', 1, '\\x01'::bytea), ('0', 0, '\\x00')) AS look (age, available, seats);
        INSERT INTO showtime_tariff (observed_at, job_id, showtime_id, tariff_id)
        SELECT now(), 1, showtime_id, tariff_id
        FROM showtime INNER JOIN cinema USING (cinema_id) INNER JOIN tariff USING (source_id);
        INSERT INTO showtime_latest (observed_at, job_id, showtime_id, layout_id, seat_count, sold, state_hash)
        SELECT observed_at, 1, showtime_id, layout_id, 2, 2, gen_random_uuid() FROM snapshot WHERE sold = 2;
        INSERT INTO showtime_change (job_id, showtime_id, event, before, after)
        SELECT 1, showtime_id, 'layout', '1', '2' FROM showtime;
        INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, pod_id, definition_id, step_id, outcome, attempt)
        SELECT n, 1, now(), now(), now(), 1, 1, 1, 'succeeded', 1 FROM generate_series(1, 50) AS n;
        INSERT INTO observation (value, at, observed_at, job_id, source_id, subject, metric)
        VALUES (1, now(), now(), 1, 1, 'a', 'views');
        DO $$ BEGIN
            WHILE EXISTS (SELECT FROM materialised_mark WHERE table_name <> '') LOOP
                PERFORM materialise_batch(name) FROM materialised_table;
            END LOOP;
        END $$;
        REFRESH MATERIALIZED VIEW film_run",
    )
    .await;
    // One of each chain is sealed.
    let mut sealing = Pass::of(vec![2, 5]);
    while sealing.batch(&world.db).await.unwrap() {}
    assert_eq!(sealing.done().showtimes, 2);
    prepare(&world.db).await.unwrap();
    world
}

pub(crate) async fn run(db: &PgPool, statements: &'static str) {
    sqlx::raw_sql(statements).execute(db).await.unwrap();
}

/// A name that no other test on this server has.
pub(crate) fn role(db: &PgPool, kind: &str) -> String {
    format!("{kind}_{}", db.connect_options().get_database().unwrap())
}

/// Logs in; nothing but the name is brought along.
pub(crate) async fn login(db: &PgPool, role: &str) -> PgConnection {
    let password = "known to this test";
    sqlx::query(AssertSqlSafe(format!(
        "ALTER ROLE {role} PASSWORD '{password}'"
    )))
    .execute(db)
    .await
    .unwrap();
    let known = db.connect_options();
    let options = PgConnectOptions::new_without_pgpass()
        .host(known.get_host())
        .port(known.get_port())
        .database(known.get_database().unwrap())
        .username(role)
        .password(password);
    PgConnection::connect_with(&options).await.unwrap()
}

pub(crate) async fn analyst(db: &PgPool) -> (String, PgConnection) {
    let name = role(db, "analyst");
    assert!(
        grant_analyst(db, &name, TIMEOUT).await.unwrap(),
        "it is new"
    );
    let login = login(db, &name).await;
    (name, login)
}

pub(crate) async fn partner(db: &PgPool, kind: &str, scope: Scope) -> (String, PgConnection) {
    let name = role(db, kind);
    grant_partner(db, &name, &scope, TIMEOUT).await.unwrap();
    let login = login(db, &name).await;
    (name, login)
}

/// Roles outlive the database of a test.
pub(crate) async fn forget(db: &PgPool, roles: &[String]) {
    for name in roles {
        revoke(db, name).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("DROP ROLE {name}")))
            .execute(db)
            .await
            .unwrap();
    }
}

/// The views for an audience, as `schema.view`.
pub(crate) async fn views(db: &PgPool, audiences: &[&str]) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT schema_name || '.' || view_name FROM view_audience WHERE audience = ANY ($1) ORDER BY 1",
    )
    .bind(audiences)
    .fetch_all(db)
    .await
    .unwrap()
}

/// One column of all rows of a view.
pub(crate) async fn column(asked: &mut PgConnection, view: &str, column: &str) -> Vec<String> {
    let statement = format!("SELECT {column}::text FROM {view} ORDER BY 1");
    let found = sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_all(asked)
        .await;
    found.unwrap_or_else(|error| {
        panic!(
            "a partner cannot read {view}: {error}. A function that a view calls and that reads \
             tables by name has to run as its owner, in the migration that makes it: \
             ALTER FUNCTION … SECURITY DEFINER SET search_path = public, pg_temp"
        )
    })
}

pub(crate) async fn column_names(db: &PgPool, view: &str) -> Vec<String> {
    sqlx::query_scalar("SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum")
        .bind(view)
        .fetch_all(db)
        .await
        .unwrap()
}

/// Shows that through every view for partners, `asked` sees all rows of these showtimes
/// and cinemas, and no others.
pub(crate) async fn assert_sees(
    db: &PgPool,
    asked: &mut PgConnection,
    showtimes: &[i32],
    cinemas: &[i32],
) {
    let mut owner = db.acquire().await.unwrap();
    for view in views(db, &["partners"]).await {
        let names = column_names(db, &view).await;
        let by_showtime = names.iter().any(|name| name == "showtime_id");
        let (key, own) = if by_showtime {
            ("showtime_id", showtimes)
        } else if names.iter().any(|name| name == "cinema_id") {
            ("cinema_id", cinemas)
        } else {
            panic!("{view} has neither showtime_id nor cinema_id: say here whose its rows are");
        };
        let own: Vec<String> = own.iter().map(ToString::to_string).collect();
        let mut expected = column(&mut owner, &view, key).await;
        expected.retain(|id| own.contains(id));
        assert!(!expected.is_empty(), "the test has no rows in {view}");
        assert_eq!(column(asked, &view, key).await, expected, "{view}");
    }
}

pub(crate) async fn refused(asked: &mut PgConnection, statement: &str) {
    let answer = sqlx::query(AssertSqlSafe(statement.to_owned()))
        .fetch_all(asked)
        .await;
    let error = answer.expect_err(statement);
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    // No such right, or a transaction that may not write.
    assert!(
        matches!(code.as_deref(), Some("42501" | "25006")),
        "{statement}: {error}"
    );
}
