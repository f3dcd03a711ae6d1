//! Checks rejected events again, by the present schemas and rules of their keys, and stores those that
//! are sound now.
//!
//! Runs beside receivers, without one of its own. A key that was revoked since then is no reason to
//! reject: its events came while it was in force.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use chrono::{DateTime, Utc};
use event_contract::{BodyFormat, Endpoint, Receipt, ReceivedEvent, Rejection, SchemaMode, decode};
use schema::{
    connect::{is_fault_of_values, is_outage},
    events::{
        identity::resolve_names,
        key,
        replay::{
            CheckedReject, NewReason, RejectFilter, RejectedEvent, Replayed, begin, find,
            store_checked,
        },
        schema::of_client,
        store::Sender,
    },
};
use sqlx::PgPool;

use crate::{
    check::{Judge, PendingEvent},
    keys::{ActiveKey, ClientFacts},
    schemas::ClientSchemas,
    writer::Numbers,
};

/// Rejected events that are checked together: each may have 64 KiB.
const BATCH: i64 = 200;

/// How often a batch is stored, if the database is away for a moment.
const TRIES: u32 = 3;

/// Checks rejected events again, `max` at most, and stores those that are sound now, each once under its
/// message id; `who` is written beside them. Those that still fail stay, with their new reasons.
///
/// # Errors
///
/// If the database does not answer. What was done before stays done, and the rest can be replayed again.
pub async fn replay(
    db: &PgPool,
    who: &str,
    filter: &RejectFilter,
    max: i64,
) -> Result<Replayed, sqlx::Error> {
    let began_at = begin(db).await?;
    let numbers = Numbers::new();
    let mut done = Replayed::default();
    let mut left = max;
    while left > 0 {
        let found = find(db, filter, began_at, BATCH.min(left)).await?;
        if found.is_empty() {
            break;
        }
        left -= i64::try_from(found.len()).unwrap_or(BATCH);
        let mut of_clients: BTreeMap<i16, Vec<RejectedEvent>> = BTreeMap::new();
        for one in found {
            of_clients.entry(one.client_id).or_default().push(one);
        }
        for (client_id, rejects) in of_clients {
            let batch = replay_batch(db, who, client_id, &rejects, &numbers).await?;
            done.stored += batch.stored;
            done.duplicates += batch.duplicates;
            done.rejected += batch.rejected;
        }
    }
    Ok(done)
}

/// An event of a reject, read again.
type Reread = Result<ReceivedEvent, NewReason>;

async fn replay_batch(
    db: &PgPool,
    who: &str,
    client_id: i16,
    rejects: &[RejectedEvent],
    numbers: &Numbers,
) -> Result<Replayed, sqlx::Error> {
    let mut key_ids: Vec<i32> = rejects.iter().map(|one| one.key_id).collect();
    key_ids.sort_unstable();
    key_ids.dedup();
    let rows = key::of_numbers(db, &key_ids).await?;
    let keys: HashMap<i32, ActiveKey> = rows
        .into_iter()
        .filter_map(|row| Some((row.key_id, ActiveKey::new(row, None).ok()?)))
        .collect();
    let Some(client) = keys.values().next().map(|key| key.client.clone()) else {
        let unusable = rejects.iter().map(|one| CheckedReject {
            reject_id: one.reject_id,
            key_id: one.key_id,
            verdict: Err(whole("its key cannot be used: make another one".to_owned())),
        });
        let unusable: Vec<CheckedReject> = unusable.collect();
        let nobody = Sender {
            client_id,
            time_zone: "UTC",
            duplicate_window: Duration::ZERO,
            message_mask: uuid::Uuid::nil(),
        };
        return store_checked(db, nobody, who, &unusable).await;
    };
    let schemas = if keys.values().any(|key| key.mode != SchemaMode::Off) {
        ClientSchemas::compile(
            of_client(db, client_id).await?,
            &ClientSchemas::default(),
            client_id,
        )
    } else {
        ClientSchemas::default()
    };
    let events: Vec<Reread> = rejects.iter().map(reread).collect();
    // A name that its key may not send gets no number.
    let allowed = rejects.iter().zip(&events).filter_map(|(reject, event)| {
        let (key, event) = (keys.get(&reject.key_id)?, event.as_ref().ok()?);
        let is_allowed = key.policy.allow_event(&event.name).is_ok();
        is_allowed.then(|| event.name.clone())
    });
    let mut names: Vec<String> = allowed.collect();
    names.sort_unstable();
    names.dedup();
    let mut connection = db.acquire().await?;
    let names = resolve_names(&mut connection, client_id, &names).await?;
    drop(connection);
    let names: HashMap<String, i32> = names.into_iter().collect();

    let verdicts = rejects.iter().zip(events).map(|(reject, event)| {
        let key = keys.get(&reject.key_id);
        let key =
            key.ok_or_else(|| whole("its key cannot be used: make another one".to_owned()))?;
        let judge = Judge {
            key,
            schemas: (key.mode != SchemaMode::Off).then_some(&schemas),
            names: &names,
        };
        judged(&judge, event?)
    });
    let verdicts: Vec<Result<PendingEvent, NewReason>> = verdicts.collect();
    let checked = numbered(db, client_id, rejects, verdicts, numbers).await?;
    store_parts(db, &client, who, rejects, checked).await
}

fn whole(reason: String) -> NewReason {
    NewReason {
        schema: None,
        pointer: String::new(),
        reason,
    }
}

/// Reads the body of a reject, which must be one event and not a list or an envelope of some.
fn reread(reject: &RejectedEvent) -> Reread {
    let receipt = Receipt {
        endpoint: Endpoint::Events,
        format: BodyFormat::Json,
        // Its clock is judged by the time at which it came.
        received_at: reject.rejected_at,
        user_agent: None,
    };
    let decoded =
        decode(receipt, reject.body.as_bytes()).map_err(|error| whole(error.to_string()))?;
    let mut events = decoded.events;
    let one = events.pop().filter(|_| events.is_empty());
    match one {
        Some(Ok(event)) if event.pointer.is_empty() => Ok(event),
        Some(Err(rejection)) => Err(reason_of(rejection)),
        _ => Err(whole(
            "it is not one event: a list or an envelope stands where an event must stand"
                .to_owned(),
        )),
    }
}

fn reason_of(rejection: Rejection) -> NewReason {
    NewReason {
        schema: rejection.schema_version,
        pointer: rejection.pointer,
        reason: rejection.reason,
    }
}

fn judged(judge: &Judge<'_>, event: ReceivedEvent) -> Result<PendingEvent, NewReason> {
    let mut checked = judge.check(vec![Ok(event)]);
    if let Some(pending) = checked.pending.pop() {
        return Ok(pending);
    }
    let reject = checked.rejects.pop();
    Err(reject.map_or_else(
        || whole("it was neither accepted nor rejected".to_owned()),
        |reject| NewReason {
            schema: reject.schema,
            pointer: reject.pointer,
            reason: reject.reason,
        },
    ))
}

/// Gives the sound events the numbers of their users and places.
async fn numbered(
    db: &PgPool,
    client_id: i16,
    rejects: &[RejectedEvent],
    verdicts: Vec<Result<PendingEvent, NewReason>>,
    numbers: &Numbers,
) -> Result<Vec<CheckedReject>, sqlx::Error> {
    let mut pending = Vec::new();
    let mut checked = Vec::with_capacity(rejects.len());
    let mut places = Vec::new();
    for (reject, verdict) in rejects.iter().zip(verdicts) {
        match verdict {
            Ok(event) => {
                places.push((reject.reject_id, reject.key_id));
                pending.push(event);
            }
            Err(reason) => checked.push(CheckedReject {
                reject_id: reject.reject_id,
                key_id: reject.key_id,
                verdict: Err(reason),
            }),
        }
    }
    numbers.resolve(db, client_id, &mut pending).await?;
    checked.extend(
        places
            .into_iter()
            .zip(pending)
            .map(|((reject_id, key_id), event)| CheckedReject {
                reject_id,
                key_id,
                verdict: Ok(event.row),
            }),
    );
    Ok(checked)
}

/// Stores what was checked; halves of what the database refuses, down to the events that it refuses.
async fn store_parts(
    db: &PgPool,
    client: &ClientFacts,
    who: &str,
    rejects: &[RejectedEvent],
    checked: Vec<CheckedReject>,
) -> Result<Replayed, sqlx::Error> {
    let sender = Sender {
        duplicate_window: client.duplicate_window + age(rejects, begin(db).await?),
        ..client.sender()
    };
    let mut done = Replayed::default();
    let mut tries = TRIES;
    let mut parts = vec![checked];
    while let Some(mut part) = parts.pop() {
        match store_checked(db, sender, who, &part).await {
            Ok(batch) => {
                done.stored += batch.stored;
                done.duplicates += batch.duplicates;
                done.rejected += batch.rejected;
            }
            // Nothing of it is stored, or all of it and marked.
            Err(error) if is_outage(&error) && tries > 1 => {
                tries -= 1;
                parts.push(part);
            }
            Err(error) if is_fault_of_values(&error) && part.len() > 1 => {
                let second = part.split_off(part.len() / 2);
                parts.extend([part, second]);
            }
            Err(error)
                if is_fault_of_values(&error) && part.iter().all(|one| one.verdict.is_ok()) =>
            {
                for one in &mut part {
                    one.verdict = Err(whole("the database does not take its values".to_owned()));
                }
                parts.push(part);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// How long ago the first of them was rejected.
fn age(rejects: &[RejectedEvent], now: DateTime<Utc>) -> Duration {
    let first = rejects.iter().map(|one| one.rejected_at).min();
    first
        .and_then(|first| (now - first).to_std().ok())
        .unwrap_or_default()
}
