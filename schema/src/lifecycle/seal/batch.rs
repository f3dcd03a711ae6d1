//! Sealing of one batch of showtimes, inside of the transaction that a pass began.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{
    Sealed,
    pack::{self, StoredSnapshot},
};

/// Why a batch came to nothing.
pub(super) enum Refusal {
    /// These would not come out as they went in.
    Showtimes(Vec<i32>),
    /// A statement failed.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// Packed showtimes, the way the statement takes them.
#[derive(Debug, Default)]
struct Columns {
    showtime_id: Vec<i32>,
    first_observed_at: Vec<DateTime<Utc>>,
    last_observed_at: Vec<DateTime<Utc>>,
    snapshot_count: Vec<i16>,
    data: Vec<Vec<u8>>,
    looked_before_at: Vec<Option<DateTime<Utc>>>,
    looked_after_at: Vec<Option<DateTime<Utc>>>,
}

/// The looks around a start that are known.
#[derive(Debug, Clone, Copy, Default)]
struct Looks {
    before_at: Option<DateTime<Utc>>,
    after_at: Option<DateTime<Utc>>,
}

/// Seals showtimes that are locked, given with their starts.
pub(super) async fn seal_showtimes(
    transaction: &mut PgConnection,
    starts: &HashMap<i32, DateTime<Utc>>,
) -> Result<Sealed, Refusal> {
    let showtimes: Vec<i32> = starts.keys().copied().collect();
    if showtimes.is_empty() {
        return Ok(Sealed::default());
    }
    let known = put_back(transaction, &showtimes).await?;
    let snapshots = read_snapshots(transaction, &showtimes).await?;
    let mut columns = Columns::default();
    let mut sealed = Sealed::default();
    let mut refused = Vec::new();
    for (showtime_id, history) in &snapshots {
        let looks = known.get(showtime_id).copied().unwrap_or_default();
        let starts_at = starts.get(showtime_id).copied().unwrap_or_default();
        if !columns.push(*showtime_id, history, looks.among(history, starts_at)) {
            refused.push(*showtime_id);
        }
        sealed.showtimes += 1;
        sealed.snapshots += history.len() as u64;
        sealed.seat_records += history
            .iter()
            .map(|row| u64::from(row.seat_count))
            .sum::<u64>();
    }
    if refused.is_empty() {
        store(transaction, &columns).await?;
        refused = sqlx::query_file_scalar!("queries/verify_sealed.sql", &showtimes)
            .fetch_all(&mut *transaction)
            .await?;
    }
    if !refused.is_empty() {
        return Err(Refusal::Showtimes(refused));
    }
    sqlx::query!(
        "DELETE FROM snapshot WHERE showtime_id = ANY ($1)",
        &showtimes
    )
    .execute(transaction)
    .await?;
    Ok(sealed)
}

/// Puts the snapshots of sealed showtimes back; returns the looks that were kept with them.
async fn put_back(
    transaction: &mut PgConnection,
    showtimes: &[i32],
) -> Result<HashMap<i32, Looks>, sqlx::Error> {
    let opened = sqlx::query_file!("queries/unseal_showtimes.sql", showtimes)
        .fetch_all(transaction)
        .await?;
    let looks = opened.into_iter().map(|row| {
        let looks = Looks {
            before_at: row.looked_before_at,
            after_at: row.looked_after_at,
        };
        (row.showtime_id, looks)
    });
    Ok(looks.collect())
}

async fn read_snapshots(
    transaction: &mut PgConnection,
    showtimes: &[i32],
) -> Result<BTreeMap<i32, Vec<StoredSnapshot>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT showtime_id, observed_at, job_id, layout_id,
            available + sold + held + blocked + broken + house + unknown + unmapped AS "seat_count!",
            seats
        FROM snapshot
        WHERE showtime_id = ANY ($1)
        ORDER BY showtime_id, observed_at"#,
        showtimes
    )
    .fetch_all(transaction)
    .await?;
    let mut snapshots: BTreeMap<i32, Vec<StoredSnapshot>> = BTreeMap::new();
    for row in rows {
        let stored = StoredSnapshot {
            observed_at: row.observed_at,
            job_id: row.job_id,
            layout_id: row.layout_id,
            // More than can be are refused when they are packed.
            seat_count: u16::try_from(row.seat_count).unwrap_or(u16::MAX),
            seats: row.seats,
        };
        snapshots.entry(row.showtime_id).or_default().push(stored);
    }
    Ok(snapshots)
}

impl Looks {
    /// Adds the times of the snapshots themselves: each is a look.
    fn among(self, history: &[StoredSnapshot], starts_at: DateTime<Utc>) -> Self {
        let times = || history.iter().map(|row| row.observed_at);
        let before_at = times().rfind(|&at| at <= starts_at);
        let after_at = times().find(|&at| at > starts_at);
        Self {
            before_at: self.before_at.max(before_at),
            after_at: [self.after_at, after_at].into_iter().flatten().min(),
        }
    }
}

impl Columns {
    /// Adds a showtime; returns `false` if its snapshots cannot be packed.
    fn push(&mut self, showtime_id: i32, history: &[StoredSnapshot], looks: Looks) -> bool {
        let (Ok(data), Ok(count), [first, ..], [.., last]) = (
            pack::pack(history),
            i16::try_from(history.len()),
            history,
            history,
        ) else {
            return false;
        };
        self.showtime_id.push(showtime_id);
        self.first_observed_at.push(first.observed_at);
        self.last_observed_at.push(last.observed_at);
        self.snapshot_count.push(count);
        self.data.push(data);
        self.looked_before_at.push(looks.before_at);
        self.looked_after_at.push(looks.after_at);
        true
    }
}

async fn store(transaction: &mut PgConnection, columns: &Columns) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/store_sealed.sql",
        &columns.showtime_id,
        &columns.first_observed_at,
        &columns.last_observed_at,
        &columns.snapshot_count,
        &columns.data,
        &columns.looked_before_at as &[Option<DateTime<Utc>>],
        &columns.looked_after_at as &[Option<DateTime<Utc>>]
    )
    .execute(transaction)
    .await?;
    Ok(())
}
