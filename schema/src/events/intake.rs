//! What came with each key, for operators.

use sqlx::PgExecutor;

/// What came with a key since it was counted last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Intake {
    /// The key.
    pub key_id: i32,
    /// Events that were stored.
    pub accepted: i32,
    /// Events that had been stored before.
    pub duplicates: i32,
    /// Events that were rejected.
    pub rejected: i32,
    /// Events that were turned away because the key sent too many.
    pub limited: i32,
}

/// Adds counts to the present five minutes.
///
/// # Errors
///
/// If the statement fails.
pub async fn add(db: impl PgExecutor<'_>, counts: &[Intake]) -> Result<(), sqlx::Error> {
    if counts.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&Intake) -> i32| counts.iter().map(of).collect::<Vec<i32>>();
    sqlx::query!(
        "INSERT INTO event_intake_change (bucket_at, key_id, accepted, duplicates, rejected, limited)
        SELECT date_bin(interval '5 minutes', now(), timestamptz '2000-01-01 00:00:00+00'), one.*
        FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::integer[], $5::integer[]) AS one",
        &column(|one| one.key_id),
        &column(|one| one.accepted),
        &column(|one| one.duplicates),
        &column(|one| one.rejected),
        &column(|one| one.limited)
    )
    .execute(db)
    .await?;
    Ok(())
}
