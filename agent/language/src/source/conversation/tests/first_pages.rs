//! Pages of what is asked first, and what its refusal means.

use super::*;

/// A source that asks for a list of films first, in pages that go on so.
fn of_films(url: &str, pages: &str) -> Arc<Source> {
    let step = format!(
        r#"
        request = {{ url = "https://a.example/rows" }}
        [steps.cinemas.first.films]
        request = {{ url = "https://a.example/{url}" }}
        pages = {{ {pages} }}
        take = {{ list = ".films", at = ".at" }}
        "#
    );
    source("", &step)
}

fn films(ids: &[&str], more: Value) -> Response {
    let mut body = more.as_object().cloned().unwrap_or_default();
    body.insert("films".to_owned(), items(ids));
    body.insert("at".to_owned(), json!(ids.first()));
    ok(Value::Object(body))
}

/// What `take` names of all pages together.
fn taken(talk: &Talk) -> &Value {
    &talk.conversation.known()["films"]
}

#[test]
fn pages_of_what_is_asked_first_follow_links() {
    let source = of_films("films?a=1", "link = \".next\"");
    let mut talk = Talk::of(&source);
    talk.hears("films?a=1", films(&["1", "2"], json!({ "next": "?a=2" })))
        .unwrap();
    talk.hears("films?a=2", films(&["3"], json!({ "next": "/other?a=3" })))
        .unwrap();
    talk.hears("other?a=3", films(&["4"], json!({ "next": null })))
        .unwrap();
    let all = json!({ "list": items(&["1", "2", "3", "4"]), "at": "1" });
    assert_eq!(taken(&talk), &all, "one value is that of the first page");
    talk.hears("rows", page(&["1"], json!({}))).unwrap();
    assert_eq!(talk.keys(), ["1"]);

    // The same link again ends the walk; a link to a host that is not named is not followed.
    let mut talk = Talk::of(&source);
    talk.hears("films?a=1", films(&["1"], json!({ "next": "?a=2" })))
        .unwrap();
    talk.hears("films?a=2", films(&["2"], json!({ "next": "?a=2" })))
        .unwrap();
    assert_eq!(taken(&talk)["list"], items(&["1", "2"]));
    let mut talk = Talk::of(&source);
    let away = json!({ "next": "https://elsewhere.example/" });
    talk.hears("films?a=1", films(&["1"], away)).unwrap();
    let refused = talk.conversation.next().unwrap_err();
    assert!(refused.message.contains("elsewhere.example"), "{refused:?}");
}

#[test]
fn pages_of_what_is_asked_first_end_where_one_comes_again() {
    let url = "films?page={{ page.number }}";
    let source = of_films(url, "until_repeated = true");
    let mut talk = Talk::of(&source);
    talk.hears("films?page=1", films(&["1", "2"], json!({})))
        .unwrap();
    talk.hears("films?page=2", films(&["3"], json!({})))
        .unwrap();
    talk.hears("films?page=3", films(&["3"], json!({})))
        .unwrap();
    let all = json!({ "list": items(&["1", "2", "3"]), "at": "1" });
    assert_eq!(taken(&talk), &all, "the page that came again is left out");
    talk.hears("rows", page(&["1"], json!({}))).unwrap();
    assert_eq!(talk.keys(), ["1"]);
}

/// Answers that there is no such thing retire a showtime: only its own request may say so.
#[test]
fn a_404_to_what_is_asked_first_is_no_miss_of_the_task() {
    let source = of_films("films?a=1", "link = \".next\"");
    for status in [404, 410] {
        let mut talk = Talk::of(&source);
        let refused = talk
            .hears("films?a=1", answer(status, &[], ""))
            .unwrap_err();
        assert_eq!(
            (refused.class, refused.http_status),
            (ErrorClass::Malformed, Some(status))
        );
        assert!(refused.message.contains("first `films`"), "{refused:?}");

        let mut talk = Talk::of(&source);
        talk.hears("films?a=1", films(&["1"], json!({}))).unwrap();
        let missing = talk.hears("rows", answer(status, &[], "")).unwrap_err();
        assert_eq!(missing.class, ErrorClass::Missing);
    }
}
