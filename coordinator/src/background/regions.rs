//! Sends events to regions and receives them, each region for itself.
//!
//! A region that fails is stored with its error and tried again by the next pass; the others go on.

use std::{collections::HashSet, error::Error, time::Duration};

use futures_util::{StreamExt as _, stream};
use schema::{
    connect::DatabaseFault,
    events::region::{
        link,
        link::{Region, RegionOutcome},
    },
};
use source_language::wording::with_causes;
use sqlx::PgPool;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::BackgroundPass;
use crate::{
    export::place::Place,
    regions::{RegionError, receiver::receive, settings::RegionSettings, writer::send},
};

/// Regions that are worked on at a time: one whose store does not answer holds back no other.
const CONCURRENT: usize = 8;
/// The longest that one region may take in a pass.
const MAX_TIME: Duration = Duration::from_mins(10);
/// The rest after a pass that left work.
const BUSY_REST: Duration = Duration::from_secs(1);

/// Sends and receives what is due.
#[derive(Debug)]
pub struct Regions {
    settings: RegionSettings,
    stop: CancellationToken,
    /// Regions whose last try succeeded: nothing was left unfinished at their places.
    clean: HashSet<i32>,
    /// Regions whose failure is logged.
    failing: HashSet<i32>,
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegionsReport {
    /// Files that were written.
    pub sent_files: u64,
    /// Events in them.
    pub sent_events: u64,
    /// Files that were written again.
    pub rewritten: u64,
    /// Files that were applied.
    pub received_files: u64,
    /// Events that were stored.
    pub received_events: u64,
    /// Events that had been stored before.
    pub duplicates: u64,
    /// Users whose erasure was sent to a region, or received from one and carried out.
    pub erased: u64,
    /// Files that are lost or damaged.
    pub missing: u64,
    /// Regions that failed.
    pub failed: u64,
    /// Regions with more work.
    pub behind: u64,
}

impl Regions {
    /// Works on regions with the stores of `settings`, until `stop`.
    #[must_use]
    pub fn new(settings: RegionSettings, stop: CancellationToken) -> Self {
        Self {
            settings,
            stop,
            clean: HashSet::new(),
            failing: HashSet::new(),
        }
    }

    fn note(
        &mut self,
        region: &Region,
        outcome: &Result<(RegionsReport, RegionOutcome), RegionError>,
    ) {
        match outcome {
            Ok(_) => {
                self.clean.insert(region.region_id);
                self.failing.remove(&region.region_id);
            }
            Err(RegionError::Busy) => {
                self.clean.remove(&region.region_id);
                debug!(region = region.name, "another process works on the region");
            }
            Err(error) => {
                self.clean.remove(&region.region_id);
                if self.failing.insert(region.region_id) {
                    warn!(
                        region = region.name,
                        error = error as &dyn Error,
                        "a region failed; it is tried again, and the others go on"
                    );
                }
            }
        }
    }
}

impl BackgroundPass for Regions {
    type Report = RegionsReport;
    type Error = sqlx::Error;
    const NAME: &'static str = "regions";
    const EVERY: Duration = Duration::from_mins(1);

    async fn pass(&mut self, db: &PgPool) -> Result<RegionsReport, sqlx::Error> {
        let regions = link::all(db).await?;
        let mut report = RegionsReport::default();
        let mut working = Vec::with_capacity(regions.len());
        for region in regions {
            let is_first = !self.clean.contains(&region.region_id);
            let (settings, stop) = (self.settings.clone(), self.stop.clone());
            working.push(async move {
                let outcome = work(db, &region, &settings, is_first, &stop).await;
                (region, outcome)
            });
        }
        let mut working = stream::iter(working).buffer_unordered(CONCURRENT);
        let mut done = Vec::new();
        while let Some((region, outcome)) = working.next().await {
            store(db, &region, &outcome).await?;
            done.push((region, outcome));
        }
        drop(working);
        for (region, outcome) in done {
            self.note(&region, &outcome);
            match outcome {
                Ok((one, _)) => report.add(&one),
                Err(RegionError::Busy) => {}
                Err(RegionError::Database(error)) if DatabaseFault::of(&error).is_of_server() => {
                    return Err(error);
                }
                Err(_) => report.failed += 1,
            }
        }
        Ok(report)
    }

    fn rest(&self, report: &RegionsReport, _: Duration) -> Duration {
        if report.behind > 0 {
            BUSY_REST
        } else {
            Self::EVERY
        }
    }
}

/// Sends to a region or receives from it, once.
///
/// # Errors
///
/// [`RegionError`]; what was done before stands.
pub async fn work(
    db: &PgPool,
    region: &Region,
    settings: &RegionSettings,
    is_first: bool,
    stop: &CancellationToken,
) -> Result<(RegionsReport, RegionOutcome), RegionError> {
    let place = Place::open(&region.place, settings.store_of(&region.name))
        .map_err(RegionError::at(&region.place))?;
    let working = async {
        let mut report = RegionsReport::default();
        let ended = if region.direction == "receive" {
            let (received, ended) = receive(db, region, &place, stop).await?;
            report.received_files = received.files;
            report.received_events = received.events;
            report.duplicates = received.duplicates;
            report.erased = received.erased;
            report.missing = received.missing;
            report.behind = received.is_behind.into();
            ended
        } else {
            let (sent, ended) = send(db, region, &place, is_first, None, stop).await?;
            report.sent_files = sent.files;
            report.sent_events = sent.events;
            report.rewritten = sent.rewritten;
            report.erased = sent.erased;
            report.behind = sent.is_behind.into();
            ended
        };
        Ok((report, ended))
    };
    timeout(MAX_TIME, working).await.unwrap_or_else(|_| {
        let sentence = format!("it takes longer than {MAX_TIME:?}; the next pass goes on");
        Err(RegionError::Region(sentence))
    })
}

/// Stores how a try ended.
async fn store(
    db: &PgPool,
    region: &Region,
    outcome: &Result<(RegionsReport, RegionOutcome), RegionError>,
) -> Result<(), sqlx::Error> {
    let ended = match outcome {
        Ok((_, ended)) => ended.clone(),
        Err(RegionError::Busy) => return Ok(()),
        Err(error) => RegionOutcome {
            error: Some(with_causes(error)),
            ..RegionOutcome::default()
        },
    };
    link::note(db, region.region_id, &ended).await
}

impl RegionsReport {
    fn add(&mut self, other: &Self) {
        self.sent_files += other.sent_files;
        self.sent_events += other.sent_events;
        self.rewritten += other.rewritten;
        self.received_files += other.received_files;
        self.received_events += other.received_events;
        self.duplicates += other.duplicates;
        self.erased += other.erased;
        self.missing += other.missing;
        self.behind += other.behind;
    }
}
