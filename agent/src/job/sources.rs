//! The definitions that this pod's jobs run by, compiled once each.

use std::sync::Arc;

use moka::future::Cache;
use source_language::{
    definition::{Definition, DefinitionError},
    source::{SecretRules, Source},
};
use sqlx::PgPool;
use thiserror::Error;

use crate::database::Database;

/// Definitions that are kept; a fleet has hundreds, and old versions run out.
const MOST_KEPT: u64 = 10_000;

/// Why there is no source for a definition.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The stored definition does not compile: another version of the program took it.
    #[error("the stored definition cannot be used by this version of the agent")]
    Definition(#[from] DefinitionError),
    /// The database refuses, or has no such definition.
    #[error("the definition could not be read")]
    Database(#[from] sqlx::Error),
}

/// See the module.
#[derive(Debug)]
pub struct Sources {
    db: Database,
    rules: SecretRules,
    compiled: Cache<i32, Arc<Source>>,
}

impl Sources {
    /// Knows none yet; `rules` say which secrets definitions may name.
    #[must_use]
    pub fn new(db: Database, rules: SecretRules) -> Self {
        Self {
            db,
            rules,
            compiled: Cache::new(MOST_KEPT),
        }
    }

    /// Returns the source of a definition; waits while the database is away.
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    pub async fn get(&self, definition_id: i32) -> Result<Arc<Source>, Arc<SourceError>> {
        // Many agents may ask at once: one reads, the others wait for it.
        let compile = self.compile(definition_id);
        self.compiled.try_get_with(definition_id, compile).await
    }

    async fn compile(&self, definition_id: i32) -> Result<Arc<Source>, SourceError> {
        let ask =
            move |db: PgPool| async move { schema::source::definition(&db, definition_id).await };
        let stored = self.db.insist::<_, sqlx::Error, _>(ask).await?;
        let file = format!("{} version {}", stored.source, stored.version);
        let definition = Definition::parse(&stored.body, &file)?;
        Ok(Arc::new(Source::compile_with(definition, &self.rules)?))
    }
}
