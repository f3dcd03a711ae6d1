//! Anomalies: days that are not what was expected, with their evidence, for a person to decide on.

use std::fmt::Write as _;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Path, Query, ServiceConfig},
};
use askama::Template;
use chrono::{DateTime, Utc};
use schema::{
    anomaly::{self as stored, AnomalyRow, Standing},
    reading::{ReadError, Reader, showtimes::clock},
};
use serde::Deserialize;

use super::{
    Frame,
    address::{self, encode},
    render,
    svg::{self, State},
    time_text::TimeText,
};
use crate::{filter::given, problem::WebError, state::WebState};

/// Anomalies on a page.
const ROWS: usize = 20;

#[derive(Template)]
#[template(path = "anomalies.html")]
struct AnomaliesPage {
    frame: Frame,
    /// The state that is listed; empty for all.
    state: &'static str,
    /// The only one that is shown, on the page of its own.
    only: Option<i32>,
    rows: Vec<AnomalyView>,
    next: Option<String>,
    is_first: bool,
}

/// An anomaly as it is shown.
struct AnomalyView {
    anomaly_id: i32,
    mark: String,
    state: String,
    subject: String,
    href: Option<String>,
    metric: String,
    days: String,
    cause: String,
    nature: String,
    reason: String,
    expected: String,
    observed: String,
    /// How much lower or higher.
    change: String,
    /// How improbable the value is, and how many of a run that reports it are false.
    certainty: String,
    parts: String,
    found: TimeText,
    decision: Option<DecisionView>,
}

/// What a person decided.
struct DecisionView {
    who: String,
    why: String,
    at: TimeText,
}

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AnomalyListQuery {
    state: Option<String>,
    before: Option<String>,
}

/// Adds the pages.
pub fn configure(service: &mut ServiceConfig) {
    service
        .route("/anomalies", web::get().to(anomalies))
        .route("/anomalies/{anomaly}", web::get().to(anomaly));
}

/// `GET /anomalies`: those that wait for a decision, or those of another state.
///
/// # Errors
///
/// If a parameter cannot be used, or the database does not answer.
pub async fn anomalies(
    request: HttpRequest,
    state: Data<WebState>,
    query: Query<AnomalyListQuery>,
) -> Result<HttpResponse, WebError> {
    let standing = match given(query.state.as_deref()) {
        None => Some(Standing::Open),
        Some("all") => None,
        Some(word) => Some(Standing::parse(word).ok_or_else(|| {
            WebError::BadRequest(format!(
                "{word} is no state of an anomaly: open, accepted, rejected or all"
            ))
        })?),
    };
    let before = given(query.before.as_deref())
        .map(|text| {
            text.parse::<i32>()
                .map_err(|_| WebError::BadRequest(format!("before `{text}` is not a number")))
        })
        .transpose()?;
    let mut reader = Reader::begin(&state.db).await?;
    let now = clock(&mut reader).await?;
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX) + 1;
    let mut found = stored::list(&mut *reader, standing, before, limit)
        .await
        .map_err(ReadError::from)?;
    drop(reader);
    let word = standing.map_or("all", Standing::label);
    let has_more = found.len() > ROWS;
    found.truncate(ROWS);
    let next = found.last().filter(|_| has_more).map(|last| {
        let before = last.anomaly_id.to_string();
        let query = [("state", Some(word)), ("before", Some(before.as_str()))];
        format!("anomalies{}", address::query(&query))
    });
    let page = AnomaliesPage {
        frame: Frame::of(&request, &state, "Anomalies", "works"),
        state: word,
        only: None,
        rows: found.iter().map(|row| AnomalyView::of(row, &now)).collect(),
        next,
        is_first: before.is_none(),
    };
    render(&request, &page)
}

/// `GET /anomalies/{anomaly}`.
///
/// # Errors
///
/// If there is none of this number, or the database does not answer.
pub async fn anomaly(
    request: HttpRequest,
    state: Data<WebState>,
    number: Path<i32>,
) -> Result<HttpResponse, WebError> {
    let number = number.into_inner();
    let mut reader = Reader::begin(&state.db).await?;
    let now = clock(&mut reader).await?;
    let found = stored::find(&mut *reader, number)
        .await
        .map_err(ReadError::from)?;
    drop(reader);
    let found = found.ok_or_else(|| WebError::no("anomaly", number))?;
    let page = AnomaliesPage {
        frame: Frame::of(&request, &state, &format!("Anomaly {number}"), "works"),
        state: "all",
        only: Some(number),
        rows: vec![AnomalyView::of(&found, &now)],
        next: None,
        is_first: true,
    };
    render(&request, &page)
}

impl AnomalyView {
    fn of(row: &AnomalyRow, now: &DateTime<Utc>) -> Self {
        let decision = row.decided_by.clone().zip(row.decided_at);
        Self {
            anomaly_id: row.anomaly_id,
            mark: svg::mark(mark_of(row)),
            state: row.state.clone(),
            subject: format!(
                "{} {}",
                row.subject_kind.replace('_', " "),
                row.subject_name
            ),
            href: href(row),
            metric: row.metric.replace('_', " "),
            days: if row.first_on == row.last_on {
                row.first_on.to_string()
            } else {
                format!("{} to {}", row.first_on, row.last_on)
            },
            cause: row.cause.replace('_', " "),
            nature: row.nature.clone(),
            reason: row.reason.clone(),
            expected: amount(row.expected),
            observed: amount(row.observed),
            change: change(row.expected, row.observed),
            certainty: certainty(row),
            parts: row.parts.join(", "),
            found: TimeText::ago(&row.found_at, now),
            decision: decision.map(|(who, at)| DecisionView {
                who,
                why: row.decision_reason.clone().unwrap_or_default(),
                at: TimeText::ago(&at, now),
            }),
        }
    }
}

fn mark_of(row: &AnomalyRow) -> State {
    match (row.state.as_str(), row.nature.as_str()) {
        ("rejected", _) => State::Off,
        (_, "data fault") => State::Bad,
        (_, "market event") => State::Ok,
        _ => State::Warn,
    }
}

/// The page of the subject.
fn href(row: &AnomalyRow) -> Option<String> {
    let key = encode(&row.subject_key);
    match row.subject_kind.as_str() {
        "source" => Some(format!("sources/{key}")),
        "work" => Some(format!("works/{key}")),
        "cinema" => Some(format!("cinemas/{key}")),
        _ => None,
    }
}

/// A count without decimals; a share or a price with two.
fn amount(value: f64) -> String {
    if value.abs() >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

fn change(expected: f64, observed: f64) -> String {
    if expected <= 0.0 {
        return String::new();
    }
    let percent = (observed / expected - 1.0) * 100.0;
    let sign = if percent < 0.0 { "−" } else { "+" };
    format!("{sign}{:.0} %", percent.abs())
}

fn certainty(row: &AnomalyRow) -> String {
    let mut text = format!(
        "a value so far out has a probability of 1 in 10^{:.1}",
        row.score
    );
    // Writing to a string never fails.
    let _ = write!(
        text,
        "; of all that is reported with as much certainty, {:.2} % are false",
        row.q_value * 100.0
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_says_how_much_and_in_which_direction() {
        assert_eq!(change(200.0, 50.0), "−75 %");
        assert_eq!(change(0.5, 1.0), "+100 %");
        assert_eq!(change(0.0, 7.0), "");
        assert_eq!(
            [amount(1234.4), amount(7.0), amount(0.625)],
            ["1234", "7", "0.62"]
        );
    }
}
