//! What a person does about an alert: how to look, and what to do, step by step.
//!
//! A test runs every command and every statement against a real database.

use std::fmt::Write as _;

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What it shows or changes.
    pub what: &'static str,
    /// How it is done.
    pub by: By,
}

/// How a step is done; `{subject}` stands for the subject of the alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A command of the coordinator.
    Command(&'static str),
    /// A statement that the coordinator's role may run.
    Sql(&'static str),
    /// A statement that only the owner of the database may run.
    OwnerSql(&'static str),
    /// By hand: what the step says.
    Hand,
}

impl Step {
    /// The command or the statement; `None` for a step by hand.
    #[must_use]
    pub fn code(&self) -> Option<String> {
        match self.by {
            By::Command(text) => Some(format!("coordinator {text}")),
            By::Sql(text) => Some(text.to_owned()),
            By::OwnerSql(text) => Some(format!("-- as the owner of the database\n{text}")),
            By::Hand => None,
        }
    }
}

/// A step by a command of the coordinator.
#[must_use]
pub const fn command(what: &'static str, command: &'static str) -> Step {
    let by = By::Command(command);
    Step { what, by }
}

/// A step by a statement that the coordinator's role may run.
#[must_use]
pub const fn sql(what: &'static str, statement: &'static str) -> Step {
    let by = By::Sql(statement);
    Step { what, by }
}

/// A step by a statement that only the owner of the database may run.
#[must_use]
pub const fn owner_sql(what: &'static str, statement: &'static str) -> Step {
    let by = By::OwnerSql(statement);
    Step { what, by }
}

/// A step by hand.
#[must_use]
pub const fn hand(what: &'static str) -> Step {
    let by = By::Hand;
    Step { what, by }
}

/// Writes steps as a list of Markdown.
#[must_use]
pub fn markdown(steps: &[Step]) -> String {
    let mut list = String::new();
    for step in steps {
        // Writing to a text does not fail.
        let _ = match step.by {
            By::Command(text) => writeln!(list, "- {}: `coordinator {text}`", step.what),
            By::Sql(text) => writeln!(list, "- {}: `{text}`", step.what),
            By::OwnerSql(text) => writeln!(list, "- {}, as the owner: `{text}`", step.what),
            By::Hand => writeln!(list, "- {}", step.what),
        };
    }
    list.replace("{subject}", "SUBJECT")
}
