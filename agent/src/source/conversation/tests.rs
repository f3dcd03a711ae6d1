#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::needless_pass_by_value
)]

use std::sync::Arc;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use schema::word::ErrorClass;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Asked, Conversation, Next, Problem, Response};
use crate::{
    definition::Definition,
    rows::Rows,
    source::{Memory, Source},
};

const RUN: Uuid = Uuid::from_u128(0x11);

/// A source with one step `cinemas` that has these further words.
fn source(head: &str, step: &str) -> Arc<Source> {
    let access = if head.contains("access") {
        ""
    } else {
        "access = \"permitted\""
    };
    let rows = if step.contains("fixed") || step.contains("sites.list") {
        ""
    } else {
        "rows = \".items[]\"\nfields = { key = \".id\", name = \".id\" }"
    };
    let text = format!(
        r#"
        name = "talker"
        title = "Talker"
        territory = "DE"
        timezone = "Europe/Berlin"
        currency = "EUR"
        {access}
        {head}
        [limit]
        key = "host"
        rate = 1.0
        burst = 1
        retry_after_at_most = "1m"
        [steps.cinemas]
        every = "1d"
        yields = "cinemas"
        {rows}
        {step}
        "#
    );
    let definition = Definition::parse(&text, "talker.toml").unwrap_or_else(|e| panic!("{e}"));
    Arc::new(Source::compile(definition).unwrap_or_else(|e| panic!("{e}")))
}

struct Talk {
    conversation: Conversation,
}

impl Talk {
    fn begin(source: &Arc<Source>, memory: &Arc<Memory>, params: Value) -> Self {
        let params = params.as_object().cloned().unwrap();
        let now: Timestamp = "2026-11-21T23:30:00Z".parse().unwrap();
        let (source, memory) = (source.clone(), memory.clone());
        let conversation = Conversation::new(source, memory, "cinemas", params, now, RUN);
        Self {
            conversation: conversation.unwrap(),
        }
    }

    fn of(source: &Arc<Source>) -> Self {
        Self::begin(source, &Arc::default(), json!({}))
    }

    fn asked(&mut self) -> Box<Asked> {
        match self.conversation.next().unwrap() {
            Next::Send(asked) => asked,
            Next::Done(rows) => panic!("done with {rows:?}"),
        }
    }

    /// Expects a request to this address, and gives it this answer.
    fn hears(&mut self, url: &str, answer: Response) -> Result<(), Problem> {
        let asked = self.asked();
        assert_eq!(
            asked.request.url.as_str(),
            format!("https://a.example/{url}")
        );
        self.conversation.answer(&answer)
    }

    fn keys(&mut self) -> Vec<String> {
        match self.conversation.next().unwrap() {
            Next::Done(Rows::Cinemas(rows)) => rows.into_iter().map(|row| row.key).collect(),
            other => panic!("{other:?}"),
        }
    }
}

fn answer(status: u16, headers: &[(&'static str, &str)], body: impl Into<Vec<u8>>) -> Response {
    let header = |(name, value): &(&'static str, &str)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )
    };
    let mut all = HeaderMap::new();
    for (name, value) in headers.iter().map(header) {
        all.append(name, value);
    }
    Response {
        status,
        headers: all,
        body: body.into(),
        received_at: "2026-11-21T23:30:01Z".parse().unwrap(),
    }
}

fn ok(body: Value) -> Response {
    answer(200, &[], body.to_string())
}

fn items(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({ "id": id })).collect()
}

fn page(ids: &[&str], more: Value) -> Response {
    let mut body = more.as_object().cloned().unwrap_or_default();
    body.insert("items".to_owned(), items(ids));
    ok(Value::Object(body))
}

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
fn a_redirect_is_a_request_of_its_own_and_takes_no_secret_along() {
    let step = r#"
        request = { url = "https://a.example/rows", redirects = 2, json = { q = 1 }, headers = { X-Key = "{{ secret.key }}" } }
    "#;
    let head = "secrets = { key = \"env:PATH\" }";
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

const PLAIN: &str = "request = { url = \"https://a.example/rows\" }";

#[test]
fn robots_txt_is_asked_once_and_obeyed() {
    let (source, memory) = (
        source("access = \"public\"", PLAIN),
        Arc::<Memory>::default(),
    );
    let mut talk = Talk::begin(&source, &memory, json!({}));
    let rules = "User-agent: *\nCrawl-delay: 30\nDisallow: /rows$\n\nUser-agent: other\nDisallow:";
    talk.hears("robots.txt", answer(301, &[("location", "/r")], ""))
        .unwrap();
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
fn days_are_those_of_the_cinema() {
    let step = r#"
        days = 3
        request = { url = "https://a.example/{{ day.date | strftime('%d-%m-%Y') }}/{{ run.hex }}" }
    "#;
    let source = source("", step);
    let params = json!({ "day": { "offset": 2 }, "cinema": { "timezone": "Asia/Seoul" } });
    let mut talk = Talk::begin(&source, &Arc::default(), params);
    // It is half past eight on the 22nd in Seoul.
    let hex = RUN.simple();
    talk.hears(&format!("24-11-2026/{hex}"), page(&["1"], json!({})))
        .unwrap();
    assert_eq!(talk.conversation.known()["day"]["date"], "2026-11-24");
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

#[test]
fn fixed_rows_ask_nobody() {
    let text = r#"
        fixed = [{ key = "1", name = "One" }, { key = "2", name = "Two" }]
    "#;
    let source = source("", text);
    let mut talk = Talk::of(&source);
    assert_eq!(talk.keys(), ["1", "2"]);
}

#[test]
fn a_list_stays_a_list_in_a_body_and_parts_are_parted() {
    let step = r#"
        request = { url = "https://a.example/rows", json = { ids = "{{ page0.ids }}" } }
        [steps.cinemas.first.page0]
        request = { url = "https://a.example/ids", multipart = { a = "1", f = { content = "x", file = "f\".txt", type = "text/plain" } } }
        take = { ids = ".ids" }
    "#;
    let mut talk = Talk::of(&source("", step));
    let asked = talk.asked();
    let body = String::from_utf8(asked.request.body.unwrap()).unwrap();
    let boundary = format!("fullhouse-{}", RUN.simple());
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f%22.txt\"\r\n\
         Content-Type: text/plain\r\n\r\nx\r\n--{boundary}--\r\n"
    );
    assert_eq!(body, expected);
    talk.hears("ids", ok(json!({ "ids": [1, 2] }))).unwrap();
    let body = talk.asked().request.body.unwrap();
    assert_eq!(body, br#"{"ids":[1,2]}"#);
}

#[test]
fn what_is_handed_down_knows_nothing_of_the_conversation() {
    let (_, text) = crate::source::shipped::SHIPPED
        .iter()
        .find(|(name, _)| *name == "bhd")
        .unwrap();
    let source = Source::compile(Definition::parse(text, "bhd").unwrap()).unwrap();
    let now = "2026-11-21T23:30:00Z".parse().unwrap();
    let params = Map::from_iter([("day".to_owned(), json!({ "offset": 1 }))]);
    let conversation = Conversation::new(
        Arc::new(source),
        Arc::default(),
        "cinemas",
        params,
        now,
        RUN,
    )
    .unwrap();
    let cinema = crate::rows::Cinema {
        key: "1".to_owned(),
        name: "One".to_owned(),
        timezone: "UTC".to_owned(),
        ..crate::rows::Cinema::default()
    };
    let found = conversation.discover(&Rows::Cinemas(vec![cinema]));
    let names: Vec<&str> = found[0].params.keys().map(String::as_str).collect();
    assert_eq!(names, ["cinema", "day"]);
    // In Saigon it is the 22nd.
    assert_eq!(found[0].params["day"], json!({ "date": "2026-11-23" }));
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
