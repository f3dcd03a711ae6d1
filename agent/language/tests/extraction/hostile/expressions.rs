//! Definitions whose expressions are deeper than a stack: each is an error with its line.

use super::*;

/// Returns what is said of a definition with this word in place of another.
fn compiled(word: &str, other: &str) -> Result<(), String> {
    assert!(HEAD.contains(word));
    let definition = Definition::parse(&HEAD.replace(word, other), "test.toml");
    let source = definition.and_then(Source::compile);
    source.map(|_| ()).map_err(|error| error.to_string())
}

fn rows(jq: &str) -> Result<(), String> {
    compiled("\".[]\"", &format!("'''{jq}'''"))
}

fn url(template: &str) -> Result<(), String> {
    compiled(
        "\"https://host.example\"",
        &format!("'https://host.example/{template}'"),
    )
}

type Nested = fn(usize) -> String;

const JQ: [Nested; 10] = [
    |n| format!("{}.a{}", "(".repeat(n), ")".repeat(n)),
    |n| format!("{}.a{}", "[".repeat(n), "]".repeat(n)),
    |n| format!(".a|{}1", "-".repeat(n)),
    |n| format!(".a{}", "|.a".repeat(n)),
    |n| format!(".a{}", "+1".repeat(n)),
    |n| format!("{}.{}", "if . then ".repeat(n), " end".repeat(n)),
    |n| format!("{}1{}", "\"\\(".repeat(n), ")\"".repeat(n)),
    |n| format!("{}1{}", "{a:".repeat(n), "}".repeat(n)),
    |n| format!("{}.", "try ".repeat(n)),
    |n| format!("{}.{}", "def f: ".repeat(n), ";f".repeat(n)),
];

const TEMPLATES: [Nested; 4] = [
    |n| format!("{{{{ {}1 }}}}", "-".repeat(n)),
    |n| format!("{{{{ {}1 }}}}", "not ".repeat(n)),
    |n| format!("{{{{ 1{} }}}}", "+1".repeat(n)),
    |n| format!("{{{{ 1{} }}}}", "~\"{\"".repeat(n)),
];

#[test]
fn jq_is_not_deeper_than_a_stack() {
    for nested in JQ {
        let message = rows(&nested(30_000)).unwrap_err();
        assert!(
            message.starts_with("test.toml:16: ") && message.contains("too long"),
            "{message}"
        );
        rows(&nested(40)).unwrap();
    }
}

#[test]
fn templates_are_not_deeper_than_a_stack() {
    for nested in TEMPLATES {
        let message = url(&nested(30_000)).unwrap_err();
        assert!(
            message.starts_with("test.toml:15: ") && message.contains("operators"),
            "{message}"
        );
        url(&nested(200)).unwrap();
    }
}
