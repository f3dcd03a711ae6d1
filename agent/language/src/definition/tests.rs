#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use super::{Access, Definition, Yields};
use crate::source::shipped::SHIPPED;

fn shipped(name: &str) -> &'static str {
    SHIPPED
        .iter()
        .find(|(shipped, _)| *shipped == name)
        .unwrap()
        .1
}

/// Returns the error of the definition of BHD with `word` in place of `old`.
fn error(old: &str, new: &str) -> String {
    let text = shipped("bhd");
    assert!(text.contains(old), "{old}");
    Definition::parse(&text.replacen(old, new, 1), "bhd.toml")
        .unwrap_err()
        .to_string()
}

/// Returns the line of the definition of BHD on which `word` first stands.
fn line(word: &str) -> usize {
    shipped("bhd")
        .lines()
        .position(|line| line.contains(word))
        .unwrap()
        + 1
}

#[test]
fn a_shipped_definition_says_what_the_schedule_needs() {
    let definition = Definition::parse(shipped("bhd"), "bhd.toml").unwrap();
    assert_eq!(
        (definition.name.as_str(), definition.access),
        ("bhd", Access::Permitted)
    );
    assert_eq!(definition.limit.concurrency, Some(8));
    let steps: Vec<_> = definition
        .steps
        .iter()
        .map(|(name, step)| (name.as_str(), step.yields))
        .collect();
    assert_eq!(
        steps,
        [
            ("cinemas", Yields::Cinemas),
            ("showtimes", Yields::Showtimes),
            ("seats", Yields::Seats),
        ]
    );
    let seats = &definition.steps["seats"];
    assert_eq!(seats.every, Duration::from_mins(10));
    assert_eq!(seats.timeout(), Duration::from_secs(30));
    assert_eq!(definition.ancestors("seats"), ["showtimes", "cinemas"]);
}

#[test]
fn every_shipped_definition_is_named_as_its_file() {
    for (name, text) in SHIPPED {
        let definition = Definition::parse(text, name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(definition.name, *name);
    }
}

#[test]
fn an_unknown_word_is_told_with_its_line_and_a_near_one() {
    let message = error("rows    = \".Cinemas[]\"", "rowz    = \".Cinemas[]\"");
    assert!(
        message.starts_with(&format!("bhd.toml:{}:", line("\".Cinemas[]\""))),
        "{message}"
    );
    assert!(
        message.contains("unknown field `rowz`") && message.contains("did you mean `rows`?"),
        "{message}"
    );
    let message = error("name      = \".Name\"", "nama      = \".Name\"");
    assert!(
        message.contains("cinemas have no field `nama`; did you mean `name`?"),
        "{message}"
    );
    assert!(
        message.starts_with(&format!("bhd.toml:{}:", line("\".Name\""))),
        "{message}"
    );
}

#[test]
fn what_cannot_work_is_refused() {
    for (old, new, expected) in [
        (
            "for_each = \"showtimes\"",
            "for_each = \"showtime\"",
            "did you mean `showtimes`?",
        ),
        (
            "for_each = \"showtimes\"",
            "for_each = \"cinemas\"",
            "belong to nothing",
        ),
        (
            "for_each = \"showtimes\"",
            "for_each = \"seats\"",
            "fans out over itself",
        ),
        ("for_each = \"cinemas\"", "", "belong to nothing"),
        ("rate        = 5.0", "rate = 0.0", "above 0"),
        ("burst       = 10", "burst = 0", "at least 1"),
        (
            "Asia/Ho_Chi_Minh",
            "Asia/Saigon_City",
            "not an IANA time zone",
        ),
        ("\"VND\"", "\"VNX\"", "not an ISO 4217"),
        (
            "territory = \"VN\"",
            "territory = \"XX\"",
            "not an ISO 3166",
        ),
        ("name      = \"bhd\"", "name = \"B H D\"", "not a name"),
        (
            "cinema.key }}/sessions",
            "cinema.kez }}/sessions",
            "did you mean `cinema.key`?",
        ),
        (
            "{{ vars.base }}",
            "{{ vars.bas }}",
            "did you mean `vars.base`?",
        ),
        ("{{ vars.base }}", "{{ vars.base", "is broken"),
        ("otherwise = \"unmapped\"", "", "missing field `otherwise`"),
        (
            "otherwise = \"unmapped\"",
            "otherwise = \"guess\"",
            "unknown variant `guess`",
        ),
        (
            "film_key        = ",
            "auditorium_name_ = ",
            "auditorium_name",
        ),
        (
            "[vars]",
            "[secrets]\ntoken = \"hunter2\"\n[vars]",
            "never the secret itself",
        ),
        ("zone = \"venue\"", "optional = false", "which clock"),
        (
            "[steps.seats.status]",
            "[steps.seats.expect]\nfilled = { rov = 0.9 }\n[steps.seats.status]",
            "did you mean `row`?",
        ),
        (
            "[steps.seats.status]",
            "[steps.seats.expect]\nstatus = { sold = { max = 90 } }\n[steps.seats.status]",
            "no shares",
        ),
        (
            "[steps.seats.status]",
            "[steps.seats.expect]\nstarts_after = \"1d\"\n[steps.seats.status]",
            "cannot be checked of seats",
        ),
        ("every   = \"1d\"", "every = \"0s\"", "every 0 s"),
        (
            "every   = \"1d\"",
            "every = \"1d\"\nlimit = \"cdn\"",
            "there is no limit `cdn`; add [limits.cdn]",
        ),
        (
            "every   = \"1d\"",
            "every = \"1d\"\npages = { size = 10 }",
            "when the pages end",
        ),
        (
            "[vars]",
            "[limits.cdn]\nkey = \"cdn\"\nrate = 0\nburst = 1\n[vars]",
            "above 0",
        ),
    ] {
        let message = error(old, new);
        assert!(message.contains(expected), "{new}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn an_answer_that_says_that_it_is_empty_is_not_also_guessed_to_be() {
    let step = "yields   = \"seats\"";
    let message = error(
        step,
        &format!("{step}\nempty_if = \".none\"\nmay_be_empty = true"),
    );
    assert!(
        message.contains("what `empty_if` does not know"),
        "{message}"
    );
}

#[test]
fn two_tables_with_one_key_and_other_numbers_are_refused() {
    for other in ["burst = 2", "burst = 1\nconcurrency = 3"] {
        let one = "[limits.one]\nkey = \"cdn\"\nrate = 1\nburst = 1\n";
        let two = format!("[limits.two]\nkey = \"cdn\"\nrate = 1\n{other}\n");
        let message = error("[vars]", &format!("{one}{two}[vars]"));
        assert!(
            message.contains("`cdn` is the key of `limits.one` too, with other numbers"),
            "{message}"
        );
    }
}

#[test]
fn two_tables_with_one_key_and_the_same_numbers_are_one_limit() {
    let numbers = "key = \"cdn\"\nrate = 1\nburst = 1\n";
    let tables = format!("[limits.one]\n{numbers}[limits.two]\n{numbers}[vars]");
    let text = shipped("bhd").replacen("[vars]", &tables, 1);
    let definition = Definition::parse(&text, "bhd.toml").unwrap();
    assert_eq!(definition.limits["one"], definition.limits["two"]);
}
