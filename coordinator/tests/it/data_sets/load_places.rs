//! Places: permitted or not, there or not, with odd names and links; a real S3 server.

use schema::reading::{Reader, data_sets, loads};

use super::{load_fixture::*, *};
use crate::export::{python, s3::Server};

/// Lets data sets whose listing failed be listed at once.
async fn skip_listing_pause(db: &PgPool) {
    run(db, "UPDATE load_listing SET retry_at = now()").await;
}

#[tokio::test]
async fn a_listing_that_fails_is_an_error_of_its_data_set_alone() {
    let (db, inbox) = (&world().await, Inbox::new());
    let mut other = Inbox::new();
    put(
        db,
        &[
            inbox.file("sales", "json-lines", ""),
            other.file("other", "json-lines", ""),
        ],
    )
    .await;
    inbox.put(1, "a", lines(&["a"]));
    assert_eq!(inbox.list(db).await.failed, 1, "the other is not permitted");
    assert_eq!(inbox.list(db).await.failed, 0, "it has its pause");
    inbox.run(db).await;
    assert_eq!(ids(db, "sales").await, ["1 a"]);
    let mut reader = Reader::begin(db).await.unwrap();
    let day = data_sets::days(&mut reader, "other", None, 1, None)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(day.state, "waiting");
    let error = day.error.unwrap();
    assert!(
        error.contains("an operator adds it to loads.places"),
        "{error}"
    );
    let listing = loads::files(&mut reader, "other", 9, 9)
        .await
        .unwrap()
        .listing
        .unwrap();
    assert!(listing.error.is_some() && listing.retry_at.is_some());
    drop(reader);

    // Permitted now, but missing: after the third try the day has failed, and an alert says so.
    std::fs::remove_dir_all(&other.place).unwrap();
    other.settings.places.extend(inbox.settings.places.clone());
    for _ in 0..2 {
        skip_listing_pause(db).await;
        other.list(db).await;
    }
    assert_eq!(state(db, "other", 1).await.0, "failed");
    let error = texts(
        db,
        "SELECT DISTINCT error FROM data_set_status WHERE name = 'other'",
    )
    .await;
    assert!(error[0].contains("is not there"), "{error:?}");
    assert_eq!(state(db, "sales", 1).await.0, "built");

    std::fs::create_dir_all(&other.place).unwrap();
    other.put(1, "b", lines(&["b"]));
    skip_listing_pause(db).await;
    other.run(db).await;
    assert_eq!(ids(db, "other").await, ["1 b"]);
    let left = texts(db, "SELECT name FROM load_listing WHERE failures > 0").await;
    assert_eq!(left, [""; 0]);
}

#[tokio::test]
async fn names_with_odd_letters_are_files_like_others() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(db, &[inbox.file("sales", "json-lines", "")]).await;
    let names = [
        "a b", "c'd\"e", "f%2Fg", "h#i", "j*k", "l{date}", "mü", "n;DROP", "o%",
    ];
    for name in names {
        inbox.put(1, name, lines(&[&name.replace('"', "'")]));
    }
    inbox.put(1, ".hidden", lines(&["hidden"]));
    inbox.put(1, "deeper/x", lines(&["deeper"]));
    let done = inbox.run(db).await;
    assert_eq!((done.built, done.failed), (1, 0));
    assert_eq!(ids(db, "sales").await.len(), names.len());
}

#[tokio::test]
async fn a_link_that_leads_out_of_the_place_is_not_followed() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(db, &[inbox.file("sales", "json-lines", "")]).await;
    inbox.put(1, "a", lines(&["a"]));
    let secret = inbox.place.parent().unwrap().join("secret");
    std::fs::write(&secret, lines(&["secret"])).unwrap();
    std::os::unix::fs::symlink(&secret, inbox.path(1, "link")).unwrap();
    assert_eq!(inbox.list(db).await.failed, 1);
    let error = texts(db, "SELECT error FROM load_listing").await;
    assert!(
        error[0].ends_with("link is a link that leads out of the place"),
        "{error:?}"
    );
    // One that appears behind the back of the listing is not read either.
    inbox.remove(1, "link");
    skip_listing_pause(db).await;
    inbox.list(db).await;
    inbox.remove(1, "a");
    std::os::unix::fs::symlink(&secret, inbox.path(1, "a")).unwrap();
    assert_eq!(build_with(db, "one", &inbox.settings).await.failed, 1);
    assert_eq!(ids(db, "sales").await, [""; 0]);
}

#[tokio::test]
async fn a_file_that_is_replaced_while_it_waits_is_not_taken_for_the_listed_one() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(db, &[inbox.file("sales", "json-lines", "")]).await;
    inbox.put(1, "a", lines(&["a"]));
    inbox.list(db).await;
    inbox.put(1, "a", lines(&["b", "c"]));
    assert_eq!(build_with(db, "one", &inbox.settings).await.failed, 1);
    assert_eq!(inbox.run(db).await.built, 1);
    assert_eq!(ids(db, "sales").await, ["1 b", "1 c"]);
}

#[tokio::test]
async fn files_in_an_s3_store_are_read() {
    if !python::has(&["moto.server", "boto3", "flask"]) {
        return;
    }
    let server = Server::start();
    let (db, inbox) = (&world().await, Inbox::new());
    let settings = LoadSettings {
        places: vec!["s3://exports/in".to_owned()],
        store: server.options(),
    };
    let (name, text) = inbox.file("sales", "json-lines", "");
    let local = format!("place = \"{}\"", inbox.place.display());
    let text = text.replace(&local, "place = \"s3://exports/in/sales\"");
    put(db, &[(name, text)]).await;
    let place = coordinator::export::place::Place::open("s3://exports/in/sales", &server.options())
        .unwrap();
    let key = |name: &str| format!("{}/{name}", date(1));
    place
        .put(&key("a.gz"), gz(lines(&["a"]).as_bytes()).into())
        .await
        .unwrap();
    place
        .put(&key("b c.jsonl"), lines(&["b"]).into())
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let list = async || {
        coordinator::background::loads::list_all(db, &settings, &stop)
            .await
            .unwrap()
    };
    assert_eq!(list().await.changed, 1);
    assert_eq!(build_with(db, "one", &settings).await.built, 1);
    assert_eq!(ids(db, "sales").await, ["1 a", "1 b"]);
    assert_eq!(list().await.changed, 0);
    place
        .put(&key("b c.jsonl"), lines(&["d"]).into())
        .await
        .unwrap();
    assert_eq!(list().await.changed, 1, "by its e-tag");
    build_with(db, "one", &settings).await;
    assert_eq!(ids(db, "sales").await, ["1 a", "1 d"]);
}
