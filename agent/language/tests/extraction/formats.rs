//! Listings of every shape through the shipped definitions, in the bodies that are recorded
//! with them. What the recordings give as a whole is compared by their replay; here stands what
//! each shape is peculiar for. Seat maps are in `shipped`.

use std::{fs, path::Path};

use serde_json::{Map, Value, json};
use source_language::rows::{Item, Observation, Price, Rows, SeatMap, SeatStatus, Showtime};

use crate::reading::{answer, params, shipped};

mod containers;
mod joined;
mod json;
mod pages;

/// Returns a recorded body.
fn body(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sources/recordings");
    fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// One definition with what was handed down to a step of it.
struct Recorded {
    name: &'static str,
    known: Map<String, Value>,
}

impl Recorded {
    fn of(name: &'static str, known: Value) -> Self {
        let known = params(known);
        Self { name, known }
    }

    fn body(&self, file: &str) -> Vec<u8> {
        body(&format!("{}/{file}", self.name))
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
