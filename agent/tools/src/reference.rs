//! `agent source reference`: the page of all words, written from the types.
//!
//! Takes the JSON Schema and the examples, gives Markdown. A word is known by its table
//! and name (`step.rows`, `field.regex`); it is explained by its doc comment, and shown by
//! the first example that uses it.

use std::fmt::Write as _;

use source_language::definition::RESERVED;

use super::schema::schema;

pub mod example;
pub mod words;

use example::Example;
use words::{Table, Word};

/// What a reader who has never seen the project reads first.
const TUTORIAL: &str = include_str!("../../sources/reference/tutorial.md");

/// The chapters: the points that a definition must be able to say.
const CHAPTERS: [&str; 15] = [
    "Steps",
    "Requests",
    "Sessions and tokens",
    "Decoders",
    "Selections",
    "Shapes",
    "Statuses",
    "Seats and their places",
    "Times",
    "Money",
    "Pages",
    "Success, failure, emptiness",
    "Politeness",
    "Expectations",
    "Templates and names",
];

/// Returns the whole page.
#[must_use]
pub fn page() -> String {
    let schema = schema();
    let tables = words::tables(&schema);
    let examples = example::all();
    let shown = words::shown(&schema, &examples);
    let mut page = TUTORIAL.trim_end().to_owned();
    page.push_str("\n\n## Examples\n\nEach is run as a test of this project. The head of the file is left out where it does not matter; `steps.cinemas` and `steps.showtimes` then stand for rows that are there already.\n");
    for (index, title) in CHAPTERS.iter().enumerate() {
        let _ = write!(page, "\n### {}. {title}\n", index + 1);
        for example in examples.iter().filter(|example| example.point == index + 1) {
            let new: Vec<String> = shown
                .iter()
                .filter(|(_, by)| *by == example.name)
                .map(|(word, _)| link(word))
                .collect();
            write_example(&mut page, example, &new);
        }
    }
    write_names(&mut page);
    page.push_str("\n## Words\n\nBy table, then by name. A word without a default that is not marked as required may be left out and then says nothing.\n");
    for table in &tables {
        write_table(&mut page, table, &shown, &examples);
    }
    page
}

/// Writes the names that no author may give.
fn write_names(page: &mut String) {
    page.push_str(
        "\n#### Reserved names\n\n| name | what it stands for | where |\n|---|---|---|\n",
    );
    for (name, meaning, place) in RESERVED {
        let _ = writeln!(page, "| `{name}` | {meaning} | {place} |");
    }
}

fn write_example(page: &mut String, example: &Example, new: &[String]) {
    let _ = write!(
        page,
        "\n#### {}\n\n{}\n",
        example.title,
        example.text.trim()
    );
    let _ = write!(page, "\n```toml\n{}\n```\n", example.definition.trim());
    for run in &example.run {
        for exchange in &run.exchange {
            if let Some(request) = &exchange.request {
                let _ = write!(page, "\n`{request}`");
                if let Some(sends) = &exchange.sends {
                    let _ = write!(page, " with `{}`", sends.trim());
                }
                if exchange.status != 200 {
                    let _ = write!(page, ", answered with status {}", exchange.status);
                }
                for (name, value) in &exchange.answers {
                    let value = value.as_str().unwrap_or_default();
                    let _ = write!(page, ", answered with `{name}: {value}`");
                }
                page.push('\n');
            }
            if !exchange.body.trim().is_empty() {
                let _ = write!(
                    page,
                    "\n```{}\n{}\n```\n",
                    exchange.language(),
                    exchange.body.trim()
                );
            }
        }
        page.push_str(&outcome(run));
    }
    if !new.is_empty() {
        let _ = write!(page, "\nNew here: {}.\n", new.join(", "));
    }
}

/// What an example gives, as a table or as the error that it is.
fn outcome(run: &example::Run) -> String {
    if let Some(error) = &run.error {
        return format!("\nThis fails: “{error}”.\n");
    }
    if run.rows.is_empty() {
        return "\nThis gives no rows, and that is no failure.\n".to_owned();
    }
    let mut text = format!("\nThis gives {}:\n\n{}", run.step, markdown(&run.rows));
    if !run.prices.is_empty() {
        let _ = write!(text, "\nand prices:\n\n{}", markdown(&run.prices));
    }
    text
}

fn markdown(rows: &[super::present::Line]) -> String {
    let mut names: Vec<&str> = rows
        .iter()
        .flat_map(|row| row.keys().map(String::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut text = format!(
        "| {} |\n|{}\n",
        names.join(" | "),
        "---|".repeat(names.len())
    );
    for row in rows {
        let cells = names.iter().map(|name| {
            row.get(*name)
                .map(super::present::plain)
                .unwrap_or_default()
        });
        let cells: Vec<String> = cells.map(|cell| cell.replace('|', "\\|")).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn write_table(page: &mut String, table: &Table, shown: &[(String, String)], examples: &[Example]) {
    let _ = write!(page, "\n### {}\n\n{}\n\n", table.title, table.description);
    for word in &table.words {
        let Word {
            id,
            name,
            kind,
            required,
            default,
            description,
        } = word;
        let mut facts = vec![kind.clone()];
        if *required {
            facts.push("required".to_owned());
        }
        if let Some(default) = default {
            facts.push(format!("default `{default}`"));
        }
        let _ = write!(
            page,
            "- <a id=\"{}\"></a>**`{name}`** ({}): {description}",
            anchor(id),
            facts.join(", ")
        );
        let by = shown.iter().find(|(word, _)| word == id);
        let by = by.and_then(|(_, by)| examples.iter().find(|example| example.name == *by));
        if let Some(example) = by {
            let _ = write!(page, " [Example](#{})", heading_anchor(&example.title));
        }
        page.push('\n');
    }
}

fn link(word: &str) -> String {
    format!("[`{word}`](#{})", anchor(word))
}

fn anchor(id: &str) -> String {
    id.replace(['.', '_'], "-")
}

/// As Markdown renderers make it of a heading.
fn heading_anchor(title: &str) -> String {
    let kept = title.to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_committed_page_is_the_rendered_one() {
        let committed = include_str!("../../SOURCES.md");
        assert!(
            committed == page(),
            "the words changed: run `agent source reference > agent/SOURCES.md`"
        );
    }

    #[test]
    fn every_word_has_an_example() {
        let schema = schema();
        let shown = words::shown(&schema, &example::all());
        let without: Vec<String> = words::tables(&schema)
            .into_iter()
            .flat_map(|table| table.words)
            .map(|word| word.id)
            .filter(|id| !shown.iter().any(|(word, _)| word == id))
            .collect();
        assert!(
            without.is_empty(),
            "add examples to sources/reference for {without:?}"
        );
    }

    #[test]
    fn every_chapter_has_an_example() {
        let examples = example::all();
        for point in 1..=CHAPTERS.len() {
            assert!(
                examples.iter().any(|example| example.point == point),
                "{point}"
            );
        }
    }
}
