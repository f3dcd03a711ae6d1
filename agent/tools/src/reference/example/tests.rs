#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::Path, sync::Arc};

use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use source_language::{
    definition::Definition,
    rows::Rows,
    source::{
        Source,
        conversation::{Conversation, Next, NextRequest, Purpose, Response},
        memory::Memory,
    },
};
use uuid::Uuid;

use super::{
    super::super::{check, present},
    *,
};

#[test]
fn every_file_is_an_example() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sources/reference");
    let mut on_disk: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .filter_map(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_str()?
                .strip_suffix(".toml")
                .map(str::to_owned)
        })
        .collect();
    on_disk.sort();
    let mut listed: Vec<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    listed.sort();
    assert_eq!(on_disk, listed);
    for (name, text) in FILES {
        toml::from_str::<Example>(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn every_example_does_what_it_says() {
    let mut wrong = Vec::new();
    for example in all() {
        if let Err(problem) = prove(&example) {
            wrong.push(format!("{}: {problem}", example.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs an example; tells what it does otherwise than it says.
fn prove(example: &Example) -> Result<(), String> {
    let text = example.whole()?;
    let found = check::problems(&text, &example.name);
    if let Some(error) = found.errors.first() {
        return Err(error.to_string());
    }
    let definition = Definition::parse(&text, &example.name).map_err(|error| error.to_string())?;
    let source = Arc::new(
        Source::compile(definition)
            .map_err(|error| error.to_string())?
            .without_secrets(),
    );
    if example.run.is_empty() {
        return Err("it has no [[run]]".to_owned());
    }
    example
        .run
        .iter()
        .try_for_each(|run| prove_run(&source, run))
}

fn prove_run(source: &Arc<Source>, run: &Run) -> Result<(), String> {
    let rows = match (talk(source, run), &run.error) {
        (Ok(rows), None) => rows,
        (Err(problem), Some(expected)) if problem.contains(expected) => return Ok(()),
        (Ok(_), Some(expected)) => return Err(format!("it should fail with {expected}")),
        (Err(problem), _) => return Err(problem),
    };
    same(&present::lines(&rows), &run.rows)?;
    same(&present::price_lines(&rows), &run.prices)
}

fn same(found: &[Map<String, Value>], expected: &[Map<String, Value>]) -> Result<(), String> {
    let fits = |(found, expected): (&Map<String, Value>, &Map<String, Value>)| {
        expected
            .iter()
            .all(|(name, value)| match (found.get(name), value) {
                (Some(found), value) if found.is_f64() || value.is_f64() => {
                    found.as_f64() == value.as_f64()
                }
                (found, value) => {
                    found.unwrap_or(&Value::Null) == value || value == "" && found.is_none()
                }
            })
    };
    let same = found.len() == expected.len() && found.iter().zip(expected).all(fits);
    same.then_some(()).ok_or_else(|| {
        format!(
            "gives {}\nexpected {}",
            serde_json::to_string(found).unwrap(),
            serde_json::to_string(expected).unwrap()
        )
    })
}

fn talk(source: &Arc<Source>, run: &Run) -> Result<Rows, String> {
    let now: Timestamp = run
        .at
        .as_deref()
        .unwrap_or("2026-11-21T12:00:00Z")
        .parse()
        .unwrap();
    let (memory, run_id) = (Arc::new(Memory::default()), Uuid::nil());
    let reason = |problem: source_language::source::conversation::Problem| problem.message;
    let params = run.params.clone();
    let conversation = Conversation::new(source.clone(), memory, &run.step, params, now, run_id);
    let mut conversation = conversation.map_err(reason)?;
    let mut exchanges = run.exchange.iter().peekable();
    loop {
        let asked = match conversation.next().map_err(reason)? {
            Next::Done(rows) => {
                return match exchanges.next() {
                    Some(left) => Err(format!("it never asks {:?}", left.request)),
                    None => Ok(rows),
                };
            }
            Next::Send(asked) => asked,
        };
        let wanted = |talk: &&Talk| {
            talk.request
                .as_ref()
                .is_some_and(|request| request.ends_with("/robots.txt"))
        };
        let response = if asked.purpose == Purpose::Robots
            && exchanges.peek().is_none_or(|talk| !wanted(talk))
        {
            Response {
                status: 404,
                headers: HeaderMap::new(),
                body: Vec::new(),
                received_at: now,
            }
        } else {
            let exchange = exchanges
                .next()
                .ok_or_else(|| format!("it also asks {asked:?}"))?;
            check_request(&asked, exchange)?;
            answer(exchange, now)
        };
        conversation.answer(&response).map_err(reason)?;
    }
}

fn check_request(asked: &NextRequest, exchange: &Talk) -> Result<(), String> {
    let request = format!("{} {}", asked.request.method, asked.request.url);
    if exchange
        .request
        .as_ref()
        .is_some_and(|expected| *expected != request)
    {
        return Err(format!("it asks {request}, not {:?}", exchange.request));
    }
    let body =
        String::from_utf8_lossy(asked.request.body.as_deref().unwrap_or_default()).into_owned();
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    let sends = |expected: &String| {
        expected.trim() == body.replace("\r\n", "\n").trim()
            || json(expected).is_some() && json(expected) == json(&body)
    };
    if exchange
        .sends
        .as_ref()
        .is_some_and(|expected| !sends(expected))
    {
        return Err(format!("it sends {body}"));
    }
    for (name, value) in &exchange.headers {
        let sent = asked
            .request
            .headers
            .get(name)
            .and_then(|sent| sent.to_str().ok());
        if sent != value.as_str() {
            return Err(format!("its header {name} is {sent:?}"));
        }
    }
    Ok(())
}

fn answer(exchange: &Talk, now: Timestamp) -> Response {
    let header = |(name, value): (&String, &Value)| {
        (
            HeaderName::try_from(name).unwrap(),
            HeaderValue::from_str(value.as_str().unwrap()).unwrap(),
        )
    };
    Response {
        status: exchange.status,
        headers: exchange.answers.iter().map(header).collect(),
        body: exchange.body.clone().into_bytes(),
        received_at: now,
    }
}
