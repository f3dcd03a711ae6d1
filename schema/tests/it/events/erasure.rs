//! Erasure of users.

use chrono::{TimeDelta, Utc};
use schema::events::{
    erasure,
    reject::{self, NewReject},
};

use super::Events;

#[tokio::test]
async fn an_erased_user_leaves_counts_and_nothing_else() {
    let events = Events::new().await;
    let now = Utc::now();
    events
        .store(&[events.event(1, now), events.event(2, now)])
        .await;
    let reject = NewReject {
        key_id: events.key_id,
        client_id: events.client_id,
        event: None,
        schema: None,
        pointer: String::new(),
        reason: "not JSON".to_owned(),
        body: "{\"user_id\":\"user-4711\"".to_owned(),
    };
    reject::store(&events.db, &[reject]).await.unwrap();
    let mut connection = events.db.acquire().await.unwrap();
    let erased = erasure::erase(&mut connection, events.client_id, "user-4711")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((erased.events, erased.rejects), (2, 1));

    // A receiver that still knows the number stores an event of nobody, without properties.
    assert_eq!(events.store(&[events.event(3, now)]).await.len(), 1);
    assert_eq!(
        events
            .count("SELECT count(*) FROM event WHERE user_id = 0 AND properties = '{}'")
            .await,
        1
    );
    // A transaction that had not seen the erasure stored one more.
    sqlx::query("UPDATE event SET properties = '{\"late\":1}', user_id = $1 WHERE user_id = 0")
        .bind(events.user_id)
        .execute(&events.db)
        .await
        .unwrap();
    assert_eq!(erasure::finish(&events.db).await.unwrap(), 0);
    sqlx::query("UPDATE event_erasure SET requested_at = requested_at - interval '3 minutes'")
        .execute(&events.db)
        .await
        .unwrap();
    assert_eq!(erasure::finish(&events.db).await.unwrap(), 1);

    for nothing in [
        "SELECT count(*) FROM event WHERE properties <> '{}'",
        "SELECT count(*) FROM event_user",
        "SELECT count(*) FROM event_reject",
    ] {
        assert_eq!(events.count(nothing).await, 0, "{nothing}");
    }
    assert_eq!(
        events
            .count("SELECT sum(events)::bigint FROM event_hour")
            .await,
        3
    );
    assert_eq!(events.count("SELECT count(*) FROM user_day").await, 1);
    let listed = erasure::list(&events.db, 10).await.unwrap();
    assert_eq!((listed[0].events, listed[0].done_at.is_some()), (3, true));
    let again = erasure::erase(&mut connection, events.client_id, "user-4711").await;
    assert_eq!(again.unwrap(), None);
}

#[tokio::test]
async fn partitions_that_are_over_get_an_index_by_user() {
    let events = Events::new().await;
    let made = erasure::index_partition(&events.db).await.unwrap();
    let yesterday = (Utc::now() - TimeDelta::days(1))
        .format("event_%Y%m%d")
        .to_string();
    // Within an hour of midnight, yesterday is not over yet.
    let over = Utc::now().time() >= chrono::NaiveTime::from_hms_opt(1, 0, 0).unwrap();
    assert_eq!(made, over.then_some(yesterday));
    assert_eq!(erasure::index_partition(&events.db).await.unwrap(), None);
}
