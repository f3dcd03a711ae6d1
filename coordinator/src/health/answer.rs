//! The answer of one job, as far as it concerns health.

use schema::{
    enums::{ErrorClass, Outcome},
    schedule::EndedJob,
};

/// An answer, judged for the health of its step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A usable answer.
    Clean,
    /// A usable answer with codes that nothing maps.
    Unmapped,
    /// A usable but partial answer, with the number of rows that could not be read.
    Partial(i32),
    /// An unusable answer, with the reason.
    Unusable(String),
}

impl Answer {
    /// Returns the answer of a job that ended, if it got one.
    #[must_use]
    pub fn of(job: &EndedJob) -> Option<Self> {
        match (job.outcome, job.error_class) {
            (Outcome::Succeeded, _) if job.unmapped.is_some_and(|seats| seats > 0) => {
                Some(Self::Unmapped)
            }
            (Outcome::Succeeded, _) => Some(match job.missing {
                Some(missing) if missing > 0 => Self::Partial(missing),
                _ => Self::Clean,
            }),
            (Outcome::Failed, Some(ErrorClass::Malformed | ErrorClass::Unexpected)) => {
                let reason = job
                    .error
                    .as_deref()
                    .unwrap_or("an answer could not be used");
                Some(Self::Unusable(reason.to_owned()))
            }
            (
                Outcome::Failed
                | Outcome::Lost
                | Outcome::Returned
                | Outcome::Continued
                | Outcome::Cancelled,
                _,
            ) => None,
        }
    }

    /// Whether it could be used.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        !matches!(self, Self::Unusable(_))
    }
}
