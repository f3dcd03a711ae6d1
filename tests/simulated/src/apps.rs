//! Simulated apps: devices whose users open films, choose seats and buy tickets, and that send what
//! they did as events.
//!
//! They behave as real apps do: they send in batches, send again what was not acknowledged, send some
//! of it twice, were offline for hours, have wrong clocks, and now and then send what is not an event.
//! Half of the users see another seat map and buy somewhat more often ([`LIFT`]), so an experiment has
//! something to find. Everything follows from the seed.

mod behaviour;
mod send;

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;

pub use behaviour::{BASE_SHARE, LIFT, Person, day_of};
pub use send::{Sender, Totals};

/// How the apps behave, and where they send to.
#[derive(Debug, Clone, Args)]
pub struct AppsOptions {
    /// Address of a receiver, such as <http://127.0.0.1:9180>. Repeatable: devices take turns.
    #[arg(long = "to", required = true, value_name = "URL")]
    pub to: Vec<String>,
    /// The key with which they send.
    #[arg(long, env = "FULLHOUSE_EVENT_KEY", hide_env_values = true)]
    pub key: String,
    /// People who use the app.
    #[arg(long, default_value_t = 400)]
    pub people: u32,
    /// Sessions that begin each second, on average.
    #[arg(long, default_value_t = 0.5)]
    pub rate: f64,
    /// Days of history that are sent first, as historical.
    #[arg(long, default_value_t = 0)]
    pub history: u32,
    /// Stop after so many sessions.
    #[arg(long)]
    pub sessions: Option<u64>,
    /// Seed of everything that happens.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// File to which the message id of each acknowledged event is written, a line each.
    #[arg(long, value_name = "FILE")]
    pub witness: Option<PathBuf>,
}

/// Events of one batch of history.
const HISTORY_BATCH: usize = 500;

/// Sends until `stop` resolves, or all sessions are sent and acknowledged; returns what was sent.
///
/// # Errors
///
/// If the key is refused, or the witness cannot be written. A receiver that does not answer is asked
/// again.
pub async fn run(options: &AppsOptions, stop: impl Future<Output = ()>) -> anyhow::Result<Totals> {
    let mut sender = Sender::new(options).context("the apps cannot send")?;
    tokio::pin!(stop);
    let work = async {
        send_history(options, &mut sender).await?;
        let mut session = 0;
        while options.sessions.is_none_or(|sessions| session < sessions) {
            let batch = behaviour::session(options.seed, options.people, session);
            sender.send(batch).await?;
            let wait = behaviour::pause(options.seed, session, options.rate);
            session += 1;
            tokio::time::sleep(wait).await;
        }
        anyhow::Ok(())
    };
    tokio::select! {
        done = work => done?,
        () = &mut stop => {}
    }
    sender.flush()?;
    Ok(sender.totals())
}

async fn send_history(options: &AppsOptions, sender: &mut Sender) -> anyhow::Result<()> {
    let mut batch: Vec<Value> = Vec::new();
    for ago in (1..=options.history).rev() {
        for number in 0..options.people {
            let person = Person::of(options.seed, number);
            batch.extend(behaviour::day_of(options.seed, &person, ago));
            if batch.len() >= HISTORY_BATCH {
                sender.send_exactly(std::mem::take(&mut batch)).await?;
            }
        }
    }
    if !batch.is_empty() {
        sender.send_exactly(batch).await?;
    }
    Ok(())
}

/// How long a device waits before it sends again what was not acknowledged.
pub(crate) const RETRY_AFTER: Duration = Duration::from_millis(100);
