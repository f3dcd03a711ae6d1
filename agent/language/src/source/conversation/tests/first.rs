//! What is asked first: tokens, cookies, one of many.

use super::*;

const TOKEN: &str = r#"
    request = { url = "https://a.example/rows", headers = { Authorization = "Bearer {{ token.value }}" } }
    [steps.cinemas.first.token]
    request = { url = "https://a.example/token", method = "POST" }
    take = { value = ".token", seconds = ".expires" }
    cache = "10m"
    expires_in = "seconds"
"#;

fn token(value: &str, expires: u32) -> Response {
    ok(json!({ "token": value, "expires": expires }))
}

#[test]
fn a_token_is_asked_first_and_used_again_by_the_next() {
    let (source, memory) = (source("", TOKEN), Arc::<Memory>::default());
    let mut talk = Talk::begin(&source, &memory, json!({}));
    talk.hears("token", token("t1", 600)).unwrap();
    let asked = talk.asked();
    assert_eq!(asked.request.headers["authorization"], "Bearer t1");
    assert!(!format!("{asked:?}").contains("t1"), "a token is not shown");
    talk.hears("rows", page(&["1"], json!({}))).unwrap();
    assert_eq!(talk.keys(), ["1"]);

    let mut next = Talk::begin(&source, &memory, json!({}));
    assert_eq!(next.asked().request.headers["authorization"], "Bearer t1");
    next.hears("rows", page(&["1"], json!({}))).unwrap();

    let memory = Arc::<Memory>::default();
    let mut talk = Talk::begin(&source, &memory, json!({}));
    talk.hears("token", token("t1", 0)).unwrap();
    let mut next = Talk::begin(&source, &memory, json!({}));
    next.hears("token", token("t2", 0)).unwrap();
}

#[test]
fn a_token_that_is_refused_is_asked_anew_once() {
    let (source, memory) = (source("", TOKEN), Arc::<Memory>::default());
    let mut talk = Talk::begin(&source, &memory, json!({}));
    talk.hears("token", token("t1", 600)).unwrap();
    // Nothing was used again, so this 403 is meant as it is.
    let refused = talk.hears("rows", answer(403, &[], "")).unwrap_err();
    assert_eq!(refused.class, ErrorClass::Refused);

    let mut talk = Talk::begin(&source, &memory, json!({}));
    talk.hears("rows", answer(403, &[], "")).unwrap();
    talk.hears("token", token("t2", 600)).unwrap();
    assert_eq!(talk.asked().request.headers["authorization"], "Bearer t2");
    let refused = talk.hears("rows", answer(401, &[], "")).unwrap_err();
    assert_eq!(
        (refused.class, refused.http_status),
        (ErrorClass::Refused, Some(401))
    );
}

#[test]
fn cookies_are_kept_within_a_conversation_only() {
    let step = r#"
        request = { url = "https://a.example/rows", cookies = { site = "{{ vars.site }}" } }
        [steps.cinemas.first.session]
        request = { url = "https://a.example/hello" }
    "#;
    let head = "cookies = true\nvars = { site = \"7\" }";
    let source = source(head, step);
    let mut talk = Talk::of(&source);
    assert!(!talk.asked().request.headers.contains_key("cookie"));
    let set = answer(200, &[("set-cookie", "sid=abc; Path=/; Secure")], "<html>");
    talk.hears("hello", set).unwrap();
    assert_eq!(talk.asked().request.headers["cookie"], "site=7; sid=abc");
    let mut next = Talk::of(&source);
    assert!(!next.asked().request.headers.contains_key("cookie"));
}

#[test]
fn the_first_candidate_that_passes_is_chosen() {
    let step = r#"
        request = { url = "https://a.example/rows/{{ data.id }}" }
        [steps.cinemas.first.start]
        request = { url = "https://a.example/page" }
        take = { hashes = ".hashes" }
        [steps.cinemas.first.data]
        request = { url = "https://a.example/{{ candidate }}.json" }
        one_of = "start.hashes"
        ok = ".kind"
        take = { id = ".id" }
    "#;
    let source = source("", step);
    let mut talk = Talk::of(&source);
    talk.hears("page", ok(json!({ "hashes": ["a", "b", "c", "d"] })))
        .unwrap();
    talk.hears("a.json", answer(404, &[], "")).unwrap();
    talk.hears("b.json", ok(json!({ "other": 1 }))).unwrap();
    talk.hears("c.json", ok(json!({ "kind": "sites", "id": 9 })))
        .unwrap();
    talk.hears("rows/9", page(&["1"], json!({}))).unwrap();
    assert_eq!(talk.keys(), ["1"]);

    let mut talk = Talk::of(&source);
    talk.hears("page", ok(json!({ "hashes": ["a"] }))).unwrap();
    talk.hears("a.json", answer(404, &[], "")).unwrap();
    let none = talk.conversation.next().unwrap_err();
    assert!(none.message.contains("none of the 1 answers"), "{none:?}");
}

#[test]
fn a_step_may_be_made_of_its_first_requests_alone() {
    let step = r#"
        rows = "sites.list[]"
        fields = { key = ".id", name = ".id" }
        [steps.cinemas.first.sites]
        request = { url = "https://a.example/{{ run.date }}" }
        take = { list = ".list" }
    "#;
    let mut talk = Talk::of(&source("", step));
    // In Berlin it is the 22nd already.
    talk.hears("2026-11-22", ok(json!({ "list": items(&["1", "2"]) })))
        .unwrap();
    assert_eq!(talk.keys(), ["1", "2"]);
}
