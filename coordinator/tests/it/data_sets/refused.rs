//! What is refused when it is applied, with file, line and way out.

use super::*;

const ADMISSIONS: &str = "SELECT admissions FROM cinema_day WHERE business_on = :day";

/// A file each, and what the refusal says.
fn cases() -> Vec<((String, String), &'static str)> {
    let inputs = ["rollup/cinema_day"];
    vec![
        (
            file("a", &["missing"], "SELECT :day AS d", ""),
            "a.toml:5: inputs of data set a: there is no input data_set/missing. Apply that data set first",
        ),
        (
            file("a", &["rollup/none"], "SELECT :day AS d", ""),
            "there is no input rollup/none",
        ),
        (
            file("a", &["a"], "SELECT :day AS d", ""),
            "it names itself as an input",
        ),
        (
            file(
                "base",
                &["rollup/cinema_day"],
                "SELECT admissions::text AS admissions FROM cinema_day WHERE business_on = :day",
                "",
            ),
            "its column admissions is ",
        ),
        (
            file(
                "base",
                &["rollup/cinema_day"],
                "SELECT admissions AS other FROM cinema_day WHERE business_on = :day",
                "",
            ),
            "its column admissions is ",
        ),
        (
            file(
                "a",
                &inputs,
                "SELECT admissions\nFROM cinema_day\nWHERE busines_on = :day",
                "",
            ),
            "a.toml:10: query of data set a: column \"busines_on\" does not exist",
        ),
        (
            file("a", &inputs, "SELECT\n  FRO cinema_day", ""),
            "a.toml:9: query of data set a: column \"fro\" does not exist",
        ),
        (
            file(
                "a",
                &inputs,
                ADMISSIONS,
                "check = \"SELECT nothing FROM a\"",
            ),
            "a.toml:6: check of data set a: column \"nothing\" does not exist",
        ),
        (
            file("a", &[], ADMISSIONS, ""),
            "it reads rollup/cinema_day without naming it as an input. Add it to inputs",
        ),
        (
            file("a", &inputs, "SELECT admissions FROM cinema_day", ""),
            "its query does not name :day",
        ),
        (
            file(
                "a",
                &inputs,
                "SELECT :day AS day, admissions FROM cinema_day",
                "",
            ),
            "gives a column \"day\"",
        ),
        (
            file("a", &inputs, ADMISSIONS, "zone = \"Mars/Olympus\""),
            "a.toml:6: zone of data set a: there is no time zone Mars/Olympus",
        ),
        (
            file(
                "a",
                &["stored/snapshot"],
                "SELECT :day AS d",
                "zone = \"Asia/Kolkata\"",
            ),
            "the days of stored/snapshot are UTC",
        ),
    ]
}

#[tokio::test]
async fn a_file_that_cannot_be_built_is_refused_with_its_place_and_the_way_out() {
    let db = &world().await;
    let base = file("base", &["rollup/cinema_day"], ADMISSIONS, "");
    put(db, &[base]).await;
    for (refused, expected) in cases() {
        let text = refused.1.clone();
        let words = refusal(db, &[refused]).await;
        assert!(words.contains(expected), "{expected}\n{words}\n{text}");
    }
    assert_eq!(texts(db, "SELECT name FROM data_set").await, ["base"]);
    assert_eq!(
        texts(
            db,
            "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'data_set_draft%'"
        )
        .await,
        [""; 0]
    );
}

#[tokio::test]
async fn a_circle_is_refused_within_files_and_with_what_is_applied() {
    let db = &world().await;
    let read = |name: &str, input: &str| {
        file(
            name,
            &[input],
            &format!("SELECT n FROM {input} WHERE day = :day"),
            "",
        )
    };
    let words = refusal(db, &[read("a", "b"), read("b", "a")]).await;
    assert!(words.contains("a reads b reads a"), "{words}");
    put(
        db,
        &[
            file(
                "a",
                &["rollup/cinema_day"],
                "SELECT admissions AS n FROM cinema_day WHERE business_on = :day",
                "",
            ),
            read("b", "a"),
            read("c", "b"),
        ],
    )
    .await;
    let words = refusal(db, &[read("a", "c")]).await;
    assert!(
        words.starts_with("a.toml:5: inputs of data set a:"),
        "{words}"
    );
    assert!(words.contains("a reads c reads b reads a"), "{words}");
    let removed = coordinator::operate::data_set::remove(db, &cli_actor(None), "a").await;
    assert_eq!(
        removed.unwrap_err().to_string(),
        "the data set a is read by b"
    );
}

#[tokio::test]
async fn an_input_must_have_the_days_and_a_new_column_is_added() {
    let db = &world().await;
    put(db, &[file("base", &["rollup/cinema_day"], ADMISSIONS, "")]).await;
    let (name, text) = file(
        "early",
        &["base"],
        "SELECT admissions FROM base WHERE day = :day",
        "",
    );
    let since = text.lines().nth(2).unwrap().to_owned();
    let early = text.replace(&since, "since = 2026-01-01");
    let words = refusal(db, &[(name, early)]).await;
    assert!(
        words.contains("early.toml:3: since of data set early: its input base has no days before"),
        "{words}"
    );

    build(db).await;
    let more = "SELECT admissions, gross FROM cinema_day WHERE business_on = :day";
    put(db, &[file("base", &["rollup/cinema_day"], more, "")]).await;
    build(db).await;
    let gross = texts(db, "SELECT count(gross)::text FROM data_set.base").await;
    assert_eq!(gross, ["3"]);
    let again = put(db, &[file("base", &["rollup/cinema_day"], more, "")]).await;
    assert_eq!(again, ["base is as it was"]);
}
