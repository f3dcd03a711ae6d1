//! Who may see what, with real logins.

mod catalogue;
mod definer;
mod runners;
mod fleet;
pub(crate) mod people;
mod scope;
mod statements;

use schema::access::{Scope, grant_analyst, grant_partner, granted, prepare, revoke};
use sqlx::{AssertSqlSafe, Row as _};

use crate::fixture::World;
use people::{
    TIMEOUT, analyst, assert_sees, column, column_names, forget, partner, refused, run, views,
    world,
};

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
        work_id: Some(1),
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
        work_id: Some(1),
    };
    let (narrow, mut asked) = partner(db, "narrow", by_all).await;
    let own = showtimes(&|cinema, film| cinema == 1 && film == "monsoon radio");
    assert_eq!(own.len(), 1);
    assert_sees(db, &mut asked, &own, &[1]).await;
    // The nearest cinema of another chain is not shown.
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

/// A tool for analysts counts, takes the first rows and lists the values of each column of every
/// view that it finds. It finds no view with a row per seat.
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
        refused(&mut asked, "SELECT public.partner_scopes('postgres')").await;
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
        work_id: Some(2),
        source: None,
    };
    let (name, mut asked) = partner(db, "listed", scope).await;
    let all = granted(db).await.unwrap();
    let listed = all
        .iter()
        .find(|granted| granted.role_name == name)
        .unwrap();
    assert_eq!(listed.kind, "partner");
    assert_eq!(
        listed.sees,
        ["territory GB work 2 \"Tin Harbour\" (1 film)"]
    );
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
