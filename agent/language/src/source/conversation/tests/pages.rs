//! Answers in pages.

use super::*;
use crate::extract::Gaps;

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

/// What a walk gives, and what it lacks.
fn walked(source: &Arc<Source>, pages: &[(&[&str], Value)]) -> (Vec<String>, Gaps) {
    let mut talk = Talk::of(source);
    for (index, (keys, facts)) in pages.iter().enumerate() {
        let url = format!("rows?p={}", index + 1);
        talk.hears(&url, page(keys, facts.clone())).unwrap();
    }
    let keys = talk.keys();
    (keys, talk.conversation.gaps().clone())
}

/// Invariant 5. A row came in front between two requests: one comes twice, one never.
#[test]
fn rows_that_move_between_pages_make_the_answer_partial() {
    let more = |more: bool| json!({ "more": more });
    let moved: [(&[&str], Value); 2] = [(&["1", "2"], more(true)), (&["2", "3"], more(false))];
    let source = |words: &str, pages: &str| {
        let step = format!(
            "request = {{ url = \"https://a.example/rows?p={{{{ page.number }}}}\" }}\n{words}\npages = {{ more = \".more\"{pages} }}"
        );
        super::source("", &step)
    };
    let (keys, gaps) = walked(&source("same_key = \"first\"", ""), &moved);
    assert_eq!((keys.join(""), gaps.missing), ("123".to_owned(), 1));
    assert!(
        gaps.described[0].contains("rows moved between the requests"),
        "{gaps:?}"
    );

    let (_, gaps) = walked(&source("same_key = \"first\"", ", overlap = true"), &moved);
    assert!(gaps.is_whole());

    let mut talk = Talk::of(&source("", ""));
    talk.hears("rows?p=1", page(moved[0].0, more(true)))
        .unwrap();
    talk.hears("rows?p=2", page(moved[1].0, more(false)))
        .unwrap();
    let problem = talk.conversation.next().unwrap_err().message;
    assert!(
        problem.contains("`2` came on page 1 and again on page 2"),
        "{problem}"
    );

    // The last page once more is no row that moved.
    let again: [(&[&str], Value); 2] = [(&["1", "2"], more(true)), (&["1", "2"], more(false))];
    let (keys, gaps) = walked(&source("same_key = \"first\"", ""), &again);
    assert_eq!((keys.join(""), gaps.is_whole()), ("12".to_owned(), true));
}

/// Invariant 5. The source says how many rows there are, and that must be how many came.
#[test]
fn the_number_of_rows_must_agree() {
    let source = |words: &str| {
        let step = format!(
            "request = {{ url = \"https://a.example/rows?p={{{{ page.number }}}}\" }}\n{words}\npages = {{ rows = \".count\" }}"
        );
        super::source("", &step)
    };
    let count = |count: u32| json!({ "count": count });
    let (_, gaps) = walked(&source(""), &[(&["1", "2"], count(3)), (&["3"], count(3))]);
    assert!(gaps.is_whole());
    // A row went away between the requests, and took another one's place with it.
    let (_, gaps) = walked(&source(""), &[(&["1", "2"], count(4)), (&["4"], count(3))]);
    assert_eq!(gaps.missing, 1);
    assert!(
        gaps.described[0].contains("the first page said 4 and the last 3"),
        "{gaps:?}"
    );
    // As many rows as are said came, and one of them twice.
    let first = source("same_key = \"first\"");
    let (_, gaps) = walked(&first, &[(&["1", "2"], count(4)), (&["2", "3"], count(4))]);
    assert_eq!(gaps.missing, 1);
    assert!(
        gaps.described[0].contains("3 different rows came where the answer says 4"),
        "{gaps:?}"
    );
    let (_, gaps) = walked(&source(""), &[(&["1", "2", "3"], count(2))]);
    assert_eq!(gaps.missing, 1);
}

/// A row that cannot be read on one page makes the whole walk partial.
#[test]
fn gaps_of_pages_add_up() {
    let step = "request = { url = \"https://a.example/rows?p={{ page.number }}\" }\nskip_unreadable = \"50%\"\npages = { more = \".more\" }";
    let source = super::source("", step);
    let mut talk = Talk::of(&source);
    for (number, more) in [(1, true), (2, false)] {
        let body = json!({ "more": more, "items": [{ "id": number }, { "no": 1 }] });
        talk.hears(&format!("rows?p={number}"), ok(body)).unwrap();
    }
    assert_eq!(talk.keys(), ["1", "2"]);
    assert_eq!(talk.conversation.gaps().missing, 2);
}
