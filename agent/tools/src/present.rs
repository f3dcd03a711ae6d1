//! Rows for a reader: as JSON, and as a table that fits the terminal.
//!
//! Takes the typed rows of an answer, gives one flat object for each, with the words of
//! the definition language as names. Values that are missing are left out.

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use serde_json::{Map, Value};
use source_language::{
    mask::{MASKED, Mask},
    rows::{Attribute, Cinema, Item, Observation, Price, Rows, Seat, SeatStatus, Showtime},
};

/// A row as an object.
pub type Line = Map<String, Value>;

/// Width where there is no terminal to ask.
const WIDTH: u16 = 100;

/// Returns the rows as objects; the prices of a seat map are apart.
#[must_use]
pub fn lines(rows: &Rows) -> Vec<Line> {
    match rows {
        Rows::Cinemas(cinemas) => cinemas.iter().map(of_cinema).collect(),
        Rows::Showtimes(showtimes) => showtimes.iter().map(of_showtime).collect(),
        Rows::Seats(map) => map.seats.iter().map(of_seat).collect(),
        Rows::Prices(prices) => prices.iter().map(of_price).collect(),
        Rows::Items(items) => items.iter().map(of_item).collect(),
        Rows::Observations(observations) => observations.iter().map(of_observation).collect(),
    }
}

/// Returns the prices that came with a seat map as objects.
#[must_use]
pub fn price_lines(rows: &Rows) -> Vec<Line> {
    match rows {
        Rows::Seats(map) => map.prices.iter().map(of_price).collect(),
        Rows::Cinemas(_)
        | Rows::Showtimes(_)
        | Rows::Prices(_)
        | Rows::Items(_)
        | Rows::Observations(_) => Vec::new(),
    }
}

/// Returns the same without what `mask` hides.
#[must_use]
pub fn masked(lines: Vec<Line>, mask: &Mask) -> Vec<Line> {
    fn value_of(value: Value, mask: &Mask) -> Value {
        match value {
            Value::String(text) => Value::String(mask.text(&text)),
            Value::Number(number) => {
                let text = number.to_string();
                if mask.text(&text) == text {
                    Value::Number(number)
                } else {
                    Value::String(MASKED.to_owned())
                }
            }
            Value::Array(items) => items.into_iter().map(|item| value_of(item, mask)).collect(),
            Value::Object(line) => Value::Object(object(line, mask)),
            other @ (Value::Null | Value::Bool(_)) => other,
        }
    }
    fn object(line: Line, mask: &Mask) -> Line {
        let pairs = line.into_iter();
        pairs
            .map(|(name, item)| (name, value_of(item, mask)))
            .collect()
    }
    if mask.is_empty() {
        return lines;
    }
    lines.into_iter().map(|line| object(line, mask)).collect()
}

/// Returns what names a row among the others of its answer, for comparing two answers.
#[must_use]
pub fn key_of(line: &Line) -> String {
    let text = |name: &str| line.get(name).map(plain);
    let parts = ["key", "subject", "metric", "at", "ticket", "area"];
    let by_key = text("key");
    by_key.unwrap_or_else(|| {
        let parts = parts.iter().filter_map(|name| text(name));
        parts.collect::<Vec<_>>().join(" ")
    })
}

/// Writes a value as a person would: texts without quotes.
#[must_use]
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Draws the first `most` of `lines` as a table, and says how many more there are.
#[must_use]
pub fn table(lines: &[Line], most: usize) -> String {
    let shown = &lines[..lines.len().min(most)];
    let mut names: Vec<&str> = Vec::new();
    for name in shown.iter().flat_map(Map::keys) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.sort_by_key(|name| {
        ORDER
            .iter()
            .position(|known| known == name)
            .unwrap_or(ORDER.len())
    });
    let mut table = new_table(&names);
    for line in shown {
        table.add_row(
            names
                .iter()
                .map(|name| line.get(*name).map(plain).unwrap_or_default()),
        );
    }
    match lines.len() - shown.len() {
        0 => table.to_string(),
        more => format!("{table}\n… and {more} more"),
    }
}

/// Makes an empty table in the style of all of these tools.
#[must_use]
pub fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_none() {
        table.set_width(WIDTH);
    }
    table.set_header(header);
    table
}

/// The order of columns; what a row carries comes after these.
const ORDER: [&str; 42] = [
    "key",
    "name",
    "subject",
    "metric",
    "value",
    "at",
    "film_key",
    "film_title",
    "starts_at",
    "business_on",
    "auditorium_key",
    "auditorium_name",
    "seats_total",
    "seats_available",
    "sold_out",
    "film_original_title",
    "film_year",
    "film_runtime",
    "film_director",
    "film_distributor",
    "film_released_on",
    "film_ids",
    "attributes",
    "row",
    "number",
    "area",
    "kind",
    "group",
    "x",
    "y",
    "code",
    "status",
    "ticket",
    "amount",
    "amount_max",
    "fee",
    "tax",
    "currency",
    "timezone",
    "territory",
    "city",
    "latitude",
];

fn line(values: impl IntoIterator<Item = (&'static str, Value)>, carry: &Line) -> Line {
    let values = values.into_iter().filter(|(_, value)| !value.is_null());
    let named = values.map(|(name, value)| (name.to_owned(), value));
    let carried = carry
        .iter()
        .map(|(name, value)| (format!("carry.{name}"), value.clone()));
    carried.chain(named).collect()
}

fn of_cinema(row: &Cinema) -> Line {
    let Cinema {
        key,
        name,
        timezone,
        territory,
        city,
        latitude,
        longitude,
        carry,
    } = row;
    line(
        [
            ("key", key.as_str().into()),
            ("name", name.as_str().into()),
            ("timezone", timezone.as_str().into()),
            ("territory", territory.as_str().into()),
            ("city", city.as_deref().into()),
            ("latitude", (*latitude).into()),
            ("longitude", (*longitude).into()),
        ],
        carry,
    )
}

fn of_showtime(row: &Showtime) -> Line {
    let business_on = row.business_on.map(|on| on.to_string());
    let film = &row.film;
    let released_on = film.released_on.map(|on| on.to_string());
    let directors = listed(film.directors.iter().cloned());
    let ids = film.ids.iter();
    let ids = listed(ids.map(|id| format!("{}={}", id.scheme, id.value)));
    let attributes = row.attributes.iter().flatten();
    line(
        [
            ("key", row.key.as_str().into()),
            ("film_key", row.film_key.as_str().into()),
            ("film_title", row.film_title.as_str().into()),
            ("auditorium_key", row.auditorium_key.as_deref().into()),
            ("auditorium_name", row.auditorium_name.as_deref().into()),
            ("starts_at", row.starts_at.to_string().into()),
            ("business_on", business_on.into()),
            ("seats_total", row.seats_total.into()),
            ("seats_available", row.seats_available.into()),
            ("sold_out", row.sold_out.into()),
            ("film_original_title", film.original_title.as_deref().into()),
            ("film_year", film.year.into()),
            ("film_runtime", film.runtime_minutes.into()),
            ("film_director", directors),
            ("film_distributor", film.distributor.as_deref().into()),
            ("film_released_on", released_on.into()),
            ("film_ids", ids),
            ("attributes", listed(attributes.map(of_attribute))),
        ],
        &row.carry,
    )
}

/// Writes the code of an attribute with its meaning.
fn of_attribute(attribute: &Attribute) -> String {
    match &attribute.meaning {
        Some(meaning) => format!("{} ({meaning})", attribute.code),
        None => format!("{} (unmapped)", attribute.code),
    }
}

/// Returns texts as a list, and an empty list as none.
fn listed(texts: impl Iterator<Item = String>) -> Value {
    let texts: Vec<Value> = texts.map(Value::String).collect();
    (!texts.is_empty()).then_some(texts).into()
}

/// Returns a text as a value, and an empty one as none.
fn filled(text: &str) -> Value {
    (!text.is_empty()).then_some(text).into()
}

fn of_seat(row: &Seat) -> Line {
    line(
        [
            ("key", row.key.as_str().into()),
            ("row", filled(&row.row)),
            ("number", filled(&row.number)),
            ("area", filled(&row.area)),
            ("kind", filled(&row.kind)),
            ("group", filled(&row.group)),
            ("x", row.x.into()),
            ("y", row.y.into()),
            ("code", row.code.as_str().into()),
            (
                "status",
                row.status.map_or("unmapped", SeatStatus::label).into(),
            ),
        ],
        &Map::new(),
    )
}

fn of_price(row: &Price) -> Line {
    let amount = |amount: Option<rust_decimal::Decimal>| {
        amount.map(|amount| amount.normalize().to_string()).into()
    };
    let tax = row
        .tax_included
        .map(|included| if included { "included" } else { "excluded" });
    line(
        [
            ("ticket", filled(&row.ticket)),
            ("area", filled(&row.area)),
            ("amount", amount(Some(row.amount))),
            ("amount_max", amount(row.amount_max)),
            ("fee", amount(row.fee)),
            ("tax", tax.into()),
            ("currency", row.currency.as_str().into()),
        ],
        &Map::new(),
    )
}

fn of_item(row: &Item) -> Line {
    line([("key", row.key.as_str().into())], &row.carry)
}

fn of_observation(row: &Observation) -> Line {
    line(
        [
            ("subject", row.subject.as_str().into()),
            ("metric", row.metric.as_str().into()),
            ("value", row.value.into()),
            ("at", row.at.map(|at| at.to_string()).into()),
        ],
        &row.properties,
    )
}

/// Writes a time as a person reads it: three digits and a unit.
#[must_use]
pub fn duration(time: std::time::Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds >= 1.0 => format!("{seconds:.2} s"),
        _ if seconds >= 0.001 => format!("{:.1} ms", seconds * 1e3),
        _ => format!("{:.0} µs", seconds * 1e6),
    }
}
