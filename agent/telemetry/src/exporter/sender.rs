//! The loop of the thread that sends spans: gathers a batch, encodes and posts it.

use std::time::Duration;

use reqwest::{Client, StatusCode, Url, header::CONTENT_TYPE, redirect};
use serde::Deserialize;
use tokio::{
    sync::{mpsc, oneshot},
    time,
};
use tracing::{info, warn};

use super::Message;
use crate::{
    metrics::TelemetryMetrics,
    otlp,
    span::{Attribute, Span},
};

/// Spans of one request, about 300 kB.
const MAX_BATCH: usize = 512;
/// How long the first span waits for others. Meanwhile the thread sleeps: a program that ends
/// thousands of jobs a second does not wake it for each.
const BATCH_DELAY: Duration = Duration::from_millis(200);
/// Time of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Waits before a batch is sent again to a collector that is away or overloaded.
const RETRY_AFTER: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// Bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Why a batch was not taken.
enum NotTaken {
    /// No answer, or one that asks for another try.
    Unreachable(String),
    /// The collector does not want these spans.
    Refused(String),
}

/// Sends spans to a collector.
pub(super) struct Sender {
    address: Url,
    resource: Vec<(&'static str, Attribute)>,
    client: Client,
    metrics: TelemetryMetrics,
    /// Whether the last batch was dropped.
    is_failing: bool,
}

impl Sender {
    pub(super) fn new(
        address: Url,
        resource: Vec<(&'static str, Attribute)>,
        metrics: TelemetryMetrics,
    ) -> Result<Self, reqwest::Error> {
        // The process may have chosen a provider already; that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(REQUEST_TIMEOUT)
            // A password is for the address of the settings only.
            .redirect(redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("fullhouse/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            address,
            resource,
            client,
            metrics,
            is_failing: false,
        })
    }

    /// Sends what comes until the program ends.
    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Message>) {
        while let Some(first) = waiting.recv().await {
            if matches!(first, Message::Spans(_)) {
                time::sleep(BATCH_DELAY).await;
            }
            let mut next = Some(first);
            while let Some(message) = next {
                let mut batch = Batch::default();
                batch.add(message);
                while !batch.is_complete()
                    && let Ok(message) = waiting.try_recv()
                {
                    batch.add(message);
                }
                self.send(&batch.spans).await;
                if let Some(flushed) = batch.flush {
                    // The one who waited may have given up.
                    let _ = flushed.send(());
                }
                next = waiting.try_recv().ok();
            }
        }
    }

    /// Sends a batch, and counts what became of its spans.
    async fn send(&mut self, spans: &[Span]) {
        if spans.is_empty() {
            return;
        }
        let mut tried = self.post(spans).await;
        for pause in RETRY_AFTER {
            if !matches!(tried, Err(NotTaken::Unreachable(_))) {
                break;
            }
            time::sleep(pause).await;
            tried = self.post(spans).await;
        }
        let (result, problem) = match tried {
            Ok(rejected) => {
                let rejected = rejected.min(spans.len());
                self.metrics.count("exported", spans.len() - rejected);
                self.metrics.count("refused", rejected);
                if self.is_failing {
                    info!("the collector of traces takes spans again");
                }
                self.is_failing = false;
                return;
            }
            Err(NotTaken::Unreachable(problem)) => ("unreachable", problem),
            Err(NotTaken::Refused(problem)) => ("refused", problem),
        };
        self.metrics.count(result, spans.len());
        if !self.is_failing {
            warn!(
                problem,
                "the collector at telemetry.otlp does not take spans: they are dropped, and jobs go on"
            );
        }
        self.is_failing = true;
    }

    /// Posts a batch; returns how many of its spans the collector rejected.
    async fn post(&self, spans: &[Span]) -> Result<usize, NotTaken> {
        let body = otlp::encode(&self.resource, spans)
            .map_err(|error| NotTaken::Refused(error.to_string()))?;
        let request = self
            .client
            .post(self.address.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let answer = request.send().await.map_err(|error| unreachable(&error))?;
        match answer.status() {
            status if status.is_success() => Ok(rejected_spans(answer).await),
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Err(NotTaken::Unreachable(format!(
                "answered {}",
                answer.status()
            ))),
            status => Err(NotTaken::Refused(format!("answered {status}"))),
        }
    }
}

/// The error without the address, which may have a password.
fn unreachable(error: &reqwest::Error) -> NotTaken {
    let problem = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection ended"
    };
    NotTaken::Unreachable(problem.to_owned())
}

/// Reads from an answer how many spans the collector rejected. An answer that cannot be read
/// rejects none.
async fn rejected_spans(mut answer: reqwest::Response) -> usize {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Answer {
        partial_success: PartialSuccess,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct PartialSuccess {
        rejected_spans: serde_json::Value,
    }
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return 0;
        }
        body.extend_from_slice(&chunk);
    }
    let answer: Answer = serde_json::from_slice(&body).unwrap_or_default();
    // A 64-bit number is a text in the JSON of the protocol.
    match answer.partial_success.rejected_spans {
        serde_json::Value::String(number) => number.parse().unwrap_or(0),
        number => number
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(0),
    }
}

/// Spans that are sent together.
#[derive(Default)]
struct Batch {
    spans: Vec<Span>,
    flush: Option<oneshot::Sender<()>>,
}

impl Batch {
    fn add(&mut self, message: Message) {
        match message {
            Message::Spans(mut spans) => self.spans.append(&mut spans),
            Message::Flush(reply) => self.flush = Some(reply),
        }
    }

    fn is_complete(&self) -> bool {
        self.spans.len() >= MAX_BATCH || self.flush.is_some()
    }
}
