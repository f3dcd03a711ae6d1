//! Sends one message to one receiver.
//!
//! Takes a message with its id; gives what the receiver answered, or why it did not take it and
//! whether another try can help. Each try has ten seconds. No error names an address: addresses of
//! receivers are secrets.

mod mail;
mod slack;
mod webhook;

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Client, Response, StatusCode, header, redirect};
use thiserror::Error;
use uuid::Uuid;

use super::{content::MessageContent, settings::Receiver};

pub use mail::transmit;
pub use webhook::sign;

/// Time of one try.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest pause that a receiver may ask for.
const MAX_PAUSE: Duration = Duration::from_hours(1);
/// Bytes of a refusal that are kept for people.
const MAX_REFUSAL_BYTES: usize = 200;

/// A message that is about to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Its id, the same at each try.
    pub id: Uuid,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// The time of this try.
    pub now: DateTime<Utc>,
    /// What it says.
    pub content: MessageContent,
}

/// Why a receiver did not take a message.
#[derive(Debug, Error)]
pub enum DeliveryError {
    /// It did not answer, or not in time.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// It answers that it does not take messages now.
    #[error("answered {status}: {says}")]
    Unavailable {
        /// What it answered.
        status: u16,
        /// The beginning of its answer.
        says: String,
        /// The pause that it asks for.
        retry_after: Option<Duration>,
    },
    /// It answers that this message is wrong; others may be right.
    #[error("refused the message with {status}: {says}")]
    Refused {
        /// What it answered.
        status: u16,
        /// The beginning of its answer.
        says: String,
    },
}

impl From<reqwest::Error> for DeliveryError {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        Self::Unreachable(source_language::wording::with_causes(&error))
    }
}

/// Makes the client that all receivers share.
///
/// # Errors
///
/// If the certificates of the system cannot be read.
pub fn client() -> Result<Client, reqwest::Error> {
    // The process may have chosen a provider already; that one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .timeout(TIMEOUT)
        // A signature or a secret is for the address of the settings only.
        .redirect(redirect::Policy::none())
        .referer(false)
        .user_agent(concat!("fullhouse/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Sends a message; returns what the receiver answered.
///
/// # Errors
///
/// [`DeliveryError`]; the message may have arrived even so.
pub async fn deliver(
    client: &Client,
    receiver: &Receiver,
    message: &Outgoing,
) -> Result<String, DeliveryError> {
    match receiver {
        Receiver::Webhook { url, secret, .. } => webhook::post(client, url, secret, message).await,
        Receiver::Slack { url, .. } => slack::post(client, url, message).await,
        Receiver::Mail {
            server, from, to, ..
        } => mail::send(server, from, to, message).await,
    }
}

/// Calls an address, so that its owner knows that this process works.
///
/// # Errors
///
/// [`DeliveryError`].
pub async fn call(client: &Client, address: &str) -> Result<String, DeliveryError> {
    judge(client.get(address).send().await?).await
}

/// Decides by its status what an answer means.
async fn judge(response: Response) -> Result<String, DeliveryError> {
    let status = response.status();
    let retry_after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(|seconds| Duration::from_secs(seconds).min(MAX_PAUSE));
    let says = beginning(response).await;
    let is_refusal = matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
    );
    let code = status.as_u16();
    if status.is_success() {
        Ok(format!("{code} {says}").trim_end().to_owned())
    } else if is_refusal {
        Err(DeliveryError::Refused { status: code, says })
    } else {
        Err(DeliveryError::Unavailable {
            status: code,
            says,
            retry_after,
        })
    }
}

/// Reads the beginning of an answer, for people.
async fn beginning(mut response: Response) -> String {
    let mut read = Vec::new();
    while read.len() < MAX_REFUSAL_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => read.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    read.truncate(MAX_REFUSAL_BYTES);
    let text = String::from_utf8_lossy(&read);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
