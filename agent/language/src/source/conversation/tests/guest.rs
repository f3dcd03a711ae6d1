//! A polite guest: rules, redirects, pauses, nothing sent twice.

use super::*;
use crate::source::robots::MAX_ROBOTS_BYTES;

const PLAIN: &str = "request = { url = \"https://a.example/rows\" }";

#[test]
fn a_redirect_is_a_request_of_its_own_and_takes_no_secret_along() {
    let step = r#"
        request = { url = "https://a.example/rows", redirects = 2, json = { q = 1 }, headers = { X-Key = "{{ secret.key }}" } }
    "#;
    let head = "secrets = { key = \"env:CARGO_MANIFEST_DIR\" }";
    let source = source(head, step);
    let mut talk = Talk::of(&source);
    assert!(talk.asked().request.headers.contains_key("x-key"));
    talk.hears("rows", answer(308, &[("location", "/there")], ""))
        .unwrap();
    let there = talk.asked();
    assert_eq!((there.request.method.as_str(), there.hops), ("POST", 1));
    talk.hears(
        "there",
        answer(303, &[("location", "https://b.example/x")], ""),
    )
    .unwrap();
    let other = talk.asked();
    assert_eq!(other.request.url.as_str(), "https://b.example/x");
    assert_eq!(
        (other.request.method.as_str(), &other.request.body),
        ("GET", &None)
    );
    assert!(!other.request.headers.contains_key("x-key"));
    let again = answer(302, &[("location", "/y")], "");
    let refused = talk.conversation.answer(&again).unwrap_err();
    assert_eq!(refused.class, ErrorClass::Redirected);

    let mut talk = Talk::of(&source);
    let astray = answer(302, &[("location", "file:///etc/passwd")], "");
    let refused = talk.hears("rows", astray).unwrap_err();
    assert_eq!(refused.class, ErrorClass::Redirected);
}

#[test]
fn robots_txt_is_asked_once_and_obeyed() {
    let (source, memory) = (
        source("access = \"public\"", PLAIN),
        Arc::<Memory>::default(),
    );
    let mut talk = Talk::begin(&source, &memory, json!({}));
    let rules = "User-agent: *\nCrawl-delay: 30\nDisallow: /rows$\n\nUser-agent: other\nDisallow:";
    assert_eq!(talk.asked().cut_at(), Some(MAX_ROBOTS_BYTES + 1));
    talk.hears("robots.txt", answer(301, &[("location", "/r")], ""))
        .unwrap();
    assert_eq!(talk.asked().cut_at(), Some(MAX_ROBOTS_BYTES + 1));
    talk.hears("r", answer(200, &[], rules)).unwrap();
    let forbidden = talk.conversation.next().unwrap_err();
    assert_eq!(forbidden.class, ErrorClass::Forbidden);
    let mut talk = Talk::begin(&source, &memory, json!({}));
    assert_eq!(
        talk.conversation.next().unwrap_err().class,
        ErrorClass::Forbidden
    );

    let mut talk = Talk::of(&source);
    let rules = "User-agent: fullhouse\nAllow: /\nCrawl-delay: 30";
    talk.hears("robots.txt", answer(200, &[], rules)).unwrap();
    talk.hears("rows", page(&["1"], json!({}))).unwrap();
    assert!(talk.conversation.take_notes()[0].contains("30 s"));
    assert_eq!(talk.keys(), ["1"]);

    for (status, class) in [
        (404, None),
        (403, None),
        (503, Some(ErrorClass::Unavailable)),
    ] {
        let mut talk = Talk::of(&source);
        let heard = talk.hears("robots.txt", answer(status, &[], ""));
        assert_eq!(heard.err().map(|problem| problem.class), class, "{status}");
    }
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let (source, memory) = (source("", PLAIN), Arc::<Memory>::default());
    let mut talk = Talk::begin(&source, &memory, json!({}));
    let body = json!({ "items": items(&["1", "2"]) }).to_string();
    talk.hears("rows", answer(200, &[("etag", "\"v1\"")], body.clone()))
        .unwrap();

    let mut next = Talk::begin(&source, &memory, json!({}));
    assert_eq!(next.asked().request.headers["if-none-match"], "\"v1\"");
    next.hears("rows", answer(304, &[], "")).unwrap();
    assert_eq!(next.conversation.take_saved_bytes(), body.len() as u64);
    assert_eq!(next.keys(), ["1", "2"]);

    // Another task is another question.
    let mut other = Talk::begin(&source, &memory, json!({ "city": { "key": "x" } }));
    assert!(!other.asked().request.headers.contains_key("if-none-match"));
    let unasked = other.hears("rows", answer(304, &[], "")).unwrap_err();
    assert_eq!(unasked.class, ErrorClass::Redirected);
}

#[test]
fn a_pause_is_no_longer_than_the_definition_lets_it_be() {
    let mut talk = Talk::of(&source("", PLAIN));
    let throttled = answer(429, &[("retry-after", "3000")], "");
    let problem = talk.hears("rows", throttled).unwrap_err();
    assert_eq!(problem.retry_after, Some(std::time::Duration::from_mins(1)));
}

#[test]
fn a_mark_of_a_refusal_is_one() {
    let step = format!("{PLAIN}\nblocked_if = \"text:are you human\"");
    let mut talk = Talk::of(&source("", &step));
    let challenge = answer(200, &[], "<html>First: are you human?</html>");
    let problem = talk.hears("rows", challenge).unwrap_err();
    assert_eq!(problem.class, ErrorClass::Refused);
}
