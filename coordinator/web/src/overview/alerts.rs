//! What the page of alerts shows, read once for all viewers.

use std::time::Duration;

use chrono::{DateTime, Utc};
use schema::{
    alert::{
        self, AlertRow,
        overview::{ConditionCheck, EndedAlert, checks, ended},
    },
    message::{ReceiverBacklog, backlogs},
    reading::{ReadError, Reader, showtimes::clock},
    silence::{self, Silence},
};
use sqlx::PgPool;

use crate::operations::alert::AlertReceiver;

/// Open alerts and silences that are listed.
const MAX_OPEN: i64 = 200;
const MAX_SILENCES: i64 = 100;
/// How far back the page lists alerts that are over.
const ENDED_WITHIN: Duration = Duration::from_hours(7 * 24);
/// Alerts that are over that the page lists.
pub const MAX_ENDED: i64 = 50;

/// Alerts, silences and receivers.
#[derive(Debug)]
pub struct Alerts {
    /// The time of the database.
    pub now: DateTime<Utc>,
    /// Those that are open, the newest first.
    pub open: Vec<AlertRow>,
    /// Those that are over, the last first: one more than the page has, if there are more.
    pub ended: Vec<EndedAlert>,
    /// The silences that are in force, the newest first.
    pub silences: Vec<Silence>,
    /// When each condition was looked at.
    pub checks: Vec<ConditionCheck>,
    /// What waits for receivers.
    pub backlogs: Vec<ReceiverBacklog>,
}

impl Alerts {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn read(db: &PgPool) -> Result<Self, ReadError> {
        let mut db = Reader::begin_repeated(db).await?;
        Ok(Self {
            now: clock(&mut db).await?,
            open: alert::list(&mut db, false, None, MAX_OPEN).await?,
            ended: ended(&mut db, ENDED_WITHIN, MAX_ENDED + 1).await?,
            silences: silence::list(&mut db, None, MAX_SILENCES).await?,
            checks: checks(&mut db).await?,
            backlogs: backlogs(&mut db, ENDED_WITHIN).await?,
        })
    }
}

/// A receiver and what waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverNow {
    /// Its name.
    pub name: String,
    /// Its kind and the lowest severity that it gets; `None` if this coordinator's settings have no
    /// such receiver.
    pub settings: Option<(&'static str, &'static str)>,
    /// What waits for it; `None` if it never got a message.
    pub backlog: Option<ReceiverBacklog>,
}

/// Joins the receivers of the settings with what waits. One that the settings no longer have is
/// listed while messages wait for it.
#[must_use]
pub fn receivers(settings: &[AlertReceiver], backlogs: &[ReceiverBacklog]) -> Vec<ReceiverNow> {
    let backlog_of = |name: &str| {
        let found = backlogs.iter().find(|backlog| backlog.receiver == name);
        found.cloned()
    };
    let mut all: Vec<ReceiverNow> = settings
        .iter()
        .map(|receiver| ReceiverNow {
            name: receiver.name.clone(),
            settings: Some((receiver.kind, receiver.severity)),
            backlog: backlog_of(&receiver.name),
        })
        .collect();
    for backlog in backlogs.iter().filter(|backlog| backlog.waiting > 0) {
        if settings.iter().all(|known| known.name != backlog.receiver) {
            all.push(ReceiverNow {
                name: backlog.receiver.clone(),
                settings: None,
                backlog: Some(backlog.clone()),
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_that_is_gone_is_listed_while_messages_wait() {
        let backlog = |receiver: &str, waiting| ReceiverBacklog {
            receiver: receiver.to_owned(),
            waiting,
            waiting_since: None,
            next_try_at: None,
            last_sent_at: None,
            given_up: 0,
            last_error: None,
        };
        let settings = [AlertReceiver {
            name: "chat".to_owned(),
            kind: "slack",
            severity: "warning",
        }];
        let joined = receivers(
            &settings,
            &[backlog("chat", 0), backlog("gone", 0), backlog("old", 2)],
        );
        let names: Vec<(&str, bool)> = joined
            .iter()
            .map(|one| (one.name.as_str(), one.settings.is_some()))
            .collect();
        assert_eq!(names, [("chat", true), ("old", false)]);
    }
}
