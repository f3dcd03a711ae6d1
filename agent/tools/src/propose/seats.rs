//! Rows that are seats.

use std::collections::BTreeSet;

use super::{
    column::Column,
    field::{Field, Pick, pick},
    judge::{Scored, statuses},
    label::Label,
    written::{Part, template},
};

const SEAT: [&str; 6] = ["seat", "siege", "asiento", "sitz", "posto", "place"];
const ROW_LABEL: [&str; 12] = [
    "rowname",
    "rownm",
    "rowlabel",
    "rowletter",
    "rowcode",
    "physicalname",
    "physicalrowname",
    "seatrow",
    "rang",
    "fila",
    "reihe",
    "rangee",
];
const NUMBER: [&str; 14] = [
    "seatno",
    "seatnumber",
    "seatnum",
    "number",
    "no",
    "nr",
    "num",
    "numero",
    "nummer",
    "platz",
    "posto",
    "seatnm",
    "seat",
    "seatname",
];
const X: [&str; 8] = [
    "x",
    "posx",
    "columnindex",
    "column",
    "col",
    "left",
    "dataleft",
    "gridx",
];
const Y: [&str; 7] = ["y", "posy", "rowindex", "row", "top", "gridy", "rownumber"];
const AREA: [&str; 14] = [
    "area",
    "zone",
    "section",
    "block",
    "areaname",
    "areanumber",
    "areacode",
    "areaid",
    "areacategorycode",
    "attrzone",
    "zonecode",
    "seatzonecd",
    "pricegroup",
    "sectionname",
];
const KIND: [&str; 7] = [
    "seattype",
    "seatstyle",
    "type",
    "style",
    "kind",
    "seatclass",
    "seatkind",
];
const KEY: [&str; 9] = [
    "id",
    "key",
    "uuid",
    "seatid",
    "seatkey",
    "seatuniqno",
    "uniqueid",
    "code",
    "seatcode",
];

/// Judges rows whose list is called `context`; `is_seat` says that elements call themselves so.
pub(super) fn judge(columns: &[Column], context: &str) -> Scored {
    statuses(columns).first()?;
    // A showtime has numbers of seats, a seat has words about itself.
    let of_seat = |label: &Label| {
        let word = label.last.trim_start_matches("is");
        ["seat", "siege"].iter().any(|seat| {
            let rest = word.strip_prefix(seat);
            rest.is_some_and(|rest| !rest.starts_with('s') || rest.starts_with("st"))
        })
    };
    let is_called =
        SEAT.contains(&context) || columns.iter().any(|column| of_seat(&Label::of(column)));
    if !is_called {
        return None;
    }
    let (x, y) = grid(columns);
    let (row, number) = labels(columns, y.as_ref().map(|y| y.column));
    let area = pick(
        columns,
        |label| {
            label.is(&AREA)
                || label.is_of(
                    &["area", "zone", "section"],
                    &["name", "id", "code", "number"],
                )
        },
        |_| false,
        Column::is_code,
    );
    let kind = pick(
        columns,
        |label| label.is(&KIND),
        |_| false,
        // What kind of element it is says nothing of the seat.
        |column| column.own && column.word != "\"@type\"" && column.is_code(),
    );
    let known = [row.is_some(), number.is_some(), x.is_some(), y.is_some()];
    let known = known.into_iter().filter(|known| *known).count();
    if known < 2 {
        return None;
    }
    let key = key(
        columns,
        row.as_ref(),
        number.as_ref(),
        area.as_ref(),
        (x.as_ref(), y.as_ref()),
    )?;
    let mut fields = vec![key];
    let picked = [
        ("row", row),
        ("number", number),
        ("area", area),
        ("kind", kind),
        ("x", x),
        ("y", y),
    ];
    fields.extend(
        picked
            .iter()
            .filter_map(|(name, pick)| Some(pick.as_ref()?.field(name))),
    );
    let known = f64::from(u32::try_from(known).unwrap_or(4));
    Some((3.0 + known, fields))
}

/// Coordinates: of no two seats the same, or they are none.
fn grid(columns: &[Column]) -> (Option<Pick<'_>>, Option<Pick<'_>>) {
    let find = |names: &'static [&'static str]| {
        pick(
            columns,
            |label| label.is(names),
            |_| false,
            |column| column.is_number() && column.own,
        )
    };
    match (find(&X), find(&Y)) {
        (Some(x), Some(y)) if are_unique(&[("x", x.column), ("y", y.column)]) => (Some(x), Some(y)),
        _ => (None, None),
    }
}

/// What is written on a row and on a seat: together of no two seats the same.
fn labels<'a>(columns: &'a [Column], y: Option<&Column>) -> (Option<Pick<'a>>, Option<Pick<'a>>) {
    let short = |column: &Column| {
        column.is_full()
            && column
                .distinct()
                .iter()
                .all(|value| value.chars().count() <= 4)
    };
    let row = pick(
        columns,
        |label| label.is(&ROW_LABEL) || label.is_of(&["row"], &["name", "label", "letter", "code"]),
        |label| label.is(&["row", "name", "label"]),
        |column| {
            let is_y = y.is_some_and(|y| y.word == column.word);
            !is_y && short(column) && (!column.is_unique() || column.values.len() < 3)
        },
    );
    let row = row.map(|row| {
        let lettered = row
            .column
            .distinct()
            .iter()
            .any(|value| value.chars().any(char::is_alphabetic));
        let doubt = (!lettered)
            .then(|| "its values are numbers: labels, or places from 0 or 1?".to_owned());
        Pick {
            doubt: row.doubt.or(doubt),
            ..row
        }
    });
    let number = pick(
        columns,
        |label| label.is(&NUMBER),
        |label| label.is(&["id", "text", "name"]),
        |column| {
            column.own
                && short(column)
                && column
                    .values
                    .iter()
                    .flatten()
                    .any(|v| v.chars().any(|c| c.is_ascii_digit()))
        },
    );
    let (Some(row), Some(number)) = (&row, &number) else {
        return (row, number);
    };
    if are_unique(&[("row", row.column), ("number", number.column)]) {
        return (
            Some(Pick {
                column: row.column,
                doubt: row.doubt.clone(),
            }),
            Some(Pick {
                column: number.column,
                doubt: number.doubt.clone(),
            }),
        );
    }
    let doubt =
        || Some("some seats share row and number: is there an area beside them?".to_owned());
    (
        Some(Pick {
            column: row.column,
            doubt: doubt(),
        }),
        Some(Pick {
            column: number.column,
            doubt: doubt(),
        }),
    )
}

/// A field of its own that names the seat, or several fields together.
fn key(
    columns: &[Column],
    row: Option<&Pick<'_>>,
    number: Option<&Pick<'_>>,
    area: Option<&Pick<'_>>,
    (x, y): (Option<&Pick<'_>>, Option<&Pick<'_>>),
) -> Option<Field> {
    let own = pick(
        columns,
        |label| label.is(&KEY) || label.has(&["uniq"]),
        |label| {
            label.is(&[
                "name",
                "seatname",
                "label",
                "seatlabel",
                "attrcode",
                "datacode",
            ])
        },
        |column| {
            column.own
                && column.is_unique()
                && column
                    .values
                    .iter()
                    .flatten()
                    .all(|value| value.len() <= 64)
        },
    );
    if let Some(own) = own {
        let doubt = own
            .doubt
            .map(|_| "it is unique here: does it stay the same?".to_owned());
        return Some(Field::new("key", own.column.word.clone(), doubt));
    }
    let parts: Vec<Part<'_>> = [("row", row), ("number", number), ("area", area)]
        .into_iter()
        .filter_map(|(name, pick)| Some((name, pick?.column)))
        .filter(|(_, column)| column.is_full())
        .collect();
    let is_sure = [row, number]
        .iter()
        .all(|pick| pick.is_some_and(|pick| pick.doubt.is_none()));
    for count in 2..=parts.len() {
        let chosen = parts.get(..count)?;
        if are_unique(chosen) {
            let doubt =
                (!is_sure || count > 2).then(|| "made of what is uncertain below".to_owned());
            return Some(Field::new("key", template(chosen), doubt));
        }
    }
    let places = [("y", y?.column), ("x", x?.column)];
    let doubt = "made of the place: another area may have the same, and a drawing may move";
    are_unique(&places).then(|| Field::new("key", template(&places), Some(doubt.to_owned())))
}

/// Whether no two rows have the same values in all parts.
fn are_unique(parts: &[Part<'_>]) -> bool {
    let count = parts.first().map_or(0, |(_, column)| column.values.len());
    let key = |row: usize| {
        let values = parts.iter().map(|(_, column)| column.values.get(row));
        values.collect::<Vec<_>>()
    };
    (0..count).map(key).collect::<BTreeSet<_>>().len() == count
}
