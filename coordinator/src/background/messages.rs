//! Sends the messages that wait, and calls the heartbeat address.
//!
//! Takes the outbox; each receiver gets its messages in their order, at least once. A receiver that
//! does not take one is tried again with growing waits, and holds up no other. A message that has
//! waited for too long is given up, and one that the receiver refuses after some tries. No
//! transaction is open while a message is sent.
//!
//! The heartbeat address is called while conditions are looked at, so a service that expects the call learns
//! that alerts do not work, for whatever reason.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use reqwest::Client;
use schema::{
    alert,
    message::{self, Claimed},
};
use sqlx::PgPool;
use tracing::{debug, info, warn};

use super::{BackgroundPass, failure_log::FailureLog};
use crate::alert::{
    check::content_of,
    deliver::{DeliveryError, Outgoing, call, deliver},
    settings::{AlertSettings, Receiver, SecretText},
};

/// For this long no other sender takes a message: longer than a try.
const LEASE: Duration = Duration::from_mins(1);
/// The first and the longest wait before a message is sent again.
const MIN_WAIT: Duration = Duration::from_secs(5);
const MAX_WAIT: Duration = Duration::from_mins(5);
/// A message that the receiver refuses is sent so often.
const MAX_REFUSALS: i32 = 5;
/// Messages that a receiver gets in one pass.
const MAX_AT_ONCE: usize = 20;
/// Time between two calls of the heartbeat address.
const HEARTBEAT_EVERY: Duration = Duration::from_mins(1);
/// Conditions that nobody looked at for this long are not watched.
const UNWATCHED_AFTER: Duration = Duration::from_mins(1);
/// Time between two searches for messages that are too old.
const EXPIRE_EVERY: Duration = Duration::from_mins(1);
/// Time between two deletions of what ended long ago, and how long that is kept.
const DELETE_EVERY: Duration = Duration::from_hours(1);
const KEPT_FOR: Duration = Duration::from_hours(90 * 24);

/// Sends messages to the receivers of the settings.
#[derive(Debug)]
pub struct MessageSender {
    client: Client,
    outlets: Vec<Outlet>,
    heartbeat: Option<SecretText>,
    heartbeat_failures: FailureLog,
    give_up_after: Duration,
    last: BTreeMap<&'static str, Instant>,
}

/// A receiver, and whether it takes messages.
#[derive(Debug)]
struct Outlet {
    name: String,
    receiver: Receiver,
    failures: FailureLog,
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SentMessages {
    /// Messages that receivers took.
    pub sent: usize,
    /// Messages that wait for another try.
    pub failed: usize,
    /// Messages that were given up.
    pub given_up: i64,
    /// Old rows that were deleted.
    pub deleted: i64,
}

impl MessageSender {
    /// Makes the pass for the receivers of `settings`, which send with `client`.
    #[must_use]
    pub fn new(settings: &AlertSettings, client: Client) -> Self {
        let outlets = settings.receivers.iter().map(|(name, receiver)| Outlet {
            name: name.clone(),
            receiver: receiver.clone(),
            failures: FailureLog::default(),
        });
        Self {
            client,
            outlets: outlets.collect(),
            heartbeat: settings.heartbeat.clone(),
            heartbeat_failures: FailureLog::default(),
            give_up_after: settings.give_up_after,
            last: BTreeMap::new(),
        }
    }

    /// Returns whether `what` is due, and if so, notes that it is done now.
    fn is_due(&mut self, what: &'static str, every: Duration) -> bool {
        let is_due = self.last.get(what).is_none_or(|at| at.elapsed() >= every);
        if is_due {
            self.last.insert(what, Instant::now());
        }
        is_due
    }

    async fn expire(&mut self, db: &PgPool) -> Result<i64, sqlx::Error> {
        let mut given_up = 0;
        for (receiver, messages) in message::expire(db, self.give_up_after, None).await? {
            warn!(
                receiver,
                messages, "messages are given up: the receiver did not take them in time"
            );
            given_up += messages;
        }
        Ok(given_up)
    }

    async fn beat(&mut self, db: &PgPool) -> Result<(), sqlx::Error> {
        let Some(address) = self.heartbeat.clone() else {
            return Ok(());
        };
        if !self.is_due("heartbeat", HEARTBEAT_EVERY)
            || !alert::is_watched(db, UNWATCHED_AFTER).await?
        {
            return Ok(());
        }
        match call(&self.client, address.expose()).await {
            Ok(_) => {
                if let Some(failures) = self.heartbeat_failures.succeeded() {
                    info!(failures, "the heartbeat address answers again");
                }
            }
            Err(error) => {
                if self.heartbeat_failures.failed(&error.to_string()) {
                    warn!(%error, "the heartbeat address does not answer, it is called again");
                }
            }
        }
        Ok(())
    }
}

impl BackgroundPass for MessageSender {
    type Report = SentMessages;
    type Error = sqlx::Error;
    const NAME: &'static str = "messages";
    const EVERY: Duration = Duration::from_secs(1);
    const MAX_RETRY: Duration = Duration::from_secs(10);

    async fn pass(&mut self, db: &PgPool) -> Result<SentMessages, sqlx::Error> {
        let mut report = SentMessages::default();
        if self.is_due("expire", EXPIRE_EVERY) {
            report.given_up = self.expire(db).await?;
        }
        let client = &self.client;
        let sending = self
            .outlets
            .iter_mut()
            .map(|outlet| outlet.send_waiting(db, client));
        for sent in join_all(sending).await {
            let sent = sent?;
            report.sent += sent.sent;
            report.failed += sent.failed;
            report.given_up += sent.given_up;
        }
        self.beat(db).await?;
        if self.is_due("delete", DELETE_EVERY) {
            alert::close_unchecked(db).await?;
            report.deleted = alert::delete_old(db, KEPT_FOR).await?;
        }
        Ok(report)
    }

    fn log(&mut self, report: &SentMessages) {
        debug!(pass = Self::NAME, ?report, "pass done");
    }
}

impl Outlet {
    /// Sends what waits, in its order, until one is not taken.
    async fn send_waiting(
        &mut self,
        db: &PgPool,
        client: &Client,
    ) -> Result<SentMessages, sqlx::Error> {
        // Slack takes one message a second, which is the time between two passes.
        let at_once = match self.receiver {
            Receiver::Slack { .. } => 1,
            Receiver::Webhook { .. } | Receiver::Mail { .. } => MAX_AT_ONCE,
        };
        let mut report = SentMessages::default();
        for _ in 0..at_once {
            let Some(claimed) = message::claim(db, &self.name, LEASE, None).await? else {
                break;
            };
            match self.send(client, &claimed).await {
                Ok(answer) => {
                    message::sent(db, claimed.message_id).await?;
                    report.sent += 1;
                    debug!(receiver = self.name, answer, "message sent");
                    if let Some(failures) = self.failures.succeeded() {
                        info!(
                            receiver = self.name,
                            failures, "receiver takes messages again"
                        );
                    }
                }
                Err(error) => {
                    let wait = wait_after(&error, claimed.tries);
                    message::failed(db, claimed.message_id, &error.to_string(), wait, None).await?;
                    report.failed += usize::from(wait.is_some());
                    report.given_up += i64::from(wait.is_none());
                    self.note_failure(&claimed, &error, wait.is_none());
                    if wait.is_some() {
                        break;
                    }
                }
            }
        }
        Ok(report)
    }

    async fn send(&self, client: &Client, claimed: &Claimed) -> Result<String, DeliveryError> {
        let content = content_of(claimed.content.clone()).map_err(|error| {
            DeliveryError::Unreachable(format!("this version cannot read the message: {error}"))
        })?;
        let message = Outgoing {
            id: claimed.message_id,
            created_at: claimed.created_at,
            now: claimed.now,
            content,
        };
        deliver(client, &self.receiver, &message).await
    }

    fn note_failure(&mut self, claimed: &Claimed, error: &DeliveryError, is_given_up: bool) {
        let receiver = &self.name;
        let is_new = self.failures.failed(&error.to_string());
        if is_given_up {
            warn!(receiver, message_id = %claimed.message_id, %error, "message is given up: the receiver refuses it");
        } else if is_new {
            warn!(receiver, %error, "receiver does not take messages, they are sent again");
        } else {
            debug!(receiver, %error, "receiver does not take messages");
        }
    }
}

/// Returns how long to wait after a try that failed; `None` if there is no other.
pub(super) fn wait_after(error: &DeliveryError, tries: i32) -> Option<Duration> {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(0).min(16);
    let wait = MIN_WAIT.saturating_mul(1 << doublings).min(MAX_WAIT);
    match error {
        DeliveryError::Refused { .. } => (tries < MAX_REFUSALS).then_some(wait),
        DeliveryError::Unavailable { retry_after, .. } => {
            Some(wait.max(retry_after.unwrap_or_default()))
        }
        DeliveryError::Unreachable(_) => Some(wait),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_bound_and_refusals_end() {
        let away = DeliveryError::Unreachable("no connection".to_owned());
        assert_eq!(wait_after(&away, 1), Some(MIN_WAIT));
        assert_eq!(wait_after(&away, 2), Some(MIN_WAIT * 2));
        assert_eq!(wait_after(&away, i32::MAX), Some(MAX_WAIT));
        let busy = DeliveryError::Unavailable {
            status: 429,
            says: String::new(),
            retry_after: Some(Duration::from_secs(30)),
        };
        assert_eq!(wait_after(&busy, 1), Some(Duration::from_secs(30)));
        let wrong = DeliveryError::Refused {
            status: 400,
            says: String::new(),
        };
        assert_eq!(wait_after(&wrong, MAX_REFUSALS), None);
    }
}
