//! Answers in pages.

use super::*;

fn paged(url: &str, pages: &str) -> Arc<Source> {
    let step = format!("request = {{ url = \"https://a.example/{url}\" }}\npages = {pages}");
    source("", &step)
}

#[test]
fn pages_are_counted_even_where_the_last_still_names_a_next_one() {
    let source = paged(
        "rows?p={{ page.number }}&o={{ page.offset }}",
        r#"{ size = 2, total = ".pages", link = ".next" }"#,
    );
    let mut talk = Talk::of(&source);
    let more = |next: &str| json!({ "pages": 2, "next": next });
    talk.hears("rows?p=1&o=0", page(&["1", "2"], more("/rows?p=2")))
        .unwrap();
    talk.hears("rows?p=2", page(&["3"], more("/rows?p=3")))
        .unwrap();
    assert_eq!(talk.keys(), ["1", "2", "3"]);
}

#[test]
fn offsets_cursors_and_empty_pages_end_a_walk() {
    let source = paged("rows?o={{ page.offset }}", "{ until_empty = true }");
    let mut talk = Talk::of(&source);
    talk.hears("rows?o=0", page(&["1", "2"], json!({})))
        .unwrap();
    talk.hears("rows?o=2", page(&[], json!({}))).unwrap();
    assert_eq!(talk.keys(), ["1", "2"]);

    let source = paged("rows?c={{ page.cursor }}", r#"{ cursor = ".c" }"#);
    let mut talk = Talk::of(&source);
    talk.hears("rows?c=", page(&["1"], json!({ "c": "x/y" })))
        .unwrap();
    talk.hears("rows?c=x%2Fy", page(&["2"], json!({ "c": "x/y" })))
        .unwrap();
    assert_eq!(talk.keys(), ["1", "2"]);

    let source = paged(
        "rows?p={{ page.number }}",
        r#"{ from = 0, more = ".more" }"#,
    );
    let mut talk = Talk::of(&source);
    talk.hears("rows?p=0", page(&["1"], json!({ "more": true })))
        .unwrap();
    talk.hears("rows?p=1", page(&["2"], json!({ "more": false })))
        .unwrap();
    assert_eq!(talk.keys(), ["1", "2"]);
}

#[test]
fn pages_that_are_missing_are_a_failure() {
    let source = paged("rows?p={{ page.number }}", r#"{ rows = ".count" }"#);
    let mut talk = Talk::of(&source);
    let three = || json!({ "count": 3 });
    talk.hears("rows?p=1", page(&["1"], three())).unwrap();
    let truncated = talk.hears("rows?p=2", page(&[], three())).unwrap_err();
    assert!(
        truncated.message.contains("truncated: 1 rows came of 3"),
        "{truncated:?}"
    );

    let source = paged(
        "rows?p={{ page.number }}",
        "{ until_empty = true, at_most = 2 }",
    );
    let mut talk = Talk::of(&source);
    talk.hears("rows?p=1", page(&["1"], json!({}))).unwrap();
    let endless = talk.hears("rows?p=2", page(&["2"], json!({}))).unwrap_err();
    assert!(endless.message.contains("more than 2 pages"), "{endless:?}");
}
