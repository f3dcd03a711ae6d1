//! The words of one field: where its value stands in a row, and how it is read.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::OneOrMany;

/// A field: a short text such as `.Id`, `area.Name` or `@data-no`, or a table.
#[derive(Debug, Clone)]
pub enum FieldWords {
    /// JSON: a path or jq. HTML: `@attribute`, `text` or `own_text`.
    Short(String),
    /// The long form.
    Long(Box<FieldTable>),
}

/// The long form of a field. One of the words up to `px` says where the value is.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word that an author writes"
)]
pub struct FieldTable {
    /// JSON: a path or jq, as in the short form; of any answer `answer.headers.NAME`,
    /// `answer.cookies.NAME` and `answer.status`.
    pub path: Option<String>,
    /// The value itself.
    pub r#const: Option<String>,
    /// Text with other fields, what is in `carry`, and short forms in it:
    /// `{row}-{.Position.Column}`.
    pub template: Option<String>,
    /// Place from 0: of a level's item in its list (or its key in an object); in HTML of
    /// the nearest element that matches this selector, among its siblings.
    pub position: Option<String>,
    /// What `labels` derived: `row` or `column`.
    pub label: Option<String>,
    /// HTML: this attribute.
    pub attr: Option<String>,
    /// HTML: the text of the element.
    pub text: Option<TextOf>,
    /// HTML: the first of these classes that the element has.
    pub class_of: Option<Vec<String>>,
    /// HTML: the rest of the first class that starts so.
    pub class_prefix: Option<String>,
    /// HTML: this length in pixels from the `style` attribute, such as `left`.
    pub px: Option<String>,

    /// HTML: go to the nearest element above (or this one) that matches.
    pub ancestor: Option<String>,
    /// HTML: then to the nearest sibling before that matches, such as a heading; if there is
    /// none, to that of the elements around it.
    pub before: Option<String>,
    /// HTML: then to the first element inside that matches.
    pub css: Option<String>,

    /// Reads the character references in a text: `html` makes `&` of `&amp;`. Texts of a page
    /// are read so already.
    pub unescape: Option<Unescape>,
    /// Takes the blanks off both ends; what is left of nothing is no value. Keys, names and
    /// labels never have any.
    pub trim: bool,
    /// Keeps only the first group of this regular expression; no match is no value. What is
    /// made of a value is made in the order of these words.
    pub regex: Option<String>,
    /// Makes another value of it, as jq: `split(" ") | .[0]`. Texts come as texts.
    pub jq: Option<String>,
    /// Values that mean none, such as `1900-01-01T00:00:00`.
    pub null_if: OneOrMany,
    /// Other words for some values; a value that is not listed stays as it is.
    pub map: Option<BTreeMap<String, String>>,
    /// What holds where there is no value.
    pub default: Option<String>,
    /// Accepts a row without this value.
    pub optional: bool,
    /// Numbers: multiplies, so -1 mirrors an axis.
    pub scale: Option<f64>,

    /// Times: how they are written, in the words of `strptime`; the first that fits counts.
    /// Also `rfc3339`, `epoch_seconds` and `epoch_milliseconds`. `%Z` is the name of an offset,
    /// such as CET.
    pub formats: Formats,
    /// Times: how the time is to be understood; needed with `formats`.
    pub zone: Option<Zone>,
    /// Times: which instant is meant when clocks change.
    pub fold: Fold,
    /// Times: reads `25:30` as half past one on the day after the business day.
    pub past_midnight: bool,
    /// Times: the business day begins at this hour, 1 to 12: a time before it, such as 00:30,
    /// is on the day after its date. An instant (`zone` is `offset` or `utc`, or an epoch) is
    /// as it is written, and counts to the business day before.
    pub day_starts_at: Option<i8>,
    /// Times: names of offsets that stand where the format says `%Z`, beside those that the
    /// clock of the cinema has: `{ EST = "-05:00" }`.
    pub offsets: BTreeMap<String, String>,
    /// Times: names of months and days are in the language of this locale, such as `fr_FR`.
    pub locale: Option<String>,
    /// Times: which year is meant where none is written.
    pub year: Option<Year>,
    /// Times: words that stand for a date, and how many days after the day of the answer it
    /// is: `{ Today = 0, Tomorrow = 1 }`. Formats read `%Y-%m-%d` in their place.
    pub relative_days: BTreeMap<String, i16>,
    /// Times: January is written as month 0.
    pub zero_based_month: bool,

    /// Money: the number counts units of 10 to the power of minus this.
    pub minor_digits: Option<u32>,
    /// Money: the text is formatted, and this is its decimal sign.
    pub decimal_sign: Option<char>,
}

/// Formats of a time, tried in turn.
pub type Formats = OneOrMany;

/// Which text of an element is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextOf {
    /// With that of the elements inside.
    All,
    /// Without that of the elements inside.
    Own,
}

/// What in a text stands for other characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unescape {
    /// The character references of HTML.
    Html,
}

/// How a time without, or despite, an offset becomes an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// By the offset that it is written with.
    Offset,
    /// By the clock on the wall of the cinema. An offset that contradicts it is an error.
    Venue,
    /// It is UTC.
    Utc,
    /// It has an offset or a `Z` which is wrong: by the clock of the cinema all the same.
    IgnoreOffset,
}

/// Which instant a local time means in the hour in which clocks change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fold {
    /// Of an hour that comes twice the first; an hour that is skipped is moved on by the
    /// length of the gap. This is what RFC 5545 says for calendars.
    #[default]
    Compatible,
    /// Always the earlier one.
    Earlier,
    /// Always the later one.
    Later,
    /// Such a time is an error.
    Error,
}

/// Which year is meant where none is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Year {
    /// The one that puts the time nearest to the answer, and rather ahead of it: from two
    /// months before to ten months after.
    Nearest,
}

impl JsonSchema for FieldWords {
    fn schema_name() -> Cow<'static, str> {
        "Field".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<FieldTable>();
        json_schema!({
            "description": "A field: `.Id`, `area.Name`, `@data-no`, or a table.",
            "anyOf": [{ "type": "string" }, table],
        })
    }
}

impl FieldWords {
    /// Returns the long form.
    #[must_use]
    pub fn table(&self) -> FieldTable {
        match self {
            Self::Short(path) => FieldTable {
                path: Some(path.clone()),
                ..FieldTable::default()
            },
            Self::Long(table) => (**table).clone(),
        }
    }
}

impl<'de> Deserialize<'de> for FieldWords {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Short;
        impl<'de> Visitor<'de> for Short {
            type Value = FieldWords;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field: a text such as \".Id\" or a table such as { path = \".Id\" }")
            }

            fn visit_str<E>(self, text: &str) -> Result<FieldWords, E> {
                Ok(FieldWords::Short(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FieldWords, A::Error> {
                FieldTable::deserialize(MapAccessDeserializer::new(map))
                    .map(|table| FieldWords::Long(Box::new(table)))
            }
        }
        from.deserialize_any(Short)
    }
}
