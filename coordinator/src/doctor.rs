//! The doctor: reads what the database says of itself, and judges it.
//!
//! The judgement is pure: [`server`] judges settings and the server, [`content`] what is in the
//! database, [`fleet`] whether work goes on. Each check gives a finding, also where all is well.
//! What a session cannot ask, such as the memory of the machine, is not judged.

use liveness::stall::MAX_IDLE;
use schema::{
    diagnostics,
    migrate::{self, SchemaError},
    progress,
};
use serde::Serialize;
use sqlx::PgPool;

pub mod server;
pub mod content;
pub mod fleet;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Gravity {
    /// Data are lost or the fleet stops, now or soon.
    Grave,
    /// Something that costs time, space or safety.
    Warn,
    /// As it should be.
    Fine,
}

impl Gravity {
    /// One word for a person.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Grave => "grave",
            Self::Warn => "warn",
            Self::Fine => "fine",
        }
    }
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub gravity: Gravity,
    /// The checked setting or object.
    pub what: String,
    /// Its present value.
    pub is: String,
    /// The meaning of that value.
    pub means: String,
    /// What to do: a command, as far as there is one.
    pub remedy: String,
}

impl Finding {
    fn new(
        gravity: Gravity,
        what: &str,
        is: impl Into<String>,
        means: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            gravity,
            what: what.to_owned(),
            is: is.into(),
            means: means.into(),
            remedy: remedy.into(),
        }
    }

    fn fine(what: &str, is: impl Into<String>) -> Self {
        Self::new(Gravity::Fine, what, is, "", "")
    }
}

/// Examines the database; the gravest findings come first.
///
/// What needs this program's schema is examined only where the database has it.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn examine(db: &PgPool) -> Result<Vec<Finding>, sqlx::Error> {
    let mut findings = server::judge(&diagnostics::server(db).await?);
    match migrate::check(db).await {
        Ok(()) => {
            findings.push(Finding::fine("schema", "this program's"));
            findings.extend(content::judge(&diagnostics::content(db).await?));
            findings.extend(fleet::judge(progress::read(db, MAX_IDLE, 0).await?));
        }
        Err(SchemaError::Database(error)) => return Err(error),
        Err(misfit) => {
            let remedy = match misfit {
                SchemaError::Ahead { .. } => "start a newer version of the programs",
                SchemaError::OldHistory => "create an empty database, then coordinator migrate",
                _ => "coordinator migrate",
            };
            let means = "programs of this version refuse to start";
            let found = Finding::new(Gravity::Grave, "schema", misfit.to_string(), means, remedy);
            findings.push(found);
        }
    }
    findings.sort_by_key(|finding| finding.gravity);
    Ok(findings)
}

/// A size as a person reads it, such as `128 MB`.
fn size(bytes: i64) -> String {
    let units = [("GB", 1_i64 << 30), ("MB", 1 << 20), ("kB", 1 << 10)];
    let unit = units.iter().find(|(_, unit)| bytes >= *unit);
    unit.map_or_else(
        || format!("{bytes} B"),
        |(name, unit)| format!("{} {name}", bytes / unit),
    )
}
