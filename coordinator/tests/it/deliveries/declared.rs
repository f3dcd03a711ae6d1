//! What a file declares, and what is refused.

use super::*;

#[tokio::test]
async fn what_cannot_be_delivered_is_refused_with_its_line() {
    let db = &world().await;
    for (deliver, says) in [
        (
            "[[deliver]]\nto = \"a\"\n[[deliver]]\nto = \"search\"\nkey = [\"id\", \"nothing\"]\n",
            "sales.toml:15: deliver of data set sales: its key names \"nothing\", which is no column. Its columns are day, id, title",
        ),
        (
            "[[deliver]]\nto = \"a\"\ncolour = 1\n",
            "sales.toml:15: unknown field `colour`",
        ),
        ("[[deliver]]\nkey = []\n", "missing field `to`"),
        (
            "[[deliver]]\nto = \"a\"\n[[deliver]]\nto = \"a\"\n",
            "sales.toml:15: it is delivered to \"a\" twice",
        ),
        (
            "[[deliver]]\nto = \"a\"\nindex = \"A\"\n",
            "sales.toml:13: an index cannot be called \"A\"",
        ),
    ] {
        let refused = refusal(db, &[delivered_file("sales", ROWS, deliver)]).await;
        assert!(refused.contains(says), "{refused}");
    }
}

/// Settings belong to coordinators, so a file may name a destination that none has yet.
#[tokio::test]
async fn a_destination_without_settings_is_shown() {
    let db = &world().await;
    put(db, &[delivered_file("sales", ROWS, SEARCH)]).await;
    deliver(db, &json!({})).await;
    assert_eq!(states(db).await, ["sales search no_settings"]);
    build(db).await;
    deliver(db, &json!({})).await;
    assert_eq!(states(db).await.len(), 3);
    assert_eq!(
        errors(db).await[0],
        "no coordinator has settings for `search`: add [deliveries.search]"
    );
    // With settings, and without a key.
    let server = SearchServer::start(search_server::Rules::default());
    declare(db, "sales", ROWS, "[[deliver]]\nto = \"search\"\n").await;
    assert_eq!(
        deliver(db, &json!({ "search": search(&server) }))
            .await
            .failed,
        3
    );
    let error = errors(db).await;
    assert!(error[0].starts_with("documents need a key"), "{error:?}");
    // The file that has one is tried at once.
    declare(db, "sales", ROWS, SEARCH).await;
    assert_eq!(
        deliver(db, &json!({ "search": search(&server) }))
            .await
            .delivered,
        3
    );
}

/// `data-set build` delivers again what a destination lost.
#[tokio::test]
async fn a_build_that_is_asked_for_is_delivered_again() {
    let db = &sales().await;
    let home = tempfile::tempdir().unwrap();
    declare(db, "sales", ROWS, "[[deliver]]\nto = \"board\"\n").await;
    let settings = &json!({ "board": csv(home.path()) });
    deliver(db, settings).await;
    let path = home.path().join(format!("sales/{}.csv", day(2)));
    std::fs::remove_file(&path).unwrap();
    let actor = coordinator::operate::report::cli_actor(None);
    let asked = (chrono::Utc::now() - chrono::TimeDelta::days(2)).date_naive();
    coordinator::operate::data_set::build(db, &actor, "sales", Some(asked), Some(asked))
        .await
        .unwrap();
    build(db).await;
    assert_eq!(deliver(db, settings).await.delivered, 1);
    assert!(path.exists());
}
