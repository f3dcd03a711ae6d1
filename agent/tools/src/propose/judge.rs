//! What rows are, and which of their columns are its fields: the names and the values of all
//! rows must agree. What only one of them says is marked as uncertain; what the values
//! contradict is not proposed.

use super::{
    cinemas,
    column::{Column, Kind},
    field::Field,
    seats, showtimes,
};

/// A score, and the fields.
pub(super) type Scored = Option<(f64, Vec<Field>)>;

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

/// Decides what rows with these columns are, and how their fields are written; `context` is
/// what their list is called.
pub(super) fn judge(
    columns: &[Column],
    count: usize,
    context: &str,
) -> Option<(Kind, f64, Vec<Field>)> {
    // Many rows of one kind are more likely what was looked for.
    let size = f64::from(u32::try_from(count.min(400)).unwrap_or(400)) / 400.0;
    // One row is more likely a detail of something else.
    let size = if count == 1 { -2.0 } else { size };
    [
        (Kind::Seats, seats::judge(columns, context)),
        (Kind::Showtimes, showtimes::judge(columns, context)),
        (Kind::Cinemas, cinemas::judge(columns, context)),
    ]
    .into_iter()
    .filter_map(|(kind, found)| found.map(|(score, fields)| (kind, score + size, fields)))
    .max_by(|a, b| a.1.total_cmp(&b.1))
    .map(|(kind, score, fields)| (kind, score, doubted(fields, count)))
}

/// Of one row everything is true: no value comes twice, and none contradicts another.
fn doubted(fields: Vec<Field>, count: usize) -> Vec<Field> {
    if count > 1 {
        return fields;
    }
    let doubt = || Some("only one row was seen".to_owned());
    let doubted = |field: Field| Field {
        doubt: field.doubt.or_else(doubt),
        ..field
    };
    fields.into_iter().map(doubted).collect()
}

/// Why a column may be no key although no value comes twice.
pub(super) fn id_doubt(column: &Column) -> Option<String> {
    let counted = column.values.iter().enumerate().all(|(index, value)| {
        let value = value
            .as_deref()
            .and_then(|value| value.parse::<usize>().ok());
        value.is_some_and(|value| value == index || value == index + 1)
    });
    (counted && column.values.len() > 2)
        .then(|| "it counts the rows: is it the same tomorrow?".to_owned())
}

/// The columns that say a status; what always agrees with another one, or says the same of
/// all, is left out.
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
    if found.iter().any(|column| column.distinct().len() > 1) {
        found.retain(|column| column.distinct().len() > 1);
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
