//! `agent source diff`: what two definitions make of the same recordings.

use std::{collections::BTreeMap, io::Write, path::Path, sync::Arc};

use serde_json::Value;
use source_language::source::SecretRules;

use super::{
    ToolError, dialogue,
    present::{self, Line, key_of, plain},
    recording, source_of,
};

/// Differences of one job that are shown.
const MAX_SHOWN: usize = 30;

/// One difference between two results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The row, by its key.
    pub row: String,
    /// The field; empty where the whole row came or went.
    pub field: String,
    /// Before.
    pub old: Option<String>,
    /// After.
    pub new: Option<String>,
}

/// Compares what `old` and `new` extract from the recordings below `directory`. Returns
/// whether nothing differs.
///
/// # Errors
///
/// If a definition does not compile, or a recording cannot be read.
pub fn diff(
    old: &Path,
    new: &Path,
    directory: &Path,
    rules: &SecretRules,
    out: &mut dyn Write,
) -> Result<bool, ToolError> {
    let old = Arc::new(source_of(old, rules)?.without_secrets());
    let new = Arc::new(source_of(new, rules)?.without_secrets());
    let mut steps: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    for recording in recording::read_all(directory)? {
        let (before, after) = (
            dialogue::replay(&old, &recording),
            dialogue::replay(&new, &recording),
        );
        let changes = changes(&before.value(), &after.value());
        let counts = steps.entry(recording.step.clone()).or_default();
        for (count, more) in counts.iter_mut().zip(kinds(&changes)) {
            *count += more;
        }
        if !changes.is_empty() {
            writeln!(out, "{}", recording.name())?;
            writeln!(out, "{}", self::table(&changes, ["old", "new"], MAX_SHOWN))?;
        }
    }
    let mut summary =
        present::new_table(&["step", "added", "gone", "changed rows", "changed fields"]);
    for (step, counts) in &steps {
        summary.add_row(
            [step.clone()]
                .into_iter()
                .chain(counts.map(|count| count.to_string())),
        );
    }
    writeln!(out, "{summary}")?;
    Ok(steps.values().flatten().all(|count| *count == 0))
}

/// Counts rows that came, rows that went, rows that changed, and fields that did.
fn kinds(changes: &[Change]) -> [usize; 4] {
    let whole = |change: &&Change| change.field.is_empty();
    let added = changes
        .iter()
        .filter(whole)
        .filter(|change| change.old.is_none())
        .count();
    let gone = changes
        .iter()
        .filter(whole)
        .filter(|change| change.new.is_none())
        .count();
    let fields: Vec<&Change> = changes
        .iter()
        .filter(|change| !change.field.is_empty())
        .collect();
    let mut rows: Vec<&str> = fields.iter().map(|change| change.row.as_str()).collect();
    rows.dedup();
    [added, gone, rows.len(), fields.len()]
}

/// Returns the differences between two results of a replay.
#[must_use]
pub fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    let error = |value: &Value| value.get("error").map(plain);
    if error(old) != error(new) {
        let field = "error".to_owned();
        found.push(Change {
            row: "(all)".to_owned(),
            field,
            old: error(old),
            new: error(new),
        });
    }
    for list in ["rows", "prices"] {
        let (old, new) = (by_key(old, list), by_key(new, list));
        for (key, before) in &old {
            match new.get(key) {
                Some(after) => fields(key, before, after, &mut found),
                None => found.push(whole(key, Some(before), None)),
            }
        }
        let added = new.iter().filter(|(key, _)| !old.contains_key(*key));
        found.extend(added.map(|(key, after)| whole(key, None, Some(after))));
    }
    found
}

fn by_key<'a>(value: &'a Value, list: &str) -> BTreeMap<String, &'a Line> {
    let lines = value
        .get(list)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut found = BTreeMap::new();
    for line in lines.filter_map(Value::as_object) {
        let key = if list == "prices" {
            format!("price {}", key_of(line))
        } else {
            key_of(line)
        };
        // Prices may come twice under one name; the place tells them apart.
        let again = (2..).map(|count| format!("{key} ({count})"));
        let free = std::iter::once(key.clone())
            .chain(again)
            .find(|key| !found.contains_key(key));
        found.insert(free.unwrap_or(key), line);
    }
    found
}

fn fields(key: &str, before: &Line, after: &Line, found: &mut Vec<Change>) {
    let further = after.keys().filter(|name| !before.contains_key(*name));
    for name in before.keys().chain(further) {
        let (old, new) = (before.get(name), after.get(name));
        if old != new {
            found.push(Change {
                row: key.to_owned(),
                field: name.clone(),
                old: old.map(plain),
                new: new.map(plain),
            });
        }
    }
}

fn whole(key: &str, old: Option<&Line>, new: Option<&Line>) -> Change {
    let brief = |line: &Line| {
        let values = line.iter().filter(|(name, _)| *name != "key").take(4);
        values
            .map(|(name, value)| format!("{name} {}", plain(value)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    Change {
        row: key.to_owned(),
        field: String::new(),
        old: old.map(brief),
        new: new.map(brief),
    }
}

/// Draws the first `most` of `changes`, and says how many more there are.
#[must_use]
pub fn table(changes: &[Change], [old, new]: [&str; 2], most: usize) -> String {
    let mut table = present::new_table(&["", "row", "field", old, new]);
    for change in changes.iter().take(most) {
        let sign = match (change.field.is_empty(), &change.old) {
            (true, None) => "+",
            (true, Some(_)) => "-",
            (false, _) => "~",
        };
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".to_owned());
        table.add_row([
            sign,
            &change.row,
            &change.field,
            &text(&change.old),
            &text(&change.new),
        ]);
    }
    let more = changes.len().saturating_sub(most);
    if more > 0 {
        format!("{table}\n… and {more} more")
    } else {
        table.to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_are_compared_by_key_and_field() {
        let old = json!({ "rows": [{ "key": "A", "x": 1, "row": "A" }, { "key": "B", "x": 2 }] });
        let new =
            json!({ "rows": [{ "key": "C", "x": 3 }, { "key": "A", "x": 9, "kind": "sofa" }] });
        let found = changes(&old, &new);
        let message: Vec<_> = found
            .iter()
            .map(|change| {
                (
                    change.row.as_str(),
                    change.field.as_str(),
                    change.old.as_deref(),
                    change.new.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            message,
            [
                ("A", "row", Some("A"), None),
                ("A", "x", Some("1"), Some("9")),
                ("A", "kind", None, Some("sofa")),
                ("B", "", Some("x 2"), None),
                ("C", "", None, Some("x 3")),
            ]
        );
        assert_eq!(kinds(&found), [1, 1, 1, 3]);
        assert_eq!(changes(&old, &old), []);
    }

    #[test]
    fn an_error_is_a_difference() {
        let found = changes(&json!({ "rows": [] }), &json!({ "error": "no rows" }));
        assert_eq!(found[0].new.as_deref(), Some("no rows"));
    }
}
