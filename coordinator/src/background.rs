//! Background work: passes that run in parallel with the ticks, each in a task of its own.
//!
//! A pass takes no input but the database, so what a failed pass left undone, the next one does.
//! Each pass returns a report, which is logged, counted and stored in `background_pass`. Each fails
//! alone, be it by an error or by a panic: it is tried again with growing waits, its first failure
//! and its recovery are logged, and the other passes go on.
//!
//! | pass | runs in | what it does |
//! |---|---|---|
//! | [`rescue`] | every coordinator | gives the claims of dead pods back |
//! | [`computed_columns`] | every coordinator | computes materialised columns |
//! | [`view_refresh`] | every coordinator | refreshes materialised views |
//! | [`partitions`] | the leader | creates partitions ahead of time |
//! | [`quarantine`] | the leader | prunes the quarantine |
//! | [`archive`] | the leader | removes old bodies of answers |
//! | [`sealing`] | the leader | seals showtimes that are over |
//! | [`event_sealing`] | the leader | seals events of days that are over |
//! | [`retirement`] | the leader | drops, moves or packs old partitions |
//! | `matching` | | what the next two share: groups, reasons, pairs in doubt |
//! | [`works`] | the leader | finds which films are one work |
//! | [`venues`] | the leader | finds which cinemas are one venue, and what is listed twice |
//! | [`forecasts`] | the leader | forecasts admissions, and scores forecasts |
//! | [`rollups`] | the leader | refreshes rollups |
//! | [`loads`] | the leader | lists the files of data sets that are read from files |
//! | [`data_sets`] | the leader | builds data sets, each after its inputs |
//! | [`deliveries`] | the leader | delivers what data sets publish to places outside |
//! | [`events`] | the leader | keeps totals of events up to date, computes experiments |
//! | [`throughput`] | the leader | counts the jobs of each hour |
//! | [`anomalies`] | the leader | searches days for anomalies |
//! | [`export`] | the leader | exports days that are complete |
//! | [`regions`] | the leader | sends events to other databases as files, and receives them |
//! | [`alerts`] | the leader | looks at the conditions of alerts, writes messages |
//! | [`messages`] | the leader | sends messages, calls the heartbeat address |
//! | [`reports`] | the leader | makes the report of each day, sends mails with it |

pub mod failure_log;
pub mod run_record;

pub mod rescue;
pub mod computed_columns;
pub mod view_refresh;
pub mod partitions;
pub mod quarantine;
pub mod archive;
pub mod sealing;
pub mod event_sealing;
pub mod retirement;
mod matching;
pub mod works;
pub mod venues;
pub mod forecasts;
pub mod rollups;
pub mod loads;
pub mod data_sets;
pub mod deliveries;
pub mod events;
pub mod throughput;
pub mod anomalies;
pub mod export;
pub mod regions;
pub mod alerts;
pub mod messages;
pub mod reports;

use std::{
    error::Error,
    fmt::Debug,
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use schema::connect::DatabaseFault;
use source_language::wording::with_causes;
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::metrics::PassMetrics;
use failure_log::FailureLog;
use run_record::{RunEnd, RunRecord, RunRecords};

/// The first wait before a failed pass is tried again, unless it runs more often than that.
const FIRST_RETRY: Duration = Duration::from_secs(10);

/// One kind of background work.
pub trait BackgroundPass: Send {
    /// The result of one pass; the default means that there was nothing to do.
    type Report: Debug + Default + PartialEq + Send;
    /// Why a pass failed.
    type Error: PassError;
    /// Name in logs and metrics.
    const NAME: &'static str;
    /// Time between two passes.
    const EVERY: Duration;
    /// The longest wait before a failed pass is tried again.
    const MAX_RETRY: Duration = Duration::from_mins(5);

    /// Runs once.
    fn pass(
        &mut self,
        db: &PgPool,
    ) -> impl Future<Output = Result<Self::Report, Self::Error>> + Send;

    /// Returns how long to wait after a pass, which took `_took`.
    fn rest(&self, _: &Self::Report, _took: Duration) -> Duration {
        Self::EVERY
    }

    /// Logs and counts what a pass did; not called if it had nothing to do.
    fn log(&mut self, report: &Self::Report) {
        info!(pass = Self::NAME, ?report, "pass done");
    }
}

/// An error of a pass.
pub trait PassError: Error + Send + Sync + 'static {
    /// Returns the kind of fault of the database that it is.
    fn class(&self) -> DatabaseFault;
}

impl PassError for sqlx::Error {
    fn class(&self) -> DatabaseFault {
        DatabaseFault::of(self)
    }
}

/// Runs a pass again and again until `stop`.
pub async fn run<P: BackgroundPass>(
    mut pass: P,
    db: PgPool,
    metrics: PassMetrics,
    records: RunRecords,
    stop: CancellationToken,
) {
    let metrics = metrics.of(P::NAME);
    let mut record = RunRecord::of(records, P::NAME);
    let mut failures = FailureLog::default();
    while !stop.is_cancelled() {
        let began = Instant::now();
        let made = AssertUnwindSafe(pass.pass(&db)).catch_unwind().await;
        let mut end = RunEnd {
            took: began.elapsed(),
            report: None,
            failure: None,
        };
        let rest = match made {
            Ok(Ok(report)) => {
                if let Some(count) = failures.succeeded() {
                    info!(pass = P::NAME, failures = count, "pass succeeds again");
                }
                let is_idle = report == P::Report::default();
                metrics.succeeded(is_idle);
                if !is_idle {
                    end.report = Some(format!("{report:?}"));
                    pass.log(&report);
                }
                pass.rest(&report, began.elapsed())
            }
            Ok(Err(error)) => {
                metrics.failed(error.class().label());
                log_failure::<P>(&error, &mut failures);
                end.failure = Some((failures.count(), with_causes(&error)));
                retry_after::<P>(failures.count())
            }
            Err(_) => {
                metrics.failed("panicked");
                if failures.failed("panicked") {
                    error!(pass = P::NAME, "pass panicked, it is tried again");
                }
                end.failure = Some((failures.count(), "panicked".to_owned()));
                retry_after::<P>(failures.count())
            }
        };
        record.write(end);
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(rest) => {}
        }
    }
}

/// Logs a failure; that the database is away is logged by the leader's loop already.
fn log_failure<P: BackgroundPass>(error: &P::Error, failures: &mut FailureLog) {
    let is_new = failures.failed(&error.to_string());
    let error_chain = error as &dyn Error;
    if is_new && !error.class().is_of_server() {
        warn!(
            pass = P::NAME,
            error = error_chain,
            "pass failed, it is tried again"
        );
    } else {
        debug!(pass = P::NAME, error = error_chain, "pass failed");
    }
}

/// Returns the wait after a number of failures in a row, which doubles each time.
fn retry_after<P: BackgroundPass>(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    P::EVERY
        .min(FIRST_RETRY)
        .saturating_mul(1 << doublings)
        .min(P::MAX_RETRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl BackgroundPass for Nothing {
        type Report = ();
        type Error = sqlx::Error;
        const NAME: &'static str = "nothing";
        const EVERY: Duration = Duration::from_secs(1);

        async fn pass(&mut self, _: &PgPool) -> Result<(), sqlx::Error> {
            Ok(())
        }
    }

    #[test]
    fn the_wait_after_a_failure_doubles_to_its_bound() {
        let waits: Vec<Duration> = (1..40).map(retry_after::<Nothing>).collect();
        assert_eq!(waits.first(), Some(&Nothing::EVERY));
        assert!(waits.is_sorted());
        assert_eq!(waits.last(), Some(&Nothing::MAX_RETRY));
    }
}
