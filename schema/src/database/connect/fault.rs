//! What an error of the database says: that it is out of reach, that it takes no writes, or that
//! it refuses this one statement.

/// Kinds of errors that callers treat differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DatabaseFault {
    /// Nobody answers, or only that the server starts, stops or has no room for a connection.
    Unreachable,
    /// The server answers and takes no writes: it is read-only, a standby, or its disk is full.
    Unwritable,
    /// The same statement may succeed at once: a deadlock, a conflict, a timeout, no memory.
    Transient,
    /// The server answers and refuses this statement; others may succeed.
    Refused,
}

impl DatabaseFault {
    /// Every class.
    pub const ALL: [Self; 4] = [
        Self::Unreachable,
        Self::Unwritable,
        Self::Transient,
        Self::Refused,
    ];

    /// Decides what kind of error this is.
    #[must_use]
    pub fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed => Self::Unreachable,
            sqlx::Error::Database(refusal) => refusal
                .code()
                .map_or(Self::Refused, |code| Self::of_sqlstate(&code)),
            _ => Self::Refused,
        }
    }

    /// 08: connection; 57: shutdown, crash of another backend, or a timeout of the server's;
    /// 53: out of memory, disk or connections; 40: asked to run again.
    fn of_sqlstate(code: &str) -> Self {
        match code {
            // Read-only; the disk is full.
            "25006" | "53100" => Self::Unwritable,
            // Cancelled or timed out; out of memory.
            "57014" | "53200" => Self::Transient,
            _ if code.starts_with("40") => Self::Transient,
            _ if ["08", "57", "53"]
                .iter()
                .any(|class| code.starts_with(class)) =>
            {
                Self::Unreachable
            }
            _ => Self::Refused,
        }
    }

    /// One word, for metrics and logs.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Unwritable => "unwritable",
            Self::Transient => "transient",
            Self::Refused => "refused",
        }
    }

    /// Whether the fault is the server's as a whole: then leases that ran out say nothing about
    /// those who could not renew them.
    #[must_use]
    pub fn is_of_server(self) -> bool {
        match self {
            Self::Unreachable | Self::Unwritable => true,
            Self::Transient | Self::Refused => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_neither_an_outage_nor_a_database_that_takes_no_writes() {
        for (code, class) in [
            ("08006", DatabaseFault::Unreachable),
            ("57P01", DatabaseFault::Unreachable),
            ("57P03", DatabaseFault::Unreachable),
            ("53300", DatabaseFault::Unreachable),
            ("25006", DatabaseFault::Unwritable),
            ("53100", DatabaseFault::Unwritable),
            ("57014", DatabaseFault::Transient),
            ("40P01", DatabaseFault::Transient),
            ("42501", DatabaseFault::Refused),
            ("42P01", DatabaseFault::Refused),
            ("23505", DatabaseFault::Refused),
        ] {
            assert_eq!(DatabaseFault::of_sqlstate(code), class, "{code}");
        }
        assert_eq!(
            DatabaseFault::of(&sqlx::Error::PoolTimedOut),
            DatabaseFault::Unreachable
        );
        assert_eq!(
            DatabaseFault::of(&sqlx::Error::RowNotFound),
            DatabaseFault::Refused
        );
    }
}
