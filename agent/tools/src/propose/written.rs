//! How fields are written: takes chosen columns, gives TOML.

use super::column::Column;

/// A field of the seat's key: its name, and its column.
pub(super) type Part<'a> = (&'a str, &'a Column);

/// Writes several fields as one template; a long form is called by the name of its field.
pub(super) fn template(parts: &[Part<'_>]) -> String {
    let part = |(name, column): &Part<'_>| {
        let short = column
            .word
            .strip_prefix('"')
            .and_then(|word| word.strip_suffix('"'));
        format!("{{{}}}", short.unwrap_or(name))
    };
    let parts: Vec<String> = parts.iter().map(part).collect();
    format!("{{ template = \"{}\" }}", parts.join("-"))
}

/// A value that some rows lack may be missing.
pub(super) fn column_word(column: &Column) -> String {
    if column.is_full() {
        return column.word.clone();
    }
    match column
        .word
        .strip_prefix("{ ")
        .and_then(|word| word.strip_suffix(" }"))
    {
        Some(inner) => format!("{{ {inner}, optional = true }}"),
        None if column.word.starts_with("\"@") => {
            format!("{{ attr = \"{}, optional = true }}", &column.word[2..])
        }
        None if column.word == "\"text\"" => "{ text = \"all\", optional = true }".to_owned(),
        None => format!("{{ path = {}, optional = true }}", column.word),
    }
}

/// How a time is written, and which clock it is by: all values in one way, or in none.
pub(super) fn format_of(column: &Column) -> Option<(&'static str, &'static str)> {
    let mut formats = column.values.iter().flatten().map(|value| format(value));
    let first = formats.next()??;
    formats.all(|format| format == Some(first)).then_some(first)
}

fn format(value: &str) -> Option<(&'static str, &'static str)> {
    let digits: String = value
        .chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect();
    let known = match digits.as_str() {
        "9999-99-99T99:99:99" => ("%Y-%m-%dT%H:%M:%S", "venue"),
        "9999-99-99T99:99" => ("%Y-%m-%dT%H:%M", "venue"),
        "9999-99-99 99:99:99" => ("%Y-%m-%d %H:%M:%S", "venue"),
        "9999-99-99 99:99" => ("%Y-%m-%d %H:%M", "venue"),
        "99.99.9999 99:99" => ("%d.%m.%Y %H:%M", "venue"),
        "99/99/9999 99:99" => ("%d/%m/%Y %H:%M", "venue"),
        "999999999999" | "99999999 9999" => ("%Y%m%d%H%M", "venue"),
        "9999999999" => ("epoch_seconds", "utc"),
        "9999999999999" => ("epoch_milliseconds", "utc"),
        _ if value.parse::<jiff::Timestamp>().is_ok() => ("rfc3339", "offset"),
        _ => return None,
    };
    Some(known)
}
