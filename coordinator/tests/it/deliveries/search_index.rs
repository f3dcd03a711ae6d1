//! An index of the Elasticsearch of the tests: which values its fields take, and what a query finds.

use std::collections::BTreeMap;

use serde_json::Value;

/// A document; it is visible to queries once its index was refreshed.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) source: Value,
    pub(super) is_visible: bool,
}

/// An index.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) properties: BTreeMap<String, Value>,
    pub(super) documents: BTreeMap<String, Stored>,
}

/// Whether a document is found by a query of terms.
pub(super) fn fits(source: &Value, query: &Value) -> bool {
    let has = |term: &Value| {
        let (field, value) = term["term"].as_object().unwrap().iter().next().unwrap();
        source[field] == *value
    };
    let terms = |name: &str| query["bool"][name].as_array().cloned().unwrap_or_default();
    terms("filter").iter().all(has) && !terms("must_not").iter().any(has)
}

impl Index {
    /// The first field whose value is not of its type.
    pub(super) fn unfit(&self, source: &Value) -> Option<String> {
        let is_fit = |kind: &str, value: &Value| match kind {
            "short" | "integer" | "long" => value.is_i64(),
            "double" => value.is_number(),
            "boolean" => value.is_boolean(),
            "flattened" => value.is_object(),
            "keyword" => value.is_string(),
            "date" => {
                let text = value.as_str().unwrap_or_default();
                text.parse::<chrono::NaiveDate>().is_ok()
                    || chrono::DateTime::parse_from_rfc3339(text).is_ok()
            }
            _ => false,
        };
        let fields = source.as_object().unwrap();
        let unfit = fields.iter().find(|(name, value)| {
            let Some(field) = self.properties.get(*name) else {
                // It is stored and not indexed.
                return false;
            };
            let kind = field["type"].as_str().unwrap();
            match value {
                Value::Array(items) => !items.iter().all(|item| is_fit(kind, item)),
                one => !is_fit(kind, one),
            }
        });
        unfit.map(|(name, _)| name.clone())
    }
}
