//! `agent source reference`: the reference page of the language, in Markdown.
//!
//! The page is made of the tutorial, the examples and the JSON Schema. A word has an id of its
//! table and its name (`step.rows`, `field.regex`). Its text is the doc comment of its type, and
//! it links to the first example that uses it.

use std::fmt::Write as _;

use source_language::definition::RESERVED;

use super::schema::schema;

pub mod example;
pub mod words;

use example::Example;
use words::{Table, Word};

/// The first part of the page: cheat sheet and tutorial.
const TUTORIAL: &str = include_str!("../../sources/reference/tutorial.md");

/// Titles of the chapters of examples; an example names its chapter by number, from 1.
const CHAPTERS: [&str; 15] = [
    "Steps",
    "Templates and names",
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
];

/// The chapter that ends with the reserved names.
const NAMES_CHAPTER: usize = 2;

/// Returns the whole page.
#[must_use]
pub fn page() -> String {
    let schema = schema();
    let tables = words::tables(&schema);
    let examples = example::all();
    let shown = words::shown(&schema, &examples);
    let mut page = TUTORIAL.trim_end().to_owned();
    page.push_str("\n\n## Examples\n\nEach example is run as a test. The head of the file is left out where it does not matter; `steps.cinemas` and `steps.showtimes` then exist already and have rows.\n\n");
    for (index, title) in CHAPTERS.iter().enumerate() {
        let heading = format!("{}. {title}", index + 1);
        let _ = writeln!(page, "- [{heading}](#{})", heading_anchor(&heading));
    }
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
        if index + 1 == NAMES_CHAPTER {
            write_names(&mut page);
        }
    }
    page.push_str("\n## Words\n\nAll words, by table and name. A word that is not required and has no default may be left out.\n");
    for table in &tables {
        write_table(&mut page, table, &shown, &examples);
    }
    page
}

/// Writes the names that have a fixed meaning in every definition.
fn write_names(page: &mut String) {
    page.push_str(
        "\n#### Reserved names\n\nThese names have the same meaning in every file.\n\n| name | what it stands for | where |\n|---|---|---|\n",
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
        let _ = write!(page, "\nNew words: {}.\n", new.join(", "));
    }
}

/// Returns what a run gives: its rows as a table, or its error.
fn outcome(run: &example::Run) -> String {
    if let Some(error) = &run.error {
        return format!("\nThis fails: “{error}”.\n");
    }
    if run.rows.is_empty() {
        return "\nThis gives no rows, and is not a failure.\n".to_owned();
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

/// Returns the anchor that Markdown renderers give a heading.
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

    use source_language::{definition::Definition, source::Source};

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
    fn the_definition_of_the_cheat_sheet_is_accepted() {
        let (_, from) = TUTORIAL.split_once("```toml\n").unwrap();
        let (body, _) = from.split_once("```").unwrap();
        let definition = Definition::parse(body, "tutorial.md").unwrap();
        Source::compile(definition).unwrap();
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
