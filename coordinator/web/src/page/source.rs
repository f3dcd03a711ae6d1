//! One source in depth: steps, codes, versions, answers in quarantine, history.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use chrono::{DateTime, Utc};
use schema::{
    enums::AttributeKind,
    reading::{Reader, source::version_body, source_code},
};
use serde::Deserialize;

use super::{
    Frame, address,
    fleet::source_state,
    format, render,
    source_answers::{Compared, HeldRow, compare, held_row},
    source_event::{self, EventRow},
    source_rows::{
        AttributeRow, FailingRow, FailureRow, StepRow, Why, failing_row, failure_row, step_row,
        summary, why,
    },
    svg,
    time_text::TimeText,
};
use crate::{
    api::list::Page,
    difference::{self, Line},
    filter::given,
    overview::MAX_EVENTS,
    problem::WebError,
    state::WebState,
};

/// The statuses that a code can mean, as the form offers them.
pub const STATUSES: [&str; 7] = [
    "available",
    "sold",
    "held",
    "blocked",
    "broken",
    "house",
    "unknown",
];

/// The page.
#[derive(Template)]
#[template(path = "source.html")]
struct SourcePage {
    frame: Frame,
    name: String,
    mark: String,
    state: String,
    summary: String,
    why: Option<Why>,
    is_active: bool,
    root_task_id: Option<i64>,
    has_quarantine: bool,
    steps: Vec<StepRow>,
    codes: Vec<CodeRow>,
    statuses: [&'static str; 7],
    attributes: Vec<AttributeRow>,
    kinds: [&'static str; 7],
    versions: Vec<VersionRow>,
    from: i32,
    to: i32,
    difference: Vec<Line>,
    text: Option<String>,
    failing: Vec<FailingRow>,
    failures: Vec<FailureRow>,
    held: Vec<HeldRow>,
    compared: Option<Compared>,
    events: Vec<EventRow>,
    older: Option<String>,
}

struct CodeRow {
    code: String,
    status: Option<String>,
    seen: String,
    discovered_by: i64,
}

struct VersionRow {
    version: i32,
    applied: TimeText,
    is_in_force: bool,
    size: String,
}

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SourceQuery {
    from: Option<i32>,
    to: Option<i32>,
    answer: Option<i64>,
    before: Option<String>,
}

/// `GET /sources/{name}`.
///
/// # Errors
///
/// If there is no such source, or the database does not answer in time.
pub async fn source(
    request: HttpRequest,
    state: Data<WebState>,
    path: Path<String>,
    query: Query<SourceQuery>,
) -> Result<HttpResponse, WebError> {
    let name = path.into_inner();
    let before: Option<DateTime<Utc>> =
        given(query.before.as_deref()).and_then(|text| text.parse().ok());
    let frame = Frame::of(&request, &state, &name, "sources");
    // After an action the page is read again, not shown from before it.
    let key = format!(
        "{name}?{}#{}",
        request.query_string(),
        frame.notice.as_deref().unwrap_or_default()
    );
    let read = state
        .overview
        .source(&state.db, &key, &name, before)
        .await?;
    let read = (*read)
        .as_ref()
        .ok_or_else(|| WebError::no("source", &name))?;
    let (detail, now) = (&read.detail, read.detail.now);
    let (answers, failures) = (&read.answers, &read.failures);
    let events = Page::by_instant(read.events.clone(), MAX_EVENTS, |event| event.at);
    let mut db = Reader::begin(&state.db).await?;

    let in_force = detail.definition_version.unwrap_or(0);
    let to = query.to.unwrap_or(in_force);
    let from = query.from.unwrap_or(to - 1);
    let text = version_body(&mut db, &name, to).await?;
    let difference = match (version_body(&mut db, &name, from).await?, &text) {
        (Some(before), Some(after)) => difference::lines(&before, after),
        _ => Vec::new(),
    };
    let chosen = query
        .answer
        .or_else(|| answers.first().map(|answer| answer.job_id));
    let compared = match chosen {
        None => None,
        Some(job_id) => compare(&state, &mut db, &name, job_id, now).await?,
    };
    let older = events
        .next
        .as_deref()
        .map(|next| address::query(&[("before", Some(next))]));
    let page = SourcePage {
        frame: Frame {
            title: detail.title.clone(),
            ..frame.live(10)
        },
        mark: svg::mark(source_state(&detail.health)),
        state: detail.health.clone(),
        summary: summary(detail),
        why: why(detail),
        is_active: detail.state == "active",
        root_task_id: read.steps.iter().find_map(|step| step.root_task_id),
        has_quarantine: read.steps.iter().any(|step| step.health == "quarantined"),
        steps: read
            .steps
            .iter()
            .map(|step| step_row(step, &name, now))
            .collect(),
        codes: read.codes.iter().map(code_row).collect(),
        statuses: STATUSES,
        attributes: read.attributes.iter().map(AttributeRow::of).collect(),
        kinds: AttributeKind::ALL.map(AttributeKind::label),
        versions: read
            .versions
            .iter()
            .map(|version| VersionRow {
                version: version.version,
                applied: TimeText::utc(&version.applied_at),
                is_in_force: version.is_in_force,
                size: format::bytes(i64::from(version.size_bytes)),
            })
            .collect(),
        from,
        to,
        difference,
        text,
        failing: read
            .failing
            .iter()
            .map(|step| failing_row(step, now))
            .collect(),
        held: answers
            .iter()
            .map(|answer| held_row(answer, &name, chosen, now))
            .collect(),
        compared,
        events: if before.is_none() {
            source_event::rows(&events.rows, failures, &read.actions, &name)
        } else {
            source_event::rows(&events.rows, &[], &[], &name)
        },
        failures: failures
            .iter()
            .map(|failure| failure_row(failure, now))
            .collect(),
        older,
        name,
    };
    render(&request, &page)
}

fn code_row(code: &source_code::CodeRow) -> CodeRow {
    let seen = match (&code.status, code.showtimes) {
        (Some(_), _) => String::new(),
        (None, 0) => "not in showtimes to come".to_owned(),
        (None, showtimes) => format!(
            "{} seats of {}{} showtimes to come",
            format::grouped(code.seats),
            format::grouped(showtimes),
            if showtimes >= source_code::MAX_SHOWTIMES {
                "+"
            } else {
                ""
            }
        ),
    };
    CodeRow {
        seen,
        code: code.code.clone(),
        status: code.status.clone(),
        discovered_by: code.discovered_by,
    }
}
