//! The words of the language, read from its JSON Schema.

use serde_json::{Map, Value};

use super::example::Example;

/// One table of a definition and its words.
#[derive(Debug)]
pub struct Table {
    /// Heading on the page.
    pub title: String,
    /// Its doc comment.
    pub description: String,
    /// By name.
    pub words: Vec<Word>,
}

/// One word of a table, or one value of a word that has few.
#[derive(Debug)]
pub struct Word {
    /// Table and name, such as `step.rows`.
    pub id: String,
    /// As it is written.
    pub name: String,
    /// Type of its value, for the page.
    pub kind: String,
    /// Whether a definition must have it.
    pub required: bool,
    /// Its default, as JSON.
    pub default: Option<String>,
    /// Its doc comment.
    pub description: String,
}

/// Types of the schema in the order of the page: type, prefix of the ids of its words, heading.
const TABLES: [(&str, &str, &str); 31] = [
    ("", "source", "The file"),
    ("Limit", "limit", "`[limit]` and `[limits.NAME]`"),
    ("Step", "step", "`[steps.NAME]`"),
    ("RequestWords", "request", "`request`"),
    ("PartWords", "part", "Parts of `request.multipart`"),
    ("GraphqlWords", "graphql", "`request.graphql`"),
    ("FirstWords", "first", "`[steps.NAME.first.NAME]`"),
    ("PagesWords", "pages", "`pages`"),
    (
        "FieldTable",
        "field",
        "A field: in `fields`, `carry`, `metrics`, `take` and elsewhere",
    ),
    ("Decode", "decode", "Decoders: what `decode` may say"),
    ("SplitWords", "split", "`split`"),
    ("JoinWords", "join", "`[steps.NAME.join.NAME]`"),
    ("AttributeWords", "attributes", "`[steps.NAME.attributes]`"),
    ("LabelWords", "labels", "`labels`"),
    ("StatusWords", "status", "`[steps.NAME.status]`"),
    ("StatusOf", "status_of", "`of` in a status"),
    ("PriceWords", "prices", "`[steps.NAME.prices]`"),
    ("ExpectWords", "expect", "`[steps.NAME.expect]`"),
    ("Bounds", "bounds", "Bounds"),
    ("Yields", "yields", "Values of `yields`"),
    ("Access", "access", "Values of `access`"),
    ("Robots", "robots", "Values of `robots`"),
    ("SeatStatus", "status_word", "Values of a status map"),
    ("Zone", "zone", "Values of `zone`"),
    ("Fold", "fold", "Values of `fold`"),
    ("Year", "year", "Values of `year`"),
    ("TextOf", "text", "Values of `text`"),
    ("Unescape", "unescape", "Values of `unescape`"),
    ("SameKey", "same_key", "Values of `same_key`"),
    ("Otherwise", "otherwise", "Values of `otherwise`"),
    ("Method", "method", "Values of `method`"),
];

/// Returns all tables of `schema`; an enum is a table of its values.
#[must_use]
pub fn tables(schema: &Value) -> Vec<Table> {
    let known = TABLES.map(|(kind, ..)| kind);
    let further = definitions(schema)
        .keys()
        .filter(|kind| !known.contains(&kind.as_str()));
    let further = further.map(|kind| (kind.as_str(), prefix(kind), format!("`{kind}`")));
    TABLES
        .iter()
        .map(|(kind, _, title)| (*kind, prefix(kind), (*title).to_owned()))
        .chain(further)
        .filter_map(|(kind, prefix, title)| table(schema, kind, &prefix, title))
        .collect()
}

fn table(schema: &Value, kind: &str, prefix: &str, title: String) -> Option<Table> {
    let node = if kind.is_empty() {
        schema
    } else {
        definitions(schema).get(kind)?
    };
    let mut words = properties(schema, node, prefix);
    words.extend(values(node, prefix));
    let is_listed = TABLES.iter().any(|(listed, ..)| *listed == kind);
    (is_listed || !words.is_empty()).then(|| Table {
        title,
        description: description(node),
        words,
    })
}

fn properties(schema: &Value, node: &Value, prefix: &str) -> Vec<Word> {
    let alternatives = node
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut words = Vec::new();
    for node in alternatives.chain([node]) {
        let required: Vec<&str> = texts(node.get("required")).collect();
        for (name, word) in node
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            words.push(Word {
                id: format!("{prefix}.{name}"),
                name: name.clone(),
                kind: kind(schema, word),
                required: required.contains(&name.as_str()),
                default: default(word),
                description: description(word),
            });
        }
    }
    words
}

/// Returns the values of an enum.
fn values(node: &Value, prefix: &str) -> Vec<Word> {
    let choices = node
        .get("oneOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let word = |choice: &Value, name: &str| Word {
        id: format!("{prefix}={name}"),
        name: name.to_owned(),
        kind: "value".to_owned(),
        required: false,
        default: None,
        description: description(choice),
    };
    choices
        .filter_map(|choice| Some(word(choice, choice.get("const")?.as_str()?)))
        .collect()
}

/// Returns which example is the first to use each word, in the order of the examples.
#[must_use]
pub fn shown(schema: &Value, examples: &[Example]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for example in examples {
        let Ok(table) = example.definition.parse::<toml::Table>() else {
            continue;
        };
        let mut used = Vec::new();
        let value = serde_json::to_value(table).unwrap_or_default();
        walk(schema, schema, "source", &value, &mut used);
        for word in used {
            if !found.iter().any(|(known, _)| *known == word) {
                found.push((word, example.name.clone()));
            }
        }
    }
    found
}

/// Collects the words that `value` uses, where `node` describes it.
fn walk(schema: &Value, node: &Value, at: &str, value: &Value, used: &mut Vec<String>) {
    let (node, at) = resolve(schema, node, at);
    for choice in node
        .get("oneOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if choice.get("const") == Some(value) {
            used.push(format!("{at}={}", value.as_str().unwrap_or_default()));
        }
    }
    let keywords = ["anyOf", "allOf"].iter();
    for node in keywords
        .filter_map(|word| node.get(*word)?.as_array())
        .flatten()
    {
        walk(schema, node, &at, value, used);
    }
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let property = node.get("properties").and_then(|all| all.get(name));
                if let Some(property) = property {
                    used.push(format!("{at}.{name}"));
                    walk(schema, property, "", value, used);
                } else if let Some(inner) = node.get("additionalProperties") {
                    walk(schema, inner, "", value, used);
                }
            }
        }
        Value::Array(items) => {
            if let Some(inner) = node.get("items") {
                for item in items {
                    walk(schema, inner, "", item, used);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn resolve<'a>(schema: &'a Value, node: &'a Value, at: &str) -> (&'a Value, String) {
    let kind = reference(node);
    match kind.and_then(|kind| Some((kind, definitions(schema).get(kind)?))) {
        Some((kind, node)) => (node, prefix(kind)),
        None => (node, at.to_owned()),
    }
}

/// Returns the type of a word's value, for the page.
fn kind(schema: &Value, node: &Value) -> String {
    if let Some(kind) = reference(node) {
        return named(schema, kind);
    }
    let alternatives = node
        .get("anyOf")
        .or_else(|| node.get("allOf"))
        .and_then(Value::as_array);
    if let Some(alternatives) = alternatives {
        let kinds = alternatives
            .iter()
            .filter(|node| node.get("type") != Some(&"null".into()));
        return kinds
            .map(|node| kind(schema, node))
            .collect::<Vec<_>>()
            .join(" or ");
    }
    let word = match node.get("type") {
        Some(Value::Array(words)) => words
            .iter()
            .find(|word| *word != "null")
            .and_then(Value::as_str),
        Some(word) => word.as_str(),
        None => None,
    };
    match word {
        Some("string") => "text".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("number") => "number".to_owned(),
        Some("array") => {
            let items = node.get("items").map(|items| kind(schema, items));
            format!("list of {}", items.unwrap_or_else(|| "anything".to_owned()))
        }
        Some("object") => match node.get("additionalProperties") {
            Some(inner) if inner.is_object() => format!("table: name to {}", kind(schema, inner)),
            _ => "table".to_owned(),
        },
        _ => "any value".to_owned(),
    }
}

fn named(schema: &Value, kind_name: &str) -> String {
    match kind_name {
        "Field" => "field".to_owned(),
        "OneOrMany" | "Decode" => "text, or list of texts".to_owned(),
        "StatusOf" => "field, list of fields, or `{ classes = […] }`".to_owned(),
        _ => {
            let values = definitions(schema)
                .get(kind_name)
                .map(|node| values(node, ""));
            let values = values.unwrap_or_default();
            if values.is_empty() {
                format!("table of {}", prefix(kind_name))
            } else {
                values
                    .iter()
                    .map(|value| format!("`{}`", value.name))
                    .collect::<Vec<_>>()
                    .join(", ")
            }
        }
    }
}

fn reference(node: &Value) -> Option<&str> {
    node.get("$ref")?.as_str()?.rsplit('/').next()
}

fn definitions(schema: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    schema
        .get("definitions")
        .and_then(Value::as_object)
        .unwrap_or(&NONE)
}

fn prefix(kind: &str) -> String {
    let known = TABLES.iter().find(|(known, ..)| *known == kind);
    known.map_or_else(|| snake(kind), |(_, prefix, _)| (*prefix).to_owned())
}

fn snake(kind: &str) -> String {
    let mut text = String::new();
    for letter in kind.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

fn default(node: &Value) -> Option<String> {
    let value = node.get("default")?;
    let empty = value.is_null()
        || value.as_array().is_some_and(Vec::is_empty)
        || value.as_object().is_some_and(Map::is_empty);
    (!empty).then(|| value.to_string())
}

fn description(node: &Value) -> String {
    let text = node
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    // A doc comment is broken into lines; in a list it must be one.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace("[`", "`").replace("`]", "`")
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}
