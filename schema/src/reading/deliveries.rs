//! Deliveries of data sets for people: what each destination has, and why not more.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::ReadError;

/// A day of a data set at a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DataSetDelivery {
    /// The destination, as the settings of coordinators name it.
    pub destination: String,
    /// `elasticsearch`, `mail` or `csv`; null if the leader has no settings for it.
    pub kind: Option<String>,
    /// The day; null for a data set without days, or of which nothing is built.
    pub day: Option<NaiveDate>,
    /// `delivered`, `rejected` (but for some documents), `due`, `failed`, `removing`, `waiting` (nothing is
    /// built), `skipped` (a mail of a day long ago) or `no_settings`.
    pub state: String,
    /// When a delivery last succeeded.
    pub delivered_at: Option<DateTime<Utc>>,
    /// Documents or rows that the destination took then.
    pub documents: Option<i64>,
    /// Documents that it refused.
    pub rejected: Option<i64>,
    /// The first reasons for that.
    pub rejections: Vec<String>,
    /// Deliveries that failed in a row.
    pub tries: i32,
    /// When the last one failed.
    pub tried_at: Option<DateTime<Utc>>,
    /// When it is tried again.
    pub next_try_at: Option<DateTime<Utc>>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Reads at most `limit` deliveries of a data set, those that need a look first, then the newest days.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn deliveries(
    db: &mut PgConnection,
    name: &str,
    limit: i64,
) -> Result<Vec<DataSetDelivery>, ReadError> {
    Ok(sqlx::query_file_as!(
        DataSetDelivery,
        "queries/read_data_set_deliveries.sql",
        name,
        limit
    )
    .fetch_all(db)
    .await?)
}
