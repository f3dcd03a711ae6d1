//! The list of tasks of a source or step, by state and key.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use chrono::{DateTime, Utc};
use schema::reading::{
    Reader,
    task::{TaskRow, TaskState, list},
};

use super::{
    Frame,
    address::{self, task_href},
    render,
    svg::{self, State},
    time_text::TimeText,
};
use crate::{
    filter::{TaskQuery, given},
    problem::WebError,
    state::WebState,
};

/// The page.
#[derive(Template)]
#[template(path = "tasks.html")]
struct TasksPage {
    frame: Frame,
    summary: String,
    sources: Vec<String>,
    source: String,
    step: String,
    key: String,
    states: [&'static str; 5],
    state: &'static str,
    rows: Vec<TaskLine>,
    next: Option<String>,
}

struct TaskLine {
    mark: String,
    href: String,
    task_id: i64,
    task: String,
    key: String,
    next: TimeText,
    last_answer: Option<TimeText>,
    starts: Option<TimeText>,
    failures: i16,
    note: String,
}

/// `GET /tasks`.
///
/// # Errors
///
/// If a filter cannot be understood, or the database does not answer in time.
pub async fn tasks(
    request: HttpRequest,
    state: Data<WebState>,
    query: Query<TaskQuery>,
) -> Result<HttpResponse, WebError> {
    let sample = state.sampler.now(&state.db).await?;
    let now = sample.sample.at + sample.age;
    let (filter, limit) = (query.filter()?, query.rows()?);
    let mut db = Reader::begin(&state.db).await?;
    let mut rows = list(&mut db, &filter, limit + 1).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > most;
    rows.truncate(most);
    let next = rows
        .last()
        .filter(|_| has_more)
        .map(|row| link(&query, &format!("{}:{}", row.step_id, row.key)));
    let page = TasksPage {
        frame: Frame::of(&request, &state, "Tasks", "jobs"),
        summary: match filter.state {
            TaskState::Active => "Tasks that are not retired, by step and key.",
            TaskState::Due => "Tasks that are due: they wait for a permit of their limit, or for an agent.",
            TaskState::Failing => "Tasks whose last run failed.",
            TaskState::Isolated => "Tasks that are set apart because their pods died each time; release one to let it run again.",
            TaskState::Retired => "Tasks that ended for good: their showtime is over, their step is gone, or a person retired them.",
        }
        .to_owned(),
        sources: sample
            .sample
            .sources
            .iter()
            .map(|source| source.source.clone())
            .collect(),
        source: filter.source.clone().unwrap_or_default(),
        step: filter.step.clone().unwrap_or_default(),
        key: filter.key_prefix.clone().unwrap_or_default(),
        states: TaskState::ALL.map(TaskState::word),
        state: filter.state.word(),
        rows: rows.iter().map(|row| line(row, now)).collect(),
        next,
    };
    render(&request, &page)
}

fn link(query: &TaskQuery, cursor: &str) -> String {
    format!(
        "tasks{}",
        address::query(&[
            ("source", given(query.source.as_deref())),
            ("step", given(query.step.as_deref())),
            ("key", given(query.key.as_deref())),
            ("state", given(query.state.as_deref())),
            ("limit", given(query.limit.as_deref())),
            ("cursor", Some(cursor)),
        ])
    )
}

fn line(row: &TaskRow, now: DateTime<Utc>) -> TaskLine {
    let (state, note) = match row {
        TaskRow {
            isolated_at: Some(_),
            ..
        } => (State::Bad, "set apart"),
        TaskRow {
            retired_at: Some(_),
            ..
        } => (State::Off, "retired"),
        TaskRow { failures, .. } if *failures > 0 => (State::Warn, "failing"),
        _ => (State::Ok, ""),
    };
    TaskLine {
        mark: svg::mark(state),
        href: task_href(&row.source, &row.step, &row.key),
        task_id: row.task_id,
        task: format!("{} {}", row.source, row.step),
        key: row.key.clone(),
        next: TimeText::distance(&row.due_at, &now),
        last_answer: row.looked_at.map(|at| TimeText::ago(&at, &now)),
        starts: row.starts_at.map(|at| TimeText::utc(&at)),
        failures: row.failures,
        note: note.to_owned(),
    }
}
