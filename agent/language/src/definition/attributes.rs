//! The words of the attributes of a showtime.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use vocabulary::AttributeMeaning;

use super::{FieldTable, FieldWords, OneOrMany};

/// The attributes of a showtime: its format, sound, language and the like, by the codes of the
/// source. Codes are stored as they came, so mapping one later corrects the past; a code that `map`
/// does not have is counted and shown to a person.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeWords {
    /// Where the codes are.
    pub of: FieldOrMany,
    /// Codes that are left out, because they are about something else, such as a genre.
    #[serde(default)]
    pub ignore: OneOrMany,
    /// The meaning of each code: `format`, `dimension`, `sound`, `language`, `subtitles`, `audience`
    /// or `event`, a colon, and a word: `format:imax`.
    #[serde(default)]
    pub map: BTreeMap<String, AttributeMeaning>,
}

/// Where codes are: a field, or a list of fields. A value that is a list gives a code for each of
/// its entries.
#[derive(Debug, Clone)]
pub struct FieldOrMany(pub Vec<FieldWords>);

impl JsonSchema for FieldOrMany {
    fn schema_name() -> Cow<'static, str> {
        "FieldOrMany".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let field = generator.subschema_for::<FieldWords>();
        json_schema!({
            "description": "A field, or a list of fields. A value that is a list gives a code for each of its entries, and a filter one for each of its outputs.",
            "anyOf": [field, { "type": "array", "items": field }],
        })
    }
}

impl<'de> Deserialize<'de> for FieldOrMany {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = FieldOrMany;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a field, or a list of fields")
            }

            fn visit_str<E>(self, text: &str) -> Result<FieldOrMany, E> {
                Ok(FieldOrMany(vec![FieldWords::Short(text.to_owned())]))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut fields: A,
            ) -> Result<FieldOrMany, A::Error> {
                let mut all = Vec::new();
                while let Some(field) = fields.next_element()? {
                    all.push(field);
                }
                Ok(FieldOrMany(all))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                map: A,
            ) -> Result<FieldOrMany, A::Error> {
                let table =
                    FieldTable::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(FieldOrMany(vec![FieldWords::Long(Box::new(table))]))
            }
        }
        from.deserialize_any(Visitor)
    }
}
