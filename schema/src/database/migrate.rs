//! Migrations, and the check that a process and its database fit together.
//!
//! The schema records the oldest program that works with it (`schema_support`). A program runs on
//! its own schema and on any newer one that still names its version or an older one. So a fleet can
//! be updated, and taken back, pod by pod. A migration that removes something raises the number; one
//! that adds something leaves it.
//!
//! Tables and data are migrations, which run once; functions, views and rollups are files that are
//! applied again when they changed (the module `repeatable`).

mod blocker;
mod repeatable;
mod run;

pub use blocker::Blocker;
pub use repeatable::{RepeatableFile, repeatable_files};
pub use run::{MigrationProgress, Patience, apply};

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hasher as _},
    time::Duration,
};

use sqlx::{
    PgExecutor, PgPool,
    migrate::{Migration, Migrator},
};
use thiserror::Error;

use crate::connect::{is_refused_with, sqlstate};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Version of this program, by which the database remembers whose functions and views it has.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Why the schema of a database does not serve this program.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// No or too few migrations have run, or files of functions and views are not applied.
    #[error(
        "the database lacks {missing} of this program's migrations and files of functions and views; \
         run `coordinator migrate`"
    )]
    Behind {
        /// How many are missing.
        missing: usize,
    },
    /// The migrations that have run are those of a history that was given up.
    #[error(
        "this database was made by a version before 0.1.0, and no migration leads on from there: \
         remove the data of `make up` with `make clean-data`, or create an empty database and run \
         `coordinator migrate` with its address"
    )]
    OldHistory,
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
        "{step} was tried {tries} times and each time waited longer than {lock_timeout:?} \
         for {}; end that, then run `coordinator migrate` again: what was done before it stands",
        blocker::listed(.blockers)
    )]
    Locked {
        /// The attempted change, such as `migration 12`.
        step: String,
        /// How often it was tried.
        tries: u32,
        /// How long it waited each time.
        lock_timeout: Duration,
        /// The sessions that held the tables at the last look.
        blockers: Vec<Blocker>,
    },
    /// The database could not be asked.
    #[error("the schema could not be read")]
    Database(#[from] sqlx::Error),
    /// A file of functions or views failed; no file was applied.
    #[error("{name} failed; the functions and views are as they were")]
    File {
        /// The file.
        name: String,
        /// Why.
        source: sqlx::Error,
    },
    /// A view or function cannot be replaced in place, and something else depends on it.
    #[error(
        "{} must be dropped and made again, but {} depends on it: drop that, run `coordinator migrate`, \
         then make it again",
        .objects.join(", "), .dependents.join(", ")
    )]
    InUse {
        /// The objects to replace.
        objects: Vec<String>,
        /// The dependent objects that are in no file.
        dependents: Vec<String>,
    },
    /// A migration failed; those before it stand.
    #[error("a migration failed; those before it stand")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// Brings the database to this program's schema: runs migrations, applies the files of functions
/// and views that changed, makes the partitions of the coming week, and where roles were ever made,
/// puts into force what they may do now. Does nothing where that is done, or where the schema is
/// newer and works with this program.
///
/// # Errors
///
/// [`SchemaError::Migration`] if a migration fails: it is rolled back, and those
/// before it stand. [`SchemaError::Locked`] if others held its tables all the time.
/// [`SchemaError::OldHistory`] if the database is of a version before 0.1.0.
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
    mut report: impl FnMut(MigrationProgress<'_>),
) -> Result<(), SchemaError> {
    apply(db, migrations(), &repeatable_files(), patience, &mut report).await
}

/// The migrations of this program, in order.
#[must_use]
pub fn migrations() -> &'static [Migration] {
    &MIGRATIONS.migrations
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
/// [`SchemaError::Behind`], [`SchemaError::Ahead`] or [`SchemaError::OldHistory`], whose sentence
/// says what to do.
pub async fn check(db: &PgPool) -> Result<(), SchemaError> {
    check_with(db, &repeatable_files()).await
}

async fn check_with(db: &PgPool, files: &[RepeatableFile]) -> Result<(), SchemaError> {
    let known: BTreeSet<i64> = MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .collect();
    let applied = applied_checksums(db).await?;
    if is_old_history(&applied) {
        return Err(SchemaError::OldHistory);
    }
    let applied: BTreeSet<i64> = applied.into_keys().collect();
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
        // Its functions and views are those of the newer program, too.
        return if missing == 0 {
            Ok(())
        } else {
            Err(SchemaError::Behind { missing })
        };
    }
    if missing > 0 {
        return Err(SchemaError::Behind {
            missing: missing + files.len(),
        });
    }
    if has_newer_files(db).await? {
        return Ok(());
    }
    match repeatable::count_differences(db, files).await? {
        0 => Ok(()),
        missing => Err(SchemaError::Behind { missing }),
    }
}

/// Whether the first migration of this program was never run, but another of its number.
fn is_old_history(applied: &BTreeMap<i64, Vec<u8>>) -> bool {
    MIGRATIONS.iter().next().is_some_and(|first| {
        applied
            .get(&first.version)
            .is_some_and(|checksum| checksum.as_slice() != first.checksum.as_ref())
    })
}

/// Whether a newer version of the program last applied its files of functions and views.
async fn has_newer_files(db: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    let version = sqlx::query_scalar!("SELECT files_version FROM schema_support")
        .fetch_one(db)
        .await?;
    Ok(version_numbers(&version) > version_numbers(VERSION))
}

/// The numbers of a version in the order of their weight.
fn version_numbers(version: &str) -> Vec<u64> {
    version
        .split(|letter: char| !letter.is_ascii_digit())
        .map(|number| number.parse().unwrap_or(0))
        .collect()
}

/// Names this set of migrations and files: a number that changes with any of them.
#[must_use]
pub fn fingerprint() -> String {
    let mut hasher = DefaultHasher::new();
    for migration in MIGRATIONS.iter() {
        hasher.write(&migration.checksum);
    }
    for file in repeatable_files() {
        hasher.write(file.name.as_bytes());
        hasher.write(file.sql.as_bytes());
    }
    format!("{:016x}", hasher.finish())
}

/// The migrator keeps its own table, which is not there before the first run and
/// so cannot be checked when this is compiled.
async fn applied_checksums(db: &PgPool) -> Result<BTreeMap<i64, Vec<u8>>, sqlx::Error> {
    let found: Result<Vec<(i64, Vec<u8>)>, _> =
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success")
            .fetch_all(db)
            .await;
    match found {
        Ok(applied) => Ok(applied.into_iter().collect()),
        Err(error) if is_refused_with(&error, sqlstate::UNDEFINED_TABLE) => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

/// The newest migration of the oldest program that works with the schema.
async fn oldest_program(db: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!("SELECT oldest_program FROM schema_support")
        .fetch_one(db)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(version_numbers("0.10.0") > version_numbers("0.9.12"));
        assert!(version_numbers("1.0.0") > version_numbers("0.99.0"));
        assert_eq!(version_numbers("0.1.0"), [0, 1, 0]);
    }
}
