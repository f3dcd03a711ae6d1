//! Runs migrations while the fleet works: each waits a short time for the locks that it needs,
//! and is tried again, so that statements queued behind it never wait long.

use std::{pin::pin, time::Duration};

use sqlx::{
    Connection as _, PgConnection, PgPool,
    migrate::{Migrate as _, MigrateError, Migration},
};
use tokio::time::{interval, sleep};

use super::{
    MIGRATIONS, RepeatableFile, SchemaError, VERSION, blocker, blocker::Blocker, ensure_partitions,
    has_newer_files, repeatable,
};
use crate::{
    access,
    connect::{is_refused_with, sqlstate},
};

/// The migrator's own table.
const TABLE: &str = "_sqlx_migrations";

/// No more files are named one by one.
const MAX_NAMED_FILES: usize = 10;

/// How a migration waits for others who use the same tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Time after which it stops waiting for a lock; meanwhile, others wait behind it.
    pub lock_timeout: Duration,
    /// How often it is tried.
    pub tries: u32,
    /// The pause before the second try; each further pause is twice as long.
    pub first_pause: Duration,
    /// No pause is longer.
    pub max_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_secs(2),
            tries: 20,
            first_pause: Duration::from_secs(1),
            max_pause: Duration::from_secs(30),
        }
    }
}

impl Patience {
    fn pause(&self, tries: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
        self.first_pause.saturating_mul(doubled).min(self.max_pause)
    }
}

/// The progress of a run of migrations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MigrationProgress<'a> {
    /// Begins with a migration.
    Starts {
        /// The migration.
        migration: &'a Migration,
        /// Its number among the migrations that are to run, from 1.
        number: usize,
        /// How many are to run.
        count: usize,
    },
    /// Waits for others.
    Waits {
        /// The sessions that it waits for.
        blockers: &'a [Blocker],
    },
    /// Gave up its place, and tries again after a pause.
    Retries {
        /// The sessions that held the tables.
        blockers: &'a [Blocker],
        /// The pause.
        pause: Duration,
    },
    /// The migration is done.
    Done {
        /// How long it took, without what failed.
        took: Duration,
    },
    /// Files of functions and views were applied.
    Applied {
        /// Their names.
        files: &'a [String],
    },
}

impl MigrationProgress<'_> {
    /// The step in words, for a person.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Starts {
                migration,
                number,
                count,
            } => format!(
                "migration {} ({}), {number} of {count}",
                migration.version, migration.description
            ),
            Self::Waits { blockers: all } => format!("  waits for {}", blocker::listed(all)),
            Self::Retries {
                blockers: all,
                pause,
            } => format!(
                "  lets others pass and tries again in {} s; {} held its tables",
                pause.as_secs(),
                blocker::listed(all)
            ),
            Self::Done { took } => format!("  done in {} ms", took.as_millis()),
            Self::Applied { files } if files.len() > MAX_NAMED_FILES => {
                format!("{} files of functions and views applied", files.len())
            }
            Self::Applied { files } => format!("applied {}", files.join(", ")),
        }
    }
}

/// Runs those of `migrations` that have not run, applies those of `files` that changed, then does what
/// follows every migration; see [`super::migrate`].
///
/// # Errors
///
/// See [`super::migrate`].
pub async fn apply(
    db: &PgPool,
    migrations: &[Migration],
    files: &[RepeatableFile],
    patience: &Patience,
    report: &mut impl FnMut(MigrationProgress<'_>),
) -> Result<(), SchemaError> {
    // Not given back: its settings and its role are not those of the pool.
    let mut connection = db.acquire().await?.detach();
    let outcome = Run {
        db,
        patience,
        report,
        pid: prepare(&mut connection, patience).await?,
    }
    .all(&mut connection, migrations, files)
    .await;
    // In any case, the locks of the session end with it.
    let _ = connection.close().await;
    outcome
}

/// Sets what holds for the session; returns the number of its process.
async fn prepare(connection: &mut PgConnection, patience: &Patience) -> Result<i32, sqlx::Error> {
    let has_roles = sqlx::query_scalar!(
        r#"SELECT to_regclass('public.fleet_role') IS NOT NULL AS "has_roles!"
        FROM set_config('statement_timeout', '0', false) AS statement,
            set_config('idle_in_transaction_session_timeout', '0', false) AS idle,
            set_config('lock_timeout', $1, false) AS lock"#,
        patience.lock_timeout.as_millis().max(1).to_string()
    )
    .fetch_one(&mut *connection)
    .await?;
    if has_roles {
        access::fleet::become_migrator(connection, false).await?;
    }
    sqlx::query_scalar!(r#"SELECT pg_backend_pid() AS "pid!""#)
        .fetch_one(connection)
        .await
}

struct Run<'a, R> {
    db: &'a PgPool,
    patience: &'a Patience,
    report: &'a mut R,
    pid: i32,
}

impl<R: FnMut(MigrationProgress<'_>)> Run<'_, R> {
    async fn all(
        mut self,
        connection: &mut PgConnection,
        migrations: &[Migration],
        files: &[RepeatableFile],
    ) -> Result<(), SchemaError> {
        connection.ensure_migrations_table(TABLE).await?;
        self.patiently(connection, "the lock of migrations", async |connection| {
            Ok(connection.lock().await?)
        })
        .await?;
        if let Some(version) = connection.dirty_version(TABLE).await? {
            return Err(MigrateError::Dirty(version).into());
        }
        let applied = connection.list_applied_migrations(TABLE).await?;
        if let Some(first) = MIGRATIONS.iter().next()
            && applied.iter().any(|applied| {
                applied.version == first.version && applied.checksum != first.checksum
            })
        {
            return Err(SchemaError::OldHistory);
        }
        let known = |version| migrations.iter().any(|known| known.version == version);
        if applied.iter().any(|applied| !known(applied.version)) {
            // Of a newer program, which has put its own rights into force.
            return super::check(self.db).await;
        }
        let mut missing = Vec::new();
        for migration in migrations {
            let found = applied
                .iter()
                .find(|applied| applied.version == migration.version);
            match found {
                None => missing.push(migration),
                Some(applied) if applied.checksum != migration.checksum => {
                    return Err(MigrateError::VersionMismatch(migration.version).into());
                }
                Some(_) => {}
            }
        }
        for (index, migration) in missing.iter().enumerate() {
            (self.report)(MigrationProgress::Starts {
                migration,
                number: index + 1,
                count: missing.len(),
            });
            let took = self
                .patiently(
                    connection,
                    &format!("migration {}", migration.version),
                    async |connection| Ok(connection.apply(TABLE, migration).await?),
                )
                .await?;
            (self.report)(MigrationProgress::Done { took });
        }
        let step = "applying functions, views and rights";
        let applied = self
            .patiently(connection, step, async |connection| {
                apply_files(connection, files).await
            })
            .await?;
        if !applied.is_empty() {
            (self.report)(MigrationProgress::Applied { files: &applied });
        }
        ensure_partitions(&mut *connection).await?;
        Ok(())
    }

    /// Does one thing, and again while it waits too long for others.
    async fn patiently<T>(
        &mut self,
        connection: &mut PgConnection,
        step: &str,
        mut what: impl AsyncFnMut(&mut PgConnection) -> Result<T, SchemaError>,
    ) -> Result<T, SchemaError> {
        let mut tries = 0;
        loop {
            let mut seen = Vec::new();
            let outcome = self.watched(what(&mut *connection), &mut seen).await;
            match outcome {
                Ok(done) => return Ok(done),
                Err(error) if !is_passing(&error) => return Err(error),
                Err(_) => {}
            }
            tries += 1;
            if tries >= self.patience.tries {
                return Err(SchemaError::Locked {
                    step: step.to_owned(),
                    tries,
                    lock_timeout: self.patience.lock_timeout,
                    blockers: seen,
                });
            }
            let pause = self.patience.pause(tries);
            (self.report)(MigrationProgress::Retries {
                blockers: &seen,
                pause,
            });
            sleep(pause).await;
        }
    }

    /// Waits for `what`, and meanwhile looks for the sessions that block it.
    async fn watched<T>(&mut self, what: impl Future<Output = T>, seen: &mut Vec<Blocker>) -> T {
        let mut what = pin!(what);
        let mut look = interval(self.patience.lock_timeout / 4);
        // The first is due at once, when nothing can have waited yet.
        look.tick().await;
        loop {
            tokio::select! {
                biased;
                done = &mut what => return done,
                _ = look.tick() => {}
            }
            // Who cannot be named is waited for all the same.
            let found = blocker::of_session(self.db, self.pid)
                .await
                .unwrap_or_default();
            if !found.is_empty() {
                (self.report)(MigrationProgress::Waits { blockers: &found });
                *seen = found;
            }
        }
    }
}

/// Applies the files that changed and puts rights into force, all or nothing: what was made again has
/// its rights before anybody sees it.
async fn apply_files(
    connection: &mut PgConnection,
    files: &[RepeatableFile],
) -> Result<Vec<String>, SchemaError> {
    let mut transaction = connection.begin().await?;
    let applied = if has_newer_files(&mut *transaction).await? {
        Vec::new()
    } else {
        repeatable::apply_changed(&mut transaction, files, VERSION).await?
    };
    access::keep(&mut transaction).await?;
    transaction.commit().await?;
    Ok(applied)
}

/// Whether others were in the way, and may not be the next time.
fn is_passing(error: &SchemaError) -> bool {
    let (SchemaError::Database(refusal)
    | SchemaError::File {
        source: refusal, ..
    }
    | SchemaError::Migration(
        MigrateError::Execute(refusal) | MigrateError::ExecuteMigration(refusal, _),
    )) = error
    else {
        return false;
    };
    [sqlstate::LOCK_NOT_AVAILABLE, sqlstate::DEADLOCK_DETECTED]
        .iter()
        .any(|code| is_refused_with(refusal, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound() {
        let patience = Patience::default();
        let pauses: Vec<_> = (1..=7)
            .map(|tries| patience.pause(tries).as_secs())
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(patience.pause(u32::MAX), patience.max_pause);
    }
}
