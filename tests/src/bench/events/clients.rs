//! Clients that send events over many connections.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use chrono::{SecondsFormat, Utc};
use futures_util::future::try_join_all;
use reqwest::{Client, StatusCode};
use schema::secret::Secret;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::bench::error::BenchError;

/// Users that act while it is measured: each sends some events, as in a visit.
const USERS: u64 = 20_000;
/// Names of events.
const NAMES: [&str; 8] = [
    "film_opened",
    "trailer_played",
    "seat_chosen",
    "ticket_bought",
    "page",
    "search",
    "login",
    "share",
];
/// Films, cinemas and so on that properties name.
const FILMS: u64 = 400;

/// How requests are sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Connections at a time.
    pub(super) connections: usize,
    /// Events in a request.
    pub(super) events: usize,
}

/// What was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Of each request, sorted.
    pub(super) milliseconds: Vec<f64>,
    took: Duration,
}

impl Sent {
    /// Requests in a second.
    pub(super) fn rate(&self) -> f64 {
        crate::bench::figure::number(self.milliseconds.len() as u64) / self.took.as_secs_f64()
    }
}

/// Clients of one receiver.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    http: Client,
    url: String,
    secret: Secret,
    has_ordered_ids: bool,
}

impl Clients {
    pub(super) fn new(receiver: SocketAddr, secret: Secret) -> Result<Self, BenchError> {
        // Another benchmark may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().timeout(Duration::from_mins(1)).build()?;
        Ok(Self {
            http,
            url: format!("http://{receiver}/v1/events"),
            secret,
            has_ordered_ids: std::env::var("EVENT_IDS").is_ok_and(|ids| ids == "ordered"),
        })
    }

    pub(super) async fn is_ready(&self, probes: SocketAddr) -> bool {
        let ready = self.http.get(format!("http://{probes}/ready")).send().await;
        ready.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    /// Sends requests for a time: each connection when it has its answer, or all together at a rate.
    pub(super) async fn send(
        &self,
        load: Load,
        lasts: Duration,
        requests_per_second: Option<f64>,
    ) -> Result<Sent, BenchError> {
        let began_at = Instant::now();
        let connections = (0..load.connections).map(|connection| {
            let clients = self.clone();
            let interval = requests_per_second.map(|rate| {
                let all = crate::bench::figure::number(load.connections as u64);
                Duration::from_secs_f64(all / rate)
            });
            let share = u32::try_from(connection).unwrap_or(0);
            let offset = interval
                .map(|interval| interval * share / u32::try_from(load.connections).unwrap_or(1));
            let sending = tokio::spawn(async move {
                let begin = began_at + offset.unwrap_or_default();
                clients
                    .send_on_one(load, begin, began_at + lasts, interval)
                    .await
            });
            async { sending.await.map_err(BenchError::Panicked)? }
        });
        let mut milliseconds: Vec<f64> = try_join_all(connections).await?.concat();
        milliseconds.sort_unstable_by(f64::total_cmp);
        Ok(Sent {
            milliseconds,
            took: began_at.elapsed(),
        })
    }

    async fn send_on_one(
        &self,
        load: Load,
        begin: Instant,
        end: Instant,
        interval: Option<Duration>,
    ) -> Result<Vec<f64>, BenchError> {
        let mut taken = Vec::new();
        let mut due_at = begin;
        while due_at < end {
            let body = events(load.events, self.has_ordered_ids);
            match interval {
                Some(_) => sleep_until(due_at).await,
                None => due_at = Instant::now(),
            }
            let request = self.http.post(&self.url).bearer_auth(self.secret.expose());
            let request = request
                .header("Content-Type", "application/json")
                .body(body);
            let answer = request.send().await?;
            let status = answer.status();
            let text = answer.text().await?;
            let stored = text.matches(r#""result":"ok""#).count();
            if status != StatusCode::OK || stored != load.events {
                return Err(BenchError::nothing(format!(
                    "{status}: {stored} of {} events are stored: {text:.300}",
                    load.events
                )));
            }
            taken.push(due_at.elapsed().as_secs_f64() * 1_000.0);
            if let Some(interval) = interval {
                due_at += interval;
            } else if Instant::now() >= end {
                break;
            }
        }
        Ok(taken)
    }
}

/// The id with the time in front, as UUIDs of version 7 have it.
fn ordered(id: Uuid) -> Uuid {
    let millis = u64::try_from(Utc::now().timestamp_millis()).unwrap_or(0);
    let (high, low) = id.as_u64_pair();
    Uuid::from_u64_pair(millis << 16 | 0x7000 | high & 0x0fff, low)
}

/// Events of some 330 bytes, as an app sends them.
fn events(count: usize, has_ordered_ids: bool) -> String {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut body = String::with_capacity(count * 360 + 2);
    body.push('[');
    for index in 0..count {
        let mut id = Uuid::new_v4();
        let random = id.as_u64_pair().1;
        if has_ordered_ids {
            id = ordered(id);
        }
        let name = usize::try_from(random % 8)
            .ok()
            .and_then(|index| NAMES.get(index));
        let comma = if index > 0 { "," } else { "" };
        // Writing to a text never fails.
        let _ = write!(
            body,
            r#"{comma}{{"message_id":"{id}","event":"{}","user_id":"u-{}","timestamp":"{now}","properties":{{"film":"film-{}","cinema":"cinema-{}","screen":{},"price":{}.5,"seat":"{}{}","is_member":true,"source":"app"}},"context":{{"country":"FR","region":"IDF"}}}}"#,
            name.unwrap_or(&"page"),
            random / 8 % USERS,
            random / 64 % FILMS,
            random / 512 % FILMS,
            random / 4096 % 20,
            random / 65536 % 15,
            char::from(b'A' + u8::try_from(random / 1024 % 20).unwrap_or(0)),
            random / 2048 % 30,
        );
    }
    body.push(']');
    body
}
