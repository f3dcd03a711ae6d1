use schema::{
    cap::{self, Capped},
    catalogue::{AlsoCalled, SeenBy, Showtime, store_part_of_showtimes},
    diagnostics,
    film_fact::ListingFacts,
    seat::{Layout, layout_id_within},
};
use uuid::Uuid;

use crate::fixture::World;

const BY: SeenBy = SeenBy {
    source_id: 1,
    job_id: 42,
};

fn layout(key: usize) -> Layout {
    let one = || vec![key.to_string()];
    Layout {
        x: vec![Some(0)],
        y: vec![Some(0)],
        seat_key: one(),
        row_label: one(),
        seat_number: one(),
        area: one(),
        kind: one(),
        seat_group: one(),
    }
}

/// Invariant 10: seats that have new names at each look would fill the database with layouts.
#[tokio::test]
async fn a_source_has_no_more_layouts_than_it_may() {
    let world = World::new().await;
    let mut found = Vec::new();
    for key in [1, 2, 3, 1, 3] {
        let (hash, layout) = (Uuid::from_u128(key as u128), layout(key));
        let id = layout_id_within(&world.db, BY, hash, &layout, 2).await;
        found.push(id.unwrap());
    }
    assert_eq!(found, [Some(1), Some(2), None, Some(1), None]);
    assert_eq!(cap::count_layouts(&world.db, 1).await.unwrap(), 2);
}

/// Invariant 13.
#[tokio::test]
async fn that_a_source_is_over_its_cap_is_to_be_seen() {
    let world = World::new().await;
    world.seats_tasks(3).await;
    let tasks = cap::count_tasks(&world.db, 1).await.unwrap();
    assert!(tasks >= 3, "{tasks}");
    let status = async || -> (String, Option<String>) {
        sqlx::query_as("SELECT health, health_reason FROM source_status WHERE source = 'chain'")
            .fetch_one(&world.db)
            .await
            .unwrap()
    };
    assert_eq!(status().await.0, "healthy");
    cap::note(&world.db, 1, Capped::Tasks, 12, 10)
        .await
        .unwrap();
    cap::note(&world.db, 1, Capped::Layouts, 6, 5)
        .await
        .unwrap();
    let (health, reason) = status().await;
    assert_eq!(health, "over its cap");
    let expected = "it would have 6 layouts, its cap is 5; it would have 12 tasks, its cap is 10";
    assert_eq!(reason.as_deref(), Some(expected));
    let over = diagnostics::content(&world.db).await.unwrap().over_cap;
    assert_eq!(over.len(), 2);
    cap::clear(&world.db, 1, Capped::Tasks).await.unwrap();
    cap::clear(&world.db, 1, Capped::Layouts).await.unwrap();
    assert_eq!(status().await.0, "healthy");
}

/// A listing that is stored in parts is stored as one that is not: a film with two titles
/// keeps the one that it has, whichever part comes first.
#[tokio::test]
async fn the_parts_of_a_listing_agree_on_names() {
    let world = World::new().await;
    sqlx::raw_sql(
        "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (1, 1, 1, 'FR', 'c', 'C', 'UTC')",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let showtime = |key: &str, title: &str| Showtime {
        key: key.to_owned(),
        film_key: "f".to_owned(),
        film_title: title.to_owned(),
        auditorium_key: Some("1".to_owned()),
        auditorium_name: Some(format!("Screen of {title}")),
        starts_at: chrono::DateTime::UNIX_EPOCH,
        business_on: chrono::DateTime::UNIX_EPOCH.date_naive(),
        seats_total: None,
        sold_out: None,
        attributes: None,
    };
    let also = AlsoCalled {
        film_keys: vec!["f".to_owned(); 2],
        film_titles: vec!["Alien".to_owned(), "Zalien".to_owned()],
        auditorium_keys: vec!["1".to_owned(); 2],
        auditorium_names: vec!["Screen of Alien".to_owned(), "Screen of Zalien".to_owned()],
    };
    for part in [
        showtime("2", "Zalien"),
        showtime("1", "Alien"),
        showtime("2", "Zalien"),
    ] {
        let stored =
            store_part_of_showtimes(&world.db, BY, 1, &[part], &ListingFacts::default(), &also)
                .await;
        assert_eq!(stored.unwrap().len(), 1);
        let names: (String, String) =
            sqlx::query_as("SELECT film.title, auditorium.name FROM film, auditorium")
                .fetch_one(&world.db)
                .await
                .unwrap();
        assert_eq!(names, ("Alien".to_owned(), "Screen of Alien".to_owned()));
    }
}
