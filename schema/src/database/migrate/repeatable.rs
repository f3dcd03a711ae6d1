//! Repeatable migrations: the files of functions, views and rollups, which are applied again when
//! they changed.
//!
//! Takes the files in the order of `order.txt`; gives a database whose objects are those of the
//! files, and no others that a file ever made. The table `schema_file` keeps the checksum of each
//! file and the objects that it made. What changed is applied in one transaction; where nothing
//! changed, no statement but the comparison is run. A view or function that cannot be replaced in
//! place is dropped with what depends on it, and all of that is made again.

mod object;
mod replace;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use sqlx::{
    AssertSqlSafe, PgConnection, PgExecutor, SqlStr,
    migrate::{Migration, MigrationType},
};

use super::SchemaError;

/// The files of this program.
static FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/repeatable.rs"));

/// A file of functions, views or rollups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatableFile {
    /// Path below the directory `schema`.
    pub name: Cow<'static, str>,
    /// Its statements.
    pub sql: Cow<'static, str>,
}

impl RepeatableFile {
    /// Returns the checksum that is compared with the database, by the same hash as for migrations.
    fn checksum(&self) -> Vec<u8> {
        let sql = match &self.sql {
            Cow::Borrowed(text) => SqlStr::from_static(text),
            Cow::Owned(text) => sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(text.clone())),
        };
        Migration::new(0, Cow::Borrowed(""), MigrationType::Simple, sql, false)
            .checksum
            .into_owned()
    }
}

/// The files of this program, in the order in which they are applied.
#[must_use]
pub fn repeatable_files() -> Vec<RepeatableFile> {
    FILES
        .iter()
        .map(|&(name, sql)| RepeatableFile {
            name: Cow::Borrowed(name),
            sql: Cow::Borrowed(sql),
        })
        .collect()
}

/// A file as the database remembers it.
struct Recorded {
    checksum: Vec<u8>,
    objects: Vec<String>,
    /// Whether one of its objects is gone, such as a view that a migration dropped.
    lacks_object: bool,
}

/// Returns how many of `files` are not in force, and how many are in force that are none of them.
///
/// # Errors
///
/// If the statement fails.
pub(super) async fn count_differences(
    db: impl PgExecutor<'_>,
    files: &[RepeatableFile],
) -> Result<usize, sqlx::Error> {
    let recorded = sqlx::query!("SELECT name, checksum FROM schema_file")
        .fetch_all(db)
        .await?;
    let recorded: BTreeMap<_, _> = recorded
        .into_iter()
        .map(|row| (row.name, row.checksum))
        .collect();
    let changed = files
        .iter()
        .filter(|file| recorded.get(file.name.as_ref()) != Some(&file.checksum()))
        .count();
    let known: BTreeSet<_> = files.iter().map(|file| file.name.as_ref()).collect();
    let gone = recorded
        .keys()
        .filter(|name| !known.contains(name.as_str()))
        .count();
    Ok(changed + gone)
}

/// Applies those of `files` that changed since they were last applied, and drops what the files
/// made before and make no more; returns the names of the files that were applied.
///
/// # Errors
///
/// If a statement of a file fails, or something that no file makes depends on what must be dropped;
/// the caller's transaction must then be rolled back.
pub(super) async fn apply_changed(
    transaction: &mut PgConnection,
    files: &[RepeatableFile],
    version: &str,
) -> Result<Vec<String>, SchemaError> {
    let mut recorded = read_recorded(&mut *transaction).await?;
    let mut to_apply: BTreeSet<usize> = files
        .iter()
        .enumerate()
        .filter(|(_, file)| {
            recorded.get(file.name.as_ref()).is_none_or(|recorded| {
                recorded.lacks_object || recorded.checksum != file.checksum()
            })
        })
        .map(|(index, _)| index)
        .collect();
    let made: BTreeMap<String, usize> = files
        .iter()
        .enumerate()
        .flat_map(|(index, file)| {
            object::made_by(&file.sql)
                .into_iter()
                .map(move |object| (object, index))
        })
        .collect();
    let known: Vec<String> = recorded
        .values()
        .flat_map(|file| file.objects.iter().cloned())
        .chain(made.keys().cloned())
        .collect();
    let gone: Vec<String> = recorded
        .keys()
        .filter(|name| !files.iter().any(|file| file.name == name.as_str()))
        .cloned()
        .collect();
    if to_apply.is_empty() && gone.is_empty() {
        return Ok(Vec::new());
    }

    // What files made before and none makes now; it goes last, when nothing reads it any more.
    let mut leftover: Vec<String> = Vec::new();
    for name in &gone {
        leftover.extend(
            recorded
                .remove(name)
                .into_iter()
                .flat_map(|file| file.objects),
        );
    }
    let mut applied = Vec::new();
    loop {
        while let Some(index) = to_apply.pop_first() {
            let file = &files[index];
            let before = recorded
                .remove(file.name.as_ref())
                .map_or_else(Vec::new, |file| file.objects);
            let dropped = replace::apply_file(&mut *transaction, file, &before, &known).await?;
            to_apply.extend(
                dropped
                    .iter()
                    .filter_map(|object| made.get(object))
                    .filter(|&&dropped| dropped != index),
            );
            leftover.extend(before);
            applied.push(index);
        }
        leftover.retain(|object| !made.contains_key(object));
        let Some(object) = leftover.pop() else {
            break;
        };
        let dropped = replace::drop_objects(&mut *transaction, &[object], &known).await?;
        to_apply.extend(dropped.iter().filter_map(|object| made.get(object)));
    }
    // Views and functions that were made again have no rights yet of the role that reads them.
    sqlx::query!("SELECT prepare_rollup_runner()")
        .fetch_one(&mut *transaction)
        .await?;
    sqlx::query!("SELECT prepare_data_set_runner()")
        .fetch_one(&mut *transaction)
        .await?;
    sqlx::query!("SELECT refresh_empty_rollups()")
        .fetch_one(&mut *transaction)
        .await?;
    applied.sort_unstable();
    applied.dedup();
    let applied: Vec<&RepeatableFile> = applied.into_iter().map(|index| &files[index]).collect();
    record(&mut *transaction, &applied, &gone, version).await?;
    Ok(applied.iter().map(|file| file.name.to_string()).collect())
}

async fn read_recorded(
    transaction: &mut PgConnection,
) -> Result<BTreeMap<String, Recorded>, sqlx::Error> {
    let rows = sqlx::query_file!("queries/read_schema_files.sql")
        .fetch_all(transaction)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let recorded = Recorded {
                checksum: row.checksum,
                objects: row.objects,
                lacks_object: row.lacks_object,
            };
            (row.name, recorded)
        })
        .collect())
}

async fn record(
    transaction: &mut PgConnection,
    applied: &[&RepeatableFile],
    gone: &[String],
    version: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM schema_file WHERE name = ANY ($1)", gone)
        .execute(&mut *transaction)
        .await?;
    for file in applied {
        sqlx::query!(
            "INSERT INTO schema_file (name, checksum, objects) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, objects = excluded.objects",
            file.name.as_ref(),
            file.checksum(),
            &object::made_by(&file.sql)
        )
        .execute(&mut *transaction)
        .await?;
    }
    sqlx::query!(
        "UPDATE schema_support SET files_version = $1 WHERE files_version <> $1",
        version
    )
    .execute(transaction)
    .await?;
    Ok(())
}
