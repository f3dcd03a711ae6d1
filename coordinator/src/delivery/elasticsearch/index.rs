//! An index: its mapping, and what it has of a day.

use reqwest::{Method, StatusCode};
use schema::delivery::DataSetColumn;
use serde_json::{Value, json};

use super::{
    document::{DocumentDay, properties},
    request::{Cluster, ClusterAnswer},
};
use crate::delivery::failure::DeliveryFailure;

const JSON: &str = "application/json";
/// Deletions that are begun again because documents changed meanwhile.
const MAX_ROUNDS: u32 = 3;

/// Makes an index with the fields of the columns, or adds fields of new columns.
///
/// # Errors
///
/// [`DeliveryFailure`], also if a field has another type.
pub async fn prepare(
    cluster: &Cluster<'_>,
    index: &str,
    columns: &[DataSetColumn],
) -> Result<(), DeliveryFailure> {
    let mapping = json!({ "dynamic": false, "properties": properties(columns) });
    let made = json!({ "mappings": mapping }).to_string();
    let answer = cluster
        .send(&Method::PUT, &format!("/{index}"), JSON, made)
        .await?;
    if answer.status.is_success() {
        return Ok(());
    }
    if answer.json()["error"]["type"] != "resource_already_exists_exception" {
        return Err(refused(index, "make", &answer));
    }
    let path = format!("/{index}/_mapping");
    let answer = cluster
        .send(&Method::PUT, &path, JSON, mapping.to_string())
        .await?;
    if answer.status.is_success() {
        return Ok(());
    }
    Err(DeliveryFailure::Refused(format!(
        "its columns do not fit the index {index}: {}. Name another `index` in its [[deliver]], or delete that one",
        answer.shown()
    )))
}

/// Deletes the documents of a day that are of another build. An index that is not there has none.
///
/// # Errors
///
/// [`DeliveryFailure`].
pub async fn remove_others(
    cluster: &Cluster<'_>,
    index: &str,
    day: &DocumentDay,
) -> Result<(), DeliveryFailure> {
    let query = json!({ "query": day.others() }).to_string();
    let path = format!("/{index}/_delete_by_query?conflicts=proceed&refresh=true");
    let mut left = Value::Null;
    for _ in 0..MAX_ROUNDS {
        // A query finds what was refreshed since it was written, and nothing else.
        if !refresh(cluster, index).await? {
            return Ok(());
        }
        let answer = cluster
            .send(&Method::POST, &path, JSON, query.clone())
            .await?;
        if !answer.status.is_success() {
            return Err(refused(index, "delete from", &answer));
        }
        let found = answer.json();
        let is_whole = found["version_conflicts"] == 0
            && found["timed_out"] == false
            && found["failures"].as_array().is_some_and(Vec::is_empty);
        if is_whole {
            return Ok(());
        }
        left = found;
    }
    Err(DeliveryFailure::unavailable(format!(
        "documents of builds before cannot be deleted from {index}: {} conflicts, failures {}",
        left["version_conflicts"],
        super::request::shorten(&left["failures"].to_string())
    )))
}

/// Counts the documents of a build.
///
/// # Errors
///
/// [`DeliveryFailure`].
pub async fn count(
    cluster: &Cluster<'_>,
    index: &str,
    day: &DocumentDay,
) -> Result<u64, DeliveryFailure> {
    let query = json!({ "query": day.these() }).to_string();
    let answer = cluster
        .send(&Method::POST, &format!("/{index}/_count"), JSON, query)
        .await?;
    match answer.json()["count"].as_u64() {
        Some(count) if answer.status.is_success() => Ok(count),
        _ => Err(refused(index, "count in", &answer)),
    }
}

/// Makes what was written visible to queries; `false` if there is no such index.
async fn refresh(cluster: &Cluster<'_>, index: &str) -> Result<bool, DeliveryFailure> {
    let answer = cluster
        .send(&Method::POST, &format!("/{index}/_refresh"), JSON, "")
        .await?;
    match answer.status {
        StatusCode::NOT_FOUND => Ok(false),
        status if status.is_success() => Ok(true),
        _ => Err(refused(index, "refresh", &answer)),
    }
}

fn refused(index: &str, what: &str, answer: &ClusterAnswer) -> DeliveryFailure {
    DeliveryFailure::Refused(format!(
        "Elasticsearch refuses to {what} the index {index}: {}",
        answer.shown()
    ))
}
