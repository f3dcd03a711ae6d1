//! `_bulk`: documents in batches, each document sent until it is stored or refused.

use reqwest::{Method, StatusCode};
use schema::delivery::DeliveredRows;
use serde::Deserialize;
use std::collections::BTreeMap;

use super::{
    document::DocumentLines,
    request::{Cluster, shorten},
};
use crate::delivery::failure::DeliveryFailure;

/// What is read of an answer: one status for each document, in their order.
const PATH: &str = "/_bulk?filter_path=items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason";
/// Documents that are refused for now are sent so often in a row.
const MAX_TRIES: u32 = 8;
/// Reasons that are kept.
const MAX_REASONS: usize = 5;

/// Writes documents by `_bulk`; one batch is in memory at a time.
#[derive(Debug)]
pub struct BulkWriter<'a> {
    cluster: &'a Cluster<'a>,
    waiting: Vec<DocumentLines>,
    waiting_bytes: usize,
    /// Bytes of a batch at most: less than the settings say if the server takes no more.
    max_bytes: usize,
    delivered: DeliveredRows,
}

/// The answer, as far as it is read.
#[derive(Debug, Deserialize)]
struct BulkAnswer {
    #[serde(default)]
    items: Vec<BTreeMap<String, ItemAnswer>>,
}

/// What became of a document.
#[derive(Debug, Deserialize)]
struct ItemAnswer {
    status: u16,
    error: Option<ItemError>,
}

/// Why it is not stored.
#[derive(Debug, Deserialize)]
struct ItemError {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    reason: String,
    caused_by: Option<Box<Cause>>,
}

/// What caused that.
#[derive(Debug, Deserialize)]
struct Cause {
    #[serde(default)]
    reason: String,
}

impl ItemAnswer {
    fn shown(&self) -> String {
        let Some(error) = &self.error else {
            return self.status.to_string();
        };
        let cause = error.caused_by.as_ref().map(|cause| &cause.reason);
        let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
        shorten(&format!(
            "{} {}: {}{cause}",
            self.status, error.kind, error.reason
        ))
    }
}

impl<'a> BulkWriter<'a> {
    /// Begins to write.
    #[must_use]
    pub fn new(cluster: &'a Cluster<'a>) -> Self {
        Self {
            cluster,
            waiting: Vec::new(),
            waiting_bytes: 0,
            max_bytes: cluster.settings.batch_bytes,
            delivered: DeliveredRows::default(),
        }
    }

    /// Adds a document, and sends a batch if it is full.
    ///
    /// # Errors
    ///
    /// [`DeliveryFailure`].
    pub async fn add(&mut self, document: DocumentLines) -> Result<(), DeliveryFailure> {
        if self.waiting_bytes + document.0.len() > self.max_bytes {
            self.send_waiting().await?;
        }
        self.waiting_bytes += document.0.len();
        self.waiting.push(document);
        Ok(())
    }

    /// Sends the last batch; returns what was stored, and what was refused.
    ///
    /// # Errors
    ///
    /// [`DeliveryFailure`].
    pub async fn finish(mut self) -> Result<DeliveredRows, DeliveryFailure> {
        self.send_waiting().await?;
        Ok(self.delivered)
    }

    async fn send_waiting(&mut self) -> Result<(), DeliveryFailure> {
        self.waiting_bytes = 0;
        let mut open = vec![(std::mem::take(&mut self.waiting), 0)];
        while let Some((batch, tries)) = open.pop() {
            if batch.is_empty() {
                continue;
            }
            let bytes = batch.iter().map(|document| document.0.len()).sum();
            let mut body = String::with_capacity(bytes);
            for document in &batch {
                body.push_str(&document.0);
            }
            let answer = self
                .cluster
                .send(&Method::POST, PATH, "application/x-ndjson", body)
                .await?;
            match answer.status {
                StatusCode::PAYLOAD_TOO_LARGE if batch.len() == 1 => {
                    self.reject(format!("413: a document of {bytes} bytes is too large"));
                }
                StatusCode::PAYLOAD_TOO_LARGE => {
                    self.max_bytes = self.max_bytes.min((bytes / 2).max(1));
                    let mut first = batch;
                    let second = first.split_off(first.len() / 2);
                    open.extend([(second, tries), (first, tries)]);
                }
                status if status.is_success() => {
                    let answered: BulkAnswer =
                        serde_json::from_slice(&answer.body).map_err(|error| {
                            DeliveryFailure::unavailable(format!(
                                "Elasticsearch answers _bulk with something else than statuses: {error}"
                            ))
                        })?;
                    let (again, problem) = self.judge(batch, answered)?;
                    if again.is_empty() {
                        continue;
                    }
                    if tries + 1 == MAX_TRIES {
                        return Err(DeliveryFailure::Unavailable {
                            reason: format!(
                                "Elasticsearch did not take {} documents for the {MAX_TRIES}th time: {problem}",
                                again.len()
                            ),
                            retry_after: answer.retry_after,
                        });
                    }
                    self.cluster
                        .pause(tries + 1, answer.retry_after, &problem)
                        .await;
                    open.push((again, tries + 1));
                }
                _ => {
                    return Err(DeliveryFailure::Refused(format!(
                        "Elasticsearch refuses _bulk: {}",
                        answer.shown()
                    )));
                }
            }
        }
        Ok(())
    }

    /// Counts what was stored and refused; returns what is to be sent again, and the first reason.
    fn judge(
        &mut self,
        batch: Vec<DocumentLines>,
        answered: BulkAnswer,
    ) -> Result<(Vec<DocumentLines>, String), DeliveryFailure> {
        if answered.items.len() != batch.len() {
            return Err(DeliveryFailure::unavailable(format!(
                "Elasticsearch answered {} statuses to {} documents",
                answered.items.len(),
                batch.len()
            )));
        }
        let (mut again, mut problem) = (Vec::new(), String::new());
        for (document, item) in batch.into_iter().zip(answered.items) {
            let Some(item) = item.into_values().next() else {
                return Err(DeliveryFailure::unavailable(
                    "Elasticsearch answered a document without a status",
                ));
            };
            match item.status {
                // 409: an earlier try has stored it.
                200..=299 | 409 => self.delivered.documents += 1,
                429 | 500..=599 => {
                    if again.is_empty() {
                        problem = item.shown();
                    }
                    again.push(document);
                }
                _ => self.reject(item.shown()),
            }
        }
        Ok((again, problem))
    }

    fn reject(&mut self, reason: String) {
        self.delivered.rejected += 1;
        let kept = &mut self.delivered.rejections;
        if kept.len() < MAX_REASONS && !kept.contains(&reason) {
            kept.push(reason);
        }
    }
}
