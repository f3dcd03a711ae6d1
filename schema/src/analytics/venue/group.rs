//! Stores groups: the venue of each cinema, and what is in doubt.

use sqlx::PgConnection;

use crate::analytics::pair::{self, PairDoubt};

/// A cinema and the venue that it is.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedCinema {
    /// The cinema.
    pub cinema_id: i32,
    /// The cinema whose venue it is.
    pub of_cinema_id: i32,
    /// `alone`, `rules` or `person`.
    pub rule: &'static str,
    /// Score of its best match.
    pub score: Option<f32>,
    /// The evidence in words.
    pub reason: String,
    /// Whether the venue has other cinemas.
    pub is_shared: bool,
}

/// What changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoredVenues {
    /// Cinemas that got their first venue.
    pub new: i64,
    /// Cinemas that came to another venue.
    pub moved: i64,
}

/// Stores the venues of cinemas; makes the venues that are missing.
///
/// # Errors
///
/// If a statement fails.
pub async fn store_groups(
    db: &mut PgConnection,
    placed: &[PlacedCinema],
) -> Result<StoredVenues, sqlx::Error> {
    let cinemas: Vec<i32> = placed.iter().map(|one| one.cinema_id).collect();
    sqlx::query!(
        "INSERT INTO venue (cinema_id)
        SELECT cinema_id FROM unnest($1::integer[]) AS given (cinema_id)
        WHERE NOT EXISTS (SELECT FROM venue WHERE venue.cinema_id = given.cinema_id)
        ORDER BY cinema_id",
        &cinemas
    )
    .execute(&mut *db)
    .await?;
    let text = |of: fn(&PlacedCinema) -> &str| -> Vec<String> {
        placed.iter().map(|one| of(one).to_owned()).collect()
    };
    let scores: Vec<Option<f32>> = placed.iter().map(|one| one.score).collect();
    let firsts: Vec<i32> = placed.iter().map(|one| one.of_cinema_id).collect();
    let shared: Vec<bool> = placed.iter().map(|one| one.is_shared).collect();
    sqlx::query_file_as!(
        StoredVenues,
        "queries/store_cinema_venues.sql",
        &cinemas,
        &firsts,
        &text(|one| one.rule),
        &scores as &[Option<f32>],
        &text(|one| &one.reason),
        &shared
    )
    .fetch_one(db)
    .await
}

/// Replaces the doubts on `cinemas`.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_doubts(
    db: &mut PgConnection,
    cinemas: &[i32],
    doubts: &[PairDoubt],
) -> Result<(), sqlx::Error> {
    let (a, b, scores, reasons) = pair::columns(doubts);
    sqlx::query_file!(
        "queries/store_cinema_doubts.sql",
        cinemas,
        &a,
        &b,
        &scores,
        &reasons
    )
    .execute(db)
    .await?;
    Ok(())
}
