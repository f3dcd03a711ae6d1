//! What the answer of one job says about its source.

use schema::{
    schedule::EndedJob,
    word::{ErrorClass, Outcome},
};

/// What an answer says about its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It could be used.
    Clean,
    /// It could be used, and has codes that nothing maps.
    Unmapped,
    /// A usable but partial answer, with the number of rows that could not be read.
    Partial(i32),
    /// It could not be used, for this reason.
    Unusable(String),
}

impl Answer {
    /// What a job that ended got for an answer, if it got one.
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
