//! What alerts are about.

/// Kind of thing that a condition holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// All of the fleet.
    Fleet,
    /// A source, by its name.
    Source,
    /// A limit key, by its name.
    LimitKey,
    /// A pod, by its name.
    Pod,
    /// A background pass, by its name.
    Pass,
    /// A condition, by its name.
    Condition,
    /// A receiver of messages, by its name.
    Receiver,
    /// A rollup, by its name.
    Rollup,
    /// A table, by its name.
    Table,
    /// A data set at a place of exports.
    DataSet,
    /// A data set that is built, by its name.
    BuiltDataSet,
    /// An anomaly, by its number.
    Anomaly,
    /// A client that sends events, by its name.
    Client,
    /// A region to or from which events go, by its name.
    Region,
    /// The database server, or something in it.
    Server,
}

impl SubjectKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Fleet,
        Self::Source,
        Self::LimitKey,
        Self::Pod,
        Self::Pass,
        Self::Condition,
        Self::Receiver,
        Self::Rollup,
        Self::Table,
        Self::DataSet,
        Self::BuiltDataSet,
        Self::Anomaly,
        Self::Client,
        Self::Region,
        Self::Server,
    ];

    /// Returns the word as the table `alert` has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fleet => "fleet",
            Self::Source => "source",
            Self::LimitKey => "limit_key",
            Self::Pod => "pod",
            Self::Pass => "pass",
            Self::Condition => "condition",
            Self::Receiver => "receiver",
            Self::Rollup => "rollup",
            Self::Table => "table",
            Self::DataSet => "data_set",
            Self::BuiltDataSet => "built_data_set",
            Self::Anomaly => "anomaly",
            Self::Client => "client",
            Self::Region => "region",
            Self::Server => "server",
        }
    }

    /// Returns the kind of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}
