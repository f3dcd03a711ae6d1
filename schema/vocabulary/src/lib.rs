//! The closed sets of words that the definition language, the programs and the database share.
//!
//! With the feature `sqlx` they are columns of a statement, with `schemars` words of a
//! JSON Schema, with `utoipa` words of the `OpenAPI` document; without them, the package depends on
//! `serde` alone.

mod attribute;
mod yields;

pub use attribute::{AttributeKind, AttributeMeaning};
pub use yields::Yields;

use serde::{Deserialize, Serialize};

/// Whether a source is scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type))]
#[cfg_attr(
    feature = "sqlx",
    sqlx(type_name = "source_state", rename_all = "snake_case")
)]
pub enum SourceState {
    /// Scheduled.
    Active,
    /// An operator stopped it.
    Paused,
    /// The site refused us; a person must decide.
    Blocked,
}

impl SourceState {
    /// The word as logs and SQL have it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Blocked => "blocked",
        }
    }
}

/// Health of a source or of one of its steps, by its last answers; the worst last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type))]
#[cfg_attr(
    feature = "sqlx",
    sqlx(type_name = "source_health", rename_all = "snake_case")
)]
pub enum Health {
    /// Answers can be used.
    #[default]
    Healthy,
    /// Some answers cannot be used, or have codes that are not mapped.
    Degraded,
    /// Most answers cannot be used: only probes are sent.
    Quarantined,
}

impl Health {
    /// The word as logs, metrics and SQL have it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Quarantined => "quarantined",
        }
    }
}

/// How a claim ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type))]
#[cfg_attr(
    feature = "sqlx",
    sqlx(type_name = "job_outcome", rename_all = "snake_case")
)]
pub enum Outcome {
    /// The result of the job is stored.
    Succeeded,
    /// The job failed; see [`ErrorClass`].
    Failed,
    /// The pod of the job died.
    Lost,
    /// The job was given back unrun.
    Returned,
    /// The permits are used, and another job of the same pod sends the next request.
    Continued,
    /// A person ended the job.
    Cancelled,
}

/// An operator request for a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type))]
#[cfg_attr(
    feature = "sqlx",
    sqlx(type_name = "task_action", rename_all = "snake_case")
)]
pub enum RequestedAction {
    /// Makes the task due now, before all others.
    Run,
    /// Ends its queued or running job.
    Cancel,
    /// Ends its queued or running job, and the task for good.
    Retire,
    /// Lets the task run again after it was isolated or retired.
    Release,
}

/// Why a job failed, in one word; each is treated differently by the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type))]
#[cfg_attr(
    feature = "sqlx",
    sqlx(type_name = "error_class", rename_all = "snake_case")
)]
pub enum ErrorClass {
    /// No whole answer in time.
    Timeout,
    /// No connection, or one that was cut.
    Unreachable,
    /// Status 429.
    Throttled,
    /// Status 5xx.
    Unavailable,
    /// Status 401, 403 or 451: the site does not want us.
    Refused,
    /// Status 404 or 410.
    Missing,
    /// Another 4xx.
    Rejected,
    /// Status 3xx that is not followed: its host is not one that the definition names, its address
    /// is missing or invalid, or too many redirects came before it.
    Redirected,
    /// A body beyond the limit.
    Oversized,
    /// An answer that is not what the definition expects.
    Malformed,
    /// An answer that reads well and cannot be true: it is quarantined.
    Unexpected,
    /// The rules of `robots.txt` do not allow the request.
    Forbidden,
    /// The definition could not build the request.
    Definition,
}

impl ErrorClass {
    /// The word as logs, metrics and SQL have it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
            Self::Missing => "missing",
            Self::Rejected => "rejected",
            Self::Redirected => "redirected",
            Self::Oversized => "oversized",
            Self::Malformed => "malformed",
            Self::Unexpected => "unexpected",
            Self::Forbidden => "forbidden",
            Self::Definition => "definition",
        }
    }
}

/// Purpose of a request of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type))]
#[cfg_attr(
    feature = "sqlx",
    sqlx(type_name = "request_kind", rename_all = "snake_case")
)]
pub enum RequestKind {
    /// `robots.txt` of a host.
    Robots,
    /// A request that is made before that of the step, such as for a token.
    First,
    /// The step's own.
    Step,
    /// A further page of it.
    Page,
    /// Where an answer to one of these led.
    Redirect,
}

impl RequestKind {
    /// The word as SQL has it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Robots => "robots",
            Self::First => "first",
            Self::Step => "step",
            Self::Page => "page",
            Self::Redirect => "redirect",
        }
    }
}

/// What the cache of a pod did for a request whose answer may be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type))]
#[cfg_attr(
    feature = "sqlx",
    sqlx(type_name = "cache_result", rename_all = "snake_case")
)]
pub enum CacheResult {
    /// The answer came whole.
    Miss,
    /// The source said that the known answer is still good.
    Revalidated,
}

impl CacheResult {
    /// The word as SQL has it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Miss => "miss",
            Self::Revalidated => "revalidated",
        }
    }
}

/// Severity of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type))]
#[cfg_attr(
    feature = "sqlx",
    sqlx(type_name = "log_level", rename_all = "snake_case")
)]
pub enum LogLevel {
    /// Worth knowing.
    Info,
    /// The fleet coped.
    Warn,
    /// A person must look.
    Error,
}

/// The status of a seat, the same for all sources; a definition maps the codes of its source to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type))]
#[cfg_attr(
    feature = "sqlx",
    sqlx(type_name = "seat_status", rename_all = "snake_case")
)]
#[serde(rename_all = "snake_case")]
pub enum SeatStatus {
    /// Can be bought now.
    Available,
    /// Bought.
    Sold,
    /// In somebody's basket, or reserved without payment.
    Held,
    /// Not for sale at present: distancing, companion seats, not released.
    Blocked,
    /// Out of order.
    Broken,
    /// House seat, kept for the cinema's own use.
    House,
    /// The source itself says that it does not know.
    Unknown,
}

impl SeatStatus {
    /// Every status, in the order of the counters.
    pub const ALL: [Self; 7] = [
        Self::Available,
        Self::Sold,
        Self::Held,
        Self::Blocked,
        Self::Broken,
        Self::House,
        Self::Unknown,
    ];

    /// The word as definitions, logs and SQL have it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Sold => "sold",
            Self::Held => "held",
            Self::Blocked => "blocked",
            Self::Broken => "broken",
            Self::House => "house",
            Self::Unknown => "unknown",
        }
    }
}
