//! Anomalies: what a day is compared with, what was found, and what people decided.
//!
//! Takes the totals of cinemas and films of ten weeks; stores what the package `anomalies` finds in
//! them. Nothing here decides. If a search fails, its transaction is undone, and the day is searched
//! again.

mod decision;

use anomalies::{Cause, Known, Metric, Report, Subject, SubjectKind};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgExecutor};

pub use anomalies::Standing;
pub use decision::{
    AnomalyRow, SpecialDay, decide, find, list, remove_special_day, special_days, store_special_day,
};

/// A cinema whose days are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedCinema {
    /// The cinema.
    pub cinema_id: i32,
    /// Its source.
    pub source_id: i32,
    /// Name of the source.
    pub source: String,
    /// Title of the source.
    pub source_title: String,
    /// The key of the source.
    pub key: String,
    /// Its name.
    pub name: String,
    /// ISO 3166 code of its territory.
    pub territory: String,
}

/// The totals of a cinema on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct CinemaDay {
    /// The cinema.
    pub cinema_id: i32,
    /// The business day.
    pub business_on: NaiveDate,
    /// Showtimes that are listed and not cancelled.
    pub showtimes: f64,
    /// Those that were looked at around their start.
    pub exact: f64,
    /// Seats of the showtimes that were seen.
    pub seats: f64,
    /// Their admissions.
    pub admissions: f64,
    /// Admissions of which a price is known.
    pub priced: f64,
    /// What those paid.
    pub gross: f64,
    /// Tickets sold on the day (UTC).
    pub sold: f64,
}

/// The totals of a film on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmDay {
    /// The film.
    pub film_id: i32,
    /// The business day.
    pub business_on: NaiveDate,
    /// Showtimes that were seen.
    pub showtimes: f64,
    /// Their admissions.
    pub admissions: f64,
}

/// A film and its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedFilm {
    /// The film.
    pub film_id: i32,
    /// Its source.
    pub source_id: i32,
    /// Its work.
    pub work_id: i32,
    /// Its title.
    pub title: String,
}

/// Returns the day that is searched next, if one is over that was not; `now` is for tests.
///
/// Returns `None` as well if another coordinator is searching: its transaction holds a lock.
///
/// # Errors
///
/// If a statement fails.
pub async fn next_day(
    db: &mut PgConnection,
    now: Option<DateTime<Utc>>,
) -> Result<Option<NaiveDate>, sqlx::Error> {
    let is_locked = sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock(hashtextextended('fullhouse find_anomalies', 0)) AS "locked!""#
    )
    .fetch_one(&mut *db)
    .await?;
    if !is_locked {
        return Ok(None);
    }
    sqlx::query_file_scalar!("queries/read_anomaly_day.sql", now)
        .fetch_one(db)
        .await
}

/// Reads all cinemas.
///
/// # Errors
///
/// If the statement fails.
pub async fn cinemas(db: impl PgExecutor<'_>) -> Result<Vec<ComparedCinema>, sqlx::Error> {
    sqlx::query_as!(
        ComparedCinema,
        r#"SELECT cinema.cinema_id, cinema.source_id, source.name AS source, source.title AS source_title,
            cinema.key, cinema.name, cinema.territory::text AS "territory!"
        FROM cinema
        INNER JOIN source ON source.source_id = cinema.source_id"#
    )
    .fetch_all(db)
    .await
}

/// Reads the totals of all cinemas from one day through another.
///
/// # Errors
///
/// If the statement fails.
pub async fn cinema_days(
    db: impl PgExecutor<'_>,
    from_on: NaiveDate,
    through_on: NaiveDate,
) -> Result<Vec<CinemaDay>, sqlx::Error> {
    sqlx::query_as!(
        CinemaDay,
        r#"SELECT cinema_id AS "cinema_id!", business_on AS "business_on!", showtimes AS "showtimes!",
            exact AS "exact!", seats AS "seats!", admissions AS "admissions!", priced AS "priced!",
            gross AS "gross!", sold AS "sold!"
        FROM anomaly_cinema_days($1, $2)"#,
        from_on,
        through_on
    )
    .fetch_all(db)
    .await
}

/// Reads the totals of all films from one day through another.
///
/// # Errors
///
/// If the statement fails.
pub async fn film_days(
    db: impl PgExecutor<'_>,
    from_on: NaiveDate,
    through_on: NaiveDate,
) -> Result<Vec<FilmDay>, sqlx::Error> {
    sqlx::query_as!(
        FilmDay,
        r#"SELECT film_id AS "film_id!", business_on AS "business_on!", showtimes AS "showtimes!",
            admissions AS "admissions!"
        FROM anomaly_film_days($1, $2)"#,
        from_on,
        through_on
    )
    .fetch_all(db)
    .await
}

/// Reads the works of films.
///
/// # Errors
///
/// If the statement fails.
pub async fn films(
    db: impl PgExecutor<'_>,
    films: &[i32],
) -> Result<Vec<ComparedFilm>, sqlx::Error> {
    sqlx::query_file_as!(ComparedFilm, "queries/read_anomaly_films.sql", films)
        .fetch_all(db)
        .await
}

/// Reads the anomalies whose days may be among those from `from_on` on.
///
/// # Errors
///
/// If the statement fails, or a row has a word that this version does not know.
pub async fn known(db: impl PgExecutor<'_>, from_on: NaiveDate) -> Result<Vec<Known>, sqlx::Error> {
    let rows = sqlx::query_file!("queries/read_known_anomalies.sql", from_on)
        .fetch_all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Known {
                number: row.anomaly_id,
                subject: Subject::new(
                    word(SubjectKind::parse, &row.subject_kind)?,
                    row.subject_key,
                ),
                metric: word(Metric::parse, &row.metric)?,
                cause: word(Cause::parse, &row.cause)?,
                standing: word(Standing::parse, &row.state)?,
                first_day: day_number(row.first_on),
                last_day: day_number(row.last_on),
            })
        })
        .collect()
}

fn word<T>(parse: fn(&str) -> Option<T>, text: &str) -> Result<T, sqlx::Error> {
    parse(text).ok_or_else(|| {
        let message = format!("this version does not know the word {text} of an anomaly");
        sqlx::Error::Decode(message.into())
    })
}

/// Returns the days since 1970-01-01, as the package `anomalies` counts them.
#[must_use]
pub fn day_number(day: NaiveDate) -> i32 {
    let days = day.signed_duration_since(NaiveDate::default()).num_days();
    i32::try_from(days).unwrap_or_default()
}

/// Stores what was found on a day, and that the day was searched; returns how many are new.
///
/// `name` gives the name of a subject for people.
///
/// # Errors
///
/// If a statement fails, among others because the day was searched already.
pub async fn store(
    db: &mut PgConnection,
    day: NaiveDate,
    report: &Report,
    name: impl Fn(&Subject) -> String,
) -> Result<i64, sqlx::Error> {
    let all = &report.anomalies;
    let numbers: Vec<Option<i32>> = all.iter().map(|one| one.continues).collect();
    let texts = |of: &dyn Fn(&anomalies::Anomaly) -> String| all.iter().map(of).collect::<Vec<_>>();
    let parts: Vec<Value> = all
        .iter()
        .map(|one| {
            let parts = one.parts.iter();
            json!(parts.map(Subject::to_string).collect::<Vec<_>>())
        })
        .collect();
    let new = sqlx::query_file_scalar!(
        "queries/store_anomalies.sql",
        day,
        &numbers as _,
        &texts(&|one| one.subject.kind.label().to_owned()),
        &texts(&|one| one.subject.key.clone()),
        &texts(&|one| name(&one.subject)),
        &texts(&|one| one.metric.label().to_owned()),
        &texts(&|one| one.cause.label().to_owned()),
        &all.iter().map(|one| one.expected).collect::<Vec<_>>(),
        &all.iter().map(|one| one.observed).collect::<Vec<_>>(),
        &all.iter().map(|one| single(one.score)).collect::<Vec<_>>(),
        &all.iter()
            .map(|one| single(one.q_value))
            .collect::<Vec<_>>(),
        &parts,
        &texts(&|one| one.reason.clone())
    )
    .fetch_one(&mut *db)
    .await?;
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    sqlx::query!(
        "INSERT INTO anomaly_run (day, tests, found, quiet, explained) VALUES ($1, $2, $3, $4, $5)",
        day,
        count(report.tests),
        count(all.len()),
        count(report.quiet),
        count(report.explained)
    )
    .execute(db)
    .await?;
    Ok(new)
}

/// Returns a number of the width that the table has.
#[allow(
    clippy::cast_possible_truncation,
    reason = "it is shown with few digits"
)]
const fn single(number: f64) -> f32 {
    number as f32
}
