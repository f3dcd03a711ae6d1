//! Rows and files that cannot be read: counted, shown, and bounded.

use std::fmt::Write as _;

use super::{load_fixture::*, *};

async fn errors(db: &PgPool) -> Vec<String> {
    texts(
        db,
        "SELECT concat_ws('|', right(path, -11), line, column_name, reason) FROM load_error ORDER BY path, line",
    )
    .await
}

#[tokio::test]
async fn few_bad_rows_are_counted_and_too_many_keep_the_last_good_rows() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(db, &[inbox.file("sales", "json-lines", "max_errors = 1")]).await;
    inbox.put(
        1,
        "a",
        "{\"id\":\"a\"}\n{\"id\":\"b\",\"n\":\"many\"}\n{\"id\":\"c\"}\n",
    );
    let done = inbox.run(db).await;
    assert_eq!((done.built, done.failed), (1, 0));
    assert_eq!(ids(db, "sales").await, ["1 a", "1 c"]);
    assert_eq!(errors(db).await, ["a|2|n|\"many\" is not a whole number"]);

    inbox.put(1, "a", "{\"id\":\"x\"}\n{\"n\":1}\nno json\n");
    inbox.put(1, "b", "{\"id\":\"y\"}\n");
    assert_eq!(inbox.run(db).await.failed, 1);
    assert_eq!(ids(db, "sales").await, ["1 a", "1 c"], "the last good rows");
    let day = date(1);
    let failure = texts(db, "SELECT error FROM data_set_status WHERE tries > 0").await;
    assert_eq!(
        failure,
        [format!(
            "{day}/a has 2 rows of 3 that cannot be mapped, and max_errors is 1; the first: line 2, column id: it is required, and has no value"
        )]
    );
    let shown = errors(db).await;
    assert_eq!(shown.len(), 2, "{shown:?}");
    let files = texts(
        db,
        "SELECT concat_ws(' ', right(path, -11), row_count, error_count) FROM load_status WHERE day IS NOT NULL AND path IS NOT NULL ORDER BY path",
    )
    .await;
    assert_eq!(
        files,
        ["a 3 2", "b 1 0"],
        "files behind it are read as well"
    );
    let seen = texts(db, "SELECT excerpt FROM load_error ORDER BY line").await;
    assert_eq!(seen, ["{\"n\":1}", "no json"]);

    // A file that is right again takes its errors away.
    inbox.put(1, "a", lines(&["z"]));
    assert_eq!(inbox.run(db).await.built, 1);
    assert_eq!(ids(db, "sales").await, ["1 y", "1 z"]);
    assert_eq!(errors(db).await, [""; 0]);
}

#[tokio::test]
async fn a_build_that_fails_three_times_waits_for_other_files() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(db, &[inbox.file("sales", "json-lines", "")]).await;
    inbox.put(1, "a", "no json");
    for tried in ["retrying", "retrying", "failed"] {
        inbox.run(db).await;
        skip_pauses(db).await;
        assert_eq!(state(db, "sales", 1).await.0, tried);
    }
    assert_eq!(inbox.run(db).await, BuiltDataSets::default());
    inbox.put(1, "a", lines(&["a"]));
    assert_eq!(inbox.run(db).await.built, 1);
}

#[tokio::test]
async fn bombs_broken_archives_and_open_quotes_fail_their_day_alone() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(
        db,
        &[inbox.file(
            "sales",
            "csv",
            "max_errors = \"100%\"\nmax_file_bytes = 1000000",
        )],
    )
    .await;
    inbox.put(1, "bomb.gz", gz(&vec![b'\n'; 5_000_000]));
    inbox.put(2, "open.csv", "id,n\na,1\n\"b,2\nc,3\n");
    inbox.put(3, "good.csv", "id,n\na,1\nb\nc,\n");
    let done = inbox.run(db).await;
    assert_eq!((done.built, done.failed), (1, 2));
    assert_eq!(ids(db, "sales").await, ["3 a", "3 c"]);
    let failures = texts(
        db,
        "SELECT right(error, -11) FROM data_set_status WHERE tries > 0 ORDER BY day DESC",
    )
    .await;
    assert!(
        failures[0].contains("bomb.gz cannot be read: it unpacks to more than 1000000 bytes"),
        "{failures:?}"
    );
    assert!(
        failures[1].contains("open.csv cannot be read: line 3: a quote is not closed"),
        "{failures:?}"
    );
    let good = gz(lines(&["a"]).as_bytes());
    inbox.remove(1, "bomb.gz");
    inbox.put(1, "half.gz", &good[..good.len() - 4]);
    assert_eq!(inbox.run(db).await.failed, 1);
}

/// A large file is staged in parts, and only its first errors are kept.
#[tokio::test]
async fn a_large_file_is_read_in_parts() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(db, &[inbox.file("sales", "json-lines", "")]).await;
    let mut text = String::new();
    for number in 0..30_000 {
        let n = if number % 200 == 7 { "\"x\"" } else { "7" };
        let _ = writeln!(text, "{{\"id\":\"{number}\",\"n\":{n}}}");
    }
    inbox.put(1, "a.gz", gz(text.as_bytes()));
    assert_eq!(inbox.run(db).await.built, 1);
    let counted = texts(
        db,
        "SELECT concat_ws(' ', row_count, error_count, (SELECT count(*) FROM load_error), (SELECT sum(n) FROM data_set.sales))
        FROM load_status WHERE path IS NOT NULL",
    )
    .await;
    assert_eq!(counted, ["30000 150 100 208950"]);
}

#[tokio::test]
async fn errors_go_after_a_month() {
    let (db, inbox) = (&world().await, Inbox::new());
    put(db, &[inbox.file("sales", "json-lines", "max_errors = 9")]).await;
    inbox.put(1, "a", "no json\n");
    inbox.run(db).await;
    assert_eq!(errors(db).await.len(), 1);
    run(
        db,
        "UPDATE load_error SET found_at = now() - interval '31 days'",
    )
    .await;
    schema::data_set::end_lost(db).await.unwrap();
    assert_eq!(errors(db).await, [""; 0]);
}
