//! Delivers what data sets publish to places outside.
//!
//! A pass delivers what is due, a few destinations at a time, and each of them one day after the other. A
//! destination that does not answer is left alone until the next pass, and its day is tried again after a
//! pause; the others go on. A pass may be stopped anywhere: what was begun is due still.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{StreamExt as _, stream};
use reqwest::Client;
use schema::delivery::{self, DueDelivery};
use source_language::wording::with_causes;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::BackgroundPass;
use crate::{
    delivery::{
        failure::DeliveryFailure,
        run::{DeliveryEnd, client, deliver},
        settings::{DeliverySettings, Destination},
    },
    metrics::DataSetMetrics,
};

/// Days that a destination gets in one pass.
const MAX_DAYS: i64 = 100;
/// Destinations that are served at a time: each holds a connection.
const CONCURRENT: usize = 3;
/// The rest after a pass, as a multiple of the time that it took to find nothing due.
const REST_RATIO: u32 = 20;

/// Delivers what is due.
#[derive(Debug)]
pub struct Deliverer {
    settings: DeliverySettings,
    client: Result<Client, String>,
    metrics: DataSetMetrics,
    stop: CancellationToken,
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveredDays {
    /// Days that destinations have as a whole.
    pub delivered: u32,
    /// Days of which they refused documents.
    pub rejected: u32,
    /// Days that were removed there.
    pub removed: u32,
    /// Days that are tried again.
    pub failed: u32,
}

impl DeliveredDays {
    fn add(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.rejected += other.rejected;
        self.removed += other.removed;
        self.failed += other.failed;
    }
}

impl BackgroundPass for Deliverer {
    type Report = DeliveredDays;
    type Error = sqlx::Error;
    const NAME: &'static str = "deliveries";
    const EVERY: Duration = Duration::from_secs(10);

    async fn pass(&mut self, db: &PgPool) -> Result<DeliveredDays, sqlx::Error> {
        self.deliver_due(db).await
    }

    fn rest(&self, report: &DeliveredDays, took: Duration) -> Duration {
        if *report == DeliveredDays::default() {
            Self::EVERY.max(took * REST_RATIO)
        } else {
            Self::EVERY
        }
    }
}

impl Deliverer {
    /// Makes the pass for the destinations of `settings`; it ends with `stop`.
    #[must_use]
    pub fn new(
        settings: &DeliverySettings,
        metrics: &DataSetMetrics,
        stop: &CancellationToken,
    ) -> Self {
        let client = client()
            .map_err(|error| format!("the HTTP client cannot be set up: {}", with_causes(&error)));
        Self {
            settings: settings.clone(),
            client,
            metrics: metrics.clone(),
            stop: stop.clone(),
        }
    }

    /// Delivers what is due.
    ///
    /// # Errors
    ///
    /// If a statement fails; a destination that does not take a day is no error.
    pub async fn deliver_due(&self, db: &PgPool) -> Result<DeliveredDays, sqlx::Error> {
        let (names, kinds): (Vec<String>, Vec<String>) = self
            .settings
            .destinations
            .iter()
            .map(|(name, destination)| (name.clone(), destination.kind().to_owned()))
            .unzip();
        delivery::note_destinations(db, &names, &kinds).await?;
        let mut by_destination: BTreeMap<String, Vec<DueDelivery>> = BTreeMap::new();
        for one in delivery::due(db, MAX_DAYS, None).await? {
            by_destination
                .entry(one.destination.clone())
                .or_default()
                .push(one);
        }
        let served = by_destination.into_iter().filter_map(|(name, days)| {
            let destination = self.settings.destinations.get(&name)?.clone();
            Some((destination, days))
        });
        let mut serving = stream::iter(served)
            .map(|(destination, days)| async move { self.serve(db, &destination, days).await })
            .buffer_unordered(CONCURRENT);
        let mut report = DeliveredDays::default();
        let mut failure = None;
        while let Some(served) = serving.next().await {
            match served {
                Ok(days) => report.add(days),
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(report), Err)
    }

    /// Gives a destination its days, until it does not answer.
    async fn serve(
        &self,
        db: &PgPool,
        destination: &Destination,
        days: Vec<DueDelivery>,
    ) -> Result<DeliveredDays, sqlx::Error> {
        let mut report = DeliveredDays::default();
        for one in days {
            let delivering = async {
                match &self.client {
                    Ok(client) => deliver(db, client, destination, &one).await,
                    Err(reason) => Err(DeliveryFailure::unavailable(reason)),
                }
            };
            let Some(ended) = self.stop.run_until_cancelled(delivering).await else {
                break;
            };
            let (reason, retry_after, is_away) = match ended {
                Ok(end) => {
                    self.note(&mut report, &one, end);
                    continue;
                }
                Err(DeliveryFailure::Database(error)) => return Err(error),
                Err(DeliveryFailure::Refused(reason)) => (reason, None, false),
                Err(DeliveryFailure::Unavailable {
                    reason,
                    retry_after,
                }) => (reason, retry_after, true),
            };
            report.failed += 1;
            self.metrics.observe_delivery(&one.destination, "failed");
            warn!(
                data_set = one.name,
                destination = one.destination,
                day = ?one.day,
                reason,
                "a day of a data set is not delivered; this is tried again"
            );
            delivery::fail(db, &one, &reason, retry_after.unwrap_or_default()).await?;
            if is_away {
                break;
            }
        }
        Ok(report)
    }

    fn note(&self, report: &mut DeliveredDays, one: &DueDelivery, end: DeliveryEnd) {
        let (name, destination, day) = (&one.name, &one.destination, &one.day);
        let result = match end {
            DeliveryEnd::Left => {
                debug!(data_set = name, destination, ?day, "it is not due any more");
                return;
            }
            DeliveryEnd::Removed => {
                report.removed += 1;
                "removed"
            }
            DeliveryEnd::Delivered(rows) if rows.rejected > 0 => {
                report.rejected += 1;
                warn!(
                    data_set = name,
                    destination,
                    ?day,
                    rejected = rows.rejected,
                    reasons = ?rows.rejections,
                    "a destination refused rows of a data set"
                );
                "rejected"
            }
            DeliveryEnd::Delivered(_) => {
                report.delivered += 1;
                "delivered"
            }
        };
        self.metrics.observe_delivery(destination, result);
    }
}
