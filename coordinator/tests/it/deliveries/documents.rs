//! Documents of Elasticsearch: each row once, though requests are refused; those of other builds go.

use super::{search_server::Rules, *};

const INDEX: &str = "fullhouse-sales";

/// So many documents of each of the three days, the oldest first.
fn expected(counts: [i64; 3]) -> Vec<String> {
    let mut all: Vec<String> = counts
        .into_iter()
        .zip([3, 2, 1])
        .flat_map(|(count, days_ago)| (1..=count).map(move |id| format!("{} {id}", day(days_ago))))
        .collect();
    all.sort();
    all
}

fn refused(pairs: &[(i64, &str)]) -> Vec<String> {
    pairs
        .iter()
        .map(|(days_ago, rest)| format!("sales search {days_ago} {rest}"))
        .collect()
}

#[tokio::test]
async fn each_row_is_there_once_though_documents_and_requests_are_refused() {
    let db = &sales().await;
    let server = SearchServer::start(Rules {
        max_body: 1_500,
        throttled: 6,
        unavailable: 2,
        ..Rules::default()
    });
    let settings = &json!({ "search": search(&server) });
    let report = deliver(db, settings).await;
    assert_eq!(
        (report.delivered, report.failed),
        (3, 0),
        "{:?}",
        errors(db).await
    );
    assert_eq!(server.documents(INDEX, "id"), expected([10, 10, 10]));
    assert_eq!(server.builds(INDEX), 3);
    let rows = refused(&[
        (3, "delivered 10 0"),
        (2, "delivered 10 0"),
        (1, "delivered 10 0"),
    ]);
    assert_eq!(
        states(db).await.iter().rev().cloned().collect::<Vec<_>>(),
        rows
    );
    let one = server.document(INDEX, "id", &json!(7));
    assert_eq!(
        (&one["title"], &one["price"], &one["more"], &one["pair"]),
        (
            &json!("a \"b\", c\n7"),
            &json!(10.5),
            &json!({ "n": 7 }),
            &json!([7, 7])
        )
    );
    assert!(
        one["sold_at"]
            .as_str()
            .unwrap()
            .ends_with("T12:00:00+00:00"),
        "{one}"
    );
    assert_eq!(server.property(INDEX, "more")["type"], "flattened");
    // What a destination has is not sent again.
    let sent = server.bulks();
    assert_eq!(deliver(db, settings).await, DeliveredDays::default());
    assert_eq!(server.bulks(), sent);
}

#[tokio::test]
async fn a_document_that_is_refused_is_counted_with_its_reason_and_the_others_are_stored() {
    let db = &world().await;
    let query = ROWS.replace("n * 1.5", "CASE WHEN n = 3 THEN 'NaN' ELSE n * 1.5 END");
    declare(db, "sales", &query, SEARCH).await;
    let server = SearchServer::start(Rules::default());
    let report = deliver(db, &json!({ "search": search(&server) })).await;
    assert_eq!(
        (report.rejected, report.failed),
        (3, 0),
        "{:?}",
        errors(db).await
    );
    assert_eq!(server.documents(INDEX, "id").len(), 27);
    let states = states(db).await;
    assert!(
        states.iter().all(|one| one.ends_with("rejected 9 1")),
        "{states:?}"
    );
    let reasons = texts(
        db,
        "SELECT DISTINCT unnest(rejections) FROM data_set_delivery_status",
    )
    .await;
    assert_eq!(
        reasons,
        ["400 document_parsing_exception: failed to parse field [price]"]
    );
}

/// As after the erasure of a user: its rows are in no document any more.
#[tokio::test]
async fn a_day_that_is_built_again_replaces_its_documents_and_no_others() {
    let db = &sales().await;
    let server = SearchServer::start(Rules::default());
    let settings = &json!({ "search": search(&server) });
    deliver(db, settings).await;
    change(db, 1, 7).await;
    change(db, 2, 0).await;
    build(db).await;
    server.set(Rules {
        conflicts: 1,
        ..Rules::default()
    });
    let report = deliver(db, settings).await;
    assert_eq!(
        (report.delivered, report.failed),
        (2, 0),
        "{:?}",
        errors(db).await
    );
    assert_eq!(server.documents(INDEX, "id"), expected([10, 0, 7]));
    // And back again: the ids of a build are those of before.
    change(db, 1, 10).await;
    build(db).await;
    deliver(db, settings).await;
    assert_eq!(server.documents(INDEX, "id"), expected([10, 0, 10]));
    assert_eq!(server.builds(INDEX), 2);
}

/// The row for day 1 that is larger than the server takes is refused alone.
#[tokio::test]
async fn a_document_that_is_too_large_is_refused_alone() {
    let db = &world().await;
    let query = ROWS.replace(
        "|| chr(10) ||",
        "|| CASE WHEN n = 3 THEN repeat('x', 5000) ELSE '' END ||",
    );
    declare(db, "sales", &query, SEARCH).await;
    let server = SearchServer::start(Rules {
        max_body: 3_000,
        ..Rules::default()
    });
    let report = deliver(db, &json!({ "search": search(&server) })).await;
    assert_eq!(
        (report.rejected, report.failed),
        (3, 0),
        "{:?}",
        errors(db).await
    );
    assert_eq!(server.documents(INDEX, "id").len(), 27);
}

#[tokio::test]
async fn what_is_not_declared_any_more_is_removed() {
    let db = &sales().await;
    declare(db, "other", ROWS, SEARCH).await;
    let server = SearchServer::start(Rules::default());
    let settings = &json!({ "search": search(&server) });
    deliver(db, settings).await;
    // Another index gets all, and the first one has nothing.
    declare(db, "sales", ROWS, &format!("{SEARCH}index = \"shared\"\n")).await;
    declare(db, "other", ROWS, &format!("{SEARCH}index = \"shared\"\n")).await;
    let report = deliver(db, settings).await;
    assert_eq!(
        (report.delivered, report.failed),
        (6, 0),
        "{:?}",
        errors(db).await
    );
    assert_eq!(server.documents(INDEX, "id"), [""; 0]);
    assert_eq!(server.documents("fullhouse-shared", "id").len(), 60);
    // One leaves the destination, and one is removed.
    declare(db, "sales", ROWS, "").await;
    let report = deliver(db, settings).await;
    assert_eq!(
        (report.removed, report.failed),
        (3, 0),
        "{:?}",
        errors(db).await
    );
    assert_eq!(server.documents("fullhouse-shared", "id").len(), 30);
    schema::data_set::remove(db, "other").await.unwrap();
    assert_eq!(deliver(db, settings).await.removed, 3);
    assert_eq!(server.documents("fullhouse-shared", "id"), [""; 0]);
    assert_eq!(states(db).await, [""; 0]);
}
