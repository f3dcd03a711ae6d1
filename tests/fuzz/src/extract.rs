//! Answers by anybody.

use std::collections::HashSet;

use agent::pack;
use serde_json::Value;
use source_language::{rows::Rows, storable};

use super::case::{self, Case};

/// Reads an answer to the step that `bytes` name first: to each of its first requests, to
/// its own, and as a second page of that.
///
/// # Panics
///
/// If rows are without a key, or two have the same.
pub fn extract(bytes: &[u8]) {
    let (case, body) = case::of(bytes);
    let Case { source, step, .. } = case;
    let answer = case::answer(body);
    let mut known = match case.begin() {
        Ok(conversation) => conversation.known().clone(),
        Err(_) => case.params.clone(),
    };
    let words = source.definition().steps.get(step);
    for first in words.into_iter().flat_map(|words| words.first.keys()) {
        let taken = match source.take(step, first, &known, &answer) {
            Ok(taken) => taken,
            Err(_) => case.taken(first),
        };
        known.insert(first.clone(), Value::Object(taken));
    }
    let mut pages = Vec::new();
    for index in 0..2 {
        if let Ok(page) = source.extract_page(step, &known, &answer, index) {
            judge(&page.rows);
            for task in source.discover(step, &case.params, &page.rows) {
                assert!(!task.key.is_empty());
            }
            pages.push(page.rows);
        }
    }
    if let Ok(merged) = source.merge(step, pages) {
        judge(&merged.rows);
    }
}

/// Makes sure that rows are what their documentation says.
pub(crate) fn judge(rows: &Rows) {
    match rows {
        Rows::Cinemas(rows) => {
            keys(rows.iter().map(|row| row.key.as_str()));
            for row in rows {
                assert!(row.latitude.is_none_or(|degrees| degrees.abs() <= 90.0));
                assert!(row.longitude.is_none_or(|degrees| degrees.abs() <= 180.0));
            }
        }
        Rows::Showtimes(rows) => {
            keys(rows.iter().map(|row| row.key.as_str()));
            assert!(rows.iter().all(|row| !row.film_key.is_empty()));
        }
        Rows::Seats(map) => {
            keys(map.seats.iter().map(|seat| seat.key.as_str()));
            if storable::seat_count(&map.seats).is_ok() {
                let layout = pack::layout(&map.seats);
                assert_eq!(layout.seat_key.len(), map.seats.len());
            }
            let _ = pack::tariff(&map.prices);
        }
        Rows::Prices(rows) => {
            let _ = pack::tariff(rows);
        }
        Rows::Items(rows) => keys(rows.iter().map(|row| row.key.as_str())),
        Rows::Observations(rows) => {
            for row in rows {
                assert!(!row.subject.is_empty() && !row.metric.is_empty());
                assert!(row.value.is_finite(), "{row:?}");
            }
        }
    }
}

fn keys<'r>(rows: impl Iterator<Item = &'r str>) {
    let mut seen = HashSet::new();
    for key in rows {
        assert!(!key.is_empty(), "a row has no key");
        assert!(seen.insert(key), "two rows have the key `{key}`");
    }
}
