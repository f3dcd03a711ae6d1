//! Where in a file an error of the database stands, and the way out.

use fleet_web::operations::OperationError;
use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

use super::{
    file::Declared,
    lines::{line_of_key, line_of_table},
};
use crate::operate::report::invalid;

/// Classes of errors that a query causes: they are refusals, and all others are of the database.
const OF_QUERIES: [&str; 6] = ["P0", "42", "22", "23", "0A", "2B"];

/// Says which line of the file an error is about; an error that no query causes stays as it is.
pub(super) fn refusal(declared: &Declared, error: sqlx::Error) -> OperationError {
    let Some(refused) = error
        .as_database_error()
        .and_then(|refused| refused.try_downcast_ref::<PgDatabaseError>())
    else {
        return OperationError::Database(error);
    };
    if !OF_QUERIES
        .iter()
        .any(|class| refused.code().starts_with(class))
    {
        return OperationError::Database(error);
    }
    let (part, line) =
        if let Some(PgErrorPosition::Internal { position, query }) = refused.position() {
            in_query(declared, query, position)
        } else {
            let part = match refused.column().unwrap_or("query") {
                "query" if declared.is_from_files() => "columns",
                part => part,
            };
            let table = part.strip_prefix("deliver.");
            match table.and_then(|number| number.parse().ok()) {
                Some(number) => ("deliver", line_of_table(&declared.body, "deliver", number)),
                None => (part, line_of_key(&declared.body, part)),
            }
        };
    let hint = refused
        .hint()
        .map_or_else(String::new, |hint| format!(". {hint}"));
    invalid(format!(
        "{}:{line}: {} of data set {}: {}{hint}",
        declared.shown,
        part,
        declared.name,
        refused.message()
    ))
}

/// The part of the file, and the line in it, of a letter in the statement that made a view of that part.
fn in_query(declared: &Declared, statement: &str, position: usize) -> (&'static str, usize) {
    let head = statement.split(" AS ").next().unwrap_or_default();
    let (_, view) = head.rsplit_once('.').unwrap_or_default();
    let part = if view.trim_matches('"') == "check" {
        "check"
    } else {
        "query"
    };
    let begin = line_of_key(&declared.body, part);
    let written = declared.body.lines().nth(begin - 1).unwrap_or_default();
    let is_below = written.trim_end().ends_with("\"\"\"") || written.trim_end().ends_with("'''");
    let lines = statement
        .chars()
        .take(position.saturating_sub(1))
        .filter(|letter| *letter == '\n')
        .count();
    (part, begin + usize::from(is_below) + lines)
}
