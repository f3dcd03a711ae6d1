//! One batch: the events of some requests of one client, in one transaction.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::Arc,
    time::Duration,
};

use schema::{
    connect::{in_time, is_fault_of_values, is_outage},
    events::{
        intake::Intake,
        store::{NewEvent, store},
    },
};
use tracing::{error, warn};
use uuid::Uuid;

use super::{Fate, Numbers, Submission};
use crate::{
    check::PendingEvent, database::Database, keys::ClientFacts, metrics::Metrics, usage::Usage,
};

/// How long a batch may take at most, look-ups included. A batch that is tried again waits for what is
/// left of its first transaction, whose statements the database ends after 15 s each, and then finds
/// what that stored.
const MAX_BATCH_TIME: Duration = Duration::from_secs(25);
/// The activity that a stall report names.
const STORE: &str = "store events";

/// What storing needs.
pub(super) struct Store {
    database: Database,
    pub(super) metrics: Metrics,
    usage: Arc<Usage>,
    numbers: Numbers,
}

/// An event to be stored, and the key that sent it.
struct Row {
    event: PendingEvent,
    key_id: i32,
}

impl Store {
    pub(super) fn new(database: Database, metrics: Metrics, usage: Arc<Usage>) -> Self {
        Self {
            database,
            metrics,
            usage,
            numbers: Numbers::new(),
        }
    }

    /// Stores the events of requests of one client, and answers each request.
    pub(super) async fn store(&self, submissions: Vec<Submission>) {
        let Some(client) = submissions.first().map(|one| one.client.clone()) else {
            return;
        };
        let mut rows: Vec<Row> = Vec::new();
        let mut requests = Vec::with_capacity(submissions.len());
        let mut seen: HashSet<Uuid> = HashSet::new();
        for submission in submissions {
            let key_id = submission.key_id;
            let ids: Vec<Uuid> = submission
                .events
                .iter()
                .map(|one| one.row.message_id)
                .collect();
            for event in submission.events {
                if seen.insert(event.row.message_id) {
                    rows.push(Row { event, key_id });
                } else {
                    self.usage.count(key_id, |sum| sum.duplicates += 1);
                }
            }
            requests.push((ids, submission.reply, submission.memory));
        }
        // In one order, so that two transactions with the same events rarely wait for each other in a
        // circle, and neighbours in the index are stored together.
        rows.sort_unstable_by_key(|row| row.event.row.message_id);
        let mut fates = self.store_rows(&client, rows).await;
        for (ids, reply, memory) in requests {
            let fates = ids.iter().map(|id| {
                let fate = fates.get_mut(id);
                fate.map_or(Fate::Failed, |fate| match fate {
                    // The next one with this id repeats it.
                    Fate::Stored => mem::replace(fate, Fate::Duplicate),
                    fate => fate.clone(),
                })
            });
            // A client that left gets no answer.
            let _ = reply.send(fates.collect());
            drop(memory);
        }
    }

    async fn store_rows(&self, client: &ClientFacts, rows: Vec<Row>) -> HashMap<Uuid, Fate> {
        self.metrics
            .batch_events
            .observe(f64::from(u32::try_from(rows.len()).unwrap_or(u32::MAX)));
        let (mut events, keys): (Vec<PendingEvent>, Vec<i32>) =
            rows.into_iter().map(|row| (row.event, row.key_id)).unzip();
        let mut resolved: Option<Vec<NewEvent>> = None;
        // A second time after a fault of the database: each event is stored once, however often.
        for attempt in 1..=2 {
            let timer = self.metrics.store_duration.start_timer();
            let trying = self.try_once(client, &mut events, &mut resolved, &keys);
            let tried = in_time(MAX_BATCH_TIME, trying);
            let tried = self.database.activities.note(STORE, tried).await;
            timer.observe_duration();
            let rows = resolved.as_deref().unwrap_or_default();
            match tried {
                Ok(stored) => return fates(rows, &stored),
                Err(error) if is_outage(&error) && attempt == 1 => {}
                Err(error) if is_fault_of_values(&error) && !rows.is_empty() => {
                    return self.store_parts(client, rows, &keys, &error).await;
                }
                Err(error) => {
                    let events = keys.len();
                    let cause = &error as &dyn std::error::Error;
                    if is_outage(&error) {
                        warn!(
                            events,
                            error = cause,
                            "events are not stored; their senders may try again"
                        );
                    } else {
                        error!(
                            events,
                            error = cause,
                            "the database refuses to store events"
                        );
                    }
                    break;
                }
            }
        }
        HashMap::new()
    }

    async fn try_once(
        &self,
        client: &ClientFacts,
        events: &mut Vec<PendingEvent>,
        resolved: &mut Option<Vec<NewEvent>>,
        keys: &[i32],
    ) -> Result<HashSet<Uuid>, sqlx::Error> {
        let db = self.database.pool();
        if resolved.is_none() {
            self.numbers.resolve(db, client.client_id, events).await?;
            *resolved = Some(mem::take(events).into_iter().map(|one| one.row).collect());
        }
        let rows = resolved.as_deref().unwrap_or_default();
        store(db, client.sender(), rows, |stored| {
            intake(rows, keys, stored)
        })
        .await
    }

    /// Stores halves of what the database refuses, down to the events that it refuses.
    async fn store_parts(
        &self,
        client: &ClientFacts,
        rows: &[NewEvent],
        keys: &[i32],
        error: &sqlx::Error,
    ) -> HashMap<Uuid, Fate> {
        let mut known = HashMap::with_capacity(rows.len());
        let mut parts = vec![(rows, keys, error.to_string())];
        while let Some((rows, keys, reason)) = parts.pop() {
            if let [row] = rows {
                warn!(
                    reason,
                    "the database refuses an event; it is answered as rejected"
                );
                known.insert(row.message_id, Fate::Refused(reason));
                continue;
            }
            let (middle, db) = (rows.len() / 2, self.database.pool());
            let (rows, keys) = (rows.split_at(middle), keys.split_at(middle));
            for (rows, keys) in [(rows.0, keys.0), (rows.1, keys.1)] {
                let storing = store(db, client.sender(), rows, |stored| {
                    intake(rows, keys, stored)
                });
                match in_time(MAX_BATCH_TIME, storing).await {
                    Ok(stored) => known.extend(fates(rows, &stored)),
                    Err(error) if is_fault_of_values(&error) => {
                        parts.push((rows, keys, error.to_string()));
                    }
                    // Their requests are answered as not stored.
                    Err(_) => {}
                }
            }
        }
        known
    }
}

fn fates(rows: &[NewEvent], stored: &HashSet<Uuid>) -> HashMap<Uuid, Fate> {
    let fate = |id| {
        if stored.contains(id) {
            Fate::Stored
        } else {
            Fate::Duplicate
        }
    };
    let ids = rows.iter().map(|row| &row.message_id);
    ids.map(|id| (*id, fate(id))).collect()
}

/// Counts what came with each key.
fn intake(rows: &[NewEvent], keys: &[i32], stored: &HashSet<Uuid>) -> Vec<Intake> {
    let mut counts: HashMap<i32, Intake> = HashMap::new();
    for (row, key_id) in rows.iter().zip(keys) {
        let count = counts.entry(*key_id).or_insert(Intake {
            key_id: *key_id,
            ..Intake::default()
        });
        if stored.contains(&row.message_id) {
            count.accepted += 1;
        } else {
            count.duplicates += 1;
        }
    }
    counts.into_values().collect()
}
