//! Makes the reports of the day before, once, and sends the mails with them.
//!
//! A report and its mail are written in one transaction; the key of the table `report` keeps two
//! leaders from making one twice. Mails are sent afterwards, at least once, under an id that stays
//! the same.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use schema::{
    connect::DatabaseFault,
    message::{self, NewMessage},
    report, schedule,
};
use sqlx::PgPool;
use thiserror::Error;
use tracing::{info, warn};

use super::{BackgroundPass, PassError, failure_log::FailureLog, messages::wait_after};
use crate::report::{
    mail::{self, KIND, RECEIVER, ReportMail},
    settings::ReportSettings,
};

/// For this long no other sender takes a mail: longer than a try.
const LEASE: Duration = Duration::from_mins(1);
/// Mails that are sent in one pass.
const MAX_AT_ONCE: usize = 20;

/// Makes and mails reports.
#[derive(Debug)]
pub struct Reporting {
    settings: ReportSettings,
    failures: FailureLog,
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reported {
    /// Reports that were made.
    pub made: usize,
    /// Mails that were sent.
    pub sent: usize,
    /// Mails that wait for another try, or were given up.
    pub failed: usize,
}

/// Why reports were not made.
#[derive(Debug, Error)]
pub enum ReportingError {
    /// A statement failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A report could not be put into words.
    #[error("a report cannot be written as a mail")]
    Mail(#[from] fleet_web::page::reports::daily_report::RenderError),
    /// A mail cannot be stored.
    #[error("a mail cannot be stored")]
    Store(#[from] serde_json::Error),
}

impl PassError for ReportingError {
    fn class(&self) -> DatabaseFault {
        match self {
            Self::Database(error) => DatabaseFault::of(error),
            Self::Mail(_) | Self::Store(_) => DatabaseFault::Refused,
        }
    }
}

impl Reporting {
    /// Creates the pass for the readers of `settings`.
    #[must_use]
    pub fn new(settings: ReportSettings) -> Self {
        Self {
            settings,
            failures: FailureLog::default(),
        }
    }

    async fn send_waiting(
        &mut self,
        db: &PgPool,
        report: &mut Reported,
    ) -> Result<(), sqlx::Error> {
        for _ in 0..MAX_AT_ONCE {
            let Some(claimed) = message::claim(db, RECEIVER, LEASE, None).await? else {
                break;
            };
            match mail::send(&self.settings, &claimed).await {
                Ok(_) => {
                    message::sent(db, claimed.message_id).await?;
                    report.sent += 1;
                    if let Some(failures) = self.failures.succeeded() {
                        info!(failures, "reports.server takes mails again");
                    }
                }
                Err(error) => {
                    let wait = wait_after(&error, claimed.tries);
                    let text = error.to_string();
                    message::failed(db, claimed.message_id, &text, wait, None).await?;
                    report.failed += 1;
                    if self.failures.failed(&text) || wait.is_none() {
                        warn!(
                            %error,
                            is_given_up = wait.is_none(),
                            "a mail with a report was not taken"
                        );
                    }
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Makes the reports that are due at `now` and not stored, with their mails; returns how many.
///
/// # Errors
///
/// See [`ReportingError`]; reports that were made before stay.
pub async fn make(
    db: &PgPool,
    settings: &ReportSettings,
    now: DateTime<Utc>,
) -> Result<usize, ReportingError> {
    let Some(day) = settings.due_day(now) else {
        return Ok(0);
    };
    let (mut made, mut failed) = (0, None);
    for (partner, to) in settings.audiences() {
        match make_one(db, day, partner, to).await {
            Ok(is_new) => made += usize::from(is_new),
            // A partner without a role costs the others nothing.
            Err(error) => {
                failed.get_or_insert(error);
            }
        }
    }
    failed.map_or(Ok(made), Err)
}

/// Makes a report with its mail, unless it is stored; returns whether it was made.
async fn make_one(
    db: &PgPool,
    day: NaiveDate,
    partner: Option<&str>,
    to: &[String],
) -> Result<bool, ReportingError> {
    if report::is_stored(db, day, partner).await? {
        return Ok(false);
    }
    let content = report::compute(db, day, partner).await?;
    let mut transaction = db.begin().await?;
    // Another leader may have made it meanwhile.
    if !report::store(&mut transaction, &content).await? {
        return Ok(false);
    }
    if !to.is_empty() {
        let mail = NewMessage {
            receiver: RECEIVER,
            kind: KIND,
            alert_ids: &[],
            content: serde_json::to_value(ReportMail::of(&content, to)?)?,
        };
        message::write(&mut transaction, &mail, None).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

impl BackgroundPass for Reporting {
    type Report = Reported;
    type Error = ReportingError;
    const NAME: &'static str = "reports";
    const EVERY: Duration = Duration::from_secs(30);

    async fn pass(&mut self, db: &PgPool) -> Result<Reported, ReportingError> {
        let now = schedule::clock(db).await?;
        let made = make(db, &self.settings, now).await;
        // Mails are sent even if one report cannot be made.
        let mut report = Reported::default();
        self.send_waiting(db, &mut report).await?;
        report.made = made?;
        Ok(report)
    }
}
