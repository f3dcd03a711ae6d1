//! One delivery: a build at its destination, or nothing of it where it is gone.

use reqwest::Client;
use schema::delivery::{self, DeliveredRows, DueDelivery};
use sqlx::PgPool;
use tokio::time::timeout;

use super::{csv_file, elasticsearch, failure::DeliveryFailure, mail, settings::Destination};

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryEnd {
    /// The destination has the build.
    Delivered(DeliveredRows),
    /// The destination has nothing of it any more.
    Removed,
    /// Another coordinator delivers it, or it is not due any more.
    Left,
}

/// Makes the client for destinations. A request has a time limit of its own.
///
/// # Errors
///
/// If the certificates of the system cannot be read.
pub fn client() -> Result<Client, reqwest::Error> {
    crate::alert::deliver::client()
}

/// Delivers a day, or removes what the destination has of it.
///
/// # Errors
///
/// [`DeliveryFailure`]; the caller notes it, so that it is tried again.
pub async fn deliver(
    db: &PgPool,
    client: &Client,
    destination: &Destination,
    one: &DueDelivery,
) -> Result<DeliveryEnd, DeliveryFailure> {
    let place = one.index_name.as_ref().map(|index_name| match destination {
        Destination::Elasticsearch(settings) => {
            format!("{}{index_name}", settings.index_prefix)
        }
        Destination::Csv(_) => csv_file::place(one),
        Destination::Mail(settings) => settings.to.join(", "),
    });
    // Committed before anything is written, so that it can be removed whatever ends meanwhile.
    delivery::open(db, one, place.as_deref()).await?;
    let limit = destination.timeout();
    timeout(limit, within(db, client, destination, one, place))
        .await
        .unwrap_or_else(|_| {
            Err(DeliveryFailure::unavailable(format!(
                "the delivery took longer than {}",
                humantime::format_duration(limit)
            )))
        })
}

async fn within(
    db: &PgPool,
    client: &Client,
    destination: &Destination,
    one: &DueDelivery,
    place: Option<String>,
) -> Result<DeliveryEnd, DeliveryFailure> {
    let mut transaction = delivery::begin(db, destination.timeout()).await?;
    let Some(wanted) = delivery::lock(&mut transaction, one).await? else {
        return Ok(DeliveryEnd::Left);
    };
    let (kept, build) = match (&place, &wanted.build) {
        (Some(place), Some(build)) => (Some(place), Some(build)),
        (None, None) => (None, None),
        // It was declared, or removed, since it was found to be due.
        _ => return Ok(DeliveryEnd::Left),
    };
    for old in wanted.places.iter().filter(|old| Some(*old) != kept) {
        match destination {
            Destination::Elasticsearch(settings) => {
                elasticsearch::remove(client, settings, one, old).await?;
            }
            Destination::Csv(settings) => csv_file::remove(settings, old).await?,
            // What was sent is with its readers.
            Destination::Mail(_) => {}
        }
    }
    let (Some(place), Some(build)) = (kept, build) else {
        delivery::forget(&mut *transaction, one).await?;
        transaction.commit().await?;
        return Ok(DeliveryEnd::Removed);
    };
    let delivered = match destination {
        Destination::Elasticsearch(settings) => {
            elasticsearch::write(&mut transaction, client, settings, one, &wanted, place).await?
        }
        Destination::Csv(settings) => csv_file::write(&mut transaction, settings, one).await?,
        Destination::Mail(settings) => mail::send(&mut transaction, settings, one, build).await?,
    };
    delivery::store(&mut *transaction, one, build, place, &delivered).await?;
    transaction.commit().await?;
    Ok(DeliveryEnd::Delivered(delivered))
}
