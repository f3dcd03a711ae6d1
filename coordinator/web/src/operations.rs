//! What the coordinator does for a request: this package knows neither definitions nor the doctor.

use std::{future::Future, pin::Pin};

use chrono::NaiveDate;
use schema::enums::{AttributeMeaning, RequestedAction, SeatStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use alert::{AlertAction, AlertReceiver, AlertRunbook};
use event::{EventAction, MadeKey};

pub mod alert;
pub mod event;
pub mod experiment;

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

    /// Carries out an action of a person and records it in the audit.
    fn act(&self, actor: Actor, action: Action) -> Operation<'_, Done>;

    /// Returns who is notified of alerts.
    fn alert_receivers(&self) -> &[AlertReceiver];

    /// Returns what a person does about an alert of this condition and subject; `None` if there is no
    /// such condition.
    fn alert_runbook(&self, condition: &str, subject: &str) -> Option<AlertRunbook>;

    /// Reads a recorded answer by a definition; changes nothing and asks no site.
    fn try_definition(&self, trial: Trial) -> Operation<'_, TrialResult>;
}

/// How a person acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// By a command.
    Cli,
    /// By a request with a token.
    Api,
    /// By a form of the web page.
    Page,
}

impl How {
    /// The word as the table `audit` has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Api => "api",
            Self::Page => "page",
        }
    }
}

/// Who acts and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// By which way.
    pub how: How,
    /// Name of the token, or user and host of the command.
    pub who: String,
    /// The reason, where one is given.
    pub reason: Option<String>,
}

/// An action of a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Schedules nothing of a source.
    PauseSource {
        /// Its name.
        source: String,
    },
    /// Schedules a paused or blocked source again.
    ResumeSource {
        /// Its name.
        source: String,
    },
    /// Takes the present answers of a source as right.
    AcceptAnswers {
        /// Its name.
        source: String,
        /// Only this step; all steps in quarantine otherwise.
        step: Option<String>,
    },
    /// Asks the leader to do something to a task.
    RequestTask {
        /// Its number, or `SOURCE/STEP/KEY`.
        task: String,
        /// What.
        action: RequestedAction,
    },
    /// Says what status codes of a source mean.
    MapCodes {
        /// Its name.
        source: String,
        /// Code and meaning.
        codes: Vec<(String, SeatStatus)>,
    },
    /// Says what attributes of the showtimes of a source mean.
    MapAttributes {
        /// Its name.
        source: String,
        /// Code and meaning.
        meanings: Vec<(String, AttributeMeaning)>,
    },
    /// Decides whether two films are one work.
    DecidePair {
        /// The films, each by its number or `SOURCE/KEY`.
        films: (String, String),
        /// What is decided.
        verdict: PairVerdict,
    },
    /// Sets or removes a weight.
    Weigh {
        /// Kind of thing that has the weight.
        kind: WeightKind,
        /// Its name, code or title.
        name: String,
        /// The factor; `None` removes it.
        factor: Option<f32>,
    },
    /// Accepts or rejects an anomaly.
    DecideAnomaly {
        /// Its number.
        anomaly_id: i32,
        /// Whether it is one.
        is_accepted: bool,
    },
    /// Puts a definition into force.
    ApplyDefinition {
        /// The file.
        text: String,
        /// Whether it may fail to read the answers in quarantine.
        is_forced: bool,
    },
    /// Puts an old definition of a source into force again.
    RollBack {
        /// Its name.
        source: String,
        /// The version; the last one with another text otherwise.
        to: Option<i32>,
    },
    /// Has days of a data set built again.
    BuildDataSet {
        /// Its name.
        name: String,
        /// The first day; from the beginning otherwise.
        from: Option<NaiveDate>,
        /// The last day; to the last complete one otherwise.
        until: Option<NaiveDate>,
    },
    /// Changes what receives events.
    Event(EventAction),
    /// Changes which alerts are silenced.
    Alert(AlertAction),
}

/// The verdict of a person on two films.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairVerdict {
    /// They are one work.
    Same,
    /// They are two works.
    Different,
    /// Nothing: the verdict is removed, and the rules decide again.
    Undecided,
}

/// What can have a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeightKind {
    /// A source, by its name.
    Source,
    /// A territory, by its ISO 3166 code.
    Territory,
    /// A film of all sources, by its title.
    Film,
}

/// What an action did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What happened, a sentence each, for a person.
    pub sentences: Vec<String>,
    /// Number of its row in the audit; `None` if nothing was changed.
    pub audit_id: Option<i64>,
    /// The key that it made, if it made one.
    pub made_key: Option<MadeKey>,
}

/// A definition and an answer to read by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The text of the definition.
    pub definition: String,
    /// The step whose answer it is.
    pub step: String,
    /// Values for the templates of the task.
    pub params: Map<String, Value>,
    /// Status of the answer.
    pub status: u16,
    /// Its content type.
    pub content_type: Option<String>,
    /// Its body.
    pub body: String,
}

/// What a definition reads in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrialResult {
    /// Whether the definition reads the answer.
    pub is_readable: bool,
    /// Why it does not; or why the definition is none.
    pub error: Option<String>,
    /// Kind of rows, such as `seats`.
    pub rows: Option<String>,
    /// How many there are.
    pub count: u64,
    /// The first of them, as text for a person.
    pub sample: Vec<String>,
}

/// Why an operation did nothing.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// There is no such thing: the sentence says what.
    #[error("{0}")]
    NotFound(String),
    /// A value cannot be used: the sentence says why.
    #[error("{0}")]
    Invalid(String),
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
