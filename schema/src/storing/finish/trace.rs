//! What a job did besides its result: its request, how long each phase took, its log.

use std::time::Duration;

use serde_json::Value;

use crate::enums::{CacheResult, LogLevel, RequestKind};

/// The request of a job and its phases; each is `None` where it did not happen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The job whose conversation this one continued.
    pub previous_job_id: Option<i64>,
    /// Purpose of the request.
    pub kind: Option<RequestKind>,
    /// What the cache did for the request; `None` if the answer may not be used again.
    pub cache: Option<CacheResult>,
    /// Requests of `first` that were not sent, because their answers were still known.
    pub first_hits: Option<i16>,
    /// Wait for the rate limiter of the pod.
    pub wait: Option<Duration>,
    /// Name, TCP and TLS; `None` where a connection was used again.
    pub connect: Option<Duration>,
    /// From there until the head of the answer was read.
    pub first_byte: Option<Duration>,
    /// From there to the end of the body.
    pub body: Option<Duration>,
    /// From bytes to rows.
    pub extract: Option<Duration>,
    /// From the complete result until it is written; set when it is sent.
    pub store: Option<Duration>,
    /// SHA-256 of the archived body.
    pub body_hash: Option<Vec<u8>>,
}

/// A line of the log of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLogLine {
    /// Its severity.
    pub level: LogLevel,
    /// What happened.
    pub message: String,
    /// The values of the message by name, as an object.
    pub fields: Option<Value>,
}

impl NewLogLine {
    /// A line without fields.
    #[must_use]
    pub fn new(level: LogLevel, message: impl Into<String>) -> Self {
        Self {
            level,
            message: message.into(),
            fields: None,
        }
    }

    /// Adds the values of the message: an object.
    #[must_use]
    pub fn with(mut self, fields: Value) -> Self {
        self.fields = Some(fields);
        self
    }
}
