//! The steps of a request behind its body: may the key send it, is each event sound, is it committed.

use std::{sync::Arc, time::Duration};

use actix_web::web;
use event_contract::{Answer, DecodedRequest, EventAnswer, EventResult, RejectionKind, SchemaMode};
use telemetry::Telemetry;
use tokio::{sync::oneshot, time::timeout};
use tracing::error;

use crate::{
    check::{CheckedRequest, Judge},
    cors::Origins,
    database::Database,
    keys::{ActiveKey, Keys, rate::Headers},
    memory::{BytesInFlight, Reservation},
    metrics::Metrics,
    names::Names,
    problem::Problem,
    rejects::Rejects,
    schemas::Schemas,
    usage::Usage,
    writer::{Fate, Submission, Writer},
};

/// What requests are answered with; the threads of the server share it.
pub(crate) struct Shared {
    pub(crate) database: Database,
    pub(crate) metrics: Metrics,
    pub(crate) memory: BytesInFlight,
    pub(crate) keys: Keys,
    pub(crate) origins: Arc<Origins>,
    pub(crate) schemas: Schemas,
    pub(crate) names: Names,
    pub(crate) rejects: Rejects,
    pub(crate) usage: Arc<Usage>,
    pub(crate) writer: Writer,
    pub(crate) body_timeout: Duration,
    pub(crate) answer_timeout: Duration,
    pub(crate) telemetry: Telemetry,
}

impl Shared {
    /// Judges whether the key may send `events` from `origin`.
    pub(crate) fn admit(
        &self,
        key: &ActiveKey,
        origin: Option<&str>,
        events: usize,
    ) -> Result<Headers, Problem> {
        key.policy.allow_origin(origin)?;
        key.rate.take(events).map_err(|refusal| {
            self.metrics.count("limited", events);
            let events = i32::try_from(events).unwrap_or(i32::MAX);
            self.usage.count(key.key_id, |sum| {
                sum.limited = sum.limited.saturating_add(events);
            });
            Problem::TooMany(refusal)
        })
    }

    /// Judges decoded events.
    pub(crate) async fn check(
        &self,
        key: Arc<ActiveKey>,
        decoded: DecodedRequest,
        mut memory: Reservation,
    ) -> Result<(CheckedRequest, Reservation), Problem> {
        let client_id = key.client.client_id;
        let schemas = match key.mode {
            SchemaMode::Off => None,
            SchemaMode::Warn | SchemaMode::Enforce => {
                Some(self.schemas.of_client(client_id).await?)
            }
        };
        let sound = decoded.events.iter().flatten();
        let allowed = sound.filter(|event| key.policy.allow_event(&event.name).is_ok());
        let names = self
            .names
            .resolve(client_id, allowed.map(|event| event.name.as_str()))
            .await?;
        let is_large = schemas.is_some() && decoded.events.len() > 50;
        let check = move || {
            let judge = Judge {
                key: &key,
                schemas: schemas.as_deref(),
                names: &names,
            };
            let checked = judge.check(decoded.events);
            memory.shrink_to(checked.bytes());
            (checked, memory)
        };
        beside(is_large, check).await
    }

    /// Stores what was judged to be stored; returns the answer after the commit.
    pub(crate) async fn store(
        &self,
        key: &ActiveKey,
        checked: CheckedRequest,
        memory: Reservation,
    ) -> Result<Answer, Problem> {
        let mut results = checked.answers;
        let fates = if checked.pending.is_empty() {
            drop(memory);
            Vec::new()
        } else {
            let (reply, answered) = oneshot::channel();
            let submission = Submission {
                client: key.client.clone(),
                key_id: key.key_id,
                events: checked.pending,
                memory,
                reply,
            };
            let storing = async {
                self.writer
                    .submit(submission)
                    .await
                    .then_some(answered)?
                    .await
                    .ok()
            };
            let fates = timeout(self.answer_timeout, storing).await;
            fates.ok().flatten().unwrap_or_default()
        };
        for (index, position) in checked.positions.iter().enumerate() {
            if let Some(result) = results.get_mut(*position) {
                apply(result, fates.get(index).unwrap_or(&Fate::Failed));
            }
        }
        let answer = Answer { results };
        let retry = answer.count(EventResult::Retry);
        self.count(&answer, &checked.kinds);
        if retry > 0 {
            return Err(Problem::NotStored(answer));
        }
        let rejected = answer.count(EventResult::Rejected);
        if rejected > 0 {
            let count = i32::try_from(rejected).unwrap_or(i32::MAX);
            self.usage.count(key.key_id, |sum| {
                sum.rejected = sum.rejected.saturating_add(count);
            });
            self.rejects.store(key.key_id, checked.rejects).await;
        }
        Ok(answer)
    }

    fn count(&self, answer: &Answer, kinds: &[RejectionKind]) {
        for (result, label) in [
            (EventResult::Ok, "ok"),
            (EventResult::Duplicate, "duplicate"),
            (EventResult::Rejected, "rejected"),
            (EventResult::Retry, "retry"),
        ] {
            self.metrics.count(label, answer.count(result));
        }
        for kind in kinds {
            self.metrics
                .rejected
                .with_label_values(&[kind.as_str()])
                .inc();
        }
    }
}

/// Says in the answer of an event what became of it.
fn apply(answer: &mut EventAnswer, fate: &Fate) {
    let (result, reason) = match fate {
        Fate::Stored => return,
        Fate::Duplicate => (EventResult::Duplicate, None),
        Fate::Refused(reason) => {
            error!(
                reason,
                "an event passed all checks and is refused by the database"
            );
            let reason = "the database does not take its values: see the log of the receiver";
            (EventResult::Rejected, Some(reason.to_owned()))
        }
        Fate::Failed => {
            let reason = "the database did not confirm it: send it again";
            (EventResult::Retry, Some(reason.to_owned()))
        }
    };
    (answer.result, answer.reason) = (result, reason);
    answer.warnings.clear();
}

/// Runs work on this thread, or beside it if it takes long.
pub(crate) async fn beside<T: Send + 'static>(
    is_long: bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    if is_long {
        web::block(work).await.map_err(|_| Problem::Internal)
    } else {
        Ok(work())
    }
}
