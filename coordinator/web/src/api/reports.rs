//! Daily reports of the fleet, as they were made.

use actix_web::{
    get,
    web::{Data, Json, Path, Query},
};
use chrono::NaiveDate;
use schema::{
    reading::{ReadError, Reader},
    report::{DailyReport, days, stored},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::list::{Page, foreign_cursor};
use crate::{
    filter::PageQuery,
    problem::{Problem, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service.service(reports).service(report);
}

/// A day that has a report.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportItem {
    /// The business day; `/v1/reports/{day}` is its report.
    day: NaiveDate,
}

impl From<NaiveDate> for ReportItem {
    fn from(day: NaiveDate) -> Self {
        Self { day }
    }
}

/// Lists the days that have a report, the latest first.
#[utoipa::path(
    tag = "reports",
    params(PageQuery),
    responses(
        (status = 200, body = Page<ReportItem>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/reports")]
pub async fn reports(
    state: Data<WebState>,
    query: Query<PageQuery>,
) -> Result<Json<Page<ReportItem>>, WebError> {
    let limit = query.rows()?;
    let before = query.cursor.as_deref().map(parse_day).transpose()?;
    let mut reader = Reader::begin(&state.db).await?;
    let rows = days(&mut *reader, before, limit + 1)
        .await
        .map_err(ReadError::from)?;
    Ok(Json(Page::of(rows, limit, NaiveDate::to_string)))
}

/// Reads the report of a day: what was seen and missed, top works, alerts, anomalies and cost.
#[utoipa::path(
    tag = "reports",
    params(("day" = NaiveDate, Path, description = "The business day")),
    responses(
        (status = 200, body = DailyReport),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/reports/{day}")]
pub async fn report(
    state: Data<WebState>,
    day: Path<String>,
) -> Result<Json<DailyReport>, WebError> {
    let none = || WebError::no("report", day.as_str());
    let of_day = parse_day(&day).map_err(|_| none())?;
    let mut reader = Reader::begin(&state.db).await?;
    let found = stored(&mut *reader, of_day)
        .await
        .map_err(ReadError::from)?;
    found.map(Json).ok_or_else(none)
}

/// A day of which the database has a date.
fn parse_day(text: &str) -> Result<NaiveDate, WebError> {
    let years = NaiveDate::from_ymd_opt(1, 1, 1)..=NaiveDate::from_ymd_opt(9999, 12, 31);
    let day = text.parse().map_err(|_| foreign_cursor())?;
    years
        .contains(&Some(day))
        .then_some(day)
        .ok_or_else(foreign_cursor)
}
