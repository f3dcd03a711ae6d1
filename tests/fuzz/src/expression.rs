//! Expressions in jq by anybody, and what they make of any body.

use source_language::{definition::Definition, source::Source};

use super::case;

/// What any definition has.
const HEAD: &str = r#"
name = "any"
title = "Any"
access = "permitted"
contact = "operator@example.org"
territory = "DE"
timezone = "Europe/Berlin"
currency = "EUR"
limit = { key = "any", rate = 1.0, burst = 5 }

[steps.cinemas]
every = "1d"
yields = "cinemas"
request = { url = "https://any.example" }
rows = ".[]"
fields = { key = ".", name = "." }
"#;

/// Reads the first line of `bytes` as an expression, and the rest as the JSON that it is given.
///
/// # Panics
///
/// If an expression that is refused is refused without a word. That it ends is for the time
/// limit of the fuzzer to say.
pub fn expression(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (line, body) = bytes.split_at(end.unwrap_or(bytes.len()));
    let Ok(line) = std::str::from_utf8(line) else {
        return;
    };
    // JSON writes texts as TOML does.
    let word = serde_json::Value::from(format!("jq:{line}"));
    let text = format!("{HEAD}decode = [\"json\", {word}]\n");
    let source = match Definition::parse(&text, "any.toml").and_then(Source::compile) {
        Ok(source) => source,
        Err(error) => {
            assert!(!error.problem.is_empty(), "{line}");
            return;
        }
    };
    let body = if body.trim_ascii().is_empty() {
        b"null"
    } else {
        body
    };
    let read = source.extract("cinemas", &serde_json::Map::new(), &case::answer(body));
    if let Err(error) = read {
        assert!(!error.to_string().is_empty(), "{line}");
    }
}
