//! `coordinator database`: who does what in the database.

use std::fmt::Write as _;

use clap::Subcommand;
use schema::activity::{SessionActivity, sessions};
use sqlx::PgPool;

use super::table::with_header;

/// What to show of the database.
#[derive(Debug, Subcommand)]
pub enum DatabaseCommand {
    /// Shows who runs which statement now, since when, of which job, and who blocks it.
    ///
    /// The oldest transaction comes first. `agent POD job N` is a transaction of one job:
    /// `coordinator job N` shows the job. Other sessions of a pod claim or store for many jobs at
    /// once. `SELECT pg_terminate_backend(PID)` ends a session.
    Activity {
        /// Also shows sessions that do nothing, with their last statement.
        #[arg(long)]
        all: bool,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Executes the command.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn execute(db: &PgPool, command: &DatabaseCommand) -> anyhow::Result<()> {
    let DatabaseCommand::Activity { all, json } = command;
    let found = sessions(db, *all).await?;
    if *json {
        println!("{}", serde_json::to_string_pretty(&found)?);
        return Ok(());
    }
    if found.is_empty() {
        println!("no other session runs a statement or holds a transaction");
        return Ok(());
    }
    let mut table = with_header(["pid", "who", "job", "state", "waits for", "statement"]);
    for session in &found {
        table.add_row([
            session.pid.to_string(),
            who(session),
            job(session),
            state(session),
            waits_for(session),
            session.statement.clone(),
        ]);
    }
    println!("{table}");
    Ok(())
}

/// What its client calls itself, and its role if that is something else.
fn who(session: &SessionActivity) -> String {
    let role = session.role_name.as_deref().unwrap_or_default();
    if role.is_empty() || session.application.starts_with(role) {
        session.application.clone()
    } else {
        format!("{} as {role}", session.application)
    }
}

fn job(session: &SessionActivity) -> String {
    let Some(job_id) = session.job_id else {
        return String::new();
    };
    let of = [&session.source, &session.step, &session.key];
    let of: Vec<&str> = of.into_iter().flatten().map(String::as_str).collect();
    format!("{job_id} {}", of.join("/")).trim_end().to_owned()
}

fn state(session: &SessionActivity) -> String {
    let seconds = |seconds: f64| format!("{:.1} s", seconds.max(0.0));
    let mut text = session.state.clone();
    if let Some(since) = session.state_seconds {
        // Writing to a String cannot fail.
        let _ = write!(text, " for {}", seconds(since));
    }
    match session.transaction_seconds {
        Some(open) if open > session.state_seconds.unwrap_or(0.0) + 1.0 => {
            format!("{text}, transaction {}", seconds(open))
        }
        _ => text,
    }
}

fn waits_for(session: &SessionActivity) -> String {
    if session.blocked_by.is_empty() {
        return session.waits_for.clone();
    }
    format!(
        "{}, held by {}",
        session.waits_for,
        session.blocked_by.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_waits_is_told_in_words() {
        let mut session = SessionActivity {
            pid: 7,
            role_name: Some("agent".to_owned()),
            application: "agent pod-7 job 4711".to_owned(),
            state: "active".to_owned(),
            waits_for: "Lock: tuple".to_owned(),
            state_seconds: Some(2.04),
            transaction_seconds: Some(9.0),
            job_id: Some(4711),
            source: Some("bhd".to_owned()),
            step: Some("seats".to_owned()),
            key: Some("12/4711".to_owned()),
            blocked_by: vec!["9 psql".to_owned()],
            statement: "Stores showtimes".to_owned(),
        };
        assert_eq!(who(&session), "agent pod-7 job 4711");
        assert_eq!(job(&session), "4711 bhd/seats/12/4711");
        assert_eq!(state(&session), "active for 2.0 s, transaction 9.0 s");
        assert_eq!(waits_for(&session), "Lock: tuple, held by 9 psql");
        // It may have ended meanwhile.
        (session.source, session.step, session.key) = (None, None, None);
        session.role_name = Some("anna".to_owned());
        assert_eq!(job(&session), "4711");
        assert_eq!(who(&session), "agent pod-7 job 4711 as anna");
    }
}
