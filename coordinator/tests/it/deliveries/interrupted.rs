//! Deliveries that do not succeed at once.

use std::time::Duration;

use tokio::time::timeout;

use super::{search_server::Rules, *};

/// Ends a test that hangs; promises nothing.
const BOUND: Duration = Duration::from_mins(2);
const INDEX: &str = "fullhouse-sales";

/// The first request of `_bulk` is carried out, and its answer is lost with the leader.
#[tokio::test]
async fn a_delivery_that_is_killed_is_begun_again_and_each_row_is_there_once() {
    let db = &sales().await;
    let server = SearchServer::start(Rules {
        unanswered: 1,
        ..Rules::default()
    });
    let settings = &json!({ "search": search(&server) });
    let stop = CancellationToken::new();
    let killed = deliverer(settings, &stop);
    let both = async {
        tokio::join!(killed.deliver_due(db), async {
            server.reached().await;
            // Another leader leaves alone what this one delivers.
            let other = deliver(db, settings).await;
            stop.cancel();
            other
        })
    };
    let (ended, other) = timeout(BOUND, both).await.unwrap();
    assert_eq!(ended.unwrap(), DeliveredDays::default());
    assert_eq!(
        (other.delivered, other.failed),
        (2, 0),
        "{:?}",
        errors(db).await
    );
    assert_eq!(server.documents(INDEX, "id").len(), 30);
    // Meanwhile the day has other rows: what was left of the build before goes.
    change(db, 1, 4).await;
    build(db).await;
    assert_eq!(deliver(db, settings).await.delivered, 1);
    assert_eq!(server.documents(INDEX, "id").len(), 24);
    assert_eq!(server.builds(INDEX), 3);
}

/// A part of another build was written when the day got its rows of before again.
#[tokio::test]
async fn what_was_left_by_a_delivery_that_was_killed_is_removed() {
    let db = &sales().await;
    let server = SearchServer::start(Rules::default());
    let settings = &json!({ "search": search(&server) });
    deliver(db, settings).await;
    change(db, 1, 12).await;
    build(db).await;
    server.set(Rules {
        unanswered: server.bulks() + 1,
        ..Rules::default()
    });
    let stop = CancellationToken::new();
    let killed = deliverer(settings, &stop);
    let both = async {
        tokio::join!(killed.deliver_due(db), async {
            server.reached().await;
            stop.cancel();
        })
    };
    timeout(BOUND, both).await.unwrap().0.unwrap();
    assert_eq!(server.documents(INDEX, "id").len(), 42);
    change(db, 1, 10).await;
    build(db).await;
    assert_eq!(deliver(db, settings).await.delivered, 1);
    assert_eq!(server.documents(INDEX, "id").len(), 30);
}

#[tokio::test]
async fn a_server_that_is_away_holds_up_nobody_and_gets_its_days_later() {
    let db = &world().await;
    let home = tempfile::tempdir().unwrap();
    let deliver_to = format!("{SEARCH}[[deliver]]\nto = \"board\"\n");
    declare(db, "sales", ROWS, &deliver_to).await;
    let server = SearchServer::start(Rules::default());
    let mut away = search(&server);
    away["url"] = json!("http://127.0.0.1:9");
    let settings = json!({ "search": away, "board": csv(home.path()) });
    let report = deliver(db, &settings).await;
    // One day was tried, and the others were left.
    assert_eq!((report.delivered, report.failed), (3, 1));
    let error = errors(db).await;
    assert!(
        error[0].contains("deliveries.search.url does not take requests"),
        "{error:?}"
    );
    assert!(!error[0].contains("127.0.0.1"), "{error:?}");
    let pauses = texts(
        db,
        "SELECT (round(extract(epoch FROM next_try_at - tried_at)))::text FROM data_set_delivery WHERE tries > 0",
    )
    .await;
    assert_eq!(pauses, ["60"]);
    let settings = json!({ "search": search(&server), "board": csv(home.path()) });
    assert_eq!(deliver(db, &settings).await.delivered, 2);
    skip_pauses(db).await;
    assert_eq!(deliver(db, &settings).await.delivered, 1);
    assert_eq!(server.documents(INDEX, "id").len(), 30);
    assert_eq!(errors(db).await, [""; 0]);
}

/// A pause that is longer than a delivery can wait for is that of the next try.
#[tokio::test]
async fn a_pause_that_the_server_asks_for_is_respected() {
    let db = &sales().await;
    let server = SearchServer::start(Rules {
        unavailable: 9,
        retry_after: 600,
        ..Rules::default()
    });
    let report = deliver(db, &json!({ "search": search(&server) })).await;
    assert_eq!((report.delivered, report.failed), (0, 1));
    let pauses = texts(
        db,
        "SELECT (round(extract(epoch FROM next_try_at - tried_at)))::text FROM data_set_delivery WHERE tries > 0",
    )
    .await;
    assert_eq!(pauses, ["600"]);
    assert_eq!(server.unavailable(), 8);
}

#[tokio::test]
async fn a_wrong_password_is_named_by_its_setting() {
    let db = &sales().await;
    let server = SearchServer::start(Rules::default());
    let mut wrong = search(&server);
    wrong["password"] = json!("wrong-word");
    let report = deliver(db, &json!({ "search": wrong })).await;
    assert_eq!((report.delivered, report.failed), (0, 1));
    let error = errors(db).await;
    assert_eq!(
        error,
        [
            "Elasticsearch refuses deliveries.search.password of the user me: 401 security_exception: unable to authenticate user"
        ]
    );
}

#[tokio::test]
async fn a_key_that_stands_twice_is_found() {
    let db = &world().await;
    let query = ROWS.replace("n AS id", "(n + 1) / 2 AS id");
    declare(db, "sales", &query, SEARCH).await;
    let server = SearchServer::start(Rules::default());
    let report = deliver(db, &json!({ "search": search(&server) })).await;
    assert_eq!((report.delivered, report.failed), (0, 3));
    let error = errors(db).await;
    assert!(
        error[0].contains("10 rows were stored and fullhouse-sales has 5"),
        "{error:?}"
    );
    assert!(error[0].contains("differ in the key (id)"), "{error:?}");
}

#[tokio::test]
async fn columns_that_do_not_fit_the_index_are_named() {
    let db = &sales().await;
    let server = SearchServer::start(Rules::default());
    let settings = &json!({ "search": search(&server) });
    deliver(db, settings).await;
    let query = ROWS.replace("n AS id", "n::text AS id");
    declare(db, "other", &query, &format!("{SEARCH}index = \"sales\"\n")).await;
    assert_eq!(deliver(db, settings).await.failed, 3);
    let error = errors(db).await;
    assert!(
        error[0].contains("mapper [id] cannot be changed"),
        "{error:?}"
    );
    assert!(error[0].contains("Name another `index`"), "{error:?}");
}
