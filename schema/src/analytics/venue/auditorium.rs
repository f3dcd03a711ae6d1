//! The auditoriums of venues that several sources list.

use sqlx::{PgConnection, PgExecutor};
use works::venue::{Auditorium, AuditoriumMatch};

/// Reads the auditoriums of cinemas, with the layouts that were seen of them.
///
/// # Errors
///
/// If the statement fails.
pub async fn auditoriums(
    db: impl PgExecutor<'_>,
    cinemas: &[i32],
) -> Result<Vec<Auditorium>, sqlx::Error> {
    let rows = sqlx::query_file!("queries/read_venue_auditoriums.sql", cinemas)
        .fetch_all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Auditorium {
            auditorium_id: row.auditorium_id,
            cinema_id: row.cinema_id,
            name: row.name,
            layouts: row
                .hashes
                .unwrap_or_default()
                .into_iter()
                .zip(row.seat_counts.unwrap_or_default())
                .collect(),
        })
        .collect())
}

/// Replaces what the auditoriums of `cinemas` are the same as.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_auditoriums(
    db: &mut PgConnection,
    cinemas: &[i32],
    matches: &[AuditoriumMatch],
) -> Result<(), sqlx::Error> {
    let numbers = |of: fn(&AuditoriumMatch) -> i32| matches.iter().map(of).collect::<Vec<i32>>();
    sqlx::query_file!(
        "queries/store_venue_auditoriums.sql",
        cinemas,
        &numbers(|one| one.auditorium_id),
        &numbers(|one| one.same_as),
        &matches
            .iter()
            .map(|one| one.is_known)
            .collect::<Vec<bool>>(),
        &matches
            .iter()
            .map(|one| one.rule.word().to_owned())
            .collect::<Vec<String>>(),
        &matches
            .iter()
            .map(|one| one.reason.clone())
            .collect::<Vec<String>>()
    )
    .execute(db)
    .await?;
    Ok(())
}
