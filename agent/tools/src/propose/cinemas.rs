//! Rows that are cinemas.

use jiff::tz::TimeZone;

use super::{
    column::Column,
    field::{Field, Pick, pick},
    judge::{Scored, id_doubt},
    label::Label,
};

/// What cinemas are called.
pub(super) const CINEMA: [&str; 10] = [
    "cinema",
    "theatre",
    "theater",
    "movietheater",
    "movietheatre",
    "site",
    "venue",
    "kino",
    "cine",
    "branch",
];
/// What films and offers have, and cinemas have not.
const OF_OTHERS: [&str; 20] = [
    "synopsis",
    "shortsynopsis",
    "director",
    "genre",
    "runtime",
    "length",
    "releasedate",
    "classification",
    "certificate",
    "rating",
    "cast",
    "originaltitle",
    "price",
    "amount",
    "amounttaxesincluded",
    "quantity",
    "originalprice",
    "startsat",
    "starttime",
    "edi",
];
const NAMES: [&str; 5] = ["name", "title", "displayname", "label", "fullname"];
const KEYS: [&str; 6] = ["id", "key", "uuid", "code", "slug", "number"];
const NO_KEY: [&str; 13] = [
    "context", "postal", "postcode", "zip", "phone", "url", "link", "lat", "lng", "lon", "address",
    "image", "name",
];

/// Judges rows whose list, or type, is called `context`.
pub(super) fn judge(columns: &[Column], context: &str) -> Scored {
    let labels: Vec<Label> = columns.iter().map(Label::of).collect();
    let is_called = CINEMA.contains(&context);
    let place = place(columns);
    let of_others = labels.iter().any(|label| label.is(&OF_OTHERS));
    if !is_called && (of_others || place.is_none()) {
        return None;
    }
    let own = |column: &Column| column.own && is_name(column);
    let name = pick(
        columns,
        |label| label.is_of(&CINEMA, &NAMES) || label.of == context && label.is(&NAMES),
        |label| label.has(&["name", "title"]),
        own,
    )?;
    let key = pick(
        columns,
        |label| label.is_of(&CINEMA, &KEYS) || label.of == context && label.is(&KEYS),
        |label| !label.has(&NO_KEY),
        |column| {
            column.own && column.is_unique() && column.word != name.column.word && is_short(column)
        },
    );
    let mut fields = vec![match key {
        Some(Pick { column, doubt }) => {
            let doubt = doubt
                .map(|_| "nothing says that it is the key: is it the same tomorrow?".to_owned());
            Field::new(
                "key",
                column.word.clone(),
                doubt.or_else(|| id_doubt(column)),
            )
        }
        None if name.column.is_unique() => {
            let doubt = "no column is a key, so this is the name";
            Field::new("key", name.column.word.clone(), Some(doubt.to_owned()))
        }
        None => return None,
    }];
    fields.push(name.field("name"));
    let city = pick(
        columns,
        |label| {
            label.is(&[
                "city",
                "town",
                "locality",
                "addresslocality",
                "ville",
                "stadt",
            ])
        },
        |_| false,
        is_name,
    );
    fields.extend(city.map(|city| city.field("city")));
    let mut score = if is_called { 4.0 } else { 3.0 };
    if let Some((latitude, longitude)) = place {
        score += 1.0;
        fields.push(latitude);
        fields.push(longitude);
    }
    let zone = pick(
        columns,
        |label| label.has(&["timezone", "ianatime"]),
        |_| false,
        |column| {
            column
                .distinct()
                .iter()
                .all(|zone| zone.contains('/') && TimeZone::get(zone).is_ok())
        },
    );
    fields.extend(
        zone.filter(|zone| zone.column.is_full())
            .map(|zone| zone.field("timezone")),
    );
    Some((score, fields))
}

/// Degrees that are some.
fn place(columns: &[Column]) -> Option<(Field, Field)> {
    let degrees = |names: &'static [&'static str], limit: f64| {
        pick(
            columns,
            |label| label.is(names),
            |_| false,
            |column| {
                let mut values = column.values.iter().flatten().peekable();
                values.peek().is_some()
                    && values
                        .all(|value| value.parse::<f64>().is_ok_and(|value| value.abs() <= limit))
                    && column
                        .values
                        .iter()
                        .flatten()
                        .any(|value| value.contains('.'))
            },
        )
    };
    let latitude = degrees(&["latitude", "lat"], 90.0)?;
    let longitude = degrees(&["longitude", "lng", "lon", "long"], 180.0)?;
    Some((latitude.field("latitude"), longitude.field("longitude")))
}

/// Whether the values are names: texts with letters, and no zones, addresses or numbers.
fn is_name(column: &Column) -> bool {
    const MAX_NAME_CHARS: usize = 80;
    let mut values = column
        .values
        .iter()
        .flatten()
        .filter(|value| !value.is_empty())
        .peekable();
    values.peek().is_some()
        && values.all(|value| {
            value.chars().any(char::is_alphabetic)
                && value.chars().count() <= MAX_NAME_CHARS
                && !value.contains("://")
                && (!value.contains('/') || value.contains(' '))
                && !value.contains('<')
        })
}

fn is_short(column: &Column) -> bool {
    column
        .values
        .iter()
        .flatten()
        .all(|value| value.len() <= 40 && !value.contains(' '))
}
