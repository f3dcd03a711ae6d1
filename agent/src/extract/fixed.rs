//! Rows that stand in the definition itself.
//!
//! Takes the words of a step; gives the body that a source would have answered with, and
//! the fields that its columns are for.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{
    definition::{FieldTable, FieldWords, Step},
    source::Source,
};

impl Source {
    /// Returns the body of a step with `fixed` rows, as JSON; `None` if the step asks.
    #[must_use]
    pub fn fixed(&self, step: &str) -> Option<Vec<u8>> {
        let rows = self.definition().steps.get(step)?.fixed.as_ref()?;
        let rows: Value = rows.iter().map(object).collect();
        Some(rows.to_string().into_bytes())
    }
}

/// Gives each column of fixed rows its field, unless the author did.
///
/// A column that only some rows have is optional; one that is no field of the kind is
/// carried.
pub(crate) fn name_columns(step: &mut Step) {
    let Some(rows) = &step.fixed else { return };
    let columns: BTreeSet<&String> = rows.iter().flat_map(toml::Table::keys).collect();
    let (required, further) = step.yields.fields();
    for column in columns {
        let path = format!(".[{}]", Value::from(column.as_str()));
        let words = FieldWords::Long(Box::new(FieldTable {
            path: Some(path),
            optional: !rows.iter().all(|row| row.contains_key(column)),
            ..FieldTable::default()
        }));
        let known = required.iter().chain(further);
        let place = if known.copied().any(|name| name == column) {
            &mut step.fields
        } else {
            &mut step.carry
        };
        place.entry(column.clone()).or_insert(words);
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
