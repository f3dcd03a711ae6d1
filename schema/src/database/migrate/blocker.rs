//! Finds the sessions for whose locks a migration waits.

use std::{fmt, time::Duration};

use sqlx::PgExecutor;

/// How much of a statement is shown.
const SHOWN_CHARACTERS: usize = 80;

/// A session that holds a lock which another waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocker {
    /// Number of its process, which `pg_terminate_backend` takes; 0 for a prepared transaction.
    pub pid: i32,
    /// Its role.
    pub role: Option<String>,
    /// Its application name, such as `agent pod-7`.
    pub application: Option<String>,
    /// Such as `idle in transaction`; none where the role that looks may not see it.
    pub state: Option<String>,
    /// How long its transaction has been open.
    pub open_for: Option<Duration>,
    /// Its last statement.
    pub statement: Option<String>,
}

impl fmt::Display for Blocker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == 0 {
            return formatter.write_str("a prepared transaction (see pg_prepared_xacts)");
        }
        write!(formatter, "process {}", self.pid)?;
        let mut about = Vec::new();
        about.extend(self.role.as_ref().map(|role| format!("role {role}")));
        about.extend(self.application.clone().filter(|name| !name.is_empty()));
        about.extend(self.state.clone());
        about.extend(
            self.open_for
                .map(|open| format!("open for {} s", open.as_secs())),
        );
        if !about.is_empty() {
            write!(formatter, " ({})", about.join(", "))?;
        }
        if let Some(statement) = &self.statement {
            let shown: String = statement.chars().take(SHOWN_CHARACTERS).collect();
            write!(formatter, ": {}", shown.replace('\n', " "))?;
        }
        Ok(())
    }
}

/// All of them in one sentence.
pub(super) fn listed(all: &[Blocker]) -> String {
    if all.is_empty() {
        return "others who use the same tables".to_owned();
    }
    let all: Vec<_> = all.iter().map(ToString::to_string).collect();
    all.join("; ")
}

/// Reads who holds what the session `pid` waits for; nobody where it does not wait.
pub(super) async fn of_session(
    db: impl PgExecutor<'_>,
    pid: i32,
) -> Result<Vec<Blocker>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT blocking.pid AS "pid!", activity.usename::text AS role,
            activity.application_name AS application, activity.state,
            extract(epoch FROM now() - activity.xact_start)::double precision AS open_seconds,
            activity.query AS statement
        FROM unnest(pg_blocking_pids($1)) AS blocking (pid)
        LEFT JOIN pg_stat_activity AS activity ON activity.pid = blocking.pid"#,
        pid
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Blocker {
            pid: row.pid,
            role: row.role,
            application: row.application,
            state: row.state,
            open_for: row
                .open_seconds
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            statement: row.statement,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocker_is_named_by_what_is_known_of_it() {
        let known = Blocker {
            pid: 4711,
            role: Some("alice".to_owned()),
            application: Some("psql".to_owned()),
            state: Some("idle in transaction".to_owned()),
            open_for: Some(Duration::from_secs(90)),
            statement: Some("SELECT *\nFROM task".to_owned()),
        };
        assert_eq!(
            known.to_string(),
            "process 4711 (role alice, psql, idle in transaction, open for 90 s): SELECT * FROM task"
        );
        let hidden = Blocker {
            role: None,
            application: Some(String::new()),
            state: None,
            open_for: None,
            statement: None,
            ..known
        };
        assert_eq!(hidden.to_string(), "process 4711");
        assert_eq!(listed(&[]), "others who use the same tables");
    }
}
