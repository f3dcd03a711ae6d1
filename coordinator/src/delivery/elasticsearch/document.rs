//! The mapping of an index, and rows as documents.
//!
//! The mapping is fixed: a field for each column, and no others, because an index that makes a field of each
//! key that comes along reaches its limit of fields and refuses documents. A column of JSON is one field of
//! the type `flattened`.

use std::fmt::Write as _;

use schema::delivery::{DataSetColumn, DueDelivery, TextRow, WantedDelivery};
use serde_json::{Map, Value, json};

use crate::delivery::content_id::content_id;

/// Letters of a text that is indexed at most; a longer one is stored, and not found by a search. Lucene
/// refuses terms of more than 32,766 bytes, and a letter has up to four.
const MAX_INDEXED_LETTERS: usize = 8_191;
/// Fields of each document beside its columns.
const DATA_SET: &str = "fullhouse_data_set";
const DAY: &str = "fullhouse_day";
const BUILD: &str = "fullhouse_build";

/// Which documents belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentDay {
    /// The data set.
    pub data_set: String,
    /// The day, or `whole`.
    pub day: String,
    /// The build; empty if none is to stay.
    pub build: String,
}

impl DocumentDay {
    /// Returns what the documents of a delivery have in common.
    #[must_use]
    pub fn of(one: &DueDelivery, wanted: &WantedDelivery) -> Self {
        Self {
            build: wanted.build.clone().unwrap_or_default(),
            ..Self::gone(one)
        }
    }

    /// Returns those of a day that is gone.
    #[must_use]
    pub fn gone(one: &DueDelivery) -> Self {
        Self {
            data_set: one.name.clone(),
            day: one
                .day
                .map_or_else(|| "whole".to_owned(), |day| day.to_string()),
            build: String::new(),
        }
    }

    /// The query that finds documents of this build.
    #[must_use]
    pub fn these(&self) -> Value {
        json!({ "bool": { "filter": [
            { "term": { DATA_SET: self.data_set } }, { "term": { DAY: self.day } }, { "term": { BUILD: self.build } }
        ] } })
    }

    /// The query that finds documents of other builds of the day.
    #[must_use]
    pub fn others(&self) -> Value {
        json!({ "bool": {
            "filter": [{ "term": { DATA_SET: self.data_set } }, { "term": { DAY: self.day } }],
            "must_not": [{ "term": { BUILD: self.build } }]
        } })
    }
}

/// Returns the fields of an index with these columns.
#[must_use]
pub fn properties(columns: &[DataSetColumn]) -> Value {
    let mut fields = Map::new();
    for column in columns {
        fields.insert(column.name.clone(), field(&column.type_name));
    }
    for name in [DATA_SET, DAY, BUILD] {
        fields.insert(name.to_owned(), json!({ "type": "keyword" }));
    }
    Value::Object(fields)
}

/// The field of a column; an array has the field of its items.
fn field(type_name: &str) -> Value {
    match type_name {
        "int2" => json!({ "type": "short" }),
        "int4" => json!({ "type": "integer" }),
        "int8" => json!({ "type": "long" }),
        "float4" | "float8" | "numeric" => json!({ "type": "double" }),
        "bool" => json!({ "type": "boolean" }),
        "date" | "timestamp" | "timestamptz" => json!({ "type": "date" }),
        "json" | "jsonb" => json!({ "type": "flattened", "ignore_above": MAX_INDEXED_LETTERS }),
        _ => json!({ "type": "keyword", "ignore_above": MAX_INDEXED_LETTERS }),
    }
}

/// How the text of a column becomes JSON.
#[derive(Debug, Clone, Copy)]
enum Form {
    Number,
    Boolean,
    Object,
    Array,
    Text,
}

/// Makes documents of rows.
#[derive(Debug)]
pub struct DocumentEncoder<'a> {
    /// The name of each column as JSON, and how its text becomes JSON.
    columns: Vec<(String, Form)>,
    key: Vec<usize>,
    index: &'a str,
    day: &'a DocumentDay,
    head: String,
}

/// A document on its way: the lines of `_bulk`, each with its line feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentLines(pub String);

impl<'a> DocumentEncoder<'a> {
    /// Makes an encoder for the documents of a day.
    ///
    /// # Errors
    ///
    /// A sentence, if the key is missing or a column cannot be a field.
    pub fn of(
        columns: &[DataSetColumn],
        key_columns: &[String],
        index: &'a str,
        day: &'a DocumentDay,
    ) -> Result<Self, String> {
        if key_columns.is_empty() {
            return Err(
                "documents need a key: name the columns in which rows of a day differ, such as key = [\"territory\"], in its [[deliver]]"
                    .to_owned(),
            );
        }
        for column in columns {
            let name = &column.name;
            if name.starts_with(['_', ' '])
                || name.contains('.')
                || [DATA_SET, DAY, BUILD].contains(&name.as_str())
            {
                return Err(format!(
                    "its column {name} cannot be a field of an index: use a name without points that does not begin with an underscore or with fullhouse_"
                ));
            }
        }
        let mut key = Vec::new();
        for name in key_columns {
            let found = columns.iter().position(|column| column.name == *name);
            key.push(found.ok_or_else(|| format!("its key {name} is no column"))?);
        }
        let text =
            |name: &str, value: &str| format!("{}:{}", Value::from(name), Value::from(value));
        Ok(Self {
            columns: columns
                .iter()
                .map(|column| (Value::from(column.name.as_str()).to_string(), form(column)))
                .collect(),
            key,
            index,
            head: [
                text(DATA_SET, &day.data_set),
                text(DAY, &day.day),
                text(BUILD, &day.build),
            ]
            .join(","),
            day,
        })
    }

    /// Makes the document of a row.
    #[must_use]
    pub fn document(&self, row: &TextRow) -> DocumentLines {
        let mut lines =
            json!({ "create": { "_index": self.index, "_id": self.id(row) } }).to_string();
        lines.push_str("\n{");
        lines.push_str(&self.head);
        for ((name, form), text) in self.columns.iter().zip(row) {
            // A field that is missing and one that is null are the same.
            let Some(text) = text else { continue };
            let _ = write!(lines, ",{name}:");
            match form {
                Form::Number if is_number(text) => lines.push_str(text),
                Form::Boolean | Form::Array => lines.push_str(text),
                Form::Object if text.starts_with('{') => lines.push_str(text),
                // The field takes objects alone.
                Form::Object => {
                    let _ = write!(lines, "{{\"value\":{text}}}");
                }
                Form::Number | Form::Text => {
                    let _ = write!(lines, "{}", Value::from(text.as_str()));
                }
            }
        }
        lines.push_str("}\n");
        DocumentLines(lines)
    }

    /// The id of a row: the same whenever this build is sent, and another in each build.
    fn id(&self, row: &TextRow) -> String {
        let key: Vec<Option<&str>> = self
            .key
            .iter()
            .map(|place| row.get(*place).and_then(Option::as_deref))
            .collect();
        let DocumentDay {
            data_set,
            day,
            build,
        } = self.day;
        let whole = json!([data_set, day, build, key]).to_string();
        content_id(&whole)
    }
}

fn form(column: &DataSetColumn) -> Form {
    match column.type_name.as_str() {
        _ if column.is_array => Form::Array,
        "int2" | "int4" | "int8" | "float4" | "float8" | "numeric" => Form::Number,
        "bool" => Form::Boolean,
        "json" | "jsonb" => Form::Object,
        _ => Form::Text,
    }
}

/// Whether the text of a number is JSON; `NaN` and `Infinity` are not, and Elasticsearch refuses them.
fn is_number(text: &str) -> bool {
    text.ends_with(|letter: char| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn column(name: &str, type_name: &str, is_array: bool) -> DataSetColumn {
        DataSetColumn {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
            is_array,
        }
    }

    fn day() -> DocumentDay {
        DocumentDay {
            data_set: "share".to_owned(),
            day: "2026-11-30".to_owned(),
            build: "b1".to_owned(),
        }
    }

    fn encode(
        columns: &[DataSetColumn],
        row: &[Option<&str>],
        day: &DocumentDay,
    ) -> (Value, Value) {
        let key = vec![columns[0].name.clone()];
        let encoder = DocumentEncoder::of(columns, &key, "fullhouse-share", day).unwrap();
        let row: TextRow = row.iter().map(|text| text.map(str::to_owned)).collect();
        let DocumentLines(lines) = encoder.document(&row);
        assert_eq!(lines.matches('\n').count(), 2, "{lines}");
        let (action, source) = lines.split_once('\n').unwrap();
        (
            serde_json::from_str(action).unwrap(),
            serde_json::from_str(source).unwrap(),
        )
    }

    #[test]
    fn each_type_becomes_its_json() {
        let columns = [
            column("id", "text", false),
            column("n", "int8", false),
            column("price", "numeric", false),
            column("odd", "float8", false),
            column("is_open", "bool", false),
            column("more", "jsonb", false),
            column("scalar", "jsonb", false),
            column("tags", "text", true),
            column("gone", "int4", false),
        ];
        let row = [
            Some("a \"b\"\n\u{1}"),
            Some("9007199254740993"),
            Some("-1.50"),
            Some("NaN"),
            Some("true"),
            Some("{\"a\": [1]}"),
            Some("[1, 2]"),
            Some("[\"x\",\"y\"]"),
            None,
        ];
        let (action, source) = encode(&columns, &row, &day());
        assert_eq!(action["create"]["_index"], "fullhouse-share");
        assert_eq!(
            source,
            json!({
                "fullhouse_data_set": "share", "fullhouse_day": "2026-11-30", "fullhouse_build": "b1",
                "id": "a \"b\"\n\u{1}", "n": 9_007_199_254_740_993_i64, "price": -1.5, "odd": "NaN", "is_open": true,
                "more": { "a": [1] }, "scalar": { "value": [1, 2] }, "tags": ["x", "y"],
            })
        );
        assert_eq!(properties(&columns)["more"]["type"], "flattened");
    }

    #[test]
    fn an_id_is_of_the_key_the_day_and_the_build() {
        let columns = [column("id", "text", false), column("n", "int8", false)];
        let id = |row: &[Option<&str>], day: &DocumentDay| {
            let (action, _) = encode(&columns, row, day);
            action["create"]["_id"].as_str().unwrap().to_owned()
        };
        let one = id(&[Some("a"), Some("1")], &day());
        assert_eq!(one, id(&[Some("a"), Some("2")], &day()));
        assert_ne!(one, id(&[Some("b"), Some("1")], &day()));
        assert_ne!(
            id(&[Some(""), Some("1")], &day()),
            id(&[None, Some("1")], &day())
        );
        let other = DocumentDay {
            build: "b2".to_owned(),
            ..day()
        };
        assert_ne!(one, id(&[Some("a"), Some("1")], &other));
    }

    #[test]
    fn what_cannot_be_a_document_is_refused() {
        let day = day();
        let refused = |name: &str, key: &[&str]| {
            let key: Vec<String> = key.iter().map(|&one| one.to_owned()).collect();
            DocumentEncoder::of(&[column(name, "text", false)], &key, "i", &day).unwrap_err()
        };
        assert!(refused("a", &[]).contains("need a key"));
        assert!(refused("a.b", &["a.b"]).contains("cannot be a field"));
        assert!(refused("_id", &["_id"]).contains("cannot be a field"));
        assert!(refused("a", &["b"]).contains("no column"));
    }
}
