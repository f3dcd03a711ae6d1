//! Sends batches of events as a device does: again until they are acknowledged, some of them twice.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    time::Duration,
};

use anyhow::{Context as _, bail};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::{debug, warn};

use super::{AppsOptions, RETRY_AFTER};

/// Of a thousand batches: those that are sent again although they were acknowledged.
const SENT_TWICE: u32 = 20;

/// What was sent, and what became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Events that a receiver says are stored.
    pub stored: u64,
    /// Events that a receiver says had been stored before.
    pub duplicates: u64,
    /// Events that a receiver rejects.
    pub rejected: u64,
    /// Requests that had to be sent again.
    pub repeated: u64,
}

#[derive(Debug, Deserialize)]
struct Answer {
    results: Vec<EventAnswer>,
}

#[derive(Debug, Deserialize)]
struct EventAnswer {
    message_id: Option<String>,
    result: String,
}

/// Sends events to receivers in turn.
#[derive(Debug)]
pub struct Sender {
    http: reqwest::Client,
    to: Vec<String>,
    key: String,
    turn: usize,
    chance: ChaCha8Rng,
    witness: Option<BufWriter<File>>,
    totals: Totals,
}

impl Sender {
    /// Connects to nothing yet: the first batch does.
    ///
    /// # Errors
    ///
    /// If the client or the witness cannot be made.
    pub fn new(options: &AppsOptions) -> anyhow::Result<Self> {
        let witness = options
            .witness
            .as_ref()
            .map(|path| {
                File::create(path).with_context(|| format!("cannot write {}", path.display()))
            })
            .transpose()?;
        // An error says that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            http: reqwest::Client::builder()
                .timeout(Duration::from_secs(30))
                .build()
                .context("no HTTP client")?,
            to: options.to.clone(),
            key: options.key.clone(),
            turn: 0,
            chance: ChaCha8Rng::seed_from_u64(options.seed ^ 0x7365_6e64),
            witness: witness.map(BufWriter::new),
            totals: Totals::default(),
        })
    }

    /// What was sent until now.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Writes what the witness holds back.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        if let Some(witness) = &mut self.witness {
            witness.flush().context("the witness cannot be written")?;
        }
        Ok(())
    }

    /// Sends a batch until it is acknowledged, and now and then once more.
    ///
    /// # Errors
    ///
    /// If the key or the request is refused for good.
    pub async fn send(&mut self, events: Vec<Value>) -> anyhow::Result<()> {
        let twice = self.chance.random_range(0..1000) < SENT_TWICE;
        if twice {
            self.send_exactly(events.clone()).await?;
        }
        self.send_exactly(events).await
    }

    /// Sends a batch until each of its events is stored or rejected.
    ///
    /// # Errors
    ///
    /// If the key or the request is refused for good.
    pub async fn send_exactly(&mut self, mut events: Vec<Value>) -> anyhow::Result<()> {
        while !events.is_empty() {
            if let Some(again) = self.try_once(&events).await? {
                events = again;
            } else {
                self.totals.repeated += 1;
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
        Ok(())
    }

    /// Sends once; returns the events to be sent again, or `None` if nothing is known of them.
    async fn try_once(&mut self, events: &[Value]) -> anyhow::Result<Option<Vec<Value>>> {
        self.turn += 1;
        let Some(to) = self.to.get(self.turn % self.to.len().max(1)) else {
            bail!("there is no receiver to send to");
        };
        let sent = self
            .http
            .post(format!("{}/v1/events", to.trim_end_matches('/')))
            .bearer_auth(&self.key)
            .json(&json!({ "events": events }))
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                debug!(
                    to,
                    error = &error as &dyn std::error::Error,
                    "no answer; sent again"
                );
                return Ok(None);
            }
        };
        match answer.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                bail!("{to} refuses the key: {}", answer.status())
            }
            status if status.is_success() => {}
            status => {
                if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
                    warn!(to, %status, "a batch was refused");
                    return Ok(Some(Vec::new()));
                }
                return Ok(None);
            }
        }
        // An answer that breaks off says nothing: the batch is sent again.
        match answer.json::<Answer>().await {
            Ok(answer) => self.note(events, &answer).map(Some),
            Err(_) => Ok(None),
        }
    }

    fn note(&mut self, events: &[Value], answer: &Answer) -> anyhow::Result<Vec<Value>> {
        let mut again = Vec::new();
        for (event, one) in events.iter().zip(&answer.results) {
            match one.result.as_str() {
                "ok" => self.totals.stored += 1,
                "duplicate" => self.totals.duplicates += 1,
                "retry" => {
                    again.push(event.clone());
                    continue;
                }
                _ => {
                    self.totals.rejected += 1;
                    continue;
                }
            }
            if let (Some(witness), Some(id)) = (&mut self.witness, &one.message_id) {
                writeln!(witness, "{id}").context("the witness cannot be written")?;
            }
        }
        Ok(again)
    }
}
