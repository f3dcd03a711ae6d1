//! A conversation with a recording in place of the site.
//!
//! Takes a source and what was recorded of one job, gives the rows of today's definition.
//! Requests are found again by what is asked, not by their place, so a definition that asks
//! in another order, or for less, still gets its answers. Headers of the definition belong to
//! what is asked; secrets and what a source gave us are not compared.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use source_language::{
    mask::Mask,
    rows::Rows,
    source::{
        Source,
        conversation::{Conversation, Next, NextRequest, Problem, Purpose, Response},
        memory::Memory,
    },
};
use uuid::Uuid;
use vocabulary::ErrorClass;

use super::{
    present,
    recording::{Answered, Exchange, Recording, Sent},
};

/// What a recording gives.
#[derive(Debug)]
pub struct Replayed {
    /// The rows, or why there are none.
    pub rows: Result<Rows, Problem>,
    /// Which exchanges of the recording were asked for, by index.
    pub used: Vec<usize>,
    /// From the first answer to the rows, without any network.
    pub took: Duration,
}

impl Replayed {
    /// Returns what is kept and compared: rows and prices, or the error.
    #[must_use]
    pub fn value(&self) -> Value {
        match &self.rows {
            Ok(rows) => {
                let prices = present::price_lines(rows);
                let mut value = json!({ "rows": present::lines(rows) });
                if !prices.is_empty() {
                    value["prices"] = json!(prices);
                }
                value
            }
            Err(problem) => json!({ "error": problem.message }),
        }
    }
}

/// Runs a recording through `source`, which should be [without
/// secrets](Source::without_secrets).
#[must_use]
pub fn replay(source: &Arc<Source>, recording: &Recording) -> Replayed {
    let started_at = Instant::now();
    let mut used = Vec::new();
    let rows = rows(source, recording, &mut used);
    Replayed {
        rows,
        used,
        took: started_at.elapsed(),
    }
}

fn rows(
    source: &Arc<Source>,
    recording: &Recording,
    used: &mut Vec<usize>,
) -> Result<Rows, Problem> {
    let mut conversation = Conversation::new(
        source.clone(),
        Arc::new(Memory::default()),
        &recording.step,
        recording.params.clone(),
        recording.recorded_at,
        Uuid::parse_str(&recording.run).unwrap_or_default(),
    )?;
    loop {
        match conversation.next()? {
            Next::Done(rows) => return Ok(rows),
            Next::Send(asked) => {
                let response = answer(recording, &asked, used, conversation.mask())?;
                conversation.answer(&response)?;
            }
        }
    }
}

/// Finds what was answered to this request.
fn answer(
    recording: &Recording,
    asked: &NextRequest,
    used: &mut Vec<usize>,
    mask: &Mask,
) -> Result<Response, Problem> {
    let sent = sent(asked).with(|text| mask.text(text));
    let unused = |(index, _): &(usize, &Exchange)| !used.contains(index);
    let mut exchanges = recording.exchanges.iter().enumerate().filter(unused);
    if let Some((index, exchange)) =
        exchanges.find(|(_, exchange)| exchange.request.with(|text| mask.text(text)) == sent)
    {
        used.push(index);
        return Ok(response(&exchange.answer, recording));
    }
    if asked.purpose == Purpose::Robots {
        // Not every job asks for the rules; where none were recorded, none are known.
        let none = Answered {
            status: 404,
            ..Answered::default()
        };
        return Ok(response(&none, recording));
    }
    let message = format!(
        "{} {} is not in the recording ({}){}; record it again",
        sent.method,
        sent.url,
        asked.purpose,
        otherwise(recording, &sent)
    );
    Err(Problem::new(ErrorClass::Definition, message))
}

/// Says by which headers a request differs from one that was recorded, if by those alone.
fn otherwise(recording: &Recording, sent: &Sent) -> String {
    let mut recorded = recording.exchanges.iter().map(|exchange| &exchange.request);
    let alike = recorded.find(|recorded| {
        let headers = sent.headers.clone();
        Sent {
            headers,
            ..(*recorded).clone()
        } == *sent
    });
    let Some(alike) = alike else {
        return String::new();
    };
    let names: BTreeSet<&String> = alike.headers.keys().chain(sent.headers.keys()).collect();
    let differ = names
        .into_iter()
        .filter(|name| alike.headers.get(*name) != sent.headers.get(*name));
    let differ: Vec<&str> = differ.map(String::as_str).collect();
    if differ.is_empty() {
        ", as often as it is asked".to_owned()
    } else {
        format!(" with these headers: {}", differ.join(", "))
    }
}

fn response(answer: &Answered, recording: &Recording) -> Response {
    let mut headers = HeaderMap::new();
    for (name, value) in &answer.headers {
        for value in value.split('\n') {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::from_str(value))
            {
                headers.append(name, value);
            }
        }
    }
    Response {
        status: answer.status,
        headers,
        body: answer.body.clone(),
        received_at: recording.recorded_at,
    }
}

impl Sent {
    /// Returns the same with another text for each.
    fn with(&self, other: impl Fn(&str) -> String) -> Self {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), other(value)));
        Self {
            method: self.method.clone(),
            url: other(&self.url),
            headers: headers.collect(),
            body: self.body.as_deref().map(other),
        }
    }

    /// Returns what is written down of it: what stands for a value in an answer stands for it
    /// here.
    #[must_use]
    pub fn without(&self, mask: &Mask) -> Self {
        self.with(|text| String::from_utf8_lossy(&mask.body(text.as_bytes())).into_owned())
    }
}

/// Returns what is sent, but for the headers that prove who asks.
#[must_use]
pub fn sent(asked: &NextRequest) -> Sent {
    let request = &asked.request;
    let headers = request.headers.iter().map(|(name, value)| {
        let text = if value.is_sensitive() {
            "***".into()
        } else {
            String::from_utf8_lossy(value.as_bytes())
        };
        (name.as_str().to_owned(), text.into_owned())
    });
    let body = request.body.as_ref();
    Sent {
        method: request.method.to_string(),
        url: request.shown_url().to_owned(),
        headers: headers.collect(),
        body: body.map(|body| String::from_utf8_lossy(body).into_owned()),
    }
}
