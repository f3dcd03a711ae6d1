//! Alerts: each condition by its real cause, and messages to real receivers (invariant 13).

mod cases;
mod conditions;
mod delivery;
mod messages;
mod page;
mod receivers;
mod rules;
mod runbook;
mod server;

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use coordinator::{
    alert::{
        check::{Audience, Looked, check},
        condition::{self, Condition},
        settings::{AlertSettings, Receiver, SecretText},
    },
    background::messages::{MessageSender, SentMessages},
    metrics::{ActiveAlerts, AlertMetrics},
};
use prometheus::Registry;
use schema::alert::{AlertRow, Severity, Turns, list};
use sqlx::PgPool;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn run(db: &PgPool, statements: &'static str) {
    sqlx::raw_sql(statements)
        .execute(db)
        .await
        .unwrap_or_else(|error| panic!("{statements}: {error}"));
}

async fn clock(db: &PgPool) -> DateTime<Utc> {
    sqlx::query_scalar("SELECT now()")
        .fetch_one(db)
        .await
        .unwrap()
}

fn named(name: &str) -> Condition {
    condition::all()
        .find(|condition| condition.name == name)
        .unwrap()
        .clone()
}

fn webhook(url: &str) -> Receiver {
    Receiver::Webhook {
        url: SecretText::new(url),
        secret: SecretText::new(SECRET),
        severity: Severity::Info,
    }
}

fn settings(receivers: impl IntoIterator<Item = (&'static str, Receiver)>) -> AlertSettings {
    let receivers: BTreeMap<String, Receiver> = receivers
        .into_iter()
        .map(|(name, receiver)| (name.to_owned(), receiver))
        .collect();
    AlertSettings {
        receivers,
        ..AlertSettings::default()
    }
}

fn shown() -> ActiveAlerts {
    AlertMetrics::register(&Registry::new()).unwrap().show()
}

fn nobody() -> Audience {
    Audience::of(&AlertSettings::default())
}

/// Looks at a condition until it has held for long enough; returns what both looks did.
async fn look(db: &PgPool, name: &str, audience: &Audience) -> Looked {
    let condition = named(name);
    let now = clock(db).await;
    let first = check(db, &condition, audience, Some(now)).await.unwrap();
    if condition.holds_for.is_zero() {
        return first;
    }
    let then = now + condition.holds_for;
    let second = check(db, &condition, audience, Some(then)).await.unwrap();
    Looked {
        turns: Turns {
            opened: first.turns.opened + second.turns.opened,
            resolved: first.turns.resolved + second.turns.resolved,
        },
        messages: first.messages + second.messages,
    }
}

/// Looks at a condition when it has been over for long enough.
async fn look_after(db: &PgPool, name: &str, audience: &Audience) -> Looked {
    let condition = named(name);
    let now = clock(db).await + condition.holds_for + condition.over_for;
    let now = now + Duration::from_secs(1);
    check(db, &condition, audience, Some(now)).await.unwrap()
}

async fn alerts(db: &PgPool, all: bool) -> Vec<AlertRow> {
    let mut connection = db.acquire().await.unwrap();
    list(&mut connection, all, None, 100).await.unwrap()
}

/// Sends what waits, as a leader that was just elected.
async fn send(db: &PgPool, settings: &AlertSettings) -> SentMessages {
    use coordinator::{alert::deliver, background::BackgroundPass as _};
    let client = deliver::client().unwrap();
    MessageSender::new(settings, client).pass(db).await.unwrap()
}

/// Lets the time of the next try come.
async fn let_waits_end(db: &PgPool) {
    run(
        db,
        "UPDATE message SET next_try_at = now() - interval '1 second'",
    )
    .await;
}
