//! Making the roles of the fleet.

use super::*;

/// A hosted database has no superuser: its owner may make roles, and that is all.
#[tokio::test]
async fn an_owner_that_may_only_make_roles_prepares() {
    let world = World::new().await;
    let db = &world.db;
    let (owner, prefix) = (role(db, "owner"), format!("{}_", role(db, "o")));
    run(
        db,
        format!(
            "CREATE ROLE {owner} CREATEROLE;
            SELECT give_database_to('{owner}');
            ALTER DATABASE {} OWNER TO {owner}",
            db.connect_options().get_database().unwrap()
        ),
    )
    .await;
    let made = prepare(&acting_as(db, &owner).await, Some(&prefix))
        .await
        .unwrap();
    let names: Vec<_> = made.iter().map(|role| role.name.clone()).collect();
    assert_eq!(names, ROLES.map(|kind| format!("{prefix}{kind}")));
    assert!(made.iter().all(|role| role.is_new));
    // The migrator alone goes on from there, with the names that were chosen.
    let migrator = acting_as(db, &format!("{prefix}migrator")).await;
    let again = prepare(&migrator, None).await.unwrap();
    assert!(again.iter().all(|role| !role.is_new));
    migrate::migrate(&migrator).await.unwrap();
    let coordinator = acting_as(db, &format!("{prefix}coordinator")).await;
    migrate::ensure_partitions(&coordinator).await.unwrap();
    may_not(&coordinator, "DROP TABLE job_default").await;

    let refusal = prepare(db, Some("another_")).await.unwrap_err().to_string();
    assert!(refusal.contains("have other names"), "{refusal}");
    let mut roles = names;
    roles.push(owner);
    forget(db, &roles).await;
}

#[tokio::test]
async fn two_databases_make_the_roles_at_once() {
    let (one, other) = tokio::join!(World::new(), World::new());
    let prefix = format!("{}_", role(&one.db, "both"));
    let (first, second) = tokio::join!(
        prepare(&one.db, Some(&prefix)),
        prepare(&other.db, Some(&prefix))
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    let new = first
        .iter()
        .chain(&second)
        .filter(|role| role.is_new)
        .count();
    assert_eq!(new, ROLES.len(), "each was made once");
    let roles: Vec<_> = first.into_iter().map(|role| role.name).collect();
    for db in [&one.db, &other.db] {
        disown(db, &roles).await;
    }
    forget(&one.db, &roles).await;
}

#[tokio::test]
async fn names_that_would_be_more_than_names_are_refused() {
    let world = World::new().await;
    for prefix in [
        "Upper_",
        "a b",
        "x\"; DROP TABLE job; --",
        "1st_",
        &"x".repeat(42),
    ] {
        let refusal = prepare(&world.db, Some(prefix))
            .await
            .unwrap_err()
            .to_string();
        assert!(refusal.contains("the prefix"), "{prefix}: {refusal}");
    }
}
