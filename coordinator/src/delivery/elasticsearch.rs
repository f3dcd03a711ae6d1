//! Documents of an index of Elasticsearch.
//!
//! A build is written by `_bulk` with `create`, under ids that hold the build: what is sent twice, because an
//! answer was lost or a process died, is there already (409), and is one document. So nothing is ever
//! overwritten: the documents of the build before stay until those of this one are there, and are deleted
//! then; a reader sees both builds for a moment, and never a gap. What was deleted from the day, such as an
//! erased user, is in no document of the new build, and goes with the old one. At the end the documents of
//! the build are counted, which finds a key that stands twice.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`document`] | columns and rows | the mapping, and documents with their ids |
//! | [`request`] | a request | the answer, or why there is none |
//! | [`bulk`] | documents | batches, sent until each is stored or refused |
//! | [`index`](mod@index) | the name of an index | it with its mapping; a day without its old documents |

pub mod document;
pub mod request;
pub mod bulk;
pub mod index;

use std::pin::pin;

use futures_util::StreamExt as _;
use reqwest::Client;
use schema::delivery::{self, DeliveredRows, DueDelivery, WantedDelivery};
use sqlx::PgConnection;

use self::{
    bulk::BulkWriter,
    document::{DocumentDay, DocumentEncoder},
    request::Cluster,
};
use super::{failure::DeliveryFailure, settings::ElasticsearchSettings};

/// Writes a build of a day into an index, and removes what the index has of other builds of the day.
///
/// # Errors
///
/// [`DeliveryFailure`]; a part of the documents may be there even so.
pub async fn write(
    db: &mut PgConnection,
    client: &Client,
    settings: &ElasticsearchSettings,
    one: &DueDelivery,
    wanted: &WantedDelivery,
    index: &str,
) -> Result<DeliveredRows, DeliveryFailure> {
    let cluster = Cluster {
        client,
        settings,
        destination: &one.destination,
    };
    let day = DocumentDay::of(one, wanted);
    let columns = delivery::columns(&mut *db, &one.name).await?;
    let encoder = DocumentEncoder::of(&columns, &wanted.key_columns, index, &day)
        .map_err(DeliveryFailure::Refused)?;
    index::prepare(&cluster, index, &columns).await?;
    let mut writer = BulkWriter::new(&cluster);
    {
        let mut rows = pin!(delivery::rows(&mut *db, &one.name, one.day));
        while let Some(row) = rows.next().await {
            writer.add(encoder.document(&row?)).await?;
        }
    }
    let mut delivered = writer.finish().await?;
    // If the lock is lost, another coordinator may have written another build.
    delivery::check_lock(&mut *db).await?;
    index::remove_others(&cluster, index, &day).await?;
    let found = index::count(&cluster, index, &day).await?;
    if found != delivered.documents {
        return Err(DeliveryFailure::Refused(format!(
            "{} rows were stored and {index} has {found} documents of them: rows of a day must differ in the key ({}), so name more columns in `key`",
            delivered.documents,
            wanted.key_columns.join(", ")
        )));
    }
    delivered.documents = found;
    Ok(delivered)
}

/// Removes what an index has of a day.
///
/// # Errors
///
/// [`DeliveryFailure`].
pub async fn remove(
    client: &Client,
    settings: &ElasticsearchSettings,
    one: &DueDelivery,
    index: &str,
) -> Result<(), DeliveryFailure> {
    let cluster = Cluster {
        client,
        settings,
        destination: &one.destination,
    };
    index::remove_others(&cluster, index, &DocumentDay::gone(one)).await
}
