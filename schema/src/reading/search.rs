//! Search: what a text of a person may name, each kind on its own and bounded.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::ReadError;

/// Hits of one kind at most.
pub const MAX_HITS: i64 = 20;
/// Failures that a search for an error reads at most: the newest of the last day.
pub const MAX_FAILURES: i64 = 20_000;
/// Jobs that a search for an address reads at most, beside the failures: the newest of the last hour.
pub const MAX_JOBS: i64 = 10_000;

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Hit {
    /// `source`, `pod`, `task`, `showtime`, `cinema`, `work`, `film` or `job`.
    pub kind: String,
    /// Its number.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// What it belongs to.
    pub detail: String,
    /// When it was, or begins.
    pub at: Option<DateTime<Utc>>,
}

/// Ends each following statement of this transaction after `left`.
///
/// # Errors
///
/// If the statement fails.
pub async fn limit_time(db: &mut PgConnection, left: Duration) -> Result<(), ReadError> {
    let millis = left.as_millis().max(1).to_string();
    sqlx::query_scalar!(
        r#"SELECT set_config('statement_timeout', $1, true) AS "set!""#,
        millis
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// Finds what has this number: jobs that ended, tasks, showtimes.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn by_number(db: &mut PgConnection, number: i64) -> Result<Vec<Hit>, ReadError> {
    let rows = sqlx::query_file_as!(Hit, "queries/search_number.sql", number)
        .fetch_all(db)
        .await?;
    Ok(rows)
}

/// Finds tasks and showtimes whose key begins with `text`; a key may be named as
/// `SOURCE/STEP/KEY`.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn by_key(db: &mut PgConnection, text: &str) -> Result<Vec<Hit>, ReadError> {
    let mut parts = text.splitn(3, '/');
    let named = match (parts.next(), parts.next(), parts.next()) {
        (Some(source), Some(step), Some(key)) => Some((source, step, key)),
        _ => None,
    };
    let (source, step, key) = named.unwrap_or_default();
    let pattern = format!("{}%", escape_like(text));
    let rows = sqlx::query_file_as!(
        Hit,
        "queries/search_key.sql",
        pattern,
        source,
        step,
        key,
        MAX_HITS
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Finds sources and pods by the beginning of their name, and works, cinemas and films by words of it.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn by_name(db: &mut PgConnection, text: &str) -> Result<Vec<Hit>, ReadError> {
    let Some(words) = prefix_query(text) else {
        return Ok(Vec::new());
    };
    let pattern = format!("{}%", escape_like(text));
    let rows = sqlx::query_file_as!(Hit, "queries/search_name.sql", pattern, words, MAX_HITS)
        .fetch_all(db)
        .await?;
    Ok(rows)
}

/// Finds failures of the last day whose message has `text` in it.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn by_error(db: &mut PgConnection, text: &str) -> Result<Vec<Hit>, ReadError> {
    let pattern = format!("%{}%", escape_like(text));
    let rows = sqlx::query_file_as!(
        Hit,
        "queries/search_error.sql",
        pattern,
        MAX_FAILURES,
        MAX_HITS
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Finds jobs whose request has `text` in it: failures of the last day and jobs of the last hour.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn by_address(db: &mut PgConnection, text: &str) -> Result<Vec<Hit>, ReadError> {
    let pattern = format!("%{}%", escape_like(text));
    let rows = sqlx::query_file_as!(
        Hit,
        "queries/search_address.sql",
        pattern,
        MAX_FAILURES,
        MAX_JOBS,
        MAX_HITS
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Escapes the signs that a pattern of LIKE has.
fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

/// Makes the query of a full text search for words that begin like those of `text`; `None` if it
/// has no word.
fn prefix_query(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(8)
        .map(|word| format!("{word}:*"))
        .collect();
    (!words.is_empty()).then(|| words.join(" & "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_a_pattern_and_of_a_query_are_taken_as_text() {
        assert_eq!(escape_like("50%_\\"), "50\\%\\_\\\\");
        assert_eq!(
            prefix_query("Dune: Part'); --").as_deref(),
            Some("Dune:* & Part:*")
        );
        assert_eq!(prefix_query(" & | ! "), None);
    }
}
