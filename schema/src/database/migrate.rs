//! Migrations, and the check that a process and its database fit together.

mod blocker;
mod run;

pub use blocker::Blocker;
pub use run::{Patience, Progress, apply};

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hasher as _},
    time::Duration,
};

use sqlx::{PgExecutor, PgPool, migrate::Migrator};
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
    /// Migrations have run that this program does not know, and one of them needs newer programs.
    #[error(
        "the schema of the database is {newest} and works with programs of schema {oldest} or \
         newer; this program is of schema {own}: start a newer version"
    )]
    Ahead {
        /// The newest migration in the database.
        newest: i64,
        /// The newest migration of the oldest program that works with it.
        oldest: i64,
        /// The newest migration of this program.
        own: i64,
    },
    /// Others used the tables of a migration whenever it was tried.
    #[error(
        "migration {version} was tried {tries} times and each time waited longer than {lock_timeout:?} \
         for {}; end that, then run `coordinator migrate` again: what was done before it stands",
        blocker::listed(.blockers)
    )]
    Locked {
        /// The migration.
        version: i64,
        /// How often it was tried.
        tries: u32,
        /// How long it waited each time.
        lock_timeout: Duration,
        /// Who held the tables when it was last looked.
        blockers: Vec<Blocker>,
    },
    /// The database could not be asked.
    #[error("the schema could not be read")]
    Database(#[from] sqlx::Error),
    /// A migration failed; those before it stand.
    #[error("a migration failed; those before it stand")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// Brings the database to this program's schema, makes the partitions of the coming week,
/// and where roles were ever made, puts into force what they may do now. Does nothing where that
/// is done, or where the schema is newer and works with this program.
///
/// # Errors
///
/// [`SchemaError::Migration`] if a migration fails: it is rolled back, and those
/// before it stand. [`SchemaError::Locked`] if others held its tables all the time.
pub async fn migrate(db: &PgPool) -> Result<(), SchemaError> {
    migrate_with(db, &Patience::default(), |_| {}).await
}

/// As [`migrate`], with `patience` for others who use the tables; reports each step.
///
/// # Errors
///
/// See [`migrate`].
pub async fn migrate_with(
    db: &PgPool,
    patience: &Patience,
    mut report: impl FnMut(Progress<'_>),
) -> Result<(), SchemaError> {
    apply(db, &MIGRATIONS.migrations, patience, &mut report).await
}

/// Makes the partitions of the coming week; returns how many were missing.
///
/// # Errors
///
/// If the statement fails; rows then go to the default partitions.
pub async fn ensure_partitions(db: impl PgExecutor<'_>) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT ensure_partitions(7) AS "made!""#)
        .fetch_one(db)
        .await
}

/// Checks that this program works with the schema: with its own, and with a newer one that says so.
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
    let missing = known.difference(&applied).count();
    if let Some(&newest) = applied.difference(&known).max() {
        let own = known.iter().max().copied().unwrap_or(0);
        let oldest = oldest_program(db).await?;
        if own < oldest {
            return Err(SchemaError::Ahead {
                newest,
                oldest,
                own,
            });
        }
    }
    match missing {
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

/// The newest migration of the oldest program that works with the schema.
async fn oldest_program(db: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!("SELECT oldest_program FROM schema_support")
        .fetch_one(db)
        .await
}
