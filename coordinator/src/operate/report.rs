//! What an action did, and its row in the audit.

use fleet_web::operations::{Actor, How, OperationError, event::MadeKey};
use schema::audit::{self, NewEntry};
use serde_json::Value;
use sqlx::PgConnection;

/// What an action did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What happened, a sentence each.
    pub sentences: Vec<String>,
    /// What an operator should know besides.
    pub warnings: Vec<String>,
    /// Differences between the definitions in force before and now, as a patch.
    pub differences: Vec<String>,
    /// Sources whose snapshots must be counted again: name and number.
    pub recounts: Vec<(String, i32)>,
    /// Number of the last row in the audit.
    pub audit_id: Option<i64>,
    /// The key that was made.
    pub made_key: Option<MadeKey>,
}

impl Report {
    /// A report of one sentence.
    #[must_use]
    pub fn of(sentence: String, audit_id: i64) -> Self {
        Self {
            sentences: vec![sentence],
            audit_id: Some(audit_id),
            ..Self::default()
        }
    }

    /// Prints the report of a command: warnings to standard error.
    pub fn print(&self) {
        for difference in &self.differences {
            print!("{difference}");
        }
        for sentence in &self.sentences {
            println!("{sentence}");
        }
        for warning in &self.warnings {
            eprintln!("{warning}");
        }
    }
}

/// Records an action; returns the number of its row.
///
/// # Errors
///
/// If the statement fails.
pub async fn record(
    db: &mut PgConnection,
    actor: &Actor,
    action: &str,
    subject: &str,
    details: Value,
) -> Result<i64, sqlx::Error> {
    let entry = NewEntry {
        how: actor.how.word(),
        action,
        who: &actor.who,
        subject,
        reason: actor.reason.as_deref(),
        details,
    };
    audit::record(db, &entry).await
}

/// The person who runs a command.
#[must_use]
pub fn cli_actor(reason: Option<String>) -> Actor {
    let user = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
        .unwrap_or_else(|| format!("user {}", rustix::process::getuid().as_raw()));
    Actor {
        how: How::Cli,
        who: format!("{user}@{}", settings::host_name()),
        reason,
    }
}

/// Says that a text is not usable.
#[must_use]
pub fn invalid(sentence: impl Into<String>) -> OperationError {
    OperationError::Invalid(sentence.into())
}
