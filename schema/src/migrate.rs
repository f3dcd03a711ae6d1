//! Migrations, and the check that a process and its database fit together.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hasher as _},
};

use sqlx::{PgPool, migrate::Migrator};
use thiserror::Error;

use crate::connect::{is_refused_with, sqlstate};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Why the schema of a database does not serve this program.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// No or too few migrations have run.
    #[error("the database lacks {missing} of this program's migrations; run `coordinator migrate`")]
    Behind {
        /// How many are missing.
        missing: usize,
    },
    /// Migrations have run that this program does not know.
    #[error(
        "the database has migrations that this program does not know (the newest is {newest}); \
         start a newer version"
    )]
    Ahead {
        /// The newest migration in the database.
        newest: i64,
    },
    /// The database could not be asked.
    #[error("the schema could not be read")]
    Database(#[from] sqlx::Error),
    /// A migration failed; those before it stand.
    #[error("a migration failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// Brings the database to this program's schema, makes the partitions of the coming week,
/// and where analysts or partners were ever let in, puts into force what they may see now.
/// Does nothing where that is done.
///
/// # Errors
///
/// [`SchemaError::Migration`] if a migration fails: it is rolled back, and those
/// before it stand.
pub async fn migrate(db: &PgPool) -> Result<(), SchemaError> {
    MIGRATIONS.run(db).await?;
    ensure_partitions(db).await?;
    crate::access::keep(db).await?;
    Ok(())
}

/// Makes the partitions of the coming week; returns how many were missing.
///
/// # Errors
///
/// If the statement fails; rows then go to the default partitions.
pub async fn ensure_partitions(db: &PgPool) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT ensure_partitions(7) AS "made!""#)
        .fetch_one(db)
        .await
}

/// Checks that exactly this program's migrations have run.
///
/// # Errors
///
/// [`SchemaError::Behind`] or [`SchemaError::Ahead`], whose sentence says what to do.
pub async fn check(db: &PgPool) -> Result<(), SchemaError> {
    let known: BTreeSet<i64> = MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .collect();
    let applied = applied_versions(db).await?;
    if let Some(&newest) = applied.difference(&known).max() {
        return Err(SchemaError::Ahead { newest });
    }
    match known.difference(&applied).count() {
        0 => Ok(()),
        missing => Err(SchemaError::Behind { missing }),
    }
}

/// Names this set of migrations: a number that changes with any of them.
#[must_use]
pub fn fingerprint() -> String {
    let mut hasher = DefaultHasher::new();
    for migration in MIGRATIONS.iter() {
        hasher.write(&migration.checksum);
    }
    format!("{:016x}", hasher.finish())
}

/// The migrator keeps its own table, which is not there before the first run and
/// so cannot be checked when this is compiled.
async fn applied_versions(db: &PgPool) -> Result<BTreeSet<i64>, sqlx::Error> {
    let found: Result<Vec<i64>, _> =
        sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
            .fetch_all(db)
            .await;
    match found {
        Ok(versions) => Ok(versions.into_iter().collect()),
        Err(error) if is_refused_with(&error, sqlstate::UNDEFINED_TABLE) => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}
