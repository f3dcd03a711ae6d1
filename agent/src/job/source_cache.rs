//! A cache of the definitions that this pod's jobs use, each compiled once.

use std::sync::Arc;

use moka::future::Cache;
use source_language::{
    definition::{Definition, DefinitionError},
    source::{SecretRules, Source},
};
use sqlx::PgPool;
use thiserror::Error;

use crate::database::Database;

/// Definitions in the cache; a fleet has hundreds, and old versions leave it.
const MAX_CACHED: u64 = 10_000;

/// Why there is no source for a definition.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The stored definition does not compile: another version of the program accepted it.
    #[error("the stored definition cannot be used by this version of the agent")]
    Definition(#[from] DefinitionError),
    /// The database refuses the statement, or has no such definition.
    #[error("the definition could not be read")]
    Database(#[from] sqlx::Error),
}

/// The compiled definitions of a pod, by id.
#[derive(Debug)]
pub struct SourceCache {
    db: Database,
    rules: SecretRules,
    compiled: Cache<i32, Arc<Source>>,
}

impl SourceCache {
    /// Creates an empty cache; `rules` say which secrets definitions may name.
    #[must_use]
    pub fn new(db: Database, rules: SecretRules) -> Self {
        Self {
            db,
            rules,
            compiled: Cache::new(MAX_CACHED),
        }
    }

    /// Returns the source of a definition; waits while the database is away.
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    pub async fn get(&self, definition_id: i32) -> Result<Arc<Source>, Arc<SourceError>> {
        // Many agents may miss at once: one of them reads, the others wait for it.
        let compile = self.compile(definition_id);
        self.compiled.try_get_with(definition_id, compile).await
    }

    async fn compile(&self, definition_id: i32) -> Result<Arc<Source>, SourceError> {
        let query =
            move |db: PgPool| async move { schema::source::definition(&db, definition_id).await };
        let stored = self.db.retry::<_, sqlx::Error, _>(query).await?;
        let file = format!("{} version {}", stored.source, stored.version);
        let definition = Definition::parse(&stored.body, &file)?;
        Ok(Arc::new(Source::compile_with(definition, &self.rules)?))
    }
}
