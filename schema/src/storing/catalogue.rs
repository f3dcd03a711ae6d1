//! The catalogue and the tasks that its rows bring: cinemas, showtimes, tasks.
//!
//! Each call is part of the transaction in which the job that saw the rows is
//! finished. What did not change is not written.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::{PgExecutor, types::Json};

use super::film_fact::ListingFacts;

/// The job that saw something, with its source.
#[derive(Debug, Clone, Copy)]
pub struct SeenBy {
    /// The source.
    pub source_id: i32,
    /// The job.
    pub job_id: i64,
}

/// One cinema as a source lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cinema {
    /// The source's own key.
    pub key: String,
    /// Name as displayed.
    pub name: String,
    /// IANA zone.
    pub timezone: String,
    /// ISO 3166 code.
    pub territory: String,
    /// Town or city.
    pub city: Option<String>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
}

/// Stores cinemas; returns the id of each by its key. Keys must be distinct.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_cinemas(
    db: impl PgExecutor<'_>,
    by: SeenBy,
    cinemas: &[Cinema],
) -> Result<HashMap<String, i32>, sqlx::Error> {
    let text = |value: fn(&Cinema) -> &String| {
        cinemas
            .iter()
            .map(|row| value(row).clone())
            .collect::<Vec<_>>()
    };
    let rows = sqlx::query_file!(
        "queries/store_cinemas.sql",
        by.source_id,
        by.job_id,
        &text(|row| &row.key),
        &text(|row| &row.name),
        &text(|row| &row.timezone),
        &text(|row| &row.territory),
        &cinemas
            .iter()
            .map(|row| row.city.clone())
            .collect::<Vec<_>>() as &[Option<String>],
        &cinemas.iter().map(|row| row.latitude).collect::<Vec<_>>() as &[Option<f64>],
        &cinemas.iter().map(|row| row.longitude).collect::<Vec<_>>() as &[Option<f64>]
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.key, row.cinema_id))
        .collect())
}

/// One showtime as a source lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Showtime {
    /// The source's own key.
    pub key: String,
    /// The source's key of the film.
    pub film_key: String,
    /// Title as displayed.
    pub film_title: String,
    /// The source's key of the auditorium.
    pub auditorium_key: Option<String>,
    /// Its name as displayed.
    pub auditorium_name: Option<String>,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// The cinema's business day.
    pub business_on: NaiveDate,
    /// Seats that the listing says it has.
    pub seats_total: Option<i32>,
    /// Whether the listing says that it is sold out.
    pub sold_out: Option<bool>,
    /// Codes of its attributes, each once; `None` where the definition does not ask.
    pub attributes: Option<Vec<String>>,
}

/// What other parts of a listing call the films and auditoriums that are in this part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlsoCalled {
    /// Keys of films.
    pub film_keys: Vec<String>,
    /// A title of each.
    pub film_titles: Vec<String>,
    /// Keys of auditoriums.
    pub auditorium_keys: Vec<String>,
    /// A name of each.
    pub auditorium_names: Vec<String>,
}

/// Stores showtimes of one cinema, with their films and auditoriums, of which nothing but names is
/// known; returns the id of each by its key. Keys must be distinct.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_showtimes(
    db: impl PgExecutor<'_>,
    by: SeenBy,
    cinema_id: i32,
    showtimes: &[Showtime],
) -> Result<HashMap<String, i32>, sqlx::Error> {
    let facts = ListingFacts::default();
    store_part_of_showtimes(db, by, cinema_id, showtimes, &facts, &AlsoCalled::default()).await
}

/// As [`store_showtimes`], of a part of a listing that is too large for one statement: `facts` is
/// what the listing says of the films and attributes in this part, `also` what the other parts call
/// the same things. All parts belong into one transaction.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_part_of_showtimes(
    db: impl PgExecutor<'_>,
    by: SeenBy,
    cinema_id: i32,
    showtimes: &[Showtime],
    facts: &ListingFacts,
    also: &AlsoCalled,
) -> Result<HashMap<String, i32>, sqlx::Error> {
    let text = |value: fn(&Showtime) -> &String| {
        showtimes
            .iter()
            .map(|row| value(row).clone())
            .collect::<Vec<_>>()
    };
    let codes = facts.codes(showtimes.iter().map(|row| row.attributes.as_deref()));
    let rows = sqlx::query_file!(
        "queries/store_showtimes.sql",
        by.source_id,
        by.job_id,
        cinema_id,
        &text(|row| &row.key),
        &text(|row| &row.film_key),
        &text(|row| &row.film_title),
        &showtimes
            .iter()
            .map(|row| row.auditorium_key.clone())
            .collect::<Vec<_>>() as &[Option<String>],
        &showtimes
            .iter()
            .map(|row| row.auditorium_name.clone())
            .collect::<Vec<_>>() as &[Option<String>],
        &showtimes
            .iter()
            .map(|row| row.starts_at)
            .collect::<Vec<_>>(),
        &showtimes
            .iter()
            .map(|row| row.business_on)
            .collect::<Vec<_>>(),
        &showtimes
            .iter()
            .map(|row| row.seats_total)
            .collect::<Vec<_>>() as &[Option<i32>],
        &also.film_keys,
        &also.film_titles,
        &also.auditorium_keys,
        &also.auditorium_names,
        &showtimes.iter().map(|row| row.sold_out).collect::<Vec<_>>() as &[Option<bool>],
        &codes.codes,
        &codes.kinds as &[Option<&str>],
        &codes.words as &[Option<String>],
        &codes.positions as &[Option<String>],
        Json(&facts.films) as _
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.key, row.showtime_id))
        .collect())
}

/// A task that a job discovered.
#[derive(Debug, Clone, PartialEq)]
pub struct Discovered {
    /// Name of its step.
    pub step: String,
    /// Its key.
    pub key: String,
    /// The values for its templates.
    pub params: Value,
    /// `cinema_id` for showtimes, `showtime_id` for seats.
    pub subject_id: Option<i32>,
    /// Start of the showtime that it watches.
    pub starts_at: Option<DateTime<Utc>>,
    /// The value of its gate; if it differs from the stored one, the task is due now.
    pub gate: Option<String>,
}

/// Stores discovered tasks; returns how many were new or changed. Step and key
/// must be distinct.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_tasks(
    db: impl PgExecutor<'_>,
    by: SeenBy,
    tasks: &[Discovered],
) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!(
        "queries/store_tasks.sql",
        by.job_id,
        by.source_id,
        &tasks
            .iter()
            .map(|task| task.step.clone())
            .collect::<Vec<_>>(),
        &tasks
            .iter()
            .map(|task| task.key.clone())
            .collect::<Vec<_>>(),
        &tasks
            .iter()
            .map(|task| task.params.clone())
            .collect::<Vec<_>>(),
        &tasks.iter().map(|task| task.subject_id).collect::<Vec<_>>() as &[Option<i32>],
        &tasks.iter().map(|task| task.starts_at).collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
        &tasks
            .iter()
            .map(|task| task.gate.clone())
            .collect::<Vec<_>>() as &[Option<String>]
    )
    .fetch_one(db)
    .await
}
