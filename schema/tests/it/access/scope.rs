//! Partners of a work: only people and the trusted list show them more.

use schema::{
    access::{PartnerGrant, Scope, UndecidedFilm, grant_partner, granted, undecided},
    migrate::{Patience, apply, migrate, migrations},
    scratch::Scratch,
};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use super::people::{TIMEOUT, column, forget, partner, role, run, world};

/// A film of the second source with a showtime in its cinema, joined to the first work by a rule.
const JOINED_BY_RULE: &str = "
    INSERT INTO film (source_id, discovered_by, key, title) VALUES (2, 1, '3', 'IMAX: Monsoon Radio');
    INSERT INTO work (film_id, merged_into) VALUES (5, 1);
    INSERT INTO film_work (film_id, work_id, rule, score, reason) VALUES (5, 1, 'rules', 15, 'only its form differs');
    INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, auditorium_id, business_on, key)
    VALUES (3, 1, 1, now(), 5, 3, current_date, '3')";

fn of_work(work_id: i32) -> Scope {
    Scope {
        work_id: Some(work_id),
        ..Scope::default()
    }
}

/// The films of which a partner sees showtimes.
async fn films(asked: &mut PgConnection) -> Vec<String> {
    let mut films = column(asked, "showtime_profile", "film_id").await;
    films.dedup();
    films
}

async fn sees(db: &PgPool, role: &str) -> Vec<String> {
    let all = granted(db).await.unwrap();
    let listed = all.into_iter().find(|granted| granted.role_name == role);
    listed.unwrap().sees
}

#[tokio::test]
async fn a_film_that_a_rule_joins_is_seen_once_a_person_or_the_list_confirms_it() {
    let world = world().await;
    let db = &world.db;
    let (name, mut asked) = partner(db, "lumen", of_work(1)).await;
    assert_eq!(films(&mut asked).await, ["1", "3"]);
    run(db, JOINED_BY_RULE).await;
    assert_eq!(films(&mut asked).await, ["1", "3"]);
    assert_eq!(
        sees(db, &name).await,
        ["work 1 \"Monsoon Radio\" (2 films; 1 to be decided)"]
    );
    let waiting = UndecidedFilm {
        role_name: name.clone(),
        state: "waits".to_owned(),
        work_id: 1,
        present_work_id: 1,
        film: "other/3".to_owned(),
        title: "IMAX: Monsoon Radio".to_owned(),
        seen_film: Some("chain/1".to_owned()),
    };
    assert_eq!(undecided(db).await.unwrap(), [waiting]);

    // With a film that was granted, whichever it is.
    for rule in ["person", "reference"] {
        let confirm = format!(
            "UPDATE film_work SET rule = '{rule}', confirmed_film_id = 3,
                score = CASE '{rule}' WHEN 'reference' THEN 22 END WHERE film_id = 5"
        );
        sqlx::query(AssertSqlSafe(confirm))
            .execute(db)
            .await
            .unwrap();
        assert_eq!(films(&mut asked).await, ["1", "3", "5"], "{rule}");
        assert_eq!(undecided(db).await.unwrap(), []);
        run(
            db,
            "UPDATE film_work SET rule = 'rules', score = 15, confirmed_film_id = NULL WHERE film_id = 5",
        )
        .await;
        assert_eq!(films(&mut asked).await, ["1", "3"], "without it");
    }

    // Who grants the work again decides on the films that it has now.
    let again = grant_partner(db, &name, &of_work(1), TIMEOUT)
        .await
        .unwrap();
    let expected = PartnerGrant {
        is_new: false,
        films: vec![
            "chain/1 \"Monsoon Radio\"".to_owned(),
            "other/1 \"MONSOON RADIO\"".to_owned(),
            "other/3 \"IMAX: Monsoon Radio\"".to_owned(),
        ],
    };
    assert_eq!(again, expected);
    assert_eq!(films(&mut asked).await, ["1", "3", "5"]);
    assert_eq!(world.count("partner_scope").await, 1);
    forget(db, &[name]).await;
}

/// What people say of two other films is no word on those that were granted.
#[tokio::test]
async fn films_that_people_joined_to_each_other_only_stay_hidden() {
    let world = world().await;
    let db = &world.db;
    let (name, mut asked) = partner(db, "lumen", of_work(1)).await;
    run(db, JOINED_BY_RULE).await;
    run(
        db,
        "UPDATE film_work SET work_id = 1, rule = 'person', score = NULL WHERE film_id IN (4, 5);
        UPDATE film_work SET confirmed_film_id = 4 WHERE film_id = 5",
    )
    .await;
    assert_eq!(films(&mut asked).await, ["1", "3"]);
    assert_eq!(undecided(db).await.unwrap().len(), 2);
    run(
        db,
        "UPDATE film_work SET confirmed_film_id = 1 WHERE film_id IN (4, 5)",
    )
    .await;
    assert_eq!(films(&mut asked).await, ["1", "3", "4", "5"]);
    forget(db, &[name]).await;
}

#[tokio::test]
async fn a_film_that_leaves_the_work_is_no_longer_seen() {
    let world = world().await;
    let db = &world.db;
    let (name, mut asked) = partner(db, "lumen", of_work(1)).await;
    run(db, "UPDATE film_work SET work_id = 3 WHERE film_id = 3").await;
    assert_eq!(films(&mut asked).await, ["1"]);
    assert_eq!(
        sees(db, &name).await,
        ["work 1 \"Monsoon Radio\" (1 film; 1 of another work now)"]
    );
    let left = undecided(db).await.unwrap();
    assert_eq!(
        (left[0].state.as_str(), left[0].present_work_id),
        ("left", 3)
    );
    // Nor what others join to it, wherever it is.
    run(
        db,
        "UPDATE film_work SET work_id = 3, rule = 'person', score = NULL, confirmed_film_id = 3 WHERE film_id = 4",
    )
    .await;
    assert_eq!(films(&mut asked).await, ["1"]);

    // The whole work goes to another and back: the grant goes with its films.
    run(db, "UPDATE film_work SET work_id = 2 WHERE film_id = 1").await;
    assert_eq!(films(&mut asked).await, ["1"]);
    run(
        db,
        "UPDATE film_work SET work_id = 1 WHERE film_id IN (1, 3)",
    )
    .await;
    assert_eq!(films(&mut asked).await, ["1", "3"]);
    forget(db, &[name]).await;
}

/// Scopes by title of the version before keep their films: no more, and none is lost.
#[tokio::test]
async fn scopes_by_title_become_scopes_of_the_films_of_that_day() {
    let scratch = Scratch::empty().await.unwrap();
    let db = &scratch.db;
    let before: Vec<_> = migrations()
        .iter()
        .filter(|migration| migration.version <= 15)
        .cloned()
        .collect();
    // The files of that version are not here; these functions are called after every migration.
    run(
        db,
        "CREATE FUNCTION has_access() RETURNS boolean LANGUAGE sql STABLE RETURN false;
        CREATE FUNCTION ensure_partitions(days_ahead integer DEFAULT 7) RETURNS integer LANGUAGE sql RETURN 0",
    )
    .await;
    apply(db, &before, &[], &Patience::default(), &mut |_| {})
        .await
        .unwrap();
    let name = role(db, "lumen");
    run(
        db,
        "INSERT INTO source (name, title) VALUES ('one', 'One'), ('two', 'Two');
        INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (1, 1, 1, 'GB', '1', 'A', 'UTC'), (2, 1, 1, 'FR', '1', 'B', 'UTC');
        INSERT INTO film (source_id, discovered_by, key, title)
        VALUES (1, 1, '1', 'Crash'), (2, 1, '1', 'CRASH'), (2, 1, '2', 'Crash!')",
    )
    .await;
    for territory in [None, Some("GB")] {
        sqlx::query(
            "INSERT INTO partner_scope (role_name, territory, film) VALUES ($1, $2, 'crash')",
        )
        .bind(&name)
        .bind(territory)
        .execute(db)
        .await
        .unwrap();
    }
    migrate(db).await.unwrap();
    let stored: Vec<(i32, i32)> =
        sqlx::query_as("SELECT partner_scope_id, film_id FROM partner_scope_film ORDER BY 1, 2")
            .fetch_all(db)
            .await
            .unwrap();
    assert_eq!(stored, [(1, 1), (1, 2), (2, 1), (2, 2)]);
    run(
        db,
        "INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, '9', 'Crash');
        INSERT INTO work (film_id, title) SELECT film_id, title FROM film ORDER BY film_id;
        INSERT INTO film_work (film_id, work_id, rule, score, reason, confirmed_film_id)
        VALUES (1, 1, 'person', NULL, 'x', NULL), (2, 2, 'alone', NULL, 'x', NULL),
            (3, 3, 'alone', NULL, 'x', NULL), (4, 1, 'person', NULL, 'x', 1)",
    )
    .await;
    schema::access::prepare(db).await.unwrap();
    let shown = async || -> Vec<(i32, i32)> {
        sqlx::query_as("SELECT DISTINCT cinema_id, film_id FROM scoped_showings($1) ORDER BY 1, 2")
            .bind(&name)
            .fetch_all(db)
            .await
            .unwrap()
    };
    let every_film = Scope {
        source: Some("none".to_owned()),
        ..Scope::default()
    };
    grant_partner(db, &name, &every_film, TIMEOUT)
        .await
        .unwrap();
    assert_eq!(shown().await, [(1, 1), (2, 2)], "not the film of today");
    assert_eq!(
        sees(db, &name).await,
        [
            "title \"crash\" on the day of an upgrade (2 films)",
            "territory GB title \"crash\" on the day of an upgrade (2 films)",
            "source none"
        ]
    );

    // A grant of the work takes the place of a scope by title once it shows all of its films.
    grant_partner(db, &name, &of_work(1), TIMEOUT)
        .await
        .unwrap();
    assert_eq!(sees(db, &name).await.len(), 4);
    run(db, "UPDATE film_work SET work_id = 1 WHERE film_id = 2").await;
    grant_partner(db, &name, &of_work(1), TIMEOUT)
        .await
        .unwrap();
    assert_eq!(
        sees(db, &name).await,
        [
            "territory GB title \"crash\" on the day of an upgrade (2 films)",
            "source none",
            "work 1 \"Crash\" (3 films)"
        ]
    );
    assert_eq!(shown().await, [(1, 1), (1, 4), (2, 2)]);
    forget(db, &[name]).await;
}

/// The policies ask for this with every statement of a partner.
#[tokio::test]
async fn the_films_of_a_partner_are_found_by_key_among_many() {
    let world = world().await;
    let db = &world.db;
    let (name, _) = partner(db, "lumen", of_work(1)).await;
    run(
        db,
        "INSERT INTO film (source_id, discovered_by, key, title)
        SELECT 1, 1, 'n' || n, 'Film ' || n FROM generate_series(1, 60000) AS n;
        INSERT INTO work (film_id) SELECT film_id FROM film WHERE film_id > 4 ORDER BY film_id;
        INSERT INTO film_work (film_id, work_id, rule, reason)
        SELECT film_id, work_id, 'alone', 'none' FROM work WHERE film_id > 4;
        INSERT INTO partner_scope (role_name, work_id) SELECT 'another' || work_id % 50, work_id FROM work WHERE work_id > 59000;
        INSERT INTO partner_scope_film (partner_scope_id, film_id)
        SELECT partner_scope_id, film_id FROM partner_scope INNER JOIN work USING (work_id) WHERE work_id > 59000;
        ANALYZE",
    )
    .await;
    let body: String =
        sqlx::query_scalar("SELECT prosrc FROM pg_proc WHERE proname = 'scoped_showings'")
            .fetch_one(db)
            .await
            .unwrap();
    let body = body.replace("of_role", &format!("'{name}'"));
    let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {body}")))
        .fetch_all(db)
        .await
        .unwrap();
    let scanned: Vec<&String> = plan
        .iter()
        .filter(|line| line.contains("Seq Scan"))
        .filter(|line| {
            !["cinema", "source"]
                .iter()
                .any(|small| line.contains(small))
        })
        .collect();
    assert!(scanned.is_empty(), "{plan:#?}");
    forget(db, &[name]).await;
}
