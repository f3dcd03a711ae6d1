//! The listings of every recorded format through its shipped definition, where the
//! recordings are at hand. The expected values were worked out from the recordings by other
//! means; seat maps are in `recorded`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::{fs, path::PathBuf};

use serde_json::{Map, Value, json};

use super::{
    Answer,
    recorded::{params, shipped},
};
use crate::rows::{Item, Observation, Price, Rows, SeatMap, SeatStatus, Showtime};

mod joined;
mod json;
mod pages;

/// Returns the folder of recordings, or says that there is none.
fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/formats");
    if folder.exists() {
        return Some(folder);
    }
    println!("skipped: there are no recordings at {}", folder.display());
    None
}

/// One definition with the recordings of its source.
struct Recorded {
    name: &'static str,
    folder: PathBuf,
    known: Map<String, Value>,
}

impl Recorded {
    fn of(name: &'static str, folder: &str, known: Value) -> Option<Self> {
        Some(Self {
            name,
            folder: self::folder()?.join(folder),
            known: params(known),
        })
    }

    fn body(&self, file: &str) -> Vec<u8> {
        fs::read(self.folder.join(file)).unwrap()
    }

    fn rows(&self, step: &str, body: &[u8]) -> Rows {
        let rows = shipped(self.name).extract(step, &self.known, &answer(body));
        rows.unwrap_or_else(|error| panic!("{} {step}: {error}", self.name))
    }

    fn showtimes(&self, body: &[u8]) -> Vec<Showtime> {
        match self.rows("showtimes", body) {
            Rows::Showtimes(showtimes) => showtimes,
            other => panic!("{}: {other:?}", self.name),
        }
    }

    fn items(&self, step: &str, file: &str) -> Vec<Item> {
        match self.rows(step, &self.body(file)) {
            Rows::Items(items) => items,
            other => panic!("{}: {other:?}", self.name),
        }
    }

    fn prices(&self, body: &[u8]) -> Vec<Price> {
        match self.rows("prices", body) {
            Rows::Prices(prices) => prices,
            other => panic!("{}: {other:?}", self.name),
        }
    }

    /// Takes what the request `first` of `step` takes of a recording.
    fn take(&mut self, step: &str, first: &str, file: &str) {
        let taken = shipped(self.name).take(step, first, &self.known, &answer(&self.body(file)));
        let taken = taken.unwrap_or_else(|error| panic!("{} {first}: {error}", self.name));
        self.known.insert(first.to_owned(), Value::Object(taken));
    }

    /// Hands a row down, as the fleet would.
    fn hand_down(&mut self, step: &str, rows: &Rows, index: usize, to: &str) {
        let found = shipped(self.name).discover(step, &self.known, rows);
        let found = found
            .into_iter()
            .filter(|task| task.step == to)
            .nth(index)
            .unwrap();
        self.known = found.params;
    }
}

fn answer(body: &[u8]) -> Answer<'_> {
    Answer {
        status: 200,
        content_type: None,
        body,
        received_at: "2025-01-23T12:00:00Z".parse().unwrap(),
    }
}

/// Key, title, start in UTC, auditorium.
fn line(show: &Showtime) -> (&str, &str, String, &str) {
    (
        &show.key,
        &show.film_title,
        show.starts_at.to_string(),
        show.auditorium_key.as_deref().unwrap_or_default(),
    )
}

fn amounts(prices: &[Price]) -> Vec<(&str, String)> {
    let read = |price: &Price| price.amount.to_string();
    prices
        .iter()
        .map(|price| (price.ticket.as_str(), read(price)))
        .collect()
}

const LONDON: &str = "Europe/London";
