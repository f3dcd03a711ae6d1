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
    /// The table form.
    Long(Box<FieldTable>),
}

/// The table form of a field. One of the words from `path` to `px` says where the value is;
/// `ancestor`, `before` and `css` go to another element first. The other words convert the value,
/// in this order: `unescape`, `trim`, `regex`, `jq`, `null_if`, `map`, `default`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word that an author writes"
)]
pub struct FieldTable {
    /// JSON: a path or jq, as in the short form. For any answer: `answer.headers.NAME`,
    /// `answer.cookies.NAME`, `answer.status`.
    pub path: Option<String>,
    /// A fixed value.
    pub r#const: Option<String>,
    /// A text that combines other fields of the row, values of `carry` and short forms, in single
    /// braces: `{row}-{.Position.Column}`.
    pub template: Option<String>,
    /// An index from 0. For JSON: the position of a level's item in its list (for an object: its
    /// key). For HTML: the position of the nearest element that matches this selector among its
    /// siblings.
    pub position: Option<String>,
    /// A label that `labels` derived: `row` or `column`.
    pub label: Option<String>,
    /// HTML: the value of this attribute.
    pub attr: Option<String>,
    /// HTML: the text of the element.
    pub text: Option<TextOf>,
    /// HTML: the first of these classes that the element has.
    pub class_of: Option<Vec<String>>,
    /// HTML: the rest of the first class that begins with this text.
    pub class_prefix: Option<String>,
    /// HTML: a length in pixels from the `style` attribute, such as `left`.
    pub px: Option<String>,

    /// HTML: goes to the nearest element that matches, from this one upwards.
    pub ancestor: Option<String>,
    /// HTML: goes to the nearest preceding sibling that matches, such as a heading. If there is
    /// none, to one of the elements around it.
    pub before: Option<String>,
    /// HTML: goes to the first element inside that matches.
    pub css: Option<String>,

    /// Decodes character references in a text: `html` turns `&amp;` into `&`. Texts of a page are
    /// already decoded.
    pub unescape: Option<Unescape>,
    /// Removes white space at both ends; an empty text is then no value. Keys, names and labels are
    /// always trimmed.
    pub trim: bool,
    /// Keeps the first group of this regular expression. Without a match there is no value.
    pub regex: Option<String>,
    /// Converts the value with jq: `split(" ") | .[0]`. A text arrives as a text.
    pub jq: Option<String>,
    /// Values that mean "no value", such as `1900-01-01T00:00:00`.
    pub null_if: OneOrMany,
    /// Replaces these values by others. A value that is not listed stays as it is.
    pub map: Option<BTreeMap<String, String>>,
    /// The value to use where there is none.
    pub default: Option<String>,
    /// Accepts a row without this value.
    pub optional: bool,
    /// Numbers: a factor; -1 mirrors an axis.
    pub scale: Option<f64>,

    /// Times: the formats to try in turn, in the notation of `strptime`; also `rfc3339`,
    /// `epoch_seconds` and `epoch_milliseconds`. `%Z` is the name of an offset, such as CET.
    pub formats: Formats,
    /// Times: by which clock the time is read; required with `formats`.
    pub zone: Option<Zone>,
    /// Times: which time is meant when clocks change.
    pub fold: Fold,
    /// Times: reads `25:30` as half past one on the day after the business day.
    pub past_midnight: bool,
    /// Times: the hour at which the business day begins, 1 to 12. A time before it, such as 00:30,
    /// is on the day after its date. An instant (`zone` is `offset` or `utc`, or an epoch) stays as
    /// written and belongs to the business day before.
    pub day_starts_at: Option<i8>,
    /// Times: names of offsets for `%Z`, in addition to those of the cinema's clock: `{ EST =
    /// "-05:00" }`.
    pub offsets: BTreeMap<String, String>,
    /// Times: the language of the names of months and days, such as `fr_FR`.
    pub locale: Option<String>,
    /// Times: how the year is found where none is written.
    pub year: Option<Year>,
    /// Times: words that stand for a date, each with its distance in days from the day of the
    /// answer: `{ Today = 0, Tomorrow = 1 }`. Formats read the date as `%Y-%m-%d`.
    pub relative_days: BTreeMap<String, i16>,
    /// Times: months count from 0.
    pub zero_based_month: bool,

    /// Money: the number counts units of 10^-n, so 2 means hundredths.
    pub minor_digits: Option<u32>,
    /// Money: the amount is a formatted text with this decimal sign.
    pub decimal_sign: Option<char>,
}

/// Formats of a time, tried in turn.
pub type Formats = OneOrMany;

/// Which text of an element is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextOf {
    /// With the text of inner elements.
    All,
    /// Without the text of inner elements.
    Own,
}

/// How a text is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unescape {
    /// The character references of HTML.
    Html,
}

/// By which clock a time is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// By the offset that is written.
    Offset,
    /// By the clock of the cinema. A written offset that contradicts it is an error.
    Venue,
    /// As UTC.
    Utc,
    /// By the clock of the cinema, although an offset or a `Z` is written.
    IgnoreOffset,
}

/// Which time is meant in the hour in which clocks change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fold {
    /// Of an hour that comes twice, the first. A time in an hour that is skipped is moved on by the
    /// length of the gap, as in RFC 5545.
    #[default]
    Compatible,
    /// The earlier one.
    Earlier,
    /// The later one.
    Later,
    /// Such a time is an error.
    Error,
}

/// How the year is found where none is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Year {
    /// The year that puts the time closest to the answer: from two months before to ten months
    /// after it.
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
