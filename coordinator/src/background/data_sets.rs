//! Builds data sets, each after its inputs.
//!
//! A pass claims the days that are due and builds them, two at a time, until nothing is due. Each build is
//! a transaction of its own, so a pass may be stopped anywhere: a build whose connection is lost is tried
//! again. Files are read by [`load`](crate::load), and listed by [`loads`](super::loads). Two leaders at a time build nothing twice. A build that fails is recorded with its error, and
//! only what reads it waits.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use schema::{
    data_set::{self, Build, BuildOutcome},
    export,
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::BackgroundPass;
use crate::{
    load::{build::run as build_from_files, settings::LoadSettings},
    metrics::DataSetMetrics,
};

/// Builds that run at a time: each is a query of an analyst, and the fleet works meanwhile.
const CONCURRENT: i64 = 2;
/// The rest after a pass, as a multiple of the time that it took to find nothing due.
const REST_RATIO: u32 = 20;

/// Builds what is due.
#[derive(Debug)]
pub struct DataSetBuilder {
    /// The name of this coordinator, which the database shows beside each build.
    pub name: String,
    /// Which places data sets may read files from.
    pub loads: LoadSettings,
    /// Counts builds and days.
    pub metrics: DataSetMetrics,
    /// Ends the pass.
    pub stop: CancellationToken,
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BuiltDataSets {
    /// Days that have new rows.
    pub built: u32,
    /// Days that were built and have the rows of before.
    pub unchanged: u32,
    /// Builds that failed or took too long.
    pub failed: u32,
    /// Builds of coordinators that are gone.
    pub lost: u32,
}

impl BackgroundPass for DataSetBuilder {
    type Report = BuiltDataSets;
    type Error = sqlx::Error;
    const NAME: &'static str = "data_sets";
    const EVERY: Duration = Duration::from_secs(10);

    async fn pass(&mut self, db: &PgPool) -> Result<BuiltDataSets, sqlx::Error> {
        let built = build_due(db, &self.name, &self.loads, &self.metrics, &self.stop).await;
        self.metrics.observe(&data_set::count_days(db).await?);
        built
    }

    fn rest(&self, report: &BuiltDataSets, took: Duration) -> Duration {
        // Many days take longer to compare; a pass that built took its time for that.
        if *report == BuiltDataSets::default() {
            Self::EVERY.max(took * REST_RATIO)
        } else {
            Self::EVERY
        }
    }
}

/// Builds every day that is due and that no other coordinator builds.
///
/// # Errors
///
/// If a statement that claims or ends builds fails, or the connection of a build is lost; a query that
/// fails is no error.
pub async fn build_due(
    db: &PgPool,
    name: &str,
    loads: &LoadSettings,
    metrics: &DataSetMetrics,
    stop: &CancellationToken,
) -> Result<BuiltDataSets, sqlx::Error> {
    let mut report = BuiltDataSets::default();
    for (data_set, day) in data_set::end_lost(db).await? {
        report.lost += 1;
        info!(
            data_set,
            ?day,
            "a build has lost its coordinator or its connection; it is tried again"
        );
    }
    if data_set::follows_stored(db).await? {
        export::note_late(db).await?;
    }
    while !stop.is_cancelled() {
        let claimed = data_set::claim(db, name, CONCURRENT, None, None).await?;
        if claimed.is_empty() {
            break;
        }
        let width = claimed.len();
        let mut running = stream::iter(claimed)
            .map(|build| async move { (run(db, &build, loads).await, build) })
            .buffer_unordered(width);
        let mut lost = None;
        while let Some((outcome, build)) = running.next().await {
            match outcome {
                Ok(outcome) => note(&mut report, metrics, &build, outcome),
                Err(error) => lost = Some(error),
            }
        }
        if let Some(error) = lost {
            return Err(error);
        }
    }
    Ok(report)
}

/// Runs a build: its query, or what its files have.
async fn run(
    db: &PgPool,
    build: &Build,
    loads: &LoadSettings,
) -> Result<BuildOutcome, sqlx::Error> {
    match &build.files {
        None => data_set::run(db, build).await,
        Some(files) => build_from_files(db, build, files, loads).await,
    }
}

fn note(
    report: &mut BuiltDataSets,
    metrics: &DataSetMetrics,
    build: &Build,
    outcome: BuildOutcome,
) {
    metrics.observe_build(&build.name, outcome);
    let (name, day) = (&build.name, &build.day);
    match outcome {
        BuildOutcome::Built => {
            report.built += 1;
            debug!(data_set = name, ?day, "a day of a data set was built");
        }
        BuildOutcome::Unchanged => report.unchanged += 1,
        BuildOutcome::Superseded => debug!(data_set = name, ?day, "another build came first"),
        BuildOutcome::Failed | BuildOutcome::TimedOut => {
            report.failed += 1;
            warn!(
                data_set = name,
                ?day,
                ?outcome,
                "a day of a data set was not built; `coordinator data-set explain` has the reason"
            );
        }
    }
}
