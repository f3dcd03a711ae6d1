//! Rows that stand in the definition itself: the body that a source would have answered with.

use serde_json::{Map, Value};

use super::Source;

impl Source {
    /// Returns the body of a step with `fixed` rows, as JSON; `None` if the step asks.
    #[must_use]
    pub fn fixed(&self, step: &str) -> Option<Vec<u8>> {
        let rows = self.definition().steps.get(step)?.fixed.as_ref()?;
        let rows: Value = rows.iter().map(object).collect();
        Some(rows.to_string().into_bytes())
    }
}

fn object(table: &toml::Table) -> Value {
    let entries = table.iter().map(|(key, item)| (key.clone(), value(item)));
    Value::Object(entries.collect::<Map<_, _>>())
}

/// Returns a value of the file as JSON; days and times are texts.
fn value(from: &toml::Value) -> Value {
    match from {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(flag) => (*flag).into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.iter().map(value).collect(),
        toml::Value::Table(table) => object(table),
    }
}
