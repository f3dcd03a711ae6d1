//! Who may see what, with real logins.

use std::time::Duration;

use schema::{
    access::{Scope, grant_analyst, grant_partner, granted, prepare, revoke},
    seal::Pass,
};
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, PgPool, Row as _, postgres::PgConnectOptions,
};

use crate::fixture::World;

/// Long enough for a machine that stalls.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Two chains in two territories with three films, each showtime with seats and prices.
async fn world() -> World {
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
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, auditorium_id, business_on, key)
        SELECT cinema.cinema_id, 1, 1, now(), film.film_id, auditorium.auditorium_id, current_date, film.key
        FROM cinema
        INNER JOIN film ON film.source_id = cinema.source_id
        INNER JOIN auditorium ON auditorium.cinema_id = cinema.cinema_id;
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

async fn run(db: &PgPool, statements: &'static str) {
    sqlx::raw_sql(statements).execute(db).await.unwrap();
}

/// A name that no other test on this server has.
fn role(db: &PgPool, kind: &str) -> String {
    format!("{kind}_{}", db.connect_options().get_database().unwrap())
}

/// Logs in; nothing but the name is brought along.
async fn login(db: &PgPool, role: &str) -> PgConnection {
    let known = db.connect_options();
    let options = PgConnectOptions::new_without_pgpass()
        .host(known.get_host())
        .port(known.get_port())
        .database(known.get_database().unwrap())
        .username(role);
    PgConnection::connect_with(&options).await.unwrap()
}

async fn analyst(db: &PgPool) -> (String, PgConnection) {
    let name = role(db, "analyst");
    assert!(
        grant_analyst(db, &name, TIMEOUT).await.unwrap(),
        "it is new"
    );
    let login = login(db, &name).await;
    (name, login)
}

async fn partner(db: &PgPool, kind: &str, scope: Scope) -> (String, PgConnection) {
    let name = role(db, kind);
    grant_partner(db, &name, &scope, TIMEOUT).await.unwrap();
    let login = login(db, &name).await;
    (name, login)
}

/// Roles outlive the database of a test.
async fn forget(db: &PgPool, roles: &[String]) {
    for name in roles {
        revoke(db, name).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("DROP ROLE {name}")))
            .execute(db)
            .await
            .unwrap();
    }
}

/// The views for an audience, as `schema.view`.
async fn views(db: &PgPool, audiences: &[&str]) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT schema_name || '.' || view_name FROM view_audience WHERE audience = ANY ($1) ORDER BY 1",
    )
    .bind(audiences)
    .fetch_all(db)
    .await
    .unwrap()
}

/// One column of all rows of a view.
async fn column(asked: &mut PgConnection, view: &str, column: &str) -> Vec<String> {
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

async fn column_names(db: &PgPool, view: &str) -> Vec<String> {
    sqlx::query_scalar("SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum")
        .bind(view)
        .fetch_all(db)
        .await
        .unwrap()
}

/// Shows that through every view for partners, `asked` sees all rows of these showtimes
/// and cinemas, and no others.
async fn assert_sees(db: &PgPool, asked: &mut PgConnection, showtimes: &[i32], cinemas: &[i32]) {
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

async fn refused(asked: &mut PgConnection, statement: &str) {
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

#[tokio::test]
async fn a_partner_sees_its_rows_and_no_others_through_every_view() {
    let world = world().await;
    let db = &world.db;
    // Showtimes 1 to 4 are of the chain (1 and 2 in one cinema, 3 and 4 in the other), by
    // film; 5 and 6 of the other chain.
    let known: Vec<(i32, i32, String)> = sqlx::query_as(
        "SELECT showtime_id, cinema_id, lower(title) FROM showtime INNER JOIN film USING (film_id) ORDER BY 1",
    )
    .fetch_all(db)
    .await
    .unwrap();
    let showtimes = |fits: &dyn Fn(i32, &str) -> bool| -> Vec<i32> {
        let fitting = known.iter().filter(|(_, cinema, film)| fits(*cinema, film));
        fitting.map(|(showtime, ..)| *showtime).collect()
    };
    let named = |text: &str| Some(text.to_owned());

    let by_source = Scope {
        source: named("chain"),
        ..Scope::default()
    };
    let (chain, mut asked) = partner(db, "chain", by_source).await;
    assert_sees(db, &mut asked, &showtimes(&|cinema, _| cinema < 3), &[1, 2]).await;

    let by_territory = Scope {
        territory: named("gb"),
        ..Scope::default()
    };
    let (country, mut asked) = partner(db, "country", by_territory).await;
    assert_sees(
        db,
        &mut asked,
        &showtimes(&|cinema, _| cinema != 2),
        &[1, 3],
    )
    .await;

    let by_film = Scope {
        film: named("Monsoon Radio"),
        ..Scope::default()
    };
    let (film, mut asked) = partner(db, "film", by_film).await;
    assert_sees(
        db,
        &mut asked,
        &showtimes(&|_, film| film == "monsoon radio"),
        &[1, 2, 3],
    )
    .await;

    let by_all = Scope {
        source: named("chain"),
        territory: named("GB"),
        film: named("monsoon radio"),
    };
    let (narrow, mut asked) = partner(db, "narrow", by_all).await;
    let own = showtimes(&|cinema, film| cinema == 1 && film == "monsoon radio");
    assert_eq!(own.len(), 1);
    assert_sees(db, &mut asked, &own, &[1]).await;
    // What is the nearest cinema of another chain is not told.
    let nearest = column(
        &mut asked,
        "cinema_profile",
        "coalesce(nearest_cinema, 'not told')",
    )
    .await;
    assert_eq!(nearest, ["not told"]);

    // A second scope adds to the first.
    let also = Scope {
        source: named("other"),
        ..Scope::default()
    };
    grant_partner(db, &narrow, &also, TIMEOUT).await.unwrap();
    let own: Vec<i32> = own
        .into_iter()
        .chain(showtimes(&|cinema, _| cinema == 3))
        .collect();
    assert_sees(db, &mut asked, &own, &[1, 3]).await;
    forget(db, &[chain, country, film, narrow]).await;
}

#[tokio::test]
async fn a_partner_without_a_scope_sees_nothing() {
    let world = world().await;
    let db = &world.db;
    let scope = Scope {
        source: Some("chain".to_owned()),
        ..Scope::default()
    };
    let (name, mut asked) = partner(db, "former", scope).await;
    let looks = "seat_snapshots_between('-infinity', 'infinity')";
    assert_eq!(column(&mut asked, looks, "showtime_id").await.len(), 8);
    run(db, "DELETE FROM partner_scope").await;
    for view in views(db, &["partners"]).await {
        assert_eq!(column(&mut asked, &view, "1").await, [""; 0], "{view}");
    }
    assert_eq!(column(&mut asked, looks, "1").await, [""; 0]);
    forget(db, &[name]).await;
}

/// A tool for analysts counts, takes the first rows and lists the values of each column of
/// whatever it finds. It finds no row per seat.
#[tokio::test]
async fn an_analyst_reads_every_view_through() {
    let world = world().await;
    let db = &world.db;
    let (name, mut asked) = analyst(db).await;
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables
        WHERE table_schema = 'analytics' AND has_table_privilege(format('%I.%I', table_schema, table_name), 'SELECT')
        ORDER BY 1",
    )
    .fetch_all(&mut asked)
    .await
    .unwrap();
    let mut meant = views(db, &["analysts", "partners"]).await;
    meant.retain(|view| view.starts_with("analytics."));
    assert_eq!(found, meant);
    for view in found {
        let count = format!("SELECT count(*) FROM {view}");
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(count))
            .fetch_one(&mut asked)
            .await
            .unwrap();
        let first = format!("SELECT * FROM {view} LIMIT 10000");
        let first = sqlx::query(AssertSqlSafe(first))
            .fetch_all(&mut asked)
            .await
            .unwrap();
        assert_eq!(i64::try_from(first.len()).unwrap(), rows, "{view}");
        for column in column_names(db, &view).await {
            let values = format!("SELECT DISTINCT {column} FROM {view} LIMIT 1000");
            sqlx::query(AssertSqlSafe(values))
                .fetch_all(&mut asked)
                .await
                .unwrap();
        }
    }
    let seats: i64 = sqlx::query_scalar("SELECT count(*) FROM seat_record WHERE showtime_id = 1")
        .fetch_one(&mut asked)
        .await
        .unwrap();
    assert_eq!(seats, 4, "a row per seat is there for who names a showtime");
    let looks: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM seat_snapshots_between(now() - interval '1 hour', now() + interval '1 hour')",
    )
    .fetch_one(&mut asked)
    .await
    .unwrap();
    assert_eq!(looks, 12, "live and sealed");
    let buckets: i64 = sqlx::query_scalar(
        "SELECT fullhouse.create_rollup('own', 'SELECT film_id, sum(sold) AS sold FROM showtime_standing GROUP BY film_id', '{film_id}')",
    )
    .fetch_one(&mut asked)
    .await
    .unwrap();
    assert_eq!(buckets, 4);
    let sold: i64 = sqlx::query_scalar("SELECT sum(sold)::bigint FROM own")
        .fetch_one(&mut asked)
        .await
        .unwrap();
    assert_eq!(sold, 12);
    sqlx::query("SELECT fullhouse.drop_rollup('own')")
        .execute(&mut asked)
        .await
        .unwrap();
    let timeout: String = sqlx::query_scalar("SHOW statement_timeout")
        .fetch_one(&mut asked)
        .await
        .unwrap();
    assert_eq!(timeout, "2min");
    forget(db, &[name]).await;
}

#[tokio::test]
async fn tables_partitions_and_functions_are_refused() {
    let world = world().await;
    let db = &world.db;
    let scope = Scope {
        source: Some("chain".to_owned()),
        ..Scope::default()
    };
    let (partner, as_partner) = partner(db, "partner", scope).await;
    let (analyst, as_analyst) = analyst(db).await;
    let relations: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')",
    )
    .fetch_all(db)
    .await
    .unwrap();
    for mut asked in [as_partner, as_analyst] {
        for relation in &relations {
            refused(
                &mut asked,
                &format!("SELECT 1 FROM public.{relation} LIMIT 1"),
            )
            .await;
        }
        refused(&mut asked, "SELECT public.scopes_of('postgres')").await;
        refused(&mut asked, "SELECT public.apply_access()").await;
        refused(&mut asked, "CREATE TABLE analytics.note (words text)").await;
        refused(&mut asked, "DELETE FROM public.showtime").await;
        // Also if a later transaction says that it may write.
        sqlx::query("SET default_transaction_read_only = off")
            .execute(&mut asked)
            .await
            .unwrap();
        refused(&mut asked, "DELETE FROM public.showtime").await;
        refused(&mut asked, "CREATE TABLE analytics.note (words text)").await;
    }
    forget(db, &[partner, analyst]).await;
}

#[tokio::test]
async fn every_view_says_who_may_read_it() {
    let world = World::new().await;
    let unsaid: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
            AND NOT EXISTS (SELECT FROM view_audience WHERE view_name = relname)",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(
        unsaid, [""; 0],
        "say who may read these views, in the migration that makes them: INSERT INTO \
         view_audience (view_name, audience) VALUES ('…', 'operators' | 'analysts' | 'partners'), \
         with schema_name 'analytics_detail' where they have a row per seat"
    );
}

#[tokio::test]
async fn every_view_runs_with_the_rights_of_who_asks() {
    let world = World::new().await;
    let statement = "SELECT oid::regclass::text FROM pg_class
        WHERE relkind = 'v' AND relnamespace::regnamespace::text IN ('public', 'analytics', 'analytics_detail')
            AND NOT coalesce(reloptions::text[] && '{security_invoker=true}', false)";
    for _ in 0..2 {
        let loose: Vec<String> = sqlx::query_scalar(statement)
            .fetch_all(&world.db)
            .await
            .unwrap();
        assert_eq!(
            loose, [""; 0],
            "CREATE VIEW … WITH (security_invoker = true): a view without it shows every partner everything"
        );
        prepare(&world.db).await.unwrap();
    }
}

/// Walks the catalogue of the database.
#[tokio::test]
async fn what_a_partner_can_reach_is_covered() {
    let world = world().await;
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT class.oid::regclass::text
        FROM pg_class AS class
        INNER JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
        WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND namespace.nspname NOT IN ('pg_catalog', 'information_schema')
            AND has_any_column_privilege('fullhouse_partner', class.oid, 'SELECT')
            AND NOT CASE
                WHEN class.relkind = 'v' THEN coalesce(class.reloptions::text[] && '{security_invoker=true}', false)
                ELSE class.relrowsecurity AND NOT class.relispartition AND EXISTS (
                    SELECT FROM pg_policy
                    WHERE polrelid = class.oid AND NOT polpermissive
                        AND polroles = ARRAY['fullhouse_partner'::regrole::oid])
            END",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(
        open, [""; 0],
        "a partner would see all rows of these: INSERT INTO row_scope (table_name, by_column) \
         VALUES ('…', 'showtime_id' | 'cinema_id' | 'film_id' | 'source_id')"
    );
    let covered: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM row_scope
        WHERE has_any_column_privilege('fullhouse_partner', quote_ident(table_name), 'SELECT')",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert!(covered >= 10, "the walk sees what there is");
    let more: Vec<String> = sqlx::query_scalar(
        "SELECT grantee || ' may ' || privilege_type || ' ' || table_name
        FROM information_schema.role_table_grants
        WHERE grantee IN ('fullhouse_analyst', 'fullhouse_partner')
            AND (privilege_type <> 'SELECT' OR table_schema = 'public')",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(
        more, [""; 0],
        "of tables they may read single columns, and nothing else"
    );
    let secrets: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (VALUES ('definition', 'body'), ('quarantine', 'body'), ('task', 'params'))
            AS secret (relation, part)
        CROSS JOIN (VALUES ('fullhouse_analyst'), ('fullhouse_partner')) AS reader (name)
        WHERE has_column_privilege(reader.name, relation, part, 'SELECT')",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert_eq!(secrets, 0);
}

#[tokio::test]
async fn a_view_of_a_table_that_is_nobodys_is_refused_to_partners() {
    let world = world().await;
    let db = &world.db;
    run(
        db,
        "CREATE TABLE note (showtime_id integer, words text);
        CREATE VIEW showtime_note WITH (security_invoker = true) AS SELECT showtime_id, words FROM note;
        INSERT INTO view_audience (view_name, audience) VALUES ('showtime_note', 'partners')",
    )
    .await;
    let refusal = prepare(db).await.unwrap_err().to_string();
    assert!(refusal.contains("note"), "{refusal}");
    run(
        db,
        "INSERT INTO row_scope (table_name, by_column) VALUES ('note', 'showtime_id')",
    )
    .await;
    prepare(db).await.unwrap();
    run(db, "INSERT INTO note SELECT showtime_id, 'x' FROM showtime").await;
    let scope = Scope {
        territory: Some("FR".to_owned()),
        ..Scope::default()
    };
    let (name, mut asked) = partner(db, "note", scope).await;
    assert_eq!(column(&mut asked, "showtime_note", "1").await.len(), 2);

    // Nobody may read it any more.
    run(
        db,
        "UPDATE view_audience SET audience = 'operators' WHERE view_name = 'showtime_note'",
    )
    .await;
    prepare(db).await.unwrap();
    let left: bool =
        sqlx::query_scalar("SELECT to_regclass('analytics.showtime_note') IS NOT NULL")
            .fetch_one(&mut asked)
            .await
            .unwrap();
    assert!(!left);
    forget(db, &[name]).await;
}

/// The fleet's own statements are planned as if there were no policies.
#[tokio::test]
async fn policies_do_not_touch_the_plans_of_others() {
    let world = world().await;
    let mut owner = world.db.begin().await.unwrap();
    sqlx::raw_sql(
        "CREATE ROLE fullhouse_test_agent; GRANT USAGE ON SCHEMA public TO fullhouse_test_agent;
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO fullhouse_test_agent",
    )
    .execute(&mut *owner)
    .await
    .unwrap();
    for role in ["postgres", "fullhouse_test_agent"] {
        sqlx::query(AssertSqlSafe(format!("SET LOCAL ROLE {role}")))
            .execute(&mut *owner)
            .await
            .unwrap();
        let plan = sqlx::query("EXPLAIN SELECT sold FROM snapshot WHERE showtime_id = 1")
            .fetch_all(&mut *owner)
            .await
            .unwrap();
        let lines: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        assert!(
            !lines.iter().any(|line| line.contains("Plan ")),
            "{role}: {lines:#?}"
        );
    }
    // Never committed: the role is of the whole server.
    owner.rollback().await.unwrap();
}

#[tokio::test]
async fn access_may_be_prepared_by_several_at_once() {
    let (one, other) = tokio::join!(World::new(), World::new());
    let (first, second, elsewhere) =
        tokio::join!(prepare(&one.db), prepare(&one.db), prepare(&other.db));
    first.unwrap();
    second.unwrap();
    elsewhere.unwrap();
}

/// A role that has rights on tables of the fleet keeps the schema; others lose it.
#[tokio::test]
async fn roles_of_the_fleet_keep_the_schema() {
    let world = World::new().await;
    let mut owner = world.db.begin().await.unwrap();
    sqlx::raw_sql("CREATE ROLE fullhouse_test_pod; GRANT SELECT ON pod TO fullhouse_test_pod; CREATE ROLE fullhouse_test_guest")
        .execute(&mut *owner)
        .await
        .unwrap();
    prepare(&mut *owner).await.unwrap();
    let may: (bool, bool) = sqlx::query_as(
        "SELECT has_schema_privilege('fullhouse_test_pod', 'public', 'USAGE'),
            has_schema_privilege('fullhouse_test_guest', 'public', 'USAGE')",
    )
    .fetch_one(&mut *owner)
    .await
    .unwrap();
    assert_eq!(may, (true, false));
    owner.rollback().await.unwrap();
}

#[tokio::test]
async fn grants_are_listed_and_revoked() {
    let world = world().await;
    let db = &world.db;
    let scope = Scope {
        territory: Some("GB".to_owned()),
        film: Some("Tin Harbour".to_owned()),
        source: None,
    };
    let (name, mut asked) = partner(db, "listed", scope).await;
    let all = granted(db).await.unwrap();
    let listed = all
        .iter()
        .find(|granted| granted.role_name == name)
        .unwrap();
    assert_eq!(listed.kind, "partner");
    assert_eq!(listed.sees, ["territory GB film \"tin harbour\""]);
    assert_eq!(listed.statement_timeout.as_deref(), Some("120000"));
    revoke(db, &name).await.unwrap();
    refused(&mut asked, "SELECT 1 FROM analytics.cinema_profile").await;
    assert_eq!(world.count("partner_scope").await, 0);
    forget(db, &[name]).await;
    let superuser = grant_analyst(db, "postgres", TIMEOUT).await.unwrap_err();
    assert!(
        superuser.to_string().contains("sees everything"),
        "{superuser}"
    );
}
