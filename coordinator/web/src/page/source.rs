//! One source in depth: steps, codes, versions, answers in quarantine, history.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use chrono::{DateTime, Utc};
use schema::reading::{
    Reader,
    source::{
        FailureCount, SourceDetail, StepDetail, failures, history, one, steps, version_body,
        version_list,
    },
    source_answer::{GoodAnswer, HeldAnswer, held, held_body, last_good},
    source_code,
};
use serde::Deserialize;

use super::{
    Frame, address,
    fleet::source_state,
    format,
    moment::Moment,
    render,
    source_event::{self, EventRow},
    svg::{self, State},
};
use crate::{
    body::{self, ShownBody},
    diagnosis,
    difference::{self, Line},
    filter::given,
    problem::WebError,
    state::WebState,
};

/// Versions that are listed.
const MAX_VERSIONS: i64 = 20;
/// Answers in quarantine that are listed.
const MAX_HELD: i64 = 10;
/// Events of the timeline that are listed.
const MAX_EVENTS: i64 = 50;
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
    versions: Vec<VersionRow>,
    from: i32,
    to: i32,
    difference: Vec<Line>,
    failures: Vec<FailureRow>,
    held: Vec<HeldRow>,
    compared: Option<Compared>,
    events: Vec<EventRow>,
    older: Option<String>,
}

struct Why {
    class: &'static str,
    text: String,
    diagnosis: Option<&'static str>,
    since: Moment,
    job_id: Option<i64>,
    next: String,
}

struct StepRow {
    mark: String,
    name: String,
    parent: String,
    yields: String,
    every: String,
    health: String,
    reason: String,
    job_id: Option<i64>,
    tasks: String,
    due: String,
    failing: String,
    last_answer: Option<Moment>,
    limit: String,
    tasks_href: String,
}

struct CodeRow {
    code: String,
    status: Option<String>,
    seen: String,
    discovered_by: i64,
}

struct VersionRow {
    version: i32,
    applied: Moment,
    is_in_force: bool,
    size: String,
}

struct FailureRow {
    step: String,
    reason: String,
    jobs: String,
    first: Moment,
    first_job_id: i64,
    last: Moment,
    last_job_id: i64,
    error: String,
    href: String,
}

struct HeldRow {
    job_id: i64,
    at: Moment,
    step: String,
    reason: String,
    diagnosis: Option<&'static str>,
    size: String,
    href: String,
    is_current: bool,
}

/// An answer in quarantine beside the last good one.
struct Compared {
    job_id: i64,
    step: String,
    reason: String,
    content_type: String,
    url: String,
    size: String,
    body: ShownBody,
    good: Option<GoodRow>,
}

struct GoodRow {
    job_id: i64,
    at: Moment,
    url: String,
    size: String,
    rows: String,
    version: i32,
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
    let mut db = Reader::begin(&state.db).await?;
    let detail = one(&mut db, &name).await?;
    let detail = detail.ok_or_else(|| WebError::no("source", &name))?;
    let now = detail.now;
    let steps = steps(&mut db, &name).await?;
    let codes = source_code::list(&mut db, &name).await?;
    let versions = version_list(&mut db, &name, None, MAX_VERSIONS).await?;
    let failures = failures(&mut db, Some(&name)).await?;
    let answers = held(&mut db, &name, None, MAX_HELD).await?;
    let before: Option<DateTime<Utc>> =
        given(query.before.as_deref()).and_then(|text| text.parse().ok());
    let events = history(&mut db, &name, before, MAX_EVENTS).await?;

    let in_force = detail.definition_version.unwrap_or(0);
    let to = query.to.unwrap_or(in_force);
    let from = query.from.unwrap_or(to - 1);
    let difference = match (
        version_body(&mut db, &name, from).await?,
        version_body(&mut db, &name, to).await?,
    ) {
        (Some(before), Some(after)) => difference::lines(&before, &after),
        _ => Vec::new(),
    };
    let chosen = query
        .answer
        .or_else(|| answers.first().map(|answer| answer.job_id));
    let compared = match chosen {
        None => None,
        Some(job_id) => compare(&mut db, &name, job_id, now).await?,
    };
    let older = (events.len() >= usize::try_from(MAX_EVENTS).unwrap_or(usize::MAX))
        .then(|| events.last().map(|event| event.at.to_rfc3339()))
        .flatten()
        .map(|at| address::query(&[("before", Some(&at))]));
    let page = SourcePage {
        frame: Frame::of(&request, &state, &detail.title, "sources").live(10),
        mark: svg::mark(source_state(&detail.health)),
        state: detail.health.clone(),
        summary: summary(&detail),
        why: why(&detail),
        is_active: detail.state == "active",
        root_task_id: steps.iter().find_map(|step| step.root_task_id),
        has_quarantine: steps.iter().any(|step| step.health == "quarantined"),
        steps: steps
            .iter()
            .map(|step| step_row(step, &name, now))
            .collect(),
        codes: codes
            .into_iter()
            .map(|code| CodeRow {
                seen: match (&code.status, code.showtimes) {
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
                },
                code: code.code,
                status: code.status,
                discovered_by: code.discovered_by,
            })
            .collect(),
        statuses: STATUSES,
        versions: versions
            .iter()
            .map(|version| VersionRow {
                version: version.version,
                applied: Moment::utc(&version.applied_at),
                is_in_force: version.is_in_force,
                size: format::bytes(i64::from(version.size_bytes)),
            })
            .collect(),
        from,
        to,
        difference,
        held: answers
            .iter()
            .map(|answer| held_row(answer, &name, chosen, now))
            .collect(),
        compared,
        events: source_event::rows(
            &events,
            if before.is_none() { &failures } else { &[] },
            &name,
        ),
        failures: failures
            .iter()
            .map(|failure| failure_row(failure, now))
            .collect(),
        older,
        name,
    };
    render(&request, &page)
}

fn summary(detail: &SourceDetail) -> String {
    let version = match (detail.definition_version, detail.definition_applied_at) {
        (Some(version), Some(at)) => {
            format!(
                "definition version {version}, in force since {} UTC",
                format::utc(&at)
            )
        }
        _ => "no definition in force".to_owned(),
    };
    format!(
        "{}; {} of {} jobs of the last five minutes failed.",
        version,
        format::grouped(detail.failed),
        format::grouped(detail.failed + detail.succeeded)
    )
}

fn why(detail: &SourceDetail) -> Option<Why> {
    let now = &detail.now;
    if let Some(reason) = &detail.state_reason {
        return Some(Why {
            class: if detail.state == "paused" {
                "warn"
            } else {
                "bad"
            },
            text: reason.clone(),
            diagnosis: None,
            since: Moment::ago(&detail.state_changed_at, now),
            job_id: None,
            next: "Nothing is sent to it until a person resumes it.".to_owned(),
        });
    }
    if detail.health == "healthy" {
        return None;
    }
    let reason = detail
        .health_reason
        .clone()
        .or_else(|| detail.last_error.clone())?;
    let next = match detail.health.as_str() {
        "quarantined" => {
            "Only probes are sent. Compare the answer in quarantine below with the definition: correct \
             the definition, or accept the answers if they are true."
        }
        "over its cap" => {
            "What is beyond the cap is not stored: correct the definition, or raise the cap."
        }
        _ if reason.contains("nothing maps") => {
            "Map the codes below: the past is corrected as well."
        }
        _ => "Most answers can be used. The errors below say which cannot.",
    };
    Some(Why {
        class: if detail.health == "degraded" {
            "warn"
        } else {
            "bad"
        },
        diagnosis: diagnosis::name(&reason),
        text: reason,
        since: Moment::ago(&detail.health_changed_at, now),
        job_id: detail.health_job_id,
        next: next.to_owned(),
    })
}

fn step_row(step: &StepDetail, source: &str, now: DateTime<Utc>) -> StepRow {
    let state = match step.health.as_str() {
        "healthy" => State::Ok,
        "degraded" => State::Warn,
        _ => State::Bad,
    };
    StepRow {
        mark: svg::mark(state),
        name: step.step.clone(),
        parent: step.parent.clone().unwrap_or_default(),
        yields: step.yields.clone(),
        every: format::span(f64::from(step.every_seconds)),
        health: step.health.clone(),
        reason: step.health_reason.clone().unwrap_or_default(),
        job_id: step.health_job_id.filter(|_| step.health != "healthy"),
        tasks: format::grouped(step.tasks),
        due: format::grouped(step.due),
        failing: format::grouped(step.failing),
        last_answer: step.last_answer_at.map(|at| Moment::ago(&at, &now)),
        limit: format!(
            "{}: {:.1} of {:.1}/s",
            step.limit_key, step.rate_now, step.rate_per_second
        ),
        tasks_href: format!(
            "tasks{}",
            address::query(&[("source", Some(source)), ("step", Some(&step.step))])
        ),
    }
}

fn failure_row(failure: &FailureCount, now: DateTime<Utc>) -> FailureRow {
    let filter = if failure.reason == "lost" {
        "outcome"
    } else {
        "class"
    };
    FailureRow {
        step: failure.step.clone(),
        reason: failure.reason.clone(),
        jobs: format::grouped(failure.jobs),
        first: Moment::ago(&failure.first_at, &now),
        first_job_id: failure.first_job_id,
        last: Moment::ago(&failure.last_at, &now),
        last_job_id: failure.last_job_id,
        error: failure.last_error.clone().unwrap_or_default(),
        href: format!(
            "jobs{}",
            address::query(&[
                ("source", Some(&failure.source)),
                ("step", Some(&failure.step)),
                (filter, Some(&failure.reason)),
                ("since", Some("1d")),
            ])
        ),
    }
}

fn held_row(answer: &HeldAnswer, source: &str, chosen: Option<i64>, now: DateTime<Utc>) -> HeldRow {
    HeldRow {
        job_id: answer.job_id,
        at: Moment::ago(&answer.at, &now),
        step: answer.step.clone(),
        reason: answer.reason.clone(),
        diagnosis: diagnosis::name(&answer.reason),
        size: format::bytes(i64::from(answer.body_bytes)),
        href: format!(
            "sources/{}?answer={}#answers",
            address::encode(source),
            answer.job_id
        ),
        is_current: chosen == Some(answer.job_id),
    }
}

async fn compare(
    db: &mut Reader,
    source: &str,
    job_id: i64,
    now: DateTime<Utc>,
) -> Result<Option<Compared>, WebError> {
    let Some(answer) = held_body(db, job_id)
        .await?
        .filter(|answer| answer.source == source)
    else {
        return Ok(None);
    };
    let good = last_good(db, answer.task_id, answer.at).await?;
    Ok(Some(Compared {
        job_id,
        step: answer.step,
        reason: answer.reason,
        content_type: answer.content_type.unwrap_or_default(),
        url: answer.url.unwrap_or_default(),
        size: format::bytes(i64::from(answer.body_bytes)),
        body: body::of_gzip(&answer.body, answer.body_bytes),
        good: good.map(|good| good_row(&good, now)),
    }))
}

fn good_row(good: &GoodAnswer, now: DateTime<Utc>) -> GoodRow {
    GoodRow {
        job_id: good.job_id,
        at: Moment::ago(&good.finished_at, &now),
        url: good.request_url.clone().unwrap_or_default(),
        size: good
            .response_bytes
            .map_or_else(|| "–".to_owned(), |bytes| format::bytes(i64::from(bytes))),
        rows: good
            .row_count
            .map_or_else(|| "–".to_owned(), |rows| format::grouped(i64::from(rows))),
        version: good.definition_version,
    }
}
