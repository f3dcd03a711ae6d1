//! How many rows have a value for a field.

use serde_json::{Map, Value};

use super::{MIN_ROWS, NEARLY_ALL, share};
use crate::rows::{Cinema, Observation, Price, Rows, Seat, Showtime};

/// Returns for how many rows `field` has a value, and of how many.
pub(super) fn count_filled(rows: &Rows, field: &str) -> (usize, usize) {
    fn count<T>(rows: &[T], has: impl Fn(&T) -> bool) -> (usize, usize) {
        (rows.iter().filter(|row| has(row)).count(), rows.len())
    }
    match rows {
        Rows::Cinemas(rows) => count(rows, |row| cinema_has(row, field)),
        Rows::Showtimes(rows) => count(rows, |row| showtime_has(row, field)),
        Rows::Seats(map) => count(&map.seats, |row| seat_has(row, field)),
        Rows::Prices(rows) => count(rows, |row| price_has(row, field)),
        Rows::Items(rows) => count(rows, |row| {
            field == "key" && !row.key.is_empty() || carried(&row.carry, field)
        }),
        Rows::Observations(rows) => count(rows, |row| observation_has(row, field)),
    }
}

/// Returns the optional fields for which nearly all rows have a value; none if there are too few
/// rows.
#[must_use]
pub fn usually_filled(rows: &Rows) -> Vec<String> {
    optional_fields(rows)
        .iter()
        .filter(|field| {
            let (with, all) = count_filled(rows, field);
            all >= MIN_ROWS && share(with, all) >= NEARLY_ALL
        })
        .map(|field| (*field).to_owned())
        .collect()
}

/// The optional fields of a listing whose loss is a fault of the answer. What it says of films and
/// attributes is not among them: showtimes are not refused for the want of a director.
fn optional_fields(rows: &Rows) -> &'static [&'static str] {
    match rows {
        Rows::Cinemas(_) => &["city", "latitude", "longitude"],
        Rows::Showtimes(_) => &[
            "auditorium_key",
            "auditorium_name",
            "business_on",
            "seats_total",
            "seats_available",
            "sold_out",
        ],
        Rows::Seats(_) | Rows::Prices(_) | Rows::Items(_) | Rows::Observations(_) => &[],
    }
}

fn cinema_has(row: &Cinema, field: &str) -> bool {
    match field {
        "key" => !row.key.is_empty(),
        "name" => !row.name.is_empty(),
        "timezone" => !row.timezone.is_empty(),
        "territory" => !row.territory.is_empty(),
        "city" => row.city.is_some(),
        "latitude" => row.latitude.is_some(),
        "longitude" => row.longitude.is_some(),
        other => carried(&row.carry, other),
    }
}

fn showtime_has(row: &Showtime, field: &str) -> bool {
    match field {
        "key" => !row.key.is_empty(),
        "film_key" => !row.film_key.is_empty(),
        "film_title" => !row.film_title.is_empty(),
        "starts_at" => true,
        "auditorium_key" => row.auditorium_key.is_some(),
        "auditorium_name" => row.auditorium_name.is_some(),
        "business_on" => row.business_on.is_some(),
        "seats_total" => row.seats_total.is_some(),
        "seats_available" => row.seats_available.is_some(),
        "sold_out" => row.sold_out.is_some(),
        "film_original_title" => row.film.original_title.is_some(),
        "film_year" => row.film.year.is_some(),
        "film_runtime" => row.film.runtime_minutes.is_some(),
        "film_director" => !row.film.directors.is_empty(),
        "film_distributor" => row.film.distributor.is_some(),
        "film_released_on" => row.film.released_on.is_some(),
        "film_ids" => !row.film.ids.is_empty(),
        "attributes" => row.attributes.as_ref().is_some_and(|rows| !rows.is_empty()),
        other => carried(&row.carry, other),
    }
}

fn seat_has(row: &Seat, field: &str) -> bool {
    match field {
        "key" => !row.key.is_empty(),
        "row" => !row.row.is_empty(),
        "number" => !row.number.is_empty(),
        "area" => !row.area.is_empty(),
        "kind" => !row.kind.is_empty(),
        "group" => !row.group.is_empty(),
        "status" => row.status.is_some(),
        "x" | "y" => true,
        _ => false,
    }
}

fn price_has(row: &Price, field: &str) -> bool {
    match field {
        "amount" => true,
        "ticket" => !row.ticket.is_empty(),
        "area" => !row.area.is_empty(),
        "currency" => !row.currency.is_empty(),
        "amount_max" => row.amount_max.is_some(),
        "fee" => row.fee.is_some(),
        "tax" => row.tax_included.is_some(),
        _ => false,
    }
}

fn observation_has(row: &Observation, field: &str) -> bool {
    match field {
        "subject" => !row.subject.is_empty(),
        "metric" => !row.metric.is_empty(),
        "value" => true,
        "at" => row.at.is_some(),
        other => carried(&row.properties, other),
    }
}

fn carried(carry: &Map<String, Value>, field: &str) -> bool {
    match carry.get(field) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(_) => true,
    }
}
