//! What is known of the values of one kind in a list, and which words they may be.

use std::collections::{BTreeMap, BTreeSet};

/// Fields, and how each is written.
pub(super) type Fields = Vec<(String, String)>;

/// What rows look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Seats,
    Showtimes,
    Cinemas,
}

/// One value of each row.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// How a definition says it: TOML, such as `".Id"` or `{ px = "left" }`.
    pub(super) word: String,
    /// What the source calls it, in small letters.
    pub(super) name: String,
    /// Whether it belongs to the row itself, not to what the row stands in.
    pub(super) own: bool,
    /// By row.
    pub(super) values: Vec<Option<String>>,
}

/// Rows that were found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) score: f64,
    /// Decoders, as TOML.
    pub(super) decode: Option<String>,
    /// The selection.
    pub(super) rows: String,
    pub(super) levels: Vec<String>,
    /// Field, and how it is written.
    pub(super) fields: Vec<(String, String)>,
    /// Where the status stands, as TOML, and how often each code came.
    pub(super) status: Option<(String, BTreeMap<String, usize>)>,
    /// Further lines of the step, such as `skip_empty = true`.
    pub(super) further: Vec<String>,
    pub(super) count: usize,
}

impl Found {
    /// Returns nothing but the frame of a definition.
    pub(super) fn empty(kind: Kind) -> Self {
        let fields = [("key", "\".id\""), ("name", "\".name\"")];
        Self {
            kind,
            score: 0.0,
            decode: None,
            rows: ".[]".to_owned(),
            levels: Vec::new(),
            fields: fields
                .map(|(name, word)| (name.to_owned(), word.to_owned()))
                .into(),
            status: None,
            further: Vec::new(),
            count: 0,
        }
    }
}

impl Column {
    fn distinct(&self) -> BTreeSet<&str> {
        self.values.iter().flatten().map(String::as_str).collect()
    }

    fn is_full(&self) -> bool {
        self.values
            .iter()
            .all(|value| value.as_ref().is_some_and(|value| !value.is_empty()))
    }

    pub(super) fn is_unique(&self) -> bool {
        self.is_full() && self.distinct().len() == self.values.len()
    }

    fn is_number(&self) -> bool {
        self.is_full()
            && self
                .distinct()
                .iter()
                .all(|value| value.parse::<f64>().is_ok())
    }

    /// Whether its values are few words that come again.
    pub(super) fn is_code(&self) -> bool {
        let distinct = self.distinct().len();
        distinct <= 12 && (self.values.len() < 6 || distinct * 2 <= self.values.len())
    }

    fn is_named(&self, words: &[&str]) -> bool {
        words.iter().any(|word| match word.strip_prefix('=') {
            Some(exact) => self.name == exact || self.name.ends_with(&format!(".{exact}")),
            None => self.name.contains(word),
        })
    }
}

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

const STATUS: [&str; 7] = [
    "=status", "status", "=state", "avail", "sold", "taken", "booked",
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
const ROW: [&str; 6] = [
    "rowname",
    "rownm",
    "physicalname",
    "rowlabel",
    "row",
    "=name",
];
const NUMBER: [&str; 10] = [
    "seatno",
    "seatnumber",
    "=number",
    "=no",
    "=num",
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

/// Takes labels such as `B12` apart: its letters are the row, its digits the number.
pub(super) fn labels(column: &Column) -> Vec<Column> {
    let part = |text: &str, digits: bool| {
        let at = text.find(|c: char| c.is_ascii_digit())?;
        let (row, number) = text.split_at(at);
        let fits = !row.is_empty()
            && row.len() < 4
            && row.chars().all(char::is_alphabetic)
            && number.len() < 4
            && number.chars().all(|c| c.is_ascii_digit());
        fits.then(|| {
            if digits {
                number.to_owned()
            } else {
                row.to_owned()
            }
        })
    };
    let made = |name: &str, pattern: &str, digits: bool| {
        let values: Vec<_> = column
            .values
            .iter()
            .map(|value| part(value.as_deref()?, digits))
            .collect();
        let place = match column.word.trim_matches('"').strip_prefix('@') {
            Some(attr) => format!("attr = \"{attr}\""),
            None if column.word == "\"text\"" => "text = \"all\"".to_owned(),
            None => format!("path = {}", column.word),
        };
        values.iter().all(Option::is_some).then(|| Column {
            word: format!("{{ {place}, regex = '{pattern}' }}"),
            name: name.to_owned(),
            own: true,
            values,
        })
    };
    if !column.is_unique() || !column.word.starts_with('"') {
        return Vec::new();
    }
    let parts = [
        made("rowlabel", r"^([^\d]+)", false),
        made("seatnumber", r"(\d+)$", true),
    ];
    parts.into_iter().flatten().collect()
}

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

/// A field of the seat's key: its name, and its column.
type Part<'a> = (&'a str, &'a Column);

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

/// Writes several fields as one template; a long form is called by the name of its field.
fn template(parts: &[Part<'_>]) -> String {
    let part = |(name, column): &Part<'_>| {
        let short = column
            .word
            .strip_prefix('"')
            .and_then(|word| word.strip_suffix('"'));
        format!("{{{}}}", short.unwrap_or(name))
    };
    let parts: Vec<String> = parts.iter().map(part).collect();
    format!("{{ template = \"{}\" }}", parts.join("-"))
}

/// A value that some rows lack may be missing.
fn column_word(column: &Column) -> String {
    if column.is_full() {
        return column.word.clone();
    }
    match column
        .word
        .strip_prefix("{ ")
        .and_then(|word| word.strip_suffix(" }"))
    {
        Some(inner) => format!("{{ {inner}, optional = true }}"),
        None if column.word.starts_with("\"@") => {
            format!("{{ attr = \"{}, optional = true }}", &column.word[2..])
        }
        None if column.word == "\"text\"" => "{ text = \"all\", optional = true }".to_owned(),
        None => format!("{{ path = {}, optional = true }}", column.word),
    }
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

/// How a time is written, and which clock it is by.
fn format_of(column: &Column) -> Option<(&'static str, &'static str)> {
    let first = column.values.iter().flatten().next()?;
    let digits: String = first
        .chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect();
    let known = match digits.as_str() {
        "9999-99-99T99:99:99" => ("%Y-%m-%dT%H:%M:%S", "venue"),
        "9999-99-99T99:99" => ("%Y-%m-%dT%H:%M", "venue"),
        "9999-99-99 99:99:99" => ("%Y-%m-%d %H:%M:%S", "venue"),
        "9999-99-99 99:99" => ("%Y-%m-%d %H:%M", "venue"),
        "99.99.9999 99:99" => ("%d.%m.%Y %H:%M", "venue"),
        "99/99/9999 99:99" => ("%d/%m/%Y %H:%M", "venue"),
        "999999999999" | "99999999 9999" => ("%Y%m%d%H%M", "venue"),
        "9999999999" => ("epoch_seconds", "utc"),
        "9999999999999" => ("epoch_milliseconds", "utc"),
        _ if first.parse::<jiff::Timestamp>().is_ok() => ("rfc3339", "offset"),
        _ => return None,
    };
    Some(known)
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
