//! Applies one file, and drops what stands in its way together with what depends on it.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::{
    RepeatableFile,
    object::{ROLLUP, made_by},
};
use crate::{
    connect::{is_refused_with, sqlstate},
    migrate::SchemaError,
};

/// Refusals after which a file is applied again, once its objects are dropped: other columns, another
/// result, other parameters (for Postgres that is a second function, and `COMMENT ON FUNCTION name`
/// fails), an object of another kind, and what knows no `OR REPLACE`.
const NOT_IN_PLACE: [&str; 6] = [
    sqlstate::AMBIGUOUS_FUNCTION,
    sqlstate::INVALID_TABLE_DEFINITION,
    sqlstate::INVALID_FUNCTION_DEFINITION,
    sqlstate::WRONG_OBJECT_TYPE,
    sqlstate::DUPLICATE_TABLE,
    sqlstate::DUPLICATE_OBJECT,
];

/// Runs the statements of `file`, whose last version made `before`; `known` is what files make.
/// Returns what had to be dropped for it.
pub(super) async fn apply_file(
    transaction: &mut PgConnection,
    file: &RepeatableFile,
    before: &[String],
    known: &[String],
) -> Result<Vec<String>, SchemaError> {
    let made = made_by(&file.sql);
    let rollups: Vec<_> = made
        .iter()
        .filter(|object| object.starts_with(ROLLUP))
        .cloned()
        .collect();
    let mut dropped = drop_objects(transaction, &rollups, known).await?;

    let mut savepoint = transaction.begin().await?;
    match run(&mut savepoint, file).await {
        Ok(()) => {
            savepoint.commit().await?;
            return Ok(dropped);
        }
        Err(error)
            if NOT_IN_PLACE
                .iter()
                .any(|code| is_refused_with(&error, code)) => {}
        Err(source) => {
            return Err(SchemaError::File {
                name: file.name.to_string(),
                source,
            });
        }
    }
    savepoint.rollback().await?;
    let in_the_way: BTreeSet<String> = before.iter().chain(&made).cloned().collect();
    let in_the_way: Vec<String> = in_the_way.into_iter().collect();
    dropped.extend(drop_objects(transaction, &in_the_way, known).await?);
    run(transaction, file)
        .await
        .map_err(|source| SchemaError::File {
            name: file.name.to_string(),
            source,
        })?;
    Ok(dropped)
}

async fn run(transaction: &mut PgConnection, file: &RepeatableFile) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(file.sql.to_string()))
        .execute(transaction)
        .await?;
    Ok(())
}

/// Drops `objects` where they are there, and what depends on them; returns all that was dropped.
///
/// # Errors
///
/// [`SchemaError::InUse`] if something depends on them that is not among `known`, which files make:
/// a view of an analyst.
pub(super) async fn drop_objects(
    transaction: &mut PgConnection,
    objects: &[String],
    known: &[String],
) -> Result<Vec<String>, SchemaError> {
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let found = sqlx::query_file!("queries/read_dependents.sql", objects, known)
        .fetch_all(&mut *transaction)
        .await?;
    let foreign: Vec<String> = found
        .iter()
        .filter(|row| row.is_foreign)
        .map(|row| row.object.clone())
        .collect();
    if !foreign.is_empty() {
        return Err(SchemaError::InUse {
            objects: objects.to_vec(),
            dependents: foreign,
        });
    }
    let mut dropped = Vec::new();
    for row in found {
        match row.object.strip_prefix(ROLLUP) {
            Some(name) => {
                sqlx::query!(
                    "SELECT fullhouse.drop_rollup($1), drop_rollup_tables($1)",
                    name
                )
                .fetch_one(&mut *transaction)
                .await?;
            }
            // Nothing goes with it but what is in this list.
            None => {
                sqlx::raw_sql(AssertSqlSafe(row.statement))
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        dropped.push(row.object);
    }
    Ok(dropped)
}
