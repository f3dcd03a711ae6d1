//! What the coordinator does for a request: this package knows neither definitions nor the doctor.

use std::{future::Future, pin::Pin};

use serde::Serialize;
use utoipa::ToSchema;

/// The future of an operation.
pub type Operation<'a, T> = Pin<Box<dyn Future<Output = Result<T, OperationError>> + Send + 'a>>;

/// The operations of a coordinator.
pub trait Operations: Send + Sync {
    /// Examines the database, as `coordinator doctor` does.
    fn examine(&self) -> Operation<'_, Vec<Finding>>;

    /// Says when a task is looked at next and why, in several lines for a person.
    fn explain_task(&self, task_id: i64) -> Operation<'_, String>;

    /// Reads the archived body with this SHA-256; `None` if no archive is set, or it is not there.
    fn archived_body(&self, hash: Vec<u8>) -> Operation<'_, Option<Vec<u8>>>;

    /// Checks the text of a definition and puts it into force; returns what changed, for a person.
    fn apply_definition(&self, text: String) -> Operation<'_, String>;
}

/// Why an operation did nothing.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The request cannot be carried out as it is: the sentence says why.
    #[error("{0}")]
    Refused(String),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// One finding of the doctor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// `grave`, `warn` or `fine`.
    pub gravity: &'static str,
    /// The checked setting or object.
    pub what: String,
    /// Its present value.
    pub is: String,
    /// The meaning of that value.
    pub means: String,
    /// What to do.
    pub remedy: String,
}
