//! The words that only a seat map needs: labels, statuses, prices.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::{FieldTable, FieldWords, OneOrMany};
use crate::rows::SeatStatus;

/// How the rows and columns of a bare matrix are called.
///
/// Rows are A, B … Z, AA …, and a row without seats takes no letter. Columns are 1, 2, ….
/// Each word is `true`, `false`, or a value handed down such as `showtime.left_to_right`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelWords {
    /// Letters start at the first row of the matrix, or at its last.
    pub front_to_back: String,
    /// Numbers start at the first column, or at the last.
    pub left_to_right: String,
    /// Gaps take no number.
    pub skip_missing: String,
}

/// Which codes mean what.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusWords {
    /// Where the code stands.
    pub of: StatusOf,
    /// Codes that are no seat at all.
    #[serde(default)]
    pub gap: OneOrMany,
    /// What a code that is not in `map` does.
    pub otherwise: Otherwise,
    /// What it means that a seat of the layout has no code: one source lists only the seats
    /// that are sold, another only those that are free. Without it that is an unmapped code.
    pub absent_means: Option<SeatStatus>,
    /// Codes and their meaning; of a tuple, a part may be `*` for anything.
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
            "description": "A field, a list of fields joined by |, or the classes of an element.",
            "anyOf": [
                field,
                { "type": "array", "items": field },
                {
                    "type": "object",
                    "properties": { "classes": { "type": "array", "items": { "type": "string" } } },
                    "required": ["classes"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

/// What a code that the map does not have does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// The seat is kept with its code and without a meaning, and is counted.
    Unmapped,
    /// The whole answer is refused.
    Error,
}

/// Prices that come with a seat map. Without `rows`, each seat tells its own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceWords {
    /// Path or jq to the prices; may start at a value handed down (`showtime.tariffs[]`).
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
    /// Amount.
    pub amount: FieldWords,
    /// Upper end, where the source gives only a range.
    pub amount_max: Option<FieldWords>,
    /// Booking fee that comes on top.
    pub fee: Option<FieldWords>,
    /// Whether tax is in the amount: `included` or `excluded`.
    pub tax: Option<FieldWords>,
    /// ISO 4217 code, where it is not that of the source.
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
