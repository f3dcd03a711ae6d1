//! Partners: counts of their own clients and places, in which small groups are hidden.

mod story;

use schema::{
    access::{grant_partner, grant_partner_events, granted, revoke},
    connect::is_refused_with,
};
use sqlx::{AssertSqlSafe, PgPool};

use super::sealing::{move_to, partition_of, seal_all};
use crate::access::people::{TIMEOUT, forget, refused};
use story::{Cell, EventCell, RetentionCell, Story, area, cell, four_groups};

/// Invariant 12: a partner sees its own clients and places through every function, and no others.
#[tokio::test]
async fn a_partner_sees_counts_of_its_clients_and_places_only() {
    let story = four_groups().await;
    let db = &story.events.db;
    let (region, mut asked) = story
        .partner("region", &[area("app", Some("fr"), Some("Bretagne"))])
        .await;
    assert_eq!(
        story.active(&mut asked, "app", 0, 1).await,
        [cell("FR", Some("Bretagne"), Some(10))]
    );
    assert_eq!(story.active(&mut asked, "rival", 0, 1).await, []);
    assert_eq!(story.active(&mut asked, "none", 0, 1).await, []);
    let (country, mut asked) = story
        .partner("country", &[area("app", Some("FR"), None)])
        .await;
    assert_eq!(
        story.active(&mut asked, "app", 0, 7).await,
        [cell("FR", None, Some(15))]
    );
    let (rival, mut asked) = story.partner("rival", &[area("rival", None, None)]).await;
    for function in [
        "partner_active_users('app', $1, $1, 1)",
        "partner_events('app', $1, $1)",
        "partner_retention('app', $1, $1, 'day')",
        "partner_funnel('app', '{film opened}', $1, $1, '1 day')",
    ] {
        let count = |client: &str| {
            AssertSqlSafe(format!(
                "SELECT count(*) FROM {}",
                function.replace("app", client)
            ))
        };
        let day = story.day(0);
        let of_other: i64 = sqlx::query_scalar(count("app"))
            .bind(day)
            .fetch_one(&mut asked)
            .await
            .unwrap();
        let own: i64 = sqlx::query_scalar(count("rival"))
            .bind(day)
            .fetch_one(&mut asked)
            .await
            .unwrap();
        assert_eq!(of_other, 0, "{function}");
        assert!(own > 0, "{function}");
    }
    let areas: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT client, country FROM partner_event_areas()")
            .fetch_all(&mut asked)
            .await
            .unwrap();
    assert_eq!(areas, [("rival".to_owned(), None)]);
    revoke(db, &rival).await.unwrap();
    refused(&mut asked, "SELECT * FROM analytics.partner_event_areas()").await;
    forget(db, &[region, country, rival]).await;
}

#[tokio::test]
async fn cells_of_fewer_than_five_users_are_hidden_and_said_to_be() {
    let mut story = four_groups().await;
    // One of three buys twenty tickets: many events, few users.
    for _ in 0..20 {
        story
            .act("app", ("BE", None), (18, 18), 0, "ticket bought")
            .await;
    }
    story
        .act("app", ("FR", None), (1, 6), 0, "ticket bought")
        .await;
    let areas = [area("app", Some("BE"), None), area("app", Some("FR"), None)];
    let (name, mut asked) = story.partner("two", &areas).await;
    assert_eq!(
        story.active(&mut asked, "app", 0, 28).await,
        [cell("BE", None, None), cell("FR", None, Some(15))]
    );
    let events: Vec<EventCell> = sqlx::query_as(
        "SELECT country, event, events, users, is_hidden FROM partner_events('app', $1, $1)",
    )
    .bind(story.day(0))
    .fetch_all(&mut asked)
    .await
    .unwrap();
    let row = |country: &str, event: &str, events, users: Option<i64>| {
        (
            Some(country.to_owned()),
            event.to_owned(),
            events,
            users,
            users.is_none(),
        )
    };
    assert_eq!(
        events,
        [
            row("BE", "film opened", None, None),
            row("BE", "ticket bought", None, None),
            row("FR", "film opened", Some(17), Some(15)),
            row("FR", "ticket bought", Some(6), Some(5)),
        ]
    );
    let steps: Vec<Cell> = sqlx::query_as(
        "SELECT country, event, users, is_hidden
        FROM partner_funnel('app', '{film opened,ticket bought}', $1, $1, '1 day')",
    )
    .bind(story.day(0))
    .fetch_all(&mut asked)
    .await
    .unwrap();
    assert_eq!(
        steps,
        [
            cell("BE", Some("film opened"), None),
            cell("BE", Some("ticket bought"), None),
            cell("FR", Some("film opened"), Some(15)),
            cell("FR", Some("ticket bought"), Some(5)),
        ]
    );
    forget(&story.events.db, &[name]).await;
}

#[tokio::test]
async fn partners_see_sealed_events_as_live_ones() {
    let mut story = four_groups().await;
    story
        .act("app", ("FR", None), (1, 6), 1, "ticket bought")
        .await;
    let (name, mut asked) = story
        .partner("sealed", &[area("app", Some("FR"), None)])
        .await;
    let mut shown: Vec<Vec<EventCell>> = Vec::new();
    for is_sealed in [false, true] {
        if is_sealed {
            let from = partition_of(&story.events, 5).await;
            move_to(&story.events, from).await;
            assert!(seal_all(&story.events).await > 20);
        }
        let cells = sqlx::query_as(
            "SELECT country, event, events, users, is_hidden FROM partner_events('app', $1, $2)",
        )
        .bind(story.day(0))
        .bind(story.day(1))
        .fetch_all(&mut asked)
        .await
        .unwrap();
        shown.push(cells);
    }
    assert_eq!(
        story.events.count("SELECT count(*) FROM event").await,
        0,
        "all are sealed"
    );
    assert_eq!(shown[0].len(), 2);
    assert_eq!(shown[1], shown[0]);
    forget(&story.events.db, &[name]).await;
}

/// A whole beside its parts, overlapping days and steps: no difference is a number from one to four.
#[tokio::test]
async fn differences_of_cells_show_no_small_group() {
    let mut story = four_groups().await;
    let bretagne = ("FR", Some("Bretagne"));
    let db = story.events.db.clone();
    let (name, mut asked) = story
        .partner("parts", &[area("app", Some("FR"), None)])
        .await;
    // Neither a part of what it sees nor the whole can be granted beside it.
    for overlapping in [
        area("app", None, None),
        area("app", Some("FR"), Some("Alsace")),
    ] {
        let refusal = grant_partner_events(&db, &name, &overlapping, TIMEOUT)
            .await
            .unwrap_err();
        assert!(refusal.to_string().contains("overlaps"), "{refusal}");
    }
    grant_partner_events(&db, &name, &area("app", Some("FR"), None), TIMEOUT)
        .await
        .unwrap();
    // Nine come back the day after, with one that is new; one opens no seats.
    story.act("app", bretagne, (1, 9), 1, "film opened").await;
    story.act("app", bretagne, (30, 30), 1, "film opened").await;
    story.act("app", bretagne, (1, 9), 1, "seats opened").await;
    let mut shown: Vec<i64> = Vec::new();
    for days in [1, 7, 28] {
        for after in 0..4 {
            let cells = story.active(&mut asked, "app", after, days).await;
            shown.extend(cells.iter().filter_map(|cell| cell.2));
        }
    }
    let retained: Vec<RetentionCell> = sqlx::query_as(
        "SELECT cohort_on, after, cohort_users, users, is_hidden
        FROM partner_retention('app', $1, $2, 'day') WHERE after <= 2",
    )
    .bind(story.day(0))
    .bind(story.day(1))
    .fetch_all(&mut asked)
    .await
    .unwrap();
    let row = |day, after, of: Option<i64>, users: Option<i64>| {
        (story.day(day), after, of, users, users.is_none())
    };
    assert_eq!(
        retained,
        [
            row(0, 0, Some(15), Some(15)),
            row(0, 1, Some(15), Some(5)),
            row(0, 2, Some(15), None),
            row(1, 0, None, None),
            row(1, 1, None, None),
            row(1, 2, None, None),
        ]
    );
    let steps: Vec<i64> = sqlx::query_scalar(
        "SELECT users FROM partner_funnel('app', '{film opened,seats opened}', $1, $1, '1 hour')",
    )
    .bind(story.day(1))
    .fetch_all(&mut asked)
    .await
    .unwrap();
    assert_eq!(steps, [10, 5], "of ten, nine went on");
    shown.extend(steps);
    assert!(shown.len() > 10);
    assert!(shown.iter().all(|users| users % 5 == 0), "{shown:?}");

    // What is not over is open, not hidden.
    let open: Vec<bool> = sqlx::query_scalar(
        "SELECT is_hidden FROM partner_retention('app', $1, $1, 'week') WHERE users IS NULL ORDER BY after DESC LIMIT 1",
    )
    .bind(story.day(0))
    .fetch_all(&mut asked)
    .await
    .unwrap();
    assert_eq!(open, [false]);
    // Only whole days and times of a closed list, so nobody looks for the second at which a number rises.
    for statement in [
        "SELECT * FROM partner_funnel('app', '{film opened}', '2026-01-01', '2026-01-01', '61 minutes')",
        "SELECT * FROM partner_funnel('app', '{}', '2026-01-01', '2026-01-01', '1 day')",
        "SELECT * FROM partner_funnel('app', '{film opened}', '2026-01-01', '2026-03-01', '1 day')",
        "SELECT * FROM partner_active_users('app', '2026-01-01', '2026-01-01', 3)",
        "SELECT * FROM partner_active_users('app', '2026-01-02', '2026-01-01', 1)",
        "SELECT * FROM partner_events('app', '2026-01-01', NULL)",
        "SELECT * FROM partner_retention('app', '2026-01-01', '2026-01-01', 'hour')",
    ] {
        let error = sqlx::query(statement)
            .fetch_all(&mut asked)
            .await
            .unwrap_err();
        assert!(is_refused_with(&error, "22023"), "{statement}: {error}");
    }
    forget(&db, &[name]).await;
}

/// Invariant 12: neither tables nor views with users, nor the functions of others, nor a plan.
#[tokio::test]
async fn queries_of_a_partners_own_making_reach_no_user_and_no_event() {
    let story = four_groups().await;
    let db = &story.events.db;
    let (rival, _) = story.partner("rival", &[area("rival", None, None)]).await;
    let (name, mut asked) = story
        .partner("curious", &[area("app", Some("FR"), None)])
        .await;
    sqlx::query("SET default_transaction_read_only = off")
        .execute(&mut asked)
        .await
        .unwrap();
    for statement in [
        "SELECT user_id FROM public.user_day",
        "SELECT external_id FROM public.event_user",
        "SELECT properties FROM public.event",
        "SELECT body FROM public.event_reject",
        "SELECT user_id FROM analytics.event_user_day",
        "SELECT user_id FROM analytics_detail.event_record",
        "SELECT events FROM analytics.event_hour",
        "SELECT * FROM analytics.active_users('app', '2026-01-01', '2026-01-01')",
        "SELECT * FROM analytics.retention('app', '2026-01-01', '2026-01-01')",
        "SELECT * FROM analytics.funnel('app', '{a}', now(), now())",
        "SELECT * FROM public.partner_active_users('postgres', 'app', '2026-01-01', '2026-01-01', 1)",
        "INSERT INTO public.partner_event_area (role_name, client_id) VALUES (current_user, 1)",
    ] {
        refused(&mut asked, statement).await;
    }
    // Not even where the schema were open: a role that the login may not become has no areas.
    sqlx::query(AssertSqlSafe(format!(
        "GRANT USAGE ON SCHEMA public TO {name}"
    )))
    .execute(db)
    .await
    .unwrap();
    for statement in [
        "SELECT user_id FROM public.user_day",
        "SELECT message_key FROM public.event",
    ] {
        refused(&mut asked, statement).await;
    }
    let stolen: Vec<String> =
        sqlx::query_scalar("SELECT client FROM public.partner_event_areas($1::name)")
            .bind(&rival)
            .fetch_all(&mut asked)
            .await
            .unwrap();
    assert_eq!(stolen, [""; 0]);
    sqlx::query(AssertSqlSafe(format!(
        "REVOKE USAGE ON SCHEMA public FROM {name}"
    )))
    .execute(db)
    .await
    .unwrap();
    // The plan has no rows of tables, and a condition sees what is shown.
    let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
        "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM partner_active_users('app', '{0}', '{0}', 1) WHERE users = 11",
        story.day(0)
    )))
    .fetch_all(&mut asked)
    .await
    .unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("Function Scan"), "{plan}");
    assert!(
        !plan.contains("user_day") && !plan.contains("Rows Removed by Filter: 11"),
        "{plan}"
    );
    let rights: Vec<String> = sqlx::query_scalar(
        "SELECT oid::regclass::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
            AND (relname LIKE 'event%' OR relname LIKE 'experiment%' OR relname = 'user_day')
            AND has_any_column_privilege('fullhouse_partner', oid, 'SELECT')",
    )
    .fetch_all(db)
    .await
    .unwrap();
    assert_eq!(rights, [""; 0]);
    forget(db, &[name, rival]).await;
}

#[tokio::test]
async fn grants_of_events_are_listed_beside_those_of_showtimes() {
    let story = Story::new().await;
    let db: &PgPool = &story.events.db;
    let (name, _) = story
        .partner("both", &[area("app", Some("FR"), Some("Bretagne"))])
        .await;
    let scope = schema::access::Scope {
        territory: Some("FR".to_owned()),
        ..schema::access::Scope::default()
    };
    grant_partner(db, &name, &scope, TIMEOUT).await.unwrap();
    let all = granted(db).await.unwrap();
    let listed = all.iter().find(|one| one.role_name == name).unwrap();
    assert_eq!(
        listed.sees,
        [
            "territory FR",
            "counts of events of client app in FR Bretagne"
        ]
    );
    let unknown = grant_partner_events(db, &name, &area("none", None, None), TIMEOUT).await;
    assert!(
        unknown
            .unwrap_err()
            .to_string()
            .contains("there is no client none")
    );
    forget(db, &[name]).await;
    assert_eq!(
        story
            .events
            .count("SELECT count(*) FROM partner_event_area")
            .await,
        0
    );
}
