//! One task: its state, its next look and why, its last jobs, and what a person can do.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use schema::{
    explain::find,
    reading::{
        Reader,
        job_list::{JobListFilter, list},
        task::{TaskDetail, one},
    },
};
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    Frame, format,
    jobs::{JobLine, job_line},
    render,
    source_event::said,
    svg::{self, State},
    time_text::TimeText,
};
use crate::{overview::actions, problem::WebError, state::WebState};

/// Jobs of the task that are listed.
const MAX_JOBS: i64 = 20;
/// Days back in which they are looked for.
const JOB_DAYS: i64 = 7;
/// The longest wait for an explanation, which reads all tasks that share the limit.
const MAX_EXPLAIN: Duration = Duration::from_secs(2);

/// The page.
#[derive(Template)]
#[template(path = "task.html")]
struct TaskPage {
    frame: Frame,
    task: TaskDetail,
    mark: String,
    state: String,
    next: Option<TimeText>,
    why: String,
    explained: Option<String>,
    facts: Vec<(&'static str, String)>,
    params: Option<String>,
    jobs: Vec<JobLine>,
    actions: Vec<(TimeText, String, String)>,
    can_release: bool,
}

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TaskPageQuery {
    explain: Option<String>,
}

/// `GET /tasks/{source}/{step}/{key}`.
///
/// # Errors
///
/// If there is no such task, or the database does not answer in time.
pub async fn task_by_key(
    request: HttpRequest,
    state: Data<WebState>,
    path: Path<(String, String, String)>,
    query: Query<TaskPageQuery>,
) -> Result<HttpResponse, WebError> {
    let (source, step, key) = path.into_inner();
    let mut db = Reader::begin(&state.db).await?;
    let found = find(&mut *db, &source, &step, &key).await?;
    let task_id = found.ok_or_else(|| WebError::no("task", format!("{source}/{step}/{key}")))?;
    show(&request, &state, db, task_id, &query).await
}

/// `GET /tasks/{id}`.
///
/// # Errors
///
/// If there is no such task, or the database does not answer in time.
pub async fn task_by_id(
    request: HttpRequest,
    state: Data<WebState>,
    path: Path<i64>,
    query: Query<TaskPageQuery>,
) -> Result<HttpResponse, WebError> {
    let db = Reader::begin(&state.db).await?;
    show(&request, &state, db, path.into_inner(), &query).await
}

async fn show(
    request: &HttpRequest,
    state: &WebState,
    mut db: Reader,
    task_id: i64,
    query: &TaskPageQuery,
) -> Result<HttpResponse, WebError> {
    let task = one(&mut db, task_id).await?;
    let task = task.ok_or_else(|| WebError::no("task", task_id))?;
    let filter = JobListFilter {
        task_id: Some(task_id),
        since: task.now - chrono::Duration::days(JOB_DAYS),
        ..JobListFilter::default()
    };
    let jobs = list(&mut db, &filter, MAX_JOBS).await?;
    let actions = actions(&mut db, &format!("task/{task_id}")).await?;
    drop(db);
    let explained = match &query.explain {
        None => None,
        Some(_) => Some(explain(state, task_id).await),
    };
    let title = format!("Task {}", task.task_id);
    let frame = Frame::of(request, state, &title, "jobs");
    let (mark, words, why) = standing(&task);
    let page = TaskPage {
        frame: if explained.is_some() {
            frame
        } else {
            frame.live(3)
        },
        mark: svg::mark(mark),
        state: words,
        next: (task.due_at > task.now
            && task.retired_at.is_none()
            && task.isolated_at.is_none()
            && task.claimed_at.is_none())
        .then(|| TimeText::distance(&task.due_at, &task.now)),
        why,
        explained,
        facts: facts(&task),
        params: serde_json::to_string_pretty(&task.params)
            .ok()
            .filter(|text| text != "{}"),
        jobs: jobs.iter().map(|row| job_line(row, task.now)).collect(),
        actions: actions
            .iter()
            .map(|action| {
                (
                    TimeText::ago(&action.at, &task.now),
                    said(action),
                    action.reason.clone().unwrap_or_default(),
                )
            })
            .collect(),
        can_release: task.isolated_at.is_some() || task.retired_reason.is_some(),
        task,
    };
    render(request, &page)
}

async fn explain(state: &WebState, task_id: i64) -> String {
    match timeout(MAX_EXPLAIN, state.operations.explain_task(task_id)).await {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => format!("it could not be explained: {error}"),
        Err(_) => format!(
            "too many tasks share its limit to explain it here; run: coordinator explain {task_id}"
        ),
    }
}

/// Where a task is, and what keeps it from running.
fn standing(task: &TaskDetail) -> (State, String, String) {
    let ago = |at| format::ago(&at, &task.now);
    if let Some(at) = task.isolated_at {
        let why = format!(
            "Its pod died {} times in a row while it ran. Look at its last jobs and at the logs of the \
             pods; then release it.",
            task.deaths
        );
        return (State::Bad, format!("set apart {}", ago(at)), why);
    }
    if let Some(at) = task.retired_at {
        let why = task.retired_reason.as_ref().map_or_else(
            || "Its showtime is over, its source no longer has it, or its step is gone.".to_owned(),
            |reason| format!("A person retired it: {reason}"),
        );
        return (State::Off, format!("ended for good {}", ago(at)), why);
    }
    if let Some(at) = task.claimed_at {
        return (
            State::Ok,
            format!("running, claimed {}", ago(at)),
            String::new(),
        );
    }
    if let Some(at) = task.queued_at {
        let why = "It has its permit and waits for a pod with a free agent.".to_owned();
        return (State::Ok, format!("queued {}", ago(at)), why);
    }
    if let Some(hindrance) = &task.hindrance {
        return (
            State::Warn,
            "held".to_owned(),
            format!("It does not run: {hindrance}."),
        );
    }
    let is_failing = task.failures > 0;
    let state = if is_failing { State::Warn } else { State::Ok };
    let failing = if is_failing {
        format!(
            " Its last {} runs failed; the wait grows with each.",
            task.failures
        )
    } else {
        String::new()
    };
    if task.due_at <= task.now {
        let why = format!(
            "It waits for a permit of its limit {}, or for an agent.{failing}",
            task.limit_key
        );
        return (state, format!("due, {}", ago(task.due_at)), why);
    }
    (state, "waiting".to_owned(), failing.trim().to_owned())
}

fn facts(task: &TaskDetail) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("gives", task.yields.clone()),
        ("limit", task.limit_key.clone()),
        ("interval", format::span(f64::from(task.every_seconds))),
    ];
    let mut add = |name, value: Option<String>| {
        if let Some(value) = value {
            facts.push((name, value));
        }
    };
    let at = |at: &chrono::DateTime<chrono::Utc>| format!("{} UTC", format::utc(at));
    add(
        "last good answer",
        Some(
            task.looked_at
                .map_or_else(|| "never".to_owned(), |at| format::ago(&at, &task.now)),
        ),
    );
    add("showtime starts", task.starts_at.as_ref().map(at));
    add(
        "seats sold",
        task.sold.map(|sold| format::grouped(i64::from(sold))),
    );
    add("gate", task.gate.clone());
    add("not found since", task.missing_since.as_ref().map(at));
    add(
        "failures in a row",
        (task.failures > 0).then(|| task.failures.to_string()),
    );
    add(
        "deaths in a row",
        (task.deaths > 0).then(|| task.deaths.to_string()),
    );
    facts
}
