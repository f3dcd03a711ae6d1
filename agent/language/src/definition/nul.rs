//! No text of a definition has U+0000: the database cannot hold it.

use toml::Value;

use super::DefinitionError;

/// Refuses a definition with such a text.
pub(super) fn refuse(file: &str, text: &str) -> Result<(), DefinitionError> {
    // As an escape it has four zeros or two; where none are, nothing must be read again.
    if !text.contains("\\u0000") && !text.contains("\\U0000") && !text.contains("\\x00") {
        return Ok(());
    }
    let Ok(table) = text.parse::<toml::Table>() else {
        return Ok(());
    };
    let mut path = Vec::new();
    if !find(&Value::Table(table), &mut path) {
        return Ok(());
    }
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let problem = "a text has the character U+0000, which cannot be stored";
    Err(DefinitionError::at(
        file,
        text,
        &path,
        problem,
        "leave it out",
    ))
}

/// Puts the way to such a text into `path`; returns whether there is one.
fn find(value: &Value, path: &mut Vec<String>) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(|item| find(item, path)),
        Value::Table(table) => table.iter().any(|(name, item)| {
            path.push(name.clone());
            let found = name.contains('\0') || find(item, path);
            if !found {
                path.pop();
            }
            found
        }),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => false,
    }
}
