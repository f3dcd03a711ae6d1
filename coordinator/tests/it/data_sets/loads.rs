//! Files that come, are replaced, come late and go; what reads them follows.

use schema::{
    data_set::{self, BuildOutcome},
    load,
};

use super::{load_fixture::*, *};

/// A data set that reads the load.
fn reader() -> (String, String) {
    file(
        "counted",
        &["sales"],
        "SELECT count(*) AS sales FROM sales WHERE day = :day",
        "",
    )
}

async fn counted(db: &PgPool) -> Vec<String> {
    texts(
        db,
        "SELECT ((now() AT TIME ZONE 'UTC')::date - day) || ' ' || sales FROM data_set.counted ORDER BY day",
    )
    .await
}

#[tokio::test]
async fn files_of_a_day_become_rows_once_and_what_reads_them_follows() {
    let (db, inbox) = (&world().await, Inbox::new());
    // In one go, in any order.
    put(db, &[reader(), inbox.file("sales", "json-lines", "")]).await;
    assert_eq!(inbox.run(db).await, BuiltDataSets::default());
    let input = format!("files/{}/{{date}}/*", inbox.place.display());
    assert_eq!(
        state(db, "sales", 1).await,
        ("waiting".to_owned(), vec![input])
    );
    assert_eq!(
        state(db, "counted", 1).await,
        ("waiting".to_owned(), vec!["sales".to_owned()])
    );

    inbox.put(1, "a.jsonl", lines(&["a", "b"]));
    inbox.put(1, "b.jsonl.gz", gz(lines(&["c"]).as_bytes()));
    inbox.put(
        2,
        "c.jsonl.zst",
        zstd::encode_all(lines(&["d"]).as_bytes(), 3).unwrap(),
    );
    assert_eq!(inbox.list(db).await.changed, 2);
    assert_eq!(inbox.list(db).await.changed, 0);
    let done = inbox.run(db).await;
    assert_eq!((done.built, done.failed), (4, 0));
    assert_eq!(ids(db, "sales").await, ["2 d", "1 a", "1 b", "1 c"]);
    assert_eq!(counted(db).await, ["2 1", "1 3"]);
    assert_eq!(state(db, "sales", 3).await.0, "waiting");

    // Nothing is due, and a person who has it built again gets the same rows.
    assert_eq!(inbox.run(db).await, BuiltDataSets::default());
    coordinator::operate::data_set::build(db, &cli_actor(None), "sales", None, None)
        .await
        .unwrap();
    let again = inbox.run(db).await;
    assert_eq!((again.built, again.unchanged, again.failed), (0, 2, 0));
    assert_eq!(ids(db, "sales").await.len(), 4);
    let files = texts(
        db,
        "SELECT concat_ws(' ', right(path, -11), row_count, error_count) FROM load_status WHERE path IS NOT NULL ORDER BY path DESC",
    )
    .await;
    assert_eq!(files, ["b.jsonl.gz 1 0", "a.jsonl 2 0", "c.jsonl.zst 1 0"]);
}

#[tokio::test]
async fn a_file_that_is_replaced_added_late_or_removed_changes_its_day_alone() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(db, &[inbox.file("sales", "json-lines", ""), reader()]).await;
    inbox.put(1, "a", lines(&["a", "b"]));
    inbox.put(2, "a", lines(&["x"]));
    inbox.run(db).await;

    inbox.put(1, "a", lines(&["c"]));
    assert_eq!(inbox.list(db).await.changed, 1);
    let (word, _) = state(db, "sales", 1).await;
    assert_eq!(word, "due");
    inbox.run(db).await;
    assert_eq!(ids(db, "sales").await, ["2 x", "1 c"]);

    inbox.put(2, "late", lines(&["y", "z"]));
    assert_eq!(inbox.run(db).await.built, 2, "and what reads it");
    assert_eq!(counted(db).await, ["2 3", "1 1"]);

    inbox.remove(2, "a");
    inbox.run(db).await;
    assert_eq!(ids(db, "sales").await, ["2 y", "2 z", "1 c"]);
    // All are gone: it waits, and its last good rows stay.
    inbox.remove(1, "a");
    assert_eq!(inbox.run(db).await, BuiltDataSets::default());
    assert_eq!(state(db, "sales", 1).await.0, "waiting");
    assert_eq!(counted(db).await, ["2 2", "1 1"]);
}

#[tokio::test]
async fn values_have_the_types_of_their_columns() {
    let (db, inbox) = (&world().await, Inbox::new());
    let (name, text) = inbox.file("typed", "typed", "");
    let typed = (name, text.replace("{date}/*", "{date}-typed.json"));
    put(db, &[inbox.file("sales", "json-lines", ""), typed]).await;
    let text = r#"{"id":"'); DROP TABLE data_set; --","n":-9223372036854775808,"price":12345678901234567890.12345,"sold_at":"2026-11-30T18:00:00+01:00","more":{"a":[1.10,null,"ü\"\\"]}}"#;
    inbox.put(1, "a", text);
    let typed = r#"{"Item":{"id":{"S":"b"},"n":{"N":"7"},"price":{"N":"1.50"},"sold_at":{"NULL":true},"more":{"M":{"a":{"SS":["x"]}}}}}"#;
    std::fs::write(inbox.place.join(format!("{}-typed.json", date(1))), typed).unwrap();
    let done = inbox.run(db).await;
    assert_eq!((done.built, done.failed), (2, 0));
    let row = "concat_ws('|', id, n, price, sold_at AT TIME ZONE 'UTC', more)";
    assert_eq!(
        texts(db, &format!("SELECT {row} FROM data_set.sales")).await,
        [
            r#"'); DROP TABLE data_set; --|-9223372036854775808|12345678901234567890.12345|2026-11-30 17:00:00|{"a": [1.10, null, "ü\"\\"]}"#
        ]
    );
    assert_eq!(
        texts(db, &format!("SELECT {row} FROM data_set.typed")).await,
        [r#"b|7|1.50|{"a": ["x"]}"#]
    );
}

#[tokio::test]
async fn a_list_without_days_is_read_as_a_whole() {
    let (db, inbox) = (&world().await, Inbox::new());
    let text = format!(
        "name = \"cinemas\"\ndescription = \"A list\"\npartition = \"none\"\nevery = \"0s\"\ncheck = \"SELECT id FROM cinemas WHERE n < 0\"\n[files]\nplace = \"{}\"\npath = \"cinemas*.csv\"\nformat = \"csv\"\ndelimiter = \";\"\ncolumns = [ {{ name = \"id\", type = \"text\" }}, {{ name = \"n\", type = \"integer\", from = \"Seats in all\" }} ]\n",
        inbox.place.display()
    );
    put(db, &[("cinemas.toml".to_owned(), text)]).await;
    let csv = |rows: &str| std::fs::write(inbox.place.join("cinemas.csv"), rows).unwrap();
    csv("Seats in all;id\r\n100;a\r\n200;\"b;c\"\r\n");
    assert_eq!(inbox.run(db).await.built, 1);
    let rows = "SELECT id || ' ' || n FROM data_set.cinemas ORDER BY id";
    assert_eq!(texts(db, rows).await, ["a 100", "b;c 200"]);
    // Its check applies to rows of files as well.
    csv("Seats in all;id\r\n-1;a\r\n");
    assert_eq!(inbox.run(db).await.failed, 1);
    assert_eq!(texts(db, rows).await, ["a 100", "b;c 200"]);
}

#[tokio::test]
async fn two_coordinators_read_no_file_twice_and_a_killed_build_is_taken_up_again() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(db, &[inbox.file("sales", "json-lines", "")]).await;
    for day in 1..=3 {
        inbox.put(day, "a", lines(&["a"]));
    }
    tokio::join!(inbox.list(db), inbox.list(db));
    let (one, two) = tokio::join!(
        build_with(db, "a", &inbox.settings),
        build_with(db, "b", &inbox.settings)
    );
    assert_eq!(one.built + two.built, 3);
    assert_eq!(ids(db, "sales").await, ["3 a", "2 a", "1 a"]);

    inbox.put(1, "b", lines(&["b"]));
    inbox.list(db).await;
    let claimed = data_set::claim(db, "gone", 9, None, None).await.unwrap();
    run(
        db,
        "UPDATE data_set_build SET started_at = now() - interval '10 minutes' WHERE ended_at IS NULL",
    )
    .await;
    let mut reading = db.begin().await.unwrap();
    let build_id = claimed[0].build_id;
    assert!(load::begin(&mut *reading, build_id).await.unwrap());
    load::stage(&mut *reading, build_id, r#"[["half",null,null,null,null]]"#)
        .await
        .unwrap();
    assert_eq!(data_set::end_lost(db).await.unwrap(), [], "it is alive");
    reading.rollback().await.unwrap();
    assert_eq!(data_set::end_lost(db).await.unwrap().len(), 1);
    skip_pauses(db).await;
    inbox.run(db).await;
    assert_eq!(ids(db, "sales").await, ["3 a", "2 a", "1 a", "1 b"]);
    assert_eq!(
        texts(db, "SELECT build_id::text FROM load_row").await,
        [""; 0]
    );
}

/// As a coordinator of the version before builds: it runs what it claims, and knows of no files.
#[tokio::test]
async fn a_program_that_knows_nothing_of_files_empties_no_day() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(db, &[inbox.file("sales", "json-lines", "")]).await;
    inbox.put(1, "a", lines(&["a"]));
    inbox.run(db).await;
    inbox.put(1, "b", lines(&["b"]));
    inbox.list(db).await;
    let claimed = data_set::claim(db, "old", 1, None, None).await.unwrap();
    assert_eq!(
        data_set::run(db, &claimed[0]).await.unwrap(),
        BuildOutcome::Failed
    );
    assert_eq!(ids(db, "sales").await, ["1 a"]);
}

#[tokio::test]
async fn a_day_without_files_is_late_after_its_deadline() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(db, &[inbox.file("sales", "json-lines", "")]).await;
    inbox.list(db).await;
    let late = "SELECT count(*)::text FROM data_set_status WHERE is_late AND state = 'waiting'";
    assert_eq!(texts(db, late).await, ["0"], "it is new");
    run(
        db,
        "UPDATE data_set SET applied_at = now() - interval '2 hours'",
    )
    .await;
    assert_eq!(texts(db, late).await, ["3"]);
}

#[tokio::test]
async fn an_old_day_is_listed_again_when_a_person_asks() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(db, &[inbox.file_since("sales", "json-lines", 30, "")]).await;
    inbox.put(25, "a", lines(&["a"]));
    assert_eq!(inbox.run(db).await.built, 1, "it was never listed");
    inbox.put(25, "b", lines(&["b"]));
    assert_eq!(inbox.run(db).await.built, 0);
    let day = date(25).parse().unwrap();
    coordinator::operate::data_set::build(db, &cli_actor(None), "sales", Some(day), Some(day))
        .await
        .unwrap();
    inbox.run(db).await;
    assert_eq!(ids(db, "sales").await, ["25 a", "25 b"]);
}

#[tokio::test]
async fn another_mapping_reads_all_again_and_another_place_forgets_the_files() {
    let (db, inbox) = (&world().await, Inbox::new());
    let (name, text) = inbox.file("sales", "json-lines", "");
    put(db, &[(name.clone(), text.clone())]).await;
    inbox.put(1, "a", "{\"id\":\"a\",\"key\":\"k\"}");
    inbox.run(db).await;
    let other = text.replace(
        "name = \"id\", type = \"text\"",
        "name = \"id\", from = \"key\", type = \"text\"",
    );
    let words = put(db, &[(name.clone(), other)]).await;
    assert!(words[0].contains("all of it is built again"), "{words:?}");
    inbox.run(db).await;
    assert_eq!(ids(db, "sales").await, ["1 k"]);
    let moved = text.replace("{date}/*", "{date}/other-*");
    put(db, &[(name.clone(), moved)]).await;
    assert_eq!(state(db, "sales", 1).await.0, "waiting");
    assert_eq!(texts(db, "SELECT path FROM load_file").await, [""; 0]);
    let changed = text.replace("type = \"bigint\"", "type = \"text\"");
    let words = refusal(db, &[(name, changed)]).await;
    assert!(
        words.contains("its column n is bigint, and would be text"),
        "{words}"
    );
}
