//! Reads the answers of tests through the shipped definitions.

use serde_json::{Map, Value};
use source_language::{
    definition::Definition,
    extract::Answer,
    rows::{Rows, SeatMap, SeatStatus},
    source::{Source, shipped::SHIPPED},
};

/// When the answers of tests come.
pub(crate) const NOW: jiff::Timestamp = jiff::Timestamp::constant(1_795_262_400, 0);

/// Returns a shipped source, ready to run.
pub(crate) fn shipped(name: &str) -> Source {
    let (_, text) = SHIPPED
        .iter()
        .find(|(shipped, _)| *shipped == name)
        .unwrap();
    let definition = Definition::parse(text, &format!("{name}.toml"));
    Source::compile(definition.unwrap_or_else(|error| panic!("{error}")))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Reads the seats of `body`.
pub(crate) fn seats(name: &str, params: &Map<String, Value>, body: &[u8]) -> SeatMap {
    let answer = Answer {
        status: 200,
        content_type: None,
        body,
        received_at: NOW,
    };
    match shipped(name).extract("seats", params, &answer) {
        Ok(Rows::Seats(map)) => map,
        other => panic!("{name}: {other:?}"),
    }
}

/// Counts seats by what their code means.
pub(crate) fn count(map: &SeatMap, status: Option<SeatStatus>) -> usize {
    map.seats
        .iter()
        .filter(|seat| seat.status == status)
        .count()
}

/// Reads the parameters of a test.
pub(crate) fn params(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

/// Returns an answer with this body.
pub(crate) fn answer(body: &[u8]) -> Answer<'_> {
    Answer {
        status: 200,
        content_type: None,
        body,
        received_at: NOW,
    }
}
