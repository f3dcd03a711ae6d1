//! The fields that the columns of rows which stand in the definition itself are for.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{FieldTable, FieldWords, Step};

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
