#![allow(clippy::unwrap_used)]

use super::*;

fn texts(endpoint: Endpoint, body: &str) -> Vec<(String, String)> {
    split(endpoint, BodyFormat::Json, body.as_bytes())
        .unwrap()
        .items
        .into_iter()
        .map(|item| (item.pointer, item.text.into_owned()))
        .collect()
}

#[track_caller]
fn error(endpoint: Endpoint, body: &[u8]) -> RequestError {
    split(endpoint, BodyFormat::Json, body).unwrap_err()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(pointer, text)| ((*pointer).to_owned(), (*text).to_owned()))
        .collect()
}

#[test]
fn the_five_forms_of_a_body_are_cut() {
    let events = Endpoint::Events;

    assert_eq!(
        texts(events, r#" {"event":"a"} "#),
        pairs(&[("", r#"{"event":"a"}"#)])
    );
    assert_eq!(
        texts(events, "[1, {}]"),
        pairs(&[("/0", "1"), ("/1", "{}")])
    );
    assert_eq!(
        texts(events, r#"{"events":[{}]}"#),
        pairs(&[("/events/0", "{}")])
    );
    assert_eq!(
        texts(events, r#"{"batch":[{}]}"#),
        pairs(&[("/batch/0", "{}")])
    );
    assert_eq!(
        texts(events, "{\"a\":1}\r\n\n{\"a\":\n"),
        pairs(&[("/0", r#"{"a":1}"#), ("/1", r#"{"a":"#)])
    );
}

#[test]
fn an_empty_array_has_no_events() {
    assert!(texts(Endpoint::Events, "[]").is_empty());
    assert!(texts(Endpoint::Batch, r#"{"batch":[]}"#).is_empty());
}

#[test]
fn a_line_that_is_not_utf8_does_not_spoil_the_others() {
    let body = b"{\"a\":1}\n{\"b\":\"\xff\"}\n{\"c\":1}";
    let split = split(Endpoint::Events, BodyFormat::Ndjson, body).unwrap();

    let is_utf8: Vec<_> = split.items.iter().map(|item| item.is_utf8).collect();
    assert_eq!(is_utf8, [true, false, true]);
}

#[test]
fn what_is_wrong_within_an_event_does_not_spoil_the_body() {
    let body = r#"[{"a":1e999},{"a":"\ud800"},{"a":1,"a":2}]"#;
    assert_eq!(texts(Endpoint::Events, body).len(), 3);
}

#[test]
fn a_body_that_is_not_json_answers_400() {
    for body in [
        "{",
        "[{}",
        "[{},]",
        "[{}] x",
        "nul",
        "{\"a\":1}{\"a\":2}",
        "\u{0}",
    ] {
        let error = error(Endpoint::Events, body.as_bytes());
        assert_eq!((error.status(), error.code()), (400, "not_json"), "{body}");
    }
    assert_eq!(
        error(Endpoint::Events, b"[\"\xff\"]"),
        RequestError::NotUtf8 { offset: 2 }
    );
    assert_eq!(error(Endpoint::Events, b" \n"), RequestError::Empty);
    assert_eq!(
        error(Endpoint::Events, b"\xef\xbb\xbf"),
        RequestError::Empty
    );
}

#[test]
fn an_endpoint_refuses_the_form_of_another() {
    let track = Endpoint::Single(crate::EventKind::Track);
    for (endpoint, body, pointer) in [
        (Endpoint::Batch, "[]", ""),
        (Endpoint::Batch, r#"{"event":"a"}"#, "/batch"),
        (track, "[]", ""),
        (Endpoint::Events, "5", ""),
        (Endpoint::Events, r#"{"events":5}"#, "/events"),
        (Endpoint::Events, r#"{"events":[],"batch":[]}"#, "/batch"),
        (Endpoint::Batch, r#"{"batch":[],"batch":[]}"#, "/batch"),
        (
            Endpoint::Batch,
            r#"{"batch":[],"sentAt":"soon"}"#,
            "/sentAt",
        ),
        (Endpoint::Batch, r#"{"batch":[],"context":[]}"#, "/context"),
        (
            Endpoint::Batch,
            r#"{"batch":[],"context":{"a":"\u0000"}}"#,
            "/context/a",
        ),
        (
            Endpoint::Batch,
            r#"{"batch":[],"historical":"yes"}"#,
            "/historical",
        ),
    ] {
        let error = error(endpoint, body.as_bytes());
        assert_eq!(
            (error.status(), error.pointer()),
            (400, Some(pointer)),
            "{body}"
        );
    }
}

#[test]
fn the_bounds_of_a_request_answer_413() {
    let many = format!("[{}1]", "1,".repeat(MAX_EVENTS));
    assert_eq!(
        error(Endpoint::Events, many.as_bytes()),
        RequestError::TooManyEvents { count: 2_001 }
    );
    let lines = "{}\n".repeat(MAX_EVENTS + 1);
    assert_eq!(error(Endpoint::Events, lines.as_bytes()).status(), 413);
    let large = vec![b' '; MAX_BODY_BYTES + 1];
    assert_eq!(error(Endpoint::Events, &large).status(), 413);
    let shared = format!(
        r#"{{"batch":[],"context":{{"a":"{}"}}}}"#,
        "x".repeat(5_000)
    );
    assert_eq!(
        error(Endpoint::Batch, shared.as_bytes()).pointer(),
        Some("/context")
    );
}

#[test]
fn a_million_levels_are_one_item() {
    let body = format!("[{}{}]", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert_eq!(texts(Endpoint::Events, &body).len(), 1);
}

#[test]
fn a_million_names_are_skipped() {
    let body = format!("{{{}\"batch\":[]}}", "\"a\":1,".repeat(500_000));
    assert_eq!(texts(Endpoint::Events, &body).len(), 1);
}
