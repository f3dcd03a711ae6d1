//! The request on whose behalf the database is read.
//!
//! Its readers carry its name as their application name, so that an operator sees in
//! `pg_stat_activity` which page waits, and its statements can be ended when nobody waits for them.

use sqlx::PgPool;
use tokio::task_local;

use super::ReadError;

/// Letters that Postgres keeps of the name of an application.
const MAX_LETTERS: usize = 63;

task_local! {
    static NAME: String;
}

/// Runs `work`; every [`Reader`](super::Reader) that begins in it carries `name`.
///
/// Letters that have no place in a name become `?`, and a long name is cut.
pub async fn on_behalf_of<F: Future>(name: &str, work: F) -> F::Output {
    NAME.scope(cleaned(name), work).await
}

/// Ends the statements that run now on behalf of `name`, and returns how many sessions had one.
///
/// # Errors
///
/// If the database does not answer.
pub async fn cancel(db: &PgPool, name: &str) -> Result<i64, ReadError> {
    let ended = sqlx::query_scalar!(
        r#"SELECT count(pg_cancel_backend(pid)) AS "ended!"
        FROM pg_stat_activity
        WHERE application_name = $1 AND datname = current_database() AND state = 'active'"#,
        cleaned(name)
    )
    .fetch_one(db)
    .await?;
    Ok(ended)
}

/// The name that a reader carries; `None` outside of a request.
pub(super) fn current() -> Option<String> {
    NAME.try_with(Clone::clone).ok()
}

fn cleaned(name: &str) -> String {
    let allowed = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '/' | '.' | '-' | '_' | '{' | '}')
    };
    name.chars()
        .take(MAX_LETTERS)
        .map(|letter| if allowed(letter) { letter } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_sign_that_ends_a_text_of_sql() {
        assert_eq!(
            cleaned("web 7 /v1/jobs/{job_id}'; \\ü"),
            "web 7 /v1/jobs/{job_id}?? ??"
        );
        assert_eq!(cleaned(&"a".repeat(100)).len(), 63);
    }
}
