//! The words that only a seat map needs: labels, statuses, prices.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::{FieldTable, FieldWords, OneOrMany};
use crate::rows::SeatStatus;

/// How labels are derived for a matrix of seats. Rows are A, B … Z, AA …; a row without seats gets
/// no letter. Columns are 1, 2, …. Each word is `true`, `false`, or a value that was handed down,
/// such as `showtime.left_to_right`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelWords {
    /// Whether letters start at the first row of the matrix; otherwise at its last.
    pub front_to_back: String,
    /// Whether numbers start at the first column; otherwise at the last.
    pub left_to_right: String,
    /// Whether gaps get no number.
    pub skip_missing: String,
}

/// What the status codes of seats mean.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusWords {
    /// Where the code is.
    pub of: StatusOf,
    /// Codes that are not seats.
    #[serde(default)]
    pub gap: OneOrMany,
    /// What happens to a code that is not in `map`.
    pub otherwise: Otherwise,
    /// What a seat without a code means: some sources list only the sold seats, others only the
    /// free ones. Without this word such a seat is unmapped.
    pub absent_means: Option<SeatStatus>,
    /// The meaning of each code. In a code of several parts, a part may be `*` for any value.
    pub map: BTreeMap<String, SeatStatus>,
}

/// Where the code of a seat stands: in a field, in several whose values are joined by `|`, or
/// in the classes of an element, `{ classes = ["sold", "held"] }`.
#[derive(Debug, Clone)]
pub enum StatusOf {
    /// In these fields, joined by `|`.
    Fields(Vec<FieldWords>),
    /// In which of these classes the element has, in this order, joined by `|`.
    Classes(Vec<String>),
}

impl JsonSchema for StatusOf {
    fn schema_name() -> Cow<'static, str> {
        "StatusOf".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let field = generator.subschema_for::<FieldWords>();
        json_schema!({
            "description": "Where the code is: a field, a list of fields whose values are joined with `|`, or the classes of an element.",
            "anyOf": [
                field,
                { "type": "array", "items": field },
                {
                    "type": "object",
                    "properties": { "classes": {
                        "type": "array",
                        "items": { "type": "string" },
                        "description": "The code is those of these classes that the element has, in this order, joined with `|`.",
                    } },
                    "required": ["classes"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

/// What happens to a code that is not in the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// The seat keeps its code, has no status, is counted and reported.
    Unmapped,
    /// The whole answer fails.
    Error,
}

/// Prices that come with a seat map. Without `rows`, each seat has its own price.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceWords {
    /// Where the prices are: a path or jq; may start at a value that was handed down
    /// (`showtime.tariffs[]`).
    pub rows: Option<String>,
    /// Names of the levels of `rows`.
    #[serde(default)]
    pub levels: Vec<String>,
    /// Accepts an answer that has no prices.
    #[serde(default)]
    pub optional: bool,
    /// Ticket type.
    pub ticket: Option<FieldWords>,
    /// Area, as in the field `area` of the seats.
    pub area: Option<FieldWords>,
    /// The amount.
    pub amount: FieldWords,
    /// Upper end of the price, where the source gives a range.
    pub amount_max: Option<FieldWords>,
    /// Booking fee that is added to the amount.
    pub fee: Option<FieldWords>,
    /// Whether the amount has tax in it: `included` or `excluded`.
    pub tax: Option<FieldWords>,
    /// ISO 4217 code, where it is not the currency of the source.
    pub currency: Option<FieldWords>,
}

/// A status by the classes of an element.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Classes {
    classes: Vec<String>,
}

impl<'de> Deserialize<'de> for StatusOf {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = StatusOf;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a field, a list of fields, or { classes = [\"…\"] }")
            }

            fn visit_str<E>(self, text: &str) -> Result<StatusOf, E> {
                Ok(StatusOf::Fields(vec![FieldWords::Short(text.to_owned())]))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut fields: A,
            ) -> Result<StatusOf, A::Error> {
                let mut all = Vec::new();
                while let Some(field) = fields.next_element()? {
                    all.push(field);
                }
                Ok(StatusOf::Fields(all))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<StatusOf, A::Error> {
                use serde::de::{Error, value::MapAccessDeserializer};

                let table = toml::Table::deserialize(MapAccessDeserializer::new(map))?;
                if table.contains_key("classes") {
                    let classes = Classes::deserialize(table).map_err(Error::custom)?;
                    return Ok(StatusOf::Classes(classes.classes));
                }
                let field = FieldTable::deserialize(table).map_err(Error::custom)?;
                Ok(StatusOf::Fields(vec![FieldWords::Long(Box::new(field))]))
            }
        }
        from.deserialize_any(Visitor)
    }
}
