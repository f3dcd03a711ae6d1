//! Columns: one value of each row of a list, and what is known of it.

use std::collections::{BTreeMap, BTreeSet};

use super::field::Field;

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
    /// What the thing is called that has it, where its name does not say.
    pub(super) context: String,
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
    /// Its fields.
    pub(super) fields: Vec<Field>,
    /// Where the status stands, as TOML, and how often each code came.
    pub(super) status: Option<(String, BTreeMap<String, usize>)>,
    /// Further lines of the step, such as `skip_empty = true`.
    pub(super) further: Vec<String>,
    pub(super) count: usize,
}

impl Found {
    /// Returns nothing but the frame of a definition.
    pub(super) fn empty(kind: Kind) -> Self {
        let guess = || Some("nothing was looked at".to_owned());
        let fields = [("key", "\".id\""), ("name", "\".name\"")];
        Self {
            kind,
            score: 0.0,
            decode: None,
            rows: ".[]".to_owned(),
            levels: Vec::new(),
            fields: fields
                .map(|(name, word)| Field::new(name, word.to_owned(), guess()))
                .into(),
            status: None,
            further: Vec::new(),
            count: 0,
        }
    }
}

impl Column {
    pub(super) fn distinct(&self) -> BTreeSet<&str> {
        self.values.iter().flatten().map(String::as_str).collect()
    }

    pub(super) fn is_full(&self) -> bool {
        self.values
            .iter()
            .all(|value| value.as_ref().is_some_and(|value| !value.is_empty()))
    }

    pub(super) fn is_unique(&self) -> bool {
        self.is_full() && self.distinct().len() == self.values.len()
    }

    pub(super) fn is_number(&self) -> bool {
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

    pub(super) fn is_named(&self, words: &[&str]) -> bool {
        words.iter().any(|word| match word.strip_prefix('=') {
            Some(exact) => self.name == exact || self.name.ends_with(&format!(".{exact}")),
            None => self.name.contains(word),
        })
    }
}

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
            context: column.context.clone(),
            own: true,
            values,
        })
    };
    // A key of something else may have letters and digits, too.
    let is_other = ["film", "movie", "session", "show"];
    let is_other = is_other.iter().any(|other| column.name.contains(other));
    if is_other || !column.is_unique() || !column.word.starts_with('"') {
        return Vec::new();
    }
    let parts = [
        made("rowlabel", r"^([^\d]+)", false),
        made("seatnumber", r"(\d+)$", true),
    ];
    parts.into_iter().flatten().collect()
}
