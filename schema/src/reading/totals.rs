//! Totals of a film or a cinema: by business day, and by weekday and hour.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::ReadError;

/// What totals are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A film as one source names it.
    Film(i32),
    /// A cinema.
    Cinema(i32),
}

impl Subject {
    fn film_id(self) -> Option<i32> {
        match self {
            Self::Film(id) => Some(id),
            Self::Cinema(_) => None,
        }
    }

    fn cinema_id(self) -> Option<i32> {
        match self {
            Self::Film(_) => None,
            Self::Cinema(id) => Some(id),
        }
    }
}

/// Totals of a business day in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayTotal {
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

/// Reads the totals of a film or a cinema from a business day on, in the order of days.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn days(
    db: &mut PgConnection,
    of: Subject,
    from_on: NaiveDate,
) -> Result<Vec<DayTotal>, ReadError> {
    let rows = sqlx::query_as!(
        DayTotal,
        r#"SELECT business_on AS "business_on!", currency AS "currency!", showtimes AS "showtimes!",
            cancelled AS "cancelled!", exact AS "exact!", coalesce(seats, 0) AS "seats!",
            coalesce(admissions, 0) AS "admissions!", gross::text AS gross
        FROM day_totals($1, $2, $3)
        ORDER BY business_on, currency"#,
        of.film_id(),
        of.cinema_id(),
        from_on
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Showtimes that start at one hour of one weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekHour {
    /// Weekday of the business day: 1 is Monday, 7 is Sunday.
    pub weekday: i32,
    /// Hour of the start, in the cinema's zone.
    pub hour: i32,
    /// Showtimes whose seats were seen.
    pub showtimes: i64,
    /// Seats sold.
    pub sold: i64,
    /// Seats.
    pub seats: i64,
}

/// Reads how the showtimes of a film or a cinema sold by weekday and hour, of those that start in
/// a span of time.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn week(
    db: &mut PgConnection,
    of: Subject,
    from_at: DateTime<Utc>,
    until_at: DateTime<Utc>,
) -> Result<Vec<WeekHour>, ReadError> {
    let rows = sqlx::query_file_as!(
        WeekHour,
        "queries/read_week.sql",
        of.film_id(),
        of.cinema_id(),
        from_at,
        until_at
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A stored state of a showtime that has started.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// The showtime.
    pub showtime_id: i32,
    /// Seconds until its start.
    pub seconds_before: f64,
    /// Seats sold.
    pub sold: i32,
    /// Seats.
    pub seats: i32,
}

/// Reads how the last `showtimes` showtimes of a film or a cinema sold, of those that started from
/// `from_at` on: each showtime by itself, its states in the order of time.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn booking_curve(
    db: &mut PgConnection,
    of: Subject,
    from_at: DateTime<Utc>,
    showtimes: i64,
) -> Result<Vec<CurvePoint>, ReadError> {
    let rows = sqlx::query_file_as!(
        CurvePoint,
        "queries/read_booking_curve.sql",
        of.film_id(),
        of.cinema_id(),
        from_at,
        showtimes
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
