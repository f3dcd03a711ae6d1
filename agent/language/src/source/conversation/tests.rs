#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::needless_pass_by_value
)]

use std::{path::Path, sync::Arc};

use http::header::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use vocabulary::ErrorClass;

use super::{Conversation, Next, NextRequest, Problem, Response};
use crate::{
    definition::Definition,
    rows::Rows,
    source::{Memory, SecretRules, Source},
};

mod discover;
mod first;
mod first_pages;
mod guest;
mod hosts;
mod masking;
mod pages;

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
        hosts = ["b.example"]
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
    // What Cargo sets is there in every test.
    let rules = SecretRules::new("CARGO_", Path::new("/run/secrets/fullhouse"), None).unwrap();
    let source = Source::compile_with(definition, &rules);
    Arc::new(source.unwrap_or_else(|e| panic!("{e}")))
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

    fn asked(&mut self) -> Box<NextRequest> {
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
