//! Each condition holds by its real cause, alone, and ends with it.

use std::{collections::BTreeSet, time::Duration};

use coordinator::{
    alert::{
        check::{Looked, check},
        condition::{self, Condition},
    },
    background::{
        BackgroundPass as _,
        alerts::{AlertWatch, WatchedConditions},
    },
};
use schema::{
    alert::Turns,
    alert_facts::{Fact, read},
    local_server::LocalServer,
};
use sqlx::PgPool;
use tokio::{task::yield_now, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    alerts,
    cases::{CASES, Case},
    clock, look, look_after, named, nobody, run, shown,
};
use crate::fixture::world;

/// The conditions that hold now, but for those of the server, where other tests are at work.
async fn holding(db: &PgPool) -> BTreeSet<&'static str> {
    let mut connection = db.acquire().await.unwrap();
    let mut holding = BTreeSet::new();
    for condition in condition::all().filter(|one| !one.name.starts_with("database_")) {
        if !condition.find(&mut connection).await.unwrap().is_empty() {
            holding.insert(condition.name);
        }
    }
    holding
}

const OPENED: Turns = Turns {
    opened: 1,
    resolved: 0,
};
const RESOLVED: Turns = Turns {
    opened: 0,
    resolved: 1,
};

#[tokio::test]
async fn each_condition_is_opened_by_its_cause_alone_and_ends_with_it() {
    let (db, _) = world().await;
    assert_eq!(holding(&db).await, BTreeSet::new());
    for case in &CASES {
        let Case { name, subject, .. } = *case;
        run(&db, case.cause).await;
        let expected: BTreeSet<&str> = [name]
            .into_iter()
            .chain(case.besides.iter().copied())
            .collect();
        assert_eq!(holding(&db).await, expected, "{name}");
        assert_eq!(look(&db, name, &nobody()).await.turns, OPENED, "{name}");
        let open = alerts(&db, false).await;
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!(
            (open[0].condition.as_str(), open[0].subject.as_str()),
            (name, subject)
        );
        assert!(open[0].text.contains("(limit "), "{}", open[0].text);
        run(&db, case.cure).await;
        assert_eq!(
            look_after(&db, name, &nobody()).await.turns,
            RESOLVED,
            "{name}"
        );
        assert_eq!(alerts(&db, false).await, []);
        assert_eq!(holding(&db).await, BTreeSet::new(), "{name}");
    }
    let looked: BTreeSet<&str> = CASES.iter().map(|case| case.name).collect();
    let rest: Vec<&str> = condition::all()
        .map(|condition| condition.name)
        .filter(|name| !looked.contains(name) && !name.starts_with("database_"))
        .collect();
    assert_eq!(rest, [""; 0], "conditions without a case");
}

/// What cannot be caused within a test is found where its limit is lower.
#[tokio::test]
async fn the_conditions_of_the_server_hold_where_their_limits_are_passed() {
    let (db, _) = world().await;
    let mut open = db.begin().await.unwrap();
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut *open)
        .await
        .unwrap();
    let slot = format!("slot_{pid}");
    sqlx::query("SELECT pg_create_physical_replication_slot($1, true)")
        .bind(&slot)
        .execute(&db)
        .await
        .unwrap();
    let session = format!("session {pid}");
    for (name, subject) in [
        ("database_old_transaction", Some(session.as_str())),
        ("database_slot_holds_log", Some(slot.as_str())),
        ("database_wraparound", None),
        ("database_connections", Some("server")),
    ] {
        let usual = named(name);
        let low = Condition {
            threshold: 0.0,
            ..usual.clone()
        };
        let mut connection = db.acquire().await.unwrap();
        let found = low.find(&mut connection).await.unwrap();
        let is_found = found
            .iter()
            .any(|held| subject.is_none_or(|subject| held.subject == subject));
        assert!(is_found, "{name}: {found:?}");
        let found = usual.find(&mut connection).await.unwrap();
        assert_eq!(found, [], "{name}");
    }
    sqlx::query("SELECT pg_drop_replication_slot($1)")
        .bind(&slot)
        .execute(&db)
        .await
        .unwrap();
}

const BOUND: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_log_that_cannot_be_archived_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let server = LocalServer::builder(directory.path()).temporary();
    let server = server.start().await.unwrap();
    server.ensure_database("fullhouse").await.unwrap();
    let db = PgPool::connect(&server.url("fullhouse")).await.unwrap();
    for set in [
        "ALTER SYSTEM SET archive_mode = 'on'",
        "ALTER SYSTEM SET wal_level = 'replica'",
        "ALTER SYSTEM SET max_wal_senders = 1",
        "ALTER SYSTEM SET archive_command = 'false'",
    ] {
        run(&db, set).await;
    }
    db.close().await;
    server.restart().await.unwrap();
    let db = PgPool::connect(&server.url("fullhouse")).await.unwrap();
    run(
        &db,
        "CREATE TABLE written (n integer); SELECT pg_switch_wal()",
    )
    .await;
    let mut connection = db.acquire().await.unwrap();
    let found = async {
        loop {
            let found = read(&mut connection, Fact::ArchiveFailing, 0.0)
                .await
                .unwrap();
            if let Some(one) = found.into_iter().next() {
                return one;
            }
            yield_now().await;
        }
    };
    let found = timeout(BOUND, found).await.unwrap();
    assert_eq!(found.subject, "server");
    run(&db, "ALTER SYSTEM SET archive_command = 'true'").await;
    run(&db, "SELECT pg_reload_conf()").await;
    let over = async {
        while !read(&mut connection, Fact::ArchiveFailing, 0.0)
            .await
            .unwrap()
            .is_empty()
        {
            yield_now().await;
        }
    };
    timeout(BOUND, over).await.unwrap();
}

#[tokio::test]
async fn a_clean_world_has_no_alert() {
    let (db, _) = world().await;
    let mut watch = AlertWatch::new(nobody(), shown(), CancellationToken::new());
    assert_eq!(watch.pass(&db).await.unwrap(), WatchedConditions::default());
    assert_eq!(alerts(&db, true).await, []);
}

/// What holds for a moment only is no alert and leaves no row.
#[tokio::test]
async fn a_blip_is_no_alert() {
    let (db, _) = world().await;
    let condition = named("source_degraded");
    let now = clock(&db).await;
    run(
        &db,
        "UPDATE step SET health = 'degraded' WHERE name = 'seats'",
    )
    .await;
    let looked = check(&db, &condition, &nobody(), Some(now)).await.unwrap();
    assert_eq!(looked, Looked::default());
    run(&db, "UPDATE step SET health = 'healthy'").await;
    let then = now + condition.holds_for;
    let looked = check(&db, &condition, &nobody(), Some(then)).await.unwrap();
    assert_eq!(looked, Looked::default());
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM alert")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

/// The alert goes on through a short pause of its cause.
#[tokio::test]
async fn an_alert_is_over_only_when_it_has_been_over_for_a_while() {
    let (db, _) = world().await;
    let condition = named("source_quarantined");
    run(
        &db,
        "UPDATE step SET health = 'quarantined' WHERE name = 'seats'",
    )
    .await;
    assert_eq!(look(&db, condition.name, &nobody()).await.turns, OPENED);
    let now = clock(&db).await + condition.holds_for;
    run(&db, "UPDATE step SET health = 'healthy'").await;
    let soon = now + condition.over_for / 2;
    let looked = check(&db, &condition, &nobody(), Some(soon)).await.unwrap();
    assert_eq!(looked.turns, Turns::default());
    run(
        &db,
        "UPDATE step SET health = 'quarantined' WHERE name = 'seats'",
    )
    .await;
    let looked = check(&db, &condition, &nobody(), Some(soon)).await.unwrap();
    assert_eq!(looked.turns, Turns::default());
    assert_eq!(alerts(&db, false).await.len(), 1);
}

/// A condition that fails is recorded, becomes an alert itself, and stops no other.
#[tokio::test]
async fn a_condition_that_fails_does_not_stop_the_others() {
    let (db, _) = world().await;
    run(
        &db,
        "ALTER TABLE attribute RENAME TO gone_attribute;
        UPDATE source SET state = 'blocked', state_reason = 'answered 403'",
    )
    .await;
    let mut watch = AlertWatch::new(nobody(), shown(), CancellationToken::new());
    let report = watch.pass(&db).await.unwrap();
    assert_eq!((report.opened, report.failed), (1, 1));
    run(
        &db,
        "UPDATE alert_check SET failed_since = failed_since - interval '10 minutes' WHERE condition = 'attributes_unmapped'",
    )
    .await;
    assert_eq!(look(&db, "check_failing", &nobody()).await.turns, OPENED);
    run(&db, "ALTER TABLE gone_attribute RENAME TO attribute").await;
    let mut watch = AlertWatch::new(nobody(), shown(), CancellationToken::new());
    assert_eq!(watch.pass(&db).await.unwrap().failed, 0);
    assert_eq!(
        look_after(&db, "check_failing", &nobody()).await.turns,
        RESOLVED
    );
}
