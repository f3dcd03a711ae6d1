//! Requests to Elasticsearch: bounded in time and bytes, repeated where that can help.

use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode, header};
use serde_json::Value;
use source_language::wording::with_causes;
use tokio::time::sleep;
use tracing::debug;

use crate::{
    alert::settings::SecretText,
    delivery::{failure::DeliveryFailure, settings::ElasticsearchSettings},
};

/// Time of a request.
const TIMEOUT: Duration = Duration::from_mins(1);
/// A request that is not taken is sent so often.
const MAX_TRIES: u32 = 5;
/// The longest pause between two tries, and the longest that is waited for if the server asks for it: after
/// a longer one the day is delivered by a later pass.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause that a server may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);
/// Bytes of an answer at most.
const MAX_ANSWER_BYTES: usize = 64 << 20;
/// Letters of an answer that are shown to people.
const MAX_SHOWN: usize = 300;

/// A cluster, and how it is asked.
#[derive(Debug)]
pub struct Cluster<'a> {
    /// Sends requests.
    pub client: &'a Client,
    /// Where it is.
    pub settings: &'a ElasticsearchSettings,
    /// The name of the destination, for people.
    pub destination: &'a str,
}

/// An answer.
#[derive(Debug)]
pub struct ClusterAnswer {
    /// Its status.
    pub status: StatusCode,
    /// The pause that it asks for.
    pub retry_after: Option<Duration>,
    /// Its body.
    pub body: Vec<u8>,
}

impl ClusterAnswer {
    /// Reads it as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Says what it is, for people.
    #[must_use]
    pub fn shown(&self) -> String {
        let body = self.json();
        let error = &body["error"];
        let says = match (error["type"].as_str(), error["reason"].as_str()) {
            (Some(kind), Some(reason)) => format!("{kind}: {reason}"),
            _ => String::from_utf8_lossy(&self.body).into_owned(),
        };
        format!("{} {}", self.status.as_u16(), shorten(&says))
    }
}

/// Shortens what a server says, for people.
#[must_use]
pub fn shorten(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(MAX_SHOWN).collect()
}

impl Cluster<'_> {
    /// Sends a request until it is answered with something else than 429 or an error of the server.
    ///
    /// # Errors
    ///
    /// [`DeliveryFailure`], if it is not, or the credentials are refused.
    pub async fn send(
        &self,
        method: &Method,
        path: &str,
        content_type: &str,
        body: impl Into<bytes::Bytes>,
    ) -> Result<ClusterAnswer, DeliveryFailure> {
        let body: bytes::Bytes = body.into();
        let mut tries = 0;
        loop {
            let answered = self
                .try_once(method, path, content_type, body.clone())
                .await;
            tries += 1;
            let (problem, retry_after) = match answered {
                Ok(answer) => match answer.status {
                    StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                        return Err(DeliveryFailure::unavailable(self.refused(&answer)));
                    }
                    StatusCode::TOO_MANY_REQUESTS => (answer.shown(), answer.retry_after),
                    status if status.is_server_error() => (answer.shown(), answer.retry_after),
                    _ => return Ok(answer),
                },
                Err(error) => (with_causes(&error.without_url()), None),
            };
            if tries == MAX_TRIES || retry_after.is_some_and(|pause| pause > MAX_PAUSE) {
                return Err(DeliveryFailure::Unavailable {
                    reason: format!(
                        "Elasticsearch at deliveries.{}.url does not take requests: {problem}",
                        self.destination
                    ),
                    retry_after,
                });
            }
            self.pause(tries, retry_after, &problem).await;
        }
    }

    /// Waits before a next try: twice as long each time, with jitter, and at least as long as the server asks.
    pub async fn pause(&self, tries: u32, retry_after: Option<Duration>, problem: &str) {
        let ceiling = self
            .settings
            .pause
            .saturating_mul(1 << tries.saturating_sub(1).min(16))
            .min(MAX_PAUSE);
        let pause = ceiling.mul_f64(0.5 + rand::random::<f64>() / 2.0);
        let pause = pause.max(retry_after.unwrap_or_default().min(MAX_PAUSE));
        debug!(
            destination = self.destination,
            tries,
            ?pause,
            problem,
            "Elasticsearch is asked again after a pause"
        );
        sleep(pause).await;
    }

    async fn try_once(
        &self,
        method: &Method,
        path: &str,
        content_type: &str,
        body: bytes::Bytes,
    ) -> Result<ClusterAnswer, reqwest::Error> {
        let address = format!("{}{path}", self.settings.url.trim_end_matches('/'));
        let mut request = self
            .client
            .request(method.clone(), address)
            .timeout(TIMEOUT)
            .header(header::CONTENT_TYPE, content_type)
            .body(body);
        if let Some(key) = &self.settings.api_key {
            request = request.header(header::AUTHORIZATION, format!("ApiKey {}", key.expose()));
        } else if let Some(user) = &self.settings.user {
            let password = self.settings.password.as_ref().map(SecretText::expose);
            request = request.basic_auth(user, password);
        }
        let mut response = request.send().await?;
        let mut body = Vec::new();
        while body.len() < MAX_ANSWER_BYTES
            && let Some(chunk) = response.chunk().await?
        {
            body.extend_from_slice(&chunk);
        }
        Ok(ClusterAnswer {
            status: response.status(),
            retry_after: retry_after(&response),
            body,
        })
    }

    /// Says which setting the server refuses.
    fn refused(&self, answer: &ClusterAnswer) -> String {
        let name = self.destination;
        let credentials = if self.settings.api_key.is_some() {
            format!("deliveries.{name}.api_key")
        } else if let Some(user) = &self.settings.user {
            format!("deliveries.{name}.password of the user {user}")
        } else {
            format!("deliveries.{name} without api_key, user and password")
        };
        let needs = if answer.status == StatusCode::FORBIDDEN {
            "; it needs the privileges read, write and manage of its indices"
        } else {
            ""
        };
        format!(
            "Elasticsearch refuses {credentials}{needs}: {}",
            answer.shown()
        )
    }
}

fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?;
    let seconds = value.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}
