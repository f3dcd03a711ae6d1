//! The reports of the fleet: the days that have one, and one of them.

pub mod daily_report;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Path, ServiceConfig},
};
use askama::Template;
use chrono::NaiveDate;
use schema::{
    reading::{ReadError, Reader},
    report::{DailyReport, days, stored},
};

use self::daily_report::ShownReport;
use super::{Frame, render};
use crate::{problem::WebError, state::WebState};

/// Adds the pages of reports to the server.
pub fn configure(service: &mut ServiceConfig) {
    service
        .route("/reports", web::get().to(reports))
        .route("/reports/{day}", web::get().to(report));
}

/// Days that are listed.
const MAX_DAYS: i64 = 100;

#[derive(Template)]
#[template(path = "reports.html")]
struct ReportsPage {
    frame: Frame,
    days: Vec<String>,
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    frame: Frame,
    report: DailyReport,
    shown: ShownReport,
}

/// `GET /reports`.
///
/// # Errors
///
/// If the database does not answer in time.
pub async fn reports(
    request: HttpRequest,
    state: Data<WebState>,
) -> Result<HttpResponse, WebError> {
    let mut db = Reader::begin(&state.db).await?;
    let days = days(&mut *db, None, MAX_DAYS)
        .await
        .map_err(ReadError::from)?;
    drop(db);
    let page = ReportsPage {
        frame: Frame::of(&request, &state, "Reports", ""),
        days: days.iter().map(NaiveDate::to_string).collect(),
    };
    render(&request, &page)
}

/// `GET /reports/{day}`.
///
/// # Errors
///
/// If there is no report of the day, or the database does not answer in time.
pub async fn report(
    request: HttpRequest,
    state: Data<WebState>,
    path: Path<String>,
) -> Result<HttpResponse, WebError> {
    let found = match path.parse() {
        Ok(day) => {
            let mut db = Reader::begin(&state.db).await?;
            stored(&mut *db, day).await.map_err(ReadError::from)?
        }
        Err(_) => None,
    };
    let report = found.ok_or_else(|| WebError::no("report", path.as_str()))?;
    let shown = ShownReport::of(&report);
    let page = ReportPage {
        frame: Frame::of(&request, &state, &shown.title, ""),
        report,
        shown,
    };
    render(&request, &page)
}
