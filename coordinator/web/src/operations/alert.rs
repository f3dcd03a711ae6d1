//! Actions on alerts, and who is notified of them.

use std::time::Duration;

/// An action of a person on alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertAction {
    /// Sends no messages about some alerts for a time.
    Silence {
        /// Name of the condition, or `*` for all.
        condition: String,
        /// The subject, in which `*` stands for any text.
        subject: String,
        /// For how long.
        lasts: Duration,
    },
    /// Ends a silence.
    EndSilence {
        /// Its number.
        silence_id: i32,
    },
}

impl AlertAction {
    /// The texts that a person gave.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Silence {
                condition, subject, ..
            } => vec![condition, subject],
            Self::EndSilence { .. } => Vec::new(),
        }
    }
}

/// What a person does about an alert.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertRunbook {
    /// How to look.
    pub look: Vec<RunbookStep>,
    /// What to do.
    pub act: Vec<RunbookStep>,
}

/// A step of a runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunbookStep {
    /// What it shows or changes.
    pub what: String,
    /// The command or the statement; `None` for a step by hand.
    pub code: Option<String>,
}

/// A receiver of messages, as the settings of this coordinator have it, without what is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertReceiver {
    /// Its name.
    pub name: String,
    /// `webhook`, `slack` or `mail`.
    pub kind: &'static str,
    /// The lowest severity of the alerts that it gets.
    pub severity: &'static str,
}
