//! Prunes the archive of answers' bodies: removes those that came last longer ago than
//! `archive.keep_for`.

use std::time::Duration;

use body_archive::{Archive, ArchiveError, ArchiveSettings, LocationError};
use schema::connect::DatabaseFault;
use sqlx::PgPool;
use thiserror::Error;

use super::{BackgroundPass, PassError};

/// Bodies that one pass removes; the next pass goes on.
const MAX_REMOVED: usize = 20_000;

/// Removes old bodies from the archive that the settings name.
#[derive(Debug)]
pub struct ArchivePruning {
    settings: ArchiveSettings,
}

impl ArchivePruning {
    /// Prunes by these settings.
    #[must_use]
    pub fn new(settings: ArchiveSettings) -> Self {
        Self { settings }
    }
}

/// The result of one pass.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PrunedBodies {
    /// Their number.
    pub bodies: u64,
}

/// Why the archive was not pruned.
#[derive(Debug, Error)]
pub enum PruningError {
    /// It cannot be opened.
    #[error("archive.to cannot be used")]
    Location(#[from] LocationError),
    /// It does not answer.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl PassError for PruningError {
    fn class(&self) -> DatabaseFault {
        DatabaseFault::Refused
    }
}

impl BackgroundPass for ArchivePruning {
    type Report = PrunedBodies;
    type Error = PruningError;
    const NAME: &'static str = "archive";
    const EVERY: Duration = Duration::from_hours(1);

    async fn pass(&mut self, _: &PgPool) -> Result<PrunedBodies, PruningError> {
        let Some(to) = &self.settings.to else {
            return Ok(PrunedBodies::default());
        };
        let archive = Archive::open(to, &self.settings.store)?;
        let bodies = archive
            .remove_older(self.settings.keep_for, MAX_REMOVED)
            .await?;
        Ok(PrunedBodies { bodies })
    }
}
