//! Rows that are showtimes.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    column::Column,
    field::{Field, Pick, pick},
    judge::{Scored, id_doubt},
    label::Label,
    written::format_of,
};

const FILM: [&str; 6] = [
    "film",
    "movie",
    "feature",
    "workpresented",
    "pelicula",
    "title",
];
const SHOW: [&str; 12] = [
    "showtime",
    "session",
    "show",
    "showing",
    "screening",
    "performance",
    "event",
    "seance",
    "presentation",
    "screeningevent",
    "vorstellung",
    "perf",
];
const SCREEN: [&str; 8] = [
    "auditorium",
    "screen",
    "hall",
    "salle",
    "saal",
    "room",
    "theatre",
    "sala",
];
/// Times that are not the start.
const OTHER_TIMES: [&str; 16] = [
    "film", "end", "sale", "sold", "releas", "updat", "creat", "modif", "valid", "expir", "open",
    "buy", "door", "publish", "finish", "premiere",
];

/// Judges rows whose list is called `context`.
pub(super) fn judge(columns: &[Column], context: &str) -> Scored {
    let start = pick(
        columns,
        |label| {
            !label.has(&OTHER_TIMES)
                && (label.has(&[
                    "start",
                    "showtime",
                    "showdate",
                    "begin",
                    "datetime",
                    "screeningtime",
                ]) || label.is(&["time", "date"]))
        },
        |label| !label.has(&OTHER_TIMES) && label.has(&["time", "date"]),
        |column| column.own && column.is_full() && format_of(column).is_some() && has_hours(column),
    )?;
    let title = pick(
        columns,
        |label| label.is_of(&FILM[..5], &["title", "name", "titre", "titel"]),
        |label| {
            FILM.contains(&label.of.as_str()) && label.has(&["title", "name"])
                || SHOW.contains(&label.of.as_str()) && label.is(&["title", "name"])
        },
        is_title,
    );
    let film = pick(
        columns,
        |label| label.is_of(&FILM[..5], &["id", "key", "code", "uuid"]),
        |label| label.has(&FILM[..3]) && label.has(&["id", "code", "key"]),
        |column| agrees(column, title.as_ref()),
    );
    let (film, title) = match (film, title) {
        (None, None) => return None,
        (Some(film), None) => {
            let doubt = "no title stands in these rows: join the list of films";
            (
                film.field("film_key"),
                Field::new(
                    "film_title",
                    film.column.word.clone(),
                    Some(doubt.to_owned()),
                ),
            )
        }
        (None, Some(title)) => {
            let doubt = "no key of the film stands in these rows, so this is its title";
            (
                Field::new(
                    "film_key",
                    title.column.word.clone(),
                    Some(doubt.to_owned()),
                ),
                title.field("film_title"),
            )
        }
        (Some(film), Some(title)) => (film.field("film_key"), title.field("film_title")),
    };
    let mut fields = vec![
        key(columns, context, start.column)?,
        film,
        title,
        starts_at(&start)?,
    ];
    let screen = pick(
        columns,
        |label| label.is(&SCREEN) || label.is_of(&SCREEN, &["id", "number", "key", "name", "code"]),
        |_| false,
        is_screen,
    );
    fields.extend(screen.map(|screen| screen.field("auditorium_key")));
    let sure = fields.iter().filter(|field| field.doubt.is_none()).count();
    let called = if SHOW.contains(&context) { 1.0 } else { 0.0 };
    let sure = f64::from(u32::try_from(sure).unwrap_or(5));
    Some((3.0 + called + sure / 4.0, fields))
}

fn key(columns: &[Column], context: &str, start: &Column) -> Option<Field> {
    let fits = |column: &Column| {
        column.own
            && column.is_unique()
            && column.word != start.word
            && column
                .values
                .iter()
                .flatten()
                .all(|value| value.len() <= 64 && !value.contains(' '))
    };
    let names = ["id", "key", "uuid", "code"];
    let found = pick(
        columns,
        |label| label.is_of(&SHOW, &names) || label.of == context && label.is(&names),
        |label| {
            label.has(&["id", "key", "code"])
                && !label.has(&["film", "movie", "screen", "hall"])
                && !FILM.contains(&label.of.as_str())
                && !SCREEN.contains(&label.of.as_str())
        },
        fits,
    )?;
    let doubt = found.doubt.or_else(|| id_doubt(found.column));
    Some(Field::new("key", found.column.word.clone(), doubt))
}

fn starts_at(start: &Pick<'_>) -> Option<Field> {
    let (format, zone) = format_of(start.column)?;
    let word = &start.column.word;
    let place = if let Some(attr) = word.strip_prefix("\"@") {
        format!("attr = \"{attr}")
    } else {
        format!("path = {word}")
    };
    let text = format!("{{ {place}, formats = [\"{format}\"], zone = \"{zone}\" }}");
    let says_utc = Label::of(start.column).has(&["utc", "gmt"]);
    let in_utc = start
        .column
        .values
        .iter()
        .flatten()
        .all(|value| value.ends_with('Z'));
    let doubt = match (start.doubt.clone(), zone) {
        (Some(doubt), _) => Some(doubt),
        (None, "venue") => Some("it has no offset: is it by the clock of the cinema?".to_owned()),
        (None, "offset") if in_utc && !says_utc => {
            Some("all end in Z: are they truly UTC, and not the clock of the cinema?".to_owned())
        }
        (None, _) => None,
    };
    Some(Field::new("starts_at", text, doubt))
}

/// Whether some time is not midnight: dates are no starts.
fn has_hours(column: &Column) -> bool {
    let midnight = |value: &&str| value.contains("T00:00") || value.contains(" 00:00");
    column.distinct().iter().any(|value| !midnight(value))
}

/// Whether the values are titles: texts with letters.
fn is_title(column: &Column) -> bool {
    column.is_full()
        && column.distinct().iter().all(|value| {
            value.chars().any(char::is_alphabetic) && value.len() <= 200 && !value.contains("://")
        })
}

/// Whether rows with one key of the film have one title.
fn agrees(key: &Column, title: Option<&Pick<'_>>) -> bool {
    let Some(title) = title else {
        return key.is_full();
    };
    let mut titles: BTreeMap<&Option<String>, BTreeSet<&Option<String>>> = BTreeMap::new();
    for (key, title) in key.values.iter().zip(&title.column.values) {
        titles.entry(key).or_default().insert(title);
    }
    key.is_full() && titles.values().all(|titles| titles.len() == 1)
}

/// Whether the values may be auditoriums: few, and used again.
fn is_screen(column: &Column) -> bool {
    const MAX_SCREENS: usize = 60;
    let distinct = column.distinct().len();
    let filled = column.values.iter().flatten().count();
    distinct > 0
        && distinct <= MAX_SCREENS
        && (filled < 8 || distinct < filled)
        && column.distinct().iter().all(|value| value.len() <= 60)
}
