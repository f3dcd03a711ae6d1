//! What rows are, and which of their columns are its fields: by their names first, then by
//! their values.

use std::collections::BTreeSet;

use super::{
    column::{Column, Fields, Kind},
    written::{Part, column_word, format_of, template},
};

/// Finds the first column that has one of `names`, the better names first.
fn named<'a>(
    columns: &'a [Column],
    names: &[&str],
    fits: impl Fn(&Column) -> bool,
) -> Option<&'a Column> {
    names.iter().find_map(|name| {
        let mut found: Vec<&Column> = columns
            .iter()
            .filter(|column| column.is_named(&[name]) && fits(column))
            .collect();
        found.sort_by_key(|column| !column.own);
        found.first().copied()
    })
}

const STATUS: [&str; 12] = [
    "=status", "status", "=state", "avail", "sold", "taken", "booked", "=st", "stat", "etat",
    "estado", "zustand",
];
/// Values that only a status has.
const SAID: [&str; 9] = [
    "free",
    "available",
    "sold",
    "taken",
    "occupied",
    "booked",
    "reserved",
    "blocked",
    "unavailable",
];
const ROW: [&str; 11] = [
    "rowname",
    "rownm",
    "physicalname",
    "rowlabel",
    "row",
    "fila",
    "riga",
    "reihe",
    "rangee",
    "=rang",
    "=name",
];
const NUMBER: [&str; 16] = [
    "seatno",
    "seatnumber",
    "=number",
    "=no",
    "=nr",
    "=num",
    "numero",
    "nummer",
    "posto",
    "platz",
    "=n",
    "column",
    "=col",
    "=seat",
    "=id",
    "number",
];
const X: [&str; 6] = ["=x", "posx", "columnindex", "left", "=column", "=col"];
const Y: [&str; 7] = ["=y", "posy", "rowindex", "top", "=row", "=r", "rownumber"];
const AREA: [&str; 6] = ["area", "zone", "section", "block", "category", "pricegroup"];
const TYPE: [&str; 5] = ["seattype", "seatstyle", "kind", "=type", "seatclass"];
const KEY: [&str; 9] = [
    "=key", "=id", "=uuid", "uniq", "seatid", "code", "=name", "id", "name",
];
const TIME: [&str; 8] = [
    "starts", "start", "showtime", "datetime", "beginn", "begin", "date", "time",
];
const FILM: [&str; 5] = ["film", "movie", "feature", "title", "event"];
const CITY: [&str; 4] = ["city", "town", "locality", "ort"];

/// Decides what rows with these columns are, and how their fields are written.
pub(super) fn judge(columns: &[Column], count: usize) -> Option<(Kind, f64, Fields)> {
    let seats = seats(columns);
    let showtimes = showtimes(columns);
    let cinemas = cinemas(columns);
    // Many rows of one kind are more likely what was looked for.
    let size = f64::from(u32::try_from(count.min(400)).unwrap_or(400)) / 400.0;
    [
        (Kind::Seats, seats),
        (Kind::Showtimes, showtimes),
        (Kind::Cinemas, cinemas),
    ]
    .into_iter()
    .filter_map(|(kind, found)| found.map(|(score, fields)| (kind, score + size, fields)))
    .max_by(|a, b| a.1.total_cmp(&b.1))
}

type Scored = Option<(f64, Fields)>;

fn seats(columns: &[Column]) -> Scored {
    statuses(columns).first()?;
    let row = named(columns, &ROW, |column| {
        column.is_code() || !column.is_unique()
    });
    let number = named(columns, &NUMBER, |column| {
        row.is_none_or(|row| row.word != column.word)
    });
    let (x, y) = (
        named(columns, &X, Column::is_number),
        named(columns, &Y, Column::is_number),
    );
    let area = named(columns, &AREA, Column::is_code);
    let kind = named(columns, &TYPE, Column::is_code);
    let mut score = 1.0;
    let seat_like = columns.iter().any(|column| column.name.contains("seat"));
    for known in [
        row.is_some(),
        number.is_some(),
        x.is_some(),
        y.is_some(),
        seat_like,
    ] {
        score += if known { 1.0 } else { 0.0 };
    }
    if score < 3.0 {
        return None;
    }
    let mut fields = vec![(
        "key".to_owned(),
        seat_key(columns, [row, number, area, x, y])?,
    )];
    for (name, column) in [
        ("row", row),
        ("number", number),
        ("area", area),
        ("kind", kind),
        ("x", x),
        ("y", y),
    ] {
        if let Some(column) = column {
            fields.push((name.to_owned(), column_word(column)));
        }
    }
    Some((score, fields))
}

/// A field of its own that names the seat, or several fields together.
fn seat_key(columns: &[Column], parts: [Option<&Column>; 5]) -> Option<String> {
    if let Some(column) = named(columns, &KEY, |column| column.own && column.is_unique()) {
        return Some(column.word.clone());
    }
    let names = ["row", "number", "area", "x", "y"];
    let parts: Vec<Part<'_>> = names
        .into_iter()
        .zip(parts)
        .filter_map(|(name, column)| Some((name, column?)))
        .filter(|(_, column)| column.is_full())
        .collect();
    let mut tried: Vec<Vec<Part<'_>>> = Vec::new();
    for (index, first) in parts.iter().enumerate() {
        for (place, second) in parts.iter().enumerate().skip(index + 1) {
            tried.push(vec![*first, *second]);
            let third = parts.iter().skip(place + 1);
            tried.extend(third.map(|third| vec![*first, *second, *third]));
        }
    }
    tried.sort_by_key(Vec::len);
    let chosen = tried.into_iter().find(|chosen| are_unique(chosen));
    let by_any = || {
        columns
            .iter()
            .find(|column| column.is_unique())
            .map(|column| column.word.clone())
    };
    chosen.map(|chosen| template(&chosen)).or_else(by_any)
}

/// Whether no two rows have the same values in all parts.
fn are_unique(parts: &[Part<'_>]) -> bool {
    let count = parts.first().map_or(0, |(_, column)| column.values.len());
    let key = |row: usize| {
        parts
            .iter()
            .map(|(_, column)| column.values.get(row))
            .collect::<Vec<_>>()
    };
    (0..count).map(key).collect::<BTreeSet<_>>().len() == count
}

/// The columns that say a status; what always agrees with another one is left out.
pub(super) fn statuses(columns: &[Column]) -> Vec<&Column> {
    let mut found: Vec<&Column> = Vec::new();
    for name in STATUS {
        for column in columns
            .iter()
            .filter(|column| column.own && column.is_named(&[name]) && column.is_code())
        {
            let known = found
                .iter()
                .any(|known| known.word == column.word || known.values == column.values);
            if !known && found.len() < 3 {
                found.push(column);
            }
        }
    }
    if found.is_empty() {
        // A name that says nothing, and values that do.
        let telling = |column: &&Column| {
            let said = column
                .distinct()
                .iter()
                .filter(|value| SAID.contains(&value.to_lowercase().as_str()))
                .count();
            column.own && column.is_code() && said > 0
        };
        found.extend(columns.iter().find(telling));
    }
    found
}

fn showtimes(columns: &[Column]) -> Scored {
    let time = named(columns, &TIME, |column| {
        column.own && format_of(column).is_some()
    })?;
    let film = named(columns, &FILM, |_| true)?;
    let key = named(
        columns,
        &["=id", "session", "show", "key", "id", "code"],
        |column| column.own && column.is_unique(),
    )
    .or_else(|| {
        columns
            .iter()
            .find(|column| column.own && column.is_unique())
    })?;
    let title = named(
        columns,
        &[
            "filmtitle",
            "movietitle",
            "title",
            "filmname",
            "moviename",
            "film",
            "movie",
        ],
        |_| true,
    )
    .unwrap_or(film);
    let screen = named(
        columns,
        &["screennumber", "auditorium", "screen", "hall", "theatre"],
        |_| true,
    );
    let (format, zone) = format_of(time)?;
    let path = time.word.clone();
    let place = if let Some(attr) = path.strip_prefix("\"@") {
        format!("attr = \"{attr}")
    } else {
        format!("path = {path}")
    };
    let mut fields = vec![
        ("key".to_owned(), key.word.clone()),
        ("film_key".to_owned(), film.word.clone()),
        ("film_title".to_owned(), title.word.clone()),
        (
            "starts_at".to_owned(),
            format!("{{ {place}, formats = [\"{format}\"], zone = \"{zone}\" }}"),
        ),
    ];
    if let Some(screen) = screen {
        fields.push(("auditorium_key".to_owned(), column_word(screen)));
    }
    Some((4.5, fields))
}

fn cinemas(columns: &[Column]) -> Scored {
    let name = named(columns, &["=name", "title", "name", "text"], |column| {
        column.own && column.is_full()
    })?;
    let key = named(columns, &KEY, |column| {
        column.own && column.is_unique() && column.word != name.word
    })
    .or_else(|| name.is_unique().then_some(name))?;
    let mut fields = vec![
        ("key".to_owned(), key.word.clone()),
        ("name".to_owned(), name.word.clone()),
    ];
    let mut score = 1.5;
    for (field, names) in [
        ("city", &CITY[..]),
        ("latitude", &["=lat", "latitude"]),
        ("longitude", &["=lng", "=lon", "longitude"]),
    ] {
        if let Some(column) = named(columns, names, |_| true) {
            fields.push((field.to_owned(), column_word(column)));
            score += 1.0;
        }
    }
    let telling = ["cinema", "theat", "venue", "site", "location", "kino"];
    score += if columns.iter().any(|column| column.is_named(&telling)) {
        1.0
    } else {
        0.0
    };
    Some((score, fields))
}
