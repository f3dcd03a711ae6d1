//! The report of a business day: what was seen, what was missed, and what it cost.
//!
//! Takes a day, and a partner or none; gives a [`DailyReport`]. A partner's report is of the showtimes
//! that its login may see, by the same functions as the policies of its rows, and has nothing of the
//! fleet. Reports of the leader are stored once for each day and partner.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgExecutor, PgPool};
use utoipa::ToSchema;

use crate::reading::ReadError;

/// Works that a report lists.
const MAX_WORKS: i64 = 10;
/// Cinemas with missed showtimes that a report lists.
const MAX_MISSED: i64 = 10;
/// Alerts and anomalies that a report lists, of each.
const MAX_FINDINGS: i64 = 50;

/// What a report says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DailyReport {
    /// The business day of the cinemas.
    pub day: NaiveDate,
    /// The partner whose showtimes it is of; `None` for the whole fleet.
    pub partner: Option<String>,
    /// What each source has in each territory.
    pub sources: Vec<ReportedSource>,
    /// The works with most admissions.
    pub works: Vec<ReportedWork>,
    /// The cinemas with most showtimes that nobody saw.
    pub missed: Vec<ReportedCinema>,
    /// What only operators may know; `None` for a partner.
    pub fleet: Option<FleetReport>,
}

/// A source in a territory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedSource {
    /// Its name.
    pub source: String,
    /// ISO 3166 code.
    pub territory: String,
    /// Cinemas with showtimes.
    pub cinemas: i64,
    /// Showtimes that were listed.
    pub showtimes: i64,
    /// Those whose seats were seen.
    pub seen: i64,
    /// Those that were looked at within 15 minutes of their start on both sides.
    pub exact: i64,
    /// Those that were cancelled.
    pub cancelled: i64,
    /// Seats of those that were seen and not cancelled.
    pub seats: i64,
    /// Their admissions.
    pub admissions: i64,
}

/// A work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedWork {
    /// Its title.
    pub title: String,
    /// Cinemas that showed it.
    pub cinemas: i64,
    /// Showtimes that were seen and not cancelled.
    pub showtimes: i64,
    /// Their seats.
    pub seats: i64,
    /// Their admissions.
    pub admissions: i64,
}

/// A cinema with showtimes that nobody saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedCinema {
    /// Its source.
    pub source: String,
    /// Its name.
    pub cinema: String,
    /// Showtimes that were listed.
    pub showtimes: i64,
    /// Those whose seats nobody saw.
    pub missed: i64,
}

/// What a report says of the fleet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FleetReport {
    /// Anomalies of the day that nobody rejected.
    pub anomalies: Vec<ReportedAnomaly>,
    /// Alerts that were opened on the day (UTC).
    pub alerts: Vec<ReportedAlert>,
    /// What each source cost on the day (UTC); `None` if it could not be added up in time.
    pub cost: Option<Vec<ReportedCost>>,
}

/// An anomaly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedAnomaly {
    /// Its number.
    pub anomaly_id: i64,
    /// What is anomalous.
    pub subject: String,
    /// Why it is thought so.
    pub reason: String,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedAlert {
    /// Its number.
    pub alert_id: i64,
    /// `critical`, `warning` or `info`.
    pub severity: String,
    /// What is wrong.
    pub text: String,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was over, if it was when the report was made.
    pub resolved_at: Option<DateTime<Utc>>,
}

/// What a source cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportedCost {
    /// Its name.
    pub source: String,
    /// Jobs that ended.
    pub jobs: i64,
    /// Those that failed.
    pub failed: i64,
    /// Requests.
    pub requests: i64,
    /// Bytes of bodies after decompression.
    pub bytes: i64,
    /// Time of agents, from claim to end.
    pub agent_seconds: f64,
}

/// Reads the report of a day as things are now; of a partner, by the name of its role.
///
/// # Errors
///
/// If a statement fails or takes longer than a minute.
pub async fn compute(
    db: &PgPool,
    day: NaiveDate,
    partner: Option<&str>,
) -> Result<DailyReport, sqlx::Error> {
    let sources = sqlx::query_file_as!(
        ReportedSource,
        "queries/read_report_sources.sql",
        day,
        partner
    );
    let works = sqlx::query_file_as!(
        ReportedWork,
        "queries/read_report_works.sql",
        day,
        partner,
        MAX_WORKS
    );
    let missed = sqlx::query_file_as!(
        ReportedCinema,
        "queries/read_report_missed.sql",
        day,
        partner,
        MAX_MISSED
    );
    Ok(DailyReport {
        day,
        partner: partner.map(str::to_owned),
        sources: sources.fetch_all(db).await?,
        works: works.fetch_all(db).await?,
        missed: missed.fetch_all(db).await?,
        fleet: match partner {
            None => Some(of_fleet(db, day).await?),
            Some(_) => None,
        },
    })
}

async fn of_fleet(db: &PgPool, day: NaiveDate) -> Result<FleetReport, sqlx::Error> {
    let anomalies = sqlx::query_as!(
        ReportedAnomaly,
        r#"SELECT anomaly_id::bigint AS "anomaly_id!", subject_name AS "subject!", reason AS "reason!"
        FROM anomaly_status
        WHERE first_on <= $1 AND last_on >= $1 AND state::text <> 'rejected'
        ORDER BY anomaly_id
        LIMIT $2"#,
        day,
        MAX_FINDINGS
    );
    let alerts = sqlx::query_as!(
        ReportedAlert,
        r#"SELECT alert_id, severity, text, opened_at AS "opened_at!", resolved_at
        FROM alert
        WHERE opened_at >= $1::date AND opened_at < $1::date + 1
        ORDER BY opened_at, alert_id
        LIMIT $2"#,
        day,
        MAX_FINDINGS
    );
    let cost = sqlx::query_file_as!(ReportedCost, "queries/read_report_cost.sql", day);
    // It reads all jobs of the day: a large fleet gets the rest of its report even so.
    let cost = match cost.fetch_all(db).await.map_err(ReadError::from) {
        Ok(cost) => Some(cost),
        Err(ReadError::TooSlow) => None,
        Err(ReadError::Database(error)) => return Err(error),
    };
    Ok(FleetReport {
        anomalies: anomalies.fetch_all(db).await?,
        alerts: alerts.fetch_all(db).await?,
        cost,
    })
}

/// Stores a report, unless there is one of its day and partner; returns whether it was stored.
///
/// # Errors
///
/// If the statement fails.
pub async fn store(db: &mut PgConnection, report: &DailyReport) -> Result<bool, sqlx::Error> {
    let content =
        serde_json::to_value(report).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let stored = sqlx::query!(
        "INSERT INTO report (day, role_name, content) VALUES ($1, $2, $3)
        ON CONFLICT (day, role_name) DO NOTHING",
        report.day,
        report.partner.as_deref().unwrap_or_default(),
        content
    )
    .execute(db)
    .await?;
    Ok(stored.rows_affected() > 0)
}

/// Whether the report of a day is stored.
///
/// # Errors
///
/// If the statement fails.
pub async fn is_stored(
    db: impl PgExecutor<'_>,
    day: NaiveDate,
    partner: Option<&str>,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM report WHERE day = $1 AND role_name = $2) AS "is_stored!""#,
        day,
        partner.unwrap_or_default()
    )
    .fetch_one(db)
    .await
}

/// Reads the stored report of the fleet of a day.
///
/// # Errors
///
/// If the statement fails, or a later version of the program wrote the report.
pub async fn stored(
    db: impl PgExecutor<'_>,
    day: NaiveDate,
) -> Result<Option<DailyReport>, sqlx::Error> {
    let content = sqlx::query_scalar!(
        "SELECT content FROM report WHERE day = $1 AND role_name = ''",
        day
    );
    let content = content.fetch_optional(db).await?;
    content
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| sqlx::Error::Decode(error.into()))
}

/// The days of the stored reports of the fleet before a day, the latest first, at most `limit`.
///
/// # Errors
///
/// If the statement fails.
pub async fn days(
    db: impl PgExecutor<'_>,
    before: Option<NaiveDate>,
    limit: i64,
) -> Result<Vec<NaiveDate>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT day FROM report
        WHERE role_name = '' AND day < coalesce($1, date 'infinity')
        ORDER BY day DESC
        LIMIT $2",
        before,
        limit
    )
    .fetch_all(db)
    .await
}
