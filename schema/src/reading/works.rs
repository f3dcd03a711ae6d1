//! Works: a list in the order of their titles, and one with its names and totals.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::ReadError;

/// A work of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkRow {
    /// The work.
    pub work_id: i32,
    /// `feature`, `short`, `event`, `programme` or `unknown`.
    pub kind: String,
    /// What most territories call it.
    pub title: String,
    /// Films of sources that are this work.
    pub films: i64,
    /// Sources that list it.
    pub sources: Vec<String>,
    /// Territories of these sources.
    pub territories: Vec<String>,
    /// The first business day of its showtimes.
    pub first_on: Option<NaiveDate>,
    /// The last business day of its showtimes.
    pub last_on: Option<NaiveDate>,
    /// Admissions of the last 28 days, the oldest first.
    pub recent: Vec<i64>,
}

/// Which works are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkFilter {
    /// A source that lists it has cinemas in this territory, by its ISO 3166 code.
    pub territory: Option<String>,
    /// Kind of the work.
    pub kind: Option<String>,
    /// Part of one of its titles.
    pub title: Option<String>,
}

/// Reads at most `limit` works in the order of their titles, behind the row with this title and
/// number.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn list(
    db: &mut PgConnection,
    filter: &WorkFilter,
    after: Option<(&str, i32)>,
    limit: i64,
) -> Result<Vec<WorkRow>, ReadError> {
    let rows = sqlx::query_file_as!(
        WorkRow,
        "queries/read_work_list.sql",
        filter.territory.as_deref(),
        filter.kind.as_deref(),
        filter.title.as_deref(),
        after.map(|(title, _)| title),
        after.map(|(_, id)| id),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Reads the territories that have cinemas, for a choice.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn territory_codes(db: &mut PgConnection) -> Result<Vec<String>, ReadError> {
    let codes = sqlx::query_scalar!(
        r#"SELECT DISTINCT territory::text AS "territory!" FROM cinema ORDER BY 1 LIMIT 300"#
    )
    .fetch_all(db)
    .await?;
    Ok(codes)
}

/// A work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkFacts {
    /// The work.
    pub work_id: i32,
    /// `feature`, `short`, `event`, `programme` or `unknown`.
    pub kind: String,
    /// The work that it was found to be; none while it stands for itself.
    pub merged_into: Option<i32>,
    /// What most territories call it.
    pub title: String,
    /// Works that were found to be this one.
    pub redirects: Vec<i32>,
    /// Pairs of its films with others that wait for a person.
    pub doubts: i64,
    /// The clock of the database.
    pub now: DateTime<Utc>,
}

/// Reads a work; none if there is no such number.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn work(db: &mut PgConnection, work_id: i32) -> Result<Option<WorkFacts>, ReadError> {
    let row = sqlx::query_file_as!(WorkFacts, "queries/read_work.sql", work_id)
        .fetch_optional(db)
        .await?;
    Ok(row)
}

/// A title of a work, without what listings say of its showings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkTitle {
    /// ISO 3166 code; none for an original title, and for sources of several territories.
    pub territory: Option<String>,
    /// The title.
    pub title: String,
}

/// Reads the titles of a work, at most 300.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn titles(db: &mut PgConnection, work_id: i32) -> Result<Vec<WorkTitle>, ReadError> {
    let rows = sqlx::query_as!(
        WorkTitle,
        "SELECT territory::text, title FROM work_title
        WHERE work_id = $1
        ORDER BY territory NULLS FIRST, title
        LIMIT 300",
        work_id
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// An identifier that sources give to the films of a work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkIdentifier {
    /// Who gave it, such as `imdb`.
    pub scheme: String,
    /// The identifier as it came.
    pub value: String,
    /// Sources that list it.
    pub sources: Vec<String>,
    /// Whether it is believed to be that of the work: two sources list it.
    pub is_believed: bool,
}

/// Reads the identifiers of the films of a work, at most 300, those that are believed first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn identifiers(
    db: &mut PgConnection,
    work_id: i32,
) -> Result<Vec<WorkIdentifier>, ReadError> {
    let rows = sqlx::query_file_as!(WorkIdentifier, "queries/read_work_identifiers.sql", work_id)
        .fetch_all(db)
        .await?;
    Ok(rows)
}

/// Reads the films of a work, at most 200.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn film_ids(db: &mut PgConnection, work_id: i32) -> Result<Vec<i32>, ReadError> {
    let ids = sqlx::query_scalar!(
        "SELECT film_id FROM film_work WHERE work_id = $1 ORDER BY film_id LIMIT 200",
        work_id
    )
    .fetch_all(db)
    .await?;
    Ok(ids)
}

/// Totals of a work on a business day in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkDay {
    /// ISO 3166 code; none for all territories together.
    pub territory: Option<String>,
    /// The business day.
    pub business_on: NaiveDate,
    /// ISO 4217 code; `XXX` for the showtimes whose prices were not seen.
    pub currency: String,
    /// Showtimes whose seats were seen and that were not cancelled.
    pub showtimes: i64,
    /// Showtimes that were cancelled.
    pub cancelled: i64,
    /// Showtimes that were looked at close to their start, before and after.
    pub exact: i64,
    /// Seats.
    pub seats: i64,
    /// Admissions; of showtimes that are still to come, the seats sold so far.
    pub admissions: i64,
    /// Admissions times the median price, in major units, as text.
    pub gross: Option<String>,
}

/// Reads the totals of a work from a business day on, in the order of days: each territory, and all
/// together.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn days(
    db: &mut PgConnection,
    work_id: i32,
    from_on: NaiveDate,
) -> Result<Vec<WorkDay>, ReadError> {
    let rows = sqlx::query_file_as!(WorkDay, "queries/read_work_days.sql", work_id, from_on)
        .fetch_all(db)
        .await?;
    Ok(rows)
}

/// Totals of a work at a source in a territory in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkChain {
    /// ISO 3166 code.
    pub territory: String,
    /// The source; none for all of the territory.
    pub source: Option<String>,
    /// ISO 4217 code; `XXX` for the showtimes whose prices were not seen.
    pub currency: String,
    /// Showtimes whose seats were seen and that were not cancelled.
    pub showtimes: i64,
    /// Seats.
    pub seats: i64,
    /// Admissions; of showtimes that are still to come, the seats sold so far.
    pub admissions: i64,
    /// Admissions times the median price, in major units, as text.
    pub gross: Option<String>,
}

/// Reads the totals of a work from a business day on, by territory and source.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn chains(
    db: &mut PgConnection,
    work_id: i32,
    from_on: NaiveDate,
) -> Result<Vec<WorkChain>, ReadError> {
    let rows = sqlx::query_file_as!(WorkChain, "queries/read_work_chains.sql", work_id, from_on)
        .fetch_all(db)
        .await?;
    Ok(rows)
}
