//! How much memory rows take: of each its own size and that of its texts.

use compact_str::CompactString;
use serde_json::{Map, Value};

use super::{Attribute, Cinema, FilmFacts, FilmId, Item, Observation, Price, Rows, Seat, Showtime};

/// Bytes that the allocator adds to a text.
const ALLOCATION_BYTES: usize = 16;
/// Bytes of a member of an object without its texts: a node of the tree has room for eleven.
const MEMBER_BYTES: usize = 128;

pub(super) fn of(rows: &Rows) -> usize {
    match rows {
        Rows::Cinemas(rows) => list(rows, cinema),
        Rows::Showtimes(rows) => list(rows, showtime),
        Rows::Seats(map) => list(&map.seats, seat) + list(&map.prices, price),
        Rows::Prices(rows) => list(rows, price),
        Rows::Items(rows) => list(rows, item),
        Rows::Observations(rows) => list(rows, observation),
    }
}

fn list<T>(rows: &Vec<T>, heap: impl Fn(&T) -> usize) -> usize {
    rows.capacity() * size_of::<T>() + rows.iter().map(heap).sum::<usize>()
}

fn text(text: &str) -> usize {
    text.len() + ALLOCATION_BYTES
}

fn optional(value: Option<&String>) -> usize {
    value.map_or(0, |value| text(value))
}

fn short(text: &CompactString) -> usize {
    if text.is_heap_allocated() {
        text.capacity() + ALLOCATION_BYTES
    } else {
        0
    }
}

fn cinema(row: &Cinema) -> usize {
    text(&row.key)
        + text(&row.name)
        + text(&row.timezone)
        + text(&row.territory)
        + optional(row.city.as_ref())
        + object(&row.carry)
}

fn showtime(row: &Showtime) -> usize {
    text(&row.key)
        + text(&row.film_key)
        + text(&row.film_title)
        + optional(row.auditorium_key.as_ref())
        + optional(row.auditorium_name.as_ref())
        + film(&row.film)
        + row
            .attributes
            .as_ref()
            .map_or(0, |rows| list(rows, attribute))
        + object(&row.carry)
}

fn film(facts: &FilmFacts) -> usize {
    optional(facts.original_title.as_ref())
        + optional(facts.distributor.as_ref())
        + list(&facts.directors, |name| text(name))
        + list(&facts.ids, |id: &FilmId| {
            short(&id.scheme) + short(&id.value)
        })
}

fn attribute(row: &Attribute) -> usize {
    short(&row.code)
        + row
            .meaning
            .as_ref()
            .map_or(0, |meaning| text(&meaning.word))
}

fn seat(row: &Seat) -> usize {
    let texts = [
        &row.key,
        &row.row,
        &row.number,
        &row.area,
        &row.kind,
        &row.group,
        &row.code,
    ];
    texts.into_iter().map(short).sum()
}

fn price(row: &Price) -> usize {
    text(&row.ticket) + text(&row.area) + text(&row.currency)
}

fn item(row: &Item) -> usize {
    text(&row.key) + object(&row.carry)
}

fn observation(row: &Observation) -> usize {
    text(&row.subject) + text(&row.metric) + object(&row.properties)
}

fn object(object: &Map<String, Value>) -> usize {
    let members = object
        .iter()
        .map(|(name, item)| MEMBER_BYTES + text(name) + value(item));
    members.sum()
}

fn value(of: &Value) -> usize {
    match of {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(string) => text(string),
        Value::Array(items) => {
            items.capacity() * size_of::<Value>() + items.iter().map(value).sum::<usize>()
        }
        Value::Object(members) => object(members),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_listing_says_of_films_counts() {
        let long = "x".repeat(1_000);
        let bare = FilmFacts::default();
        assert_eq!(film(&bare), 0);
        let facts = FilmFacts {
            directors: vec![long.clone(), long.clone()],
            ids: vec![FilmId {
                scheme: "imdb".into(),
                value: long.as_str().into(),
            }],
            ..bare
        };
        assert!(
            film(&facts) > 3_000 && film(&facts) < 3_500,
            "{}",
            film(&facts)
        );
        let mapped = Attribute {
            code: long.as_str().into(),
            meaning: "format:imax".parse().ok(),
        };
        assert!(attribute(&mapped) > 1_004, "{}", attribute(&mapped));
    }

    #[test]
    fn what_a_row_carries_counts() {
        let mut item = Item {
            key: "1".to_owned(),
            ..Item::default()
        };
        let bare = Rows::Items(vec![item.clone()]).bytes();
        let long = "x".repeat(1_000);
        item.carry
            .insert("about".to_owned(), serde_json::json!([{ "text": long }]));
        let laden = Rows::Items(vec![item]).bytes();
        assert!(
            laden > bare + 1_000 && laden < bare + 2_000,
            "{bare} {laden}"
        );
        let seats = vec![Seat::default(); 1_000];
        let bytes = Rows::Seats(super::super::SeatMap {
            seats,
            ..super::super::SeatMap::default()
        });
        assert_eq!(bytes.bytes(), 1_000 * size_of::<Seat>());
    }
}
