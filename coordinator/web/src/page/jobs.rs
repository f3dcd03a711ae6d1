//! The list of jobs: those that run, then those that ended, newest first, by filters.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use chrono::{DateTime, Utc};
use schema::reading::{
    Counted,
    job_list::{JobRow, RunningRow},
};

use super::{
    Frame, address, format,
    jobs_sql::sql,
    render,
    svg::{self, State},
    time_text::TimeText,
};
use crate::{
    filter::{CLASSES, DEFAULT_WINDOW, JobQuery, OUTCOMES, given},
    problem::WebError,
    state::WebState,
};

/// Running jobs that are listed.
const MAX_RUNNING: i64 = 10;

/// The windows of time that the form offers.
const WINDOWS: [(&str, &str); 6] = [
    ("10m", "last 10 minutes"),
    ("1h", "last hour"),
    ("6h", "last 6 hours"),
    ("1d", "last day"),
    ("7d", "last 7 days"),
    ("30d", "last 30 days"),
];

/// The page.
#[derive(Template)]
#[template(path = "jobs.html")]
struct JobsPage {
    frame: Frame,
    summary: String,
    fields: Fields,
    sources: Vec<String>,
    pods: Vec<String>,
    outcomes: Vec<&'static str>,
    classes: Vec<&'static str>,
    windows: Vec<(String, String)>,
    is_filtered: bool,
    shows_running: bool,
    running: Vec<RunningLine>,
    has_more_running: bool,
    rows: Vec<JobLine>,
    newest: Option<String>,
    older: Option<String>,
    sql: String,
}

/// The values of the form.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) source: String,
    pub(super) step: String,
    pub(super) task: String,
    pub(super) outcome: String,
    pub(super) class: String,
    pub(super) pod: String,
    pub(super) since: String,
    pub(super) until: String,
}

/// A running job in a list.
pub struct RunningLine {
    job_id: i64,
    task: String,
    pod: String,
    running: String,
    queued: String,
    attempt: i16,
    lease: String,
}

/// A job in a list.
pub struct JobLine {
    /// The mark of its outcome.
    pub mark: String,
    /// The job.
    pub job_id: i64,
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// The key of its task.
    pub key: String,
    /// How it ended.
    pub outcome: String,
    /// When it ended.
    pub finished: TimeText,
    /// Time in the queue.
    pub queued: String,
    /// Time from claim to end.
    pub ran: String,
    /// What it gave, or why it failed.
    pub result: String,
    /// Status code of the answer.
    pub status: String,
    /// The pod that ran it.
    pub pod: String,
}

/// `GET /jobs`.
///
/// # Errors
///
/// If a filter cannot be understood, or the database does not answer in time.
pub async fn jobs(
    request: HttpRequest,
    state: Data<WebState>,
    query: Query<JobQuery>,
) -> Result<HttpResponse, WebError> {
    let sample = state.sampler.now(&state.db).await?;
    let now = sample.sample.at + sample.age;
    let filter = query.filter(now)?;
    let limit = query.rows()?;
    let is_first = filter.before_seq.is_none();
    let shows_running = is_first && filter.outcomes.is_empty() && filter.error_class.is_none();
    let most_running = if shows_running { MAX_RUNNING + 1 } else { 0 };
    let read = state
        .overview
        .jobs(
            &state.db,
            request.query_string(),
            &filter,
            limit,
            most_running,
        )
        .await?;
    let running = &read.running;
    let mut rows: Vec<&JobRow> = read.rows.iter().collect();
    let has_more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let older = rows
        .last()
        .filter(|_| has_more)
        .map(|row| link(&query, Some(&row.ended_seq.to_string())));
    let fields = fields(&query);
    let most = usize::try_from(MAX_RUNNING).unwrap_or(usize::MAX);
    let frame = Frame::of(&request, &state, "Jobs", "jobs");
    let page = JobsPage {
        frame: if is_first { frame.live(5) } else { frame },
        summary: summary(read.counted, &fields, filter.since),
        windows: windows(&fields.since),
        is_filtered: is_filtered(&query),
        sources: sample
            .sample
            .sources
            .iter()
            .map(|source| source.source.clone())
            .collect(),
        pods: sample
            .sample
            .pods
            .iter()
            .map(|pod| pod.name.clone())
            .collect(),
        outcomes: OUTCOMES.iter().map(|(word, _)| *word).collect(),
        classes: CLASSES.iter().map(|class| class.label()).collect(),
        shows_running,
        has_more_running: running.len() > most,
        running: running.iter().take(most).map(running_line).collect(),
        rows: rows.into_iter().map(|row| job_line(row, now)).collect(),
        newest: (!is_first).then(|| link(&query, None)),
        older,
        sql: sql(&query, &fields),
        fields,
    };
    render(&request, &page)
}

pub(super) fn fields(query: &JobQuery) -> Fields {
    let text = |value: &Option<String>| given(value.as_deref()).unwrap_or_default().to_owned();
    let since = text(&query.since);
    Fields {
        source: text(&query.source),
        step: text(&query.step),
        task: text(&query.task),
        outcome: text(&query.outcome),
        class: text(&query.class),
        pod: text(&query.pod),
        since: if since.is_empty() {
            DEFAULT_WINDOW.to_owned()
        } else {
            since
        },
        until: text(&query.until),
    }
}

fn windows(chosen: &str) -> Vec<(String, String)> {
    let mut windows: Vec<(String, String)> = WINDOWS
        .iter()
        .map(|(value, words)| ((*value).to_owned(), (*words).to_owned()))
        .collect();
    if !WINDOWS.iter().any(|(value, _)| *value == chosen) {
        windows.push((chosen.to_owned(), format!("since {chosen}")));
    }
    windows
}

fn is_filtered(query: &JobQuery) -> bool {
    [
        &query.source,
        &query.step,
        &query.task,
        &query.outcome,
        &query.class,
        &query.pod,
        &query.since,
        &query.until,
    ]
    .iter()
    .any(|value| given(value.as_deref()).is_some())
}

fn link(query: &JobQuery, cursor: Option<&str>) -> String {
    format!(
        "jobs{}",
        address::query(&[
            ("source", query.source.as_deref()),
            ("step", query.step.as_deref()),
            ("task", query.task.as_deref()),
            ("outcome", query.outcome.as_deref()),
            ("class", query.class.as_deref()),
            ("pod", query.pod.as_deref()),
            ("since", query.since.as_deref()),
            ("until", query.until.as_deref()),
            ("limit", query.limit.as_deref()),
            ("cursor", cursor),
        ])
    )
}

fn summary(counted: Counted, fields: &Fields, since: DateTime<Utc>) -> String {
    let has_filter = [
        &fields.source,
        &fields.step,
        &fields.task,
        &fields.outcome,
        &fields.class,
        &fields.pod,
    ]
    .iter()
    .any(|value| !value.is_empty());
    let known = WINDOWS.iter().find(|(value, _)| *value == fields.since);
    let window = known.map_or_else(
        || format!("since {} UTC", format::utc(&since)),
        |(_, words)| format!("in the {words}"),
    );
    format!(
        "{} jobs {}ended {window}{}.",
        format::bounded(counted),
        if has_filter { "that match " } else { "" },
        if counted.is_more {
            ", more than are counted"
        } else {
            ""
        }
    )
}

fn running_line(row: &RunningRow) -> RunningLine {
    RunningLine {
        job_id: row.job_id,
        task: format!("{} {} {}", row.source, row.step, row.key),
        pod: row.pod.clone(),
        running: format::span(row.running_seconds),
        queued: format::span(row.queued_seconds),
        attempt: row.attempt,
        lease: if row.lease_seconds > 0.0 {
            format::span(row.lease_seconds)
        } else {
            "run out".to_owned()
        },
    }
}

/// The mark of an outcome.
#[must_use]
pub fn outcome_mark(outcome: &str) -> String {
    svg::mark(match outcome {
        "succeeded" | "continued" => State::Ok,
        "failed" | "lost" => State::Bad,
        "running" => State::Warn,
        _ => State::Off,
    })
}

/// Makes the line of a job; `now` is the database's clock.
#[must_use]
pub fn job_line(row: &JobRow, now: DateTime<Utc>) -> JobLine {
    let result = match (&row.error, row.row_count) {
        (Some(error), _) => error.clone(),
        (None, _) if row.outcome == "lost" => "its pod died".to_owned(),
        (None, Some(rows)) => {
            let rows = format::grouped(i64::from(rows));
            match row.changed {
                Some(true) => format!("{rows} rows, changed"),
                Some(false) => format!("{rows} rows, as before"),
                None => format!("{rows} rows"),
            }
        }
        (None, None) => String::new(),
    };
    JobLine {
        mark: outcome_mark(&row.outcome),
        job_id: row.job_id,
        source: row.source.clone(),
        step: row.step.clone(),
        key: row.key.clone().unwrap_or_else(|| row.task_id.to_string()),
        outcome: match &row.error_class {
            Some(class) => format!("{}, {class}", row.outcome),
            None => row.outcome.clone(),
        },
        finished: TimeText::ago(&row.finished_at, &now),
        queued: format::span(row.queued_seconds),
        ran: format::span(row.ran_seconds),
        result,
        status: row
            .http_status
            .map_or_else(String::new, |status| status.to_string()),
        pod: row.pod.clone().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_filter() {
        let query = JobQuery {
            class: Some("timeout".to_owned()),
            cursor: Some("9".to_owned()),
            ..JobQuery::default()
        };
        assert_eq!(link(&query, Some("7")), "jobs?class=timeout&cursor=7");
        assert_eq!(link(&query, None), "jobs?class=timeout");
    }
}
