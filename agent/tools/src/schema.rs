//! `agent source schema`: the language as a JSON Schema, for editors.

use schemars::generate::SchemaSettings;
use serde_json::Value;
use source_language::definition::Definition;

/// Returns the JSON Schema of a definition, in the draft that TOML editors read.
#[must_use]
pub fn schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<Definition>();
    schema.insert("title".to_owned(), "Fullhouse source definition".into());
    schema.to_value()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use source_language::source::shipped::SHIPPED;

    fn problems(text: &str) -> Vec<String> {
        let schema = schema();
        let validator = jsonschema::draft7::new(&schema).unwrap();
        let instance = serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
        validator
            .iter_errors(&instance)
            .map(|error| error.to_string())
            .collect()
    }

    #[test]
    fn shipped_definitions_are_valid() {
        for (name, text) in SHIPPED {
            assert_eq!(problems(text), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn misspelt_words_and_wrong_types_are_not() {
        let (_, text) = SHIPPED.iter().find(|(name, _)| *name == "bhd").unwrap();
        for (old, new) in [
            ("rows    = \".Cinemas[]\"", "rowz = \".Cinemas[]\""),
            ("access    = \"permitted\"", "access = \"perhaps\""),
            ("burst       = 10", "burst = \"10\""),
            ("minor_digits = 2", "minor_digit = 2"),
            ("0 = \"available\"", "0 = \"free\""),
            ("title     = \"BHD Star Cineplex\"", ""),
        ] {
            assert!(text.contains(old), "{old}");
            assert!(!problems(&text.replacen(old, new, 1)).is_empty(), "{new}");
        }
    }
}
