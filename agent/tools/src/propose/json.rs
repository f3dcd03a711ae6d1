//! Lists in a JSON body, and what their items look like.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    column::{self, Column, Found, Kind},
    field::Field,
    judge,
    label::context,
};

/// Lists of fewer items say too little.
const MIN_ITEMS: usize = 1;
/// Deeper lists are not looked for.
const DEEPEST: usize = 12;

/// One list in all its places: its path, and each item with what it stands in.
#[derive(Default)]
struct List<'a> {
    /// Names of the levels, outermost first.
    levels: Vec<String>,
    items: Vec<Vec<&'a Value>>,
}

/// Returns what looks like rows in `value`, which `decode` led to.
pub(super) fn candidates(value: &Value, decode: &[String]) -> Vec<Found> {
    if let Value::String(text) = value
        && let Ok(inner) = serde_json::from_str::<Value>(text)
        && inner.is_array() | inner.is_object()
    {
        let mut chain = if decode.is_empty() {
            vec!["json".to_owned()]
        } else {
            decode.to_vec()
        };
        chain.push("json_string".to_owned());
        return candidates(&inner, &chain);
    }
    // A type of JSON-LD, or the name of a variable, says what its items are.
    let called = decode.last().map(|word| context(word)).unwrap_or_default();
    let mut lists: BTreeMap<String, List<'_>> = BTreeMap::new();
    collect(value, "", &mut Vec::new(), &mut Vec::new(), &mut lists);
    let mut found: Vec<Found> = lists
        .iter()
        .filter_map(|(path, list)| of_list(path, list, &called))
        .collect();
    found.extend(lists.iter().filter_map(|(path, list)| matrix(path, list)));
    let end = found.len();
    for (path, inner) in texts(value, "", 0) {
        let mut chain = if decode.is_empty() {
            vec!["json".to_owned()]
        } else {
            decode.to_vec()
        };
        chain.push(format!("json_string:{path}"));
        found.extend(candidates(&inner, &chain));
    }
    let found_here = &mut found[..end];
    if !decode.is_empty() {
        let words: Vec<String> = decode.iter().map(|word| format!("{word:?}")).collect();
        for found in found_here {
            found.decode = Some(format!("[{}]", words.join(", ")));
        }
    }
    found
}

/// Names the longest lists of objects, with the number of their items and some of their names.
pub(super) fn longest(value: &Value) -> Vec<String> {
    const MAX_LISTS: usize = 3;
    const MAX_NAMES: usize = 6;
    let mut lists: BTreeMap<String, List<'_>> = BTreeMap::new();
    collect(value, "", &mut Vec::new(), &mut Vec::new(), &mut lists);
    let mut lists: Vec<(String, usize, Vec<String>)> = lists
        .into_iter()
        .filter_map(|(path, list)| {
            let names = list
                .items
                .iter()
                .find_map(|item| item.last()?.as_object())?;
            let names = names.keys().take(MAX_NAMES).cloned().collect();
            Some((path, list.items.len(), names))
        })
        .collect();
    lists.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
    let message = |(path, count, names): (String, usize, Vec<String>)| {
        format!("`{path}` ({count} with {})", names.join(", "))
    };
    lists.into_iter().take(MAX_LISTS).map(message).collect()
}

fn collect<'a>(
    value: &'a Value,
    path: &str,
    levels: &mut Vec<String>,
    above: &mut Vec<&'a Value>,
    lists: &mut BTreeMap<String, List<'a>>,
) {
    if above.len() > DEEPEST {
        return;
    }
    let items: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(object) if is_map(object) => object.values().collect(),
        Value::Object(object) => {
            for (name, value) in object {
                collect(
                    value,
                    &format!("{path}{}", step(name)),
                    levels,
                    above,
                    lists,
                );
            }
            return;
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
    };
    let path = format!("{}[]", if path.is_empty() { "." } else { path });
    let named = path.trim_end_matches("[]").rsplit('.').next();
    levels.push(singular(named.unwrap_or_default(), levels));
    for item in items {
        above.push(item);
        let found = lists.entry(path.clone()).or_default();
        found.levels.clone_from(levels);
        found.items.push(above.clone());
        collect(item, &path, levels, above, lists);
        above.pop();
    }
    levels.pop();
}

/// JSON text that stands in a string, by its path.
fn texts(value: &Value, path: &str, depth: usize) -> Vec<(String, Value)> {
    /// What is wrapped more often is hardly meant to be read.
    const DEEPEST_TEXT: usize = 4;
    match value {
        Value::Object(object) if depth < DEEPEST_TEXT => object
            .iter()
            .flat_map(|(name, value)| texts(value, &format!("{path}{}", step(name)), depth + 1))
            .collect(),
        Value::String(text) if !path.is_empty() && text.trim_start().starts_with(['[', '{']) => {
            let inner = serde_json::from_str(text).ok();
            inner
                .map(|inner| (path.to_owned(), inner))
                .into_iter()
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the keys of an object are data: all its values are objects of one shape.
fn is_map(object: &Map<String, Value>) -> bool {
    let shape = |value: &Value| Some(value.as_object()?.keys().cloned().collect::<BTreeSet<_>>());
    let mut shapes = object.values().map(shape);
    let first = shapes.next().flatten();
    object.len() > 1
        && first.is_some_and(|first| {
            !first.is_empty() && shapes.all(|shape| shape.as_ref() == Some(&first))
        })
}

/// A step of a path; a name that is none is quoted.
fn step(name: &str) -> String {
    let plain = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain {
        format!(".{name}")
    } else {
        format!("[{name:?}]").replacen('[', ".[", 1)
    }
}

/// A name for one item of a list.
fn singular(list: &str, taken: &[String]) -> String {
    let letters: String = list
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    let small = letters.to_lowercase();
    let name = small
        .strip_suffix('s')
        .filter(|name| !name.is_empty())
        .unwrap_or(&small)
        .to_owned();
    let reserved = [
        "",
        "body",
        "cinema",
        "showtime",
        "day",
        "page",
        "part",
        "run",
        "secret",
        "vars",
        "item",
        "candidate",
    ];
    let mut name = if reserved.contains(&name.as_str()) {
        format!("level{}", taken.len() + 1)
    } else {
        name
    };
    while taken.contains(&name) {
        name.push('_');
    }
    name
}

fn of_list(path: &str, list: &List<'_>, called: &str) -> Option<Found> {
    // Gaps of a grid are empty items.
    let full = |item: &&Vec<&Value>| {
        item.last()
            .is_some_and(|item| item.as_object().is_some_and(|object| !object.is_empty()))
    };
    let items: Vec<&Vec<&Value>> = list.items.iter().filter(full).collect();
    if items.len() < MIN_ITEMS {
        return None;
    }
    let gaps = items.len() < list.items.len();
    let columns = columns(&items, &list.levels, path);
    let named = if path == ".[]" {
        called
    } else {
        &context(path)
    };
    let (kind, score, fields) = judge::judge(&columns, items.len(), named)?;
    let uses_levels = fields.iter().any(|field| {
        let word = &field.word;
        list.levels.iter().any(|level| {
            word.contains(&format!("\"{level}.")) || word.contains(&format!("{{{level}."))
        })
    });
    let status = (kind == Kind::Seats).then(|| status(&columns)).flatten();
    Some(Found {
        kind,
        score,
        decode: None,
        rows: path.to_owned(),
        levels: if uses_levels {
            list.levels.clone()
        } else {
            Vec::new()
        },
        fields,
        status,
        further: if gaps {
            vec!["skip_empty = true".to_owned()]
        } else {
            Vec::new()
        },
        count: items.len(),
    })
}

fn status(columns: &[Column]) -> Option<(String, BTreeMap<String, usize>)> {
    let found = judge::statuses(columns);
    let count = found.first()?.values.len();
    let mut codes = BTreeMap::new();
    for row in 0..count {
        let parts = found
            .iter()
            .map(|column| column.values[row].as_deref().unwrap_or_default());
        *codes
            .entry(parts.collect::<Vec<_>>().join("|"))
            .or_default() += 1;
    }
    let words: Vec<&str> = found.iter().map(|column| column.word.as_str()).collect();
    let of = if let [word] = words[..] {
        word.to_owned()
    } else {
        format!("[{}]", words.join(", "))
    };
    Some((of, codes))
}

/// The scalar values of the items and of what they stand in.
fn columns(items: &[&Vec<&Value>], levels: &[String], path: &str) -> Vec<Column> {
    // What each level is called by the list that it goes through.
    let ends = path.match_indices("[]").map(|(at, _)| at);
    let contexts: Vec<String> = ends
        .map(|end| context(path.get(..end).unwrap_or_default()))
        .collect();
    let mut found: BTreeMap<(usize, String), Column> = BTreeMap::new();
    for (row, item) in items.iter().enumerate() {
        for (depth, value) in item.iter().enumerate() {
            let own = depth + 1 == item.len();
            let prefix = if own {
                String::new()
            } else {
                levels[depth].clone()
            };
            scalars(value, &prefix, 0, &mut |path: &str, text: String| {
                let column = found
                    .entry((item.len() - depth, path.to_owned()))
                    .or_insert_with(|| Column {
                        word: toml::Value::from(path).to_string(),
                        name: own_name(path, &prefix).to_lowercase(),
                        context: contexts.get(depth).cloned().unwrap_or_default(),
                        own,
                        values: vec![None; items.len()],
                    });
                column.values[row] = Some(text);
            });
        }
    }
    let mut found: Vec<Column> = found.into_values().collect();
    let derived: Vec<Column> = found
        .iter()
        .filter(|column| column.own)
        .flat_map(column::labels)
        .collect();
    found.extend(derived);
    found
}

/// The name without that of the level, which stands in the place of the list's own.
fn own_name<'p>(path: &'p str, prefix: &str) -> &'p str {
    path.strip_prefix(prefix).unwrap_or(path)
}

fn scalars(value: &Value, path: &str, depth: usize, see: &mut impl FnMut(&str, String)) {
    /// Deeper values are rarely a field of the row.
    const DEEPEST_FIELD: usize = 3;
    match value {
        Value::Object(object) if depth < DEEPEST_FIELD => {
            for (name, value) in object {
                scalars(value, &format!("{path}{}", step(name)), depth + 1, see);
            }
        }
        Value::String(text) => see(path, text.clone()),
        Value::Number(number) => see(path, number.to_string()),
        Value::Bool(yes) => see(path, yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {}
    }
}

/// A list of lists of few numbers: a bare map of an auditorium.
fn matrix(path: &str, list: &List<'_>) -> Option<Found> {
    let items: Vec<&Value> = list
        .items
        .iter()
        .filter_map(|item| item.last().copied())
        .collect();
    let scalar = |item: &&Value| item.is_number() || item.is_string();
    if !path.ends_with("[][]") || items.len() < 4 || !items.iter().all(scalar) {
        return None;
    }
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for item in &items {
        *codes.entry(super::super::present::plain(item)).or_default() += 1;
    }
    if codes.len() > 24 {
        return None;
    }
    let levels = ["row".to_owned(), "cell".to_owned()];
    let doubt = || Some("a bare matrix: is it a map, and are its lists the rows?".to_owned());
    let fields = [
        ("key", "{ template = \"{y}-{x}\" }"),
        ("x", "{ position = \"cell\" }"),
        ("y", "{ position = \"row\" }"),
    ];
    // Names of levels stand for the last two lists; those around them need one, too.
    let depth = path.matches("[]").count();
    let around = (2..depth).map(|level| format!("list{}", level - 1));
    Some(Found {
        kind: Kind::Seats,
        score: 4.0,
        decode: None,
        rows: path.to_owned(),
        levels: around.chain(levels).collect(),
        fields: fields.map(|(name, word)| Field::new(name, word.to_owned(), doubt())).into(),
        status: Some(("\".\"".to_owned(), codes)),
        further: vec!["# TODO: codes that are gaps belong into `gap`; rows and numbers may be derived with `labels`.".to_owned()],
        count: items.len(),
    })
}
