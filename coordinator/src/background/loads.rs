//! Lists the files of data sets that are read from files.
//!
//! A pass lists the last days, days that have no files yet, and days that a person asked for, and notes
//! what it found; a day whose files changed is due, and `data_sets` builds it. Nothing depends on a pass: what
//! one missed, the next finds. A listing that fails is an error of its data set alone, and is tried again
//! after a pause.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use futures_util::{StreamExt as _, stream};
use schema::load::{self, LoadDay, LoadFile, LoadToList};
use serde_json::json;
use sqlx::PgPool;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::BackgroundPass;
use crate::load::{declaration::Files, pattern::Pattern, place::FilePlace, settings::LoadSettings};

/// Days of a data set that a pass lists at most, and the last days, which each pass lists.
const MAX_DAYS: i64 = 200;
const RECENT_DAYS: i32 = 7;
/// A listing is given up after this time.
const LISTING_TIMEOUT: Duration = Duration::from_mins(1);
/// Listings at a time, so that a place that hangs holds up few others.
const CONCURRENT: usize = 4;

/// Lists files.
#[derive(Debug)]
pub struct FileListing {
    /// Which places may be read.
    pub settings: LoadSettings,
    /// Ends the pass.
    pub stop: CancellationToken,
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListedFiles {
    /// Days whose files changed.
    pub changed: u32,
    /// Data sets whose files could not be listed.
    pub failed: u32,
}

impl BackgroundPass for FileListing {
    type Report = ListedFiles;
    type Error = sqlx::Error;
    const NAME: &'static str = "loads";
    const EVERY: Duration = Duration::from_secs(30);

    async fn pass(&mut self, db: &PgPool) -> Result<ListedFiles, sqlx::Error> {
        list_all(db, &self.settings, &self.stop).await
    }
}

/// Lists the files of every data set that is read from files and whose pause is over.
///
/// # Errors
///
/// If a statement fails; a place that cannot be listed is no error.
pub async fn list_all(
    db: &PgPool,
    settings: &LoadSettings,
    stop: &CancellationToken,
) -> Result<ListedFiles, sqlx::Error> {
    let mut report = ListedFiles::default();
    let loads = load::to_list(db, MAX_DAYS, RECENT_DAYS, None).await?;
    let mut listing = pin!(
        stream::iter(loads)
            .take_until(stop.cancelled())
            .map(|one| async move { list_one(db, &one, settings).await })
            .buffer_unordered(CONCURRENT)
    );
    while let Some(listed) = listing.next().await {
        match listed? {
            Some(changed) => report.changed += changed,
            None => report.failed += 1,
        }
    }
    Ok(report)
}

/// Lists the files of a data set; how many of its days changed, `None` if they could not be listed.
async fn list_one(
    db: &PgPool,
    one: &LoadToList,
    settings: &LoadSettings,
) -> Result<Option<u32>, sqlx::Error> {
    let days: Vec<LoadDay> = match one.since {
        Some(_) => one.days.iter().copied().map(Some).collect(),
        None => vec![None],
    };
    let listed = timeout(LISTING_TIMEOUT, find(one, &days, settings))
        .await
        .unwrap_or_else(|_| {
            Err(format!(
                "the place did not answer within {LISTING_TIMEOUT:?}"
            ))
        });
    let found = match listed {
        Ok(found) => found,
        Err(reason) => {
            warn!(
                data_set = one.name,
                reason, "the files of a data set cannot be listed; this is tried again"
            );
            load::note_listing(db, &one.name, Some(&reason)).await?;
            return Ok(None);
        }
    };
    let mut changed = 0;
    for (day, files) in found {
        if load::note_files(db, &one.name, day, &one.input, &json!(files)).await? {
            changed += 1;
            info!(data_set = one.name, ?day, "the files of a day changed");
        }
    }
    load::note_listing(db, &one.name, None).await?;
    Ok(Some(changed))
}

async fn find(
    one: &LoadToList,
    days: &[LoadDay],
    settings: &LoadSettings,
) -> Result<BTreeMap<LoadDay, Vec<LoadFile>>, String> {
    let files: Files = serde_json::from_value(one.files.clone()).map_err(|error| {
        format!("its declaration cannot be read by this version ({error}): apply it again")
    })?;
    let pattern = Pattern::parse(&files.path)?;
    FilePlace::open(&files.place, settings)?
        .list(&pattern, days)
        .await
}
