//! The first page: is the fleet working, and what needs a person.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use askama::Template;
use schema::{fleet_status::RecentError, reading::fleet::PassStatus, source::SourceStatus};

use super::{
    Frame, format, render,
    svg::{self, State},
};
use crate::{
    problem::WebError,
    sampler::{FleetNow, Sample, TrendPoint},
    state::WebState,
};

/// The page.
#[derive(Template)]
#[template(path = "fleet.html")]
struct FleetPage {
    frame: Frame,
    summary: String,
    alarm: Option<String>,
    figures: Vec<Figure>,
    todo: Vec<Todo>,
    sources: Vec<SourceRow>,
    pods: Vec<PodRow>,
    passes: Vec<PassRow>,
    errors: Vec<ErrorRow>,
    limits: Vec<LimitRow>,
}

/// A number with its trend.
struct Figure {
    value: String,
    unit: String,
    trend: String,
}

/// Something that needs a person.
struct Todo {
    mark: String,
    what: String,
    why: String,
    href: String,
    action: &'static str,
}

struct SourceRow {
    mark: String,
    name: String,
    state: String,
    last_success: String,
    tasks: String,
    failed: String,
    why: String,
}

struct PodRow {
    name: String,
    bar: String,
    state: String,
}

struct PassRow {
    mark: Option<String>,
    when: String,
    what: String,
    took: String,
}

struct ErrorRow {
    at: String,
    machine: String,
    job_id: i64,
    task: String,
    error: String,
}

struct LimitRow {
    key: String,
    rate: String,
    why: String,
}

/// `GET /`.
///
/// # Errors
///
/// If the fleet was never sampled and the database does not answer.
pub async fn fleet(request: HttpRequest, state: Data<WebState>) -> Result<HttpResponse, WebError> {
    let now = state.sampler.now(&state.db).await?;
    let sample = &now.sample;
    let page = FleetPage {
        frame: Frame::of(&request, &state, "Fleet", "").live(3),
        summary: summary(&now),
        alarm: alarm(&now),
        figures: figures(sample, &now.trend),
        todo: todo(sample),
        sources: sample
            .sources
            .iter()
            .map(|one| source_row(one, sample))
            .collect(),
        pods: sample
            .pods
            .iter()
            .map(|pod| PodRow {
                name: pod.name.clone(),
                bar: match pod.ended_at {
                    Some(_) => String::new(),
                    None => svg::bar(
                        f64::from(pod.agents_busy) / f64::from(pod.agents.max(1)),
                        true,
                    ),
                },
                state: match (&pod.ended_at, &pod.stall) {
                    (Some(at), _) => format!("ended {}", format::ago(at, &sample.at)),
                    (None, Some(stall)) => format!("stalls: {stall}"),
                    (None, None) if pod.draining => "draining".to_owned(),
                    (None, None) => format!("{} of {}", pod.agents_busy, pod.agents),
                },
            })
            .collect(),
        passes: sample
            .passes
            .iter()
            .map(|pass| pass_row(pass, sample))
            .collect(),
        errors: sample.errors.iter().map(error_row).collect(),
        limits: sample
            .limits
            .iter()
            .filter_map(|limit| {
                let why = match (&limit.paused_until, &limit.share_reason) {
                    (Some(until), _) => format!(
                        "paused until {} UTC: {}",
                        format::clock(until),
                        limit.pause_reason.as_deref().unwrap_or("by its source")
                    ),
                    (None, _) if !limit.is_open => "outside its hours".to_owned(),
                    (None, Some(reason)) if limit.rate_now < limit.rate_per_second => {
                        reason.clone()
                    }
                    _ => return None,
                };
                Some(LimitRow {
                    key: limit.limit_key.clone(),
                    rate: format!("{:.1} of {:.1}", limit.rate_now, limit.rate_per_second),
                    why,
                })
            })
            .collect(),
    };
    render(&request, &page)
}

fn summary(now: &FleetNow) -> String {
    let sample = &now.sample;
    let leader = match &sample.leader {
        Some(leader) if !leader.is_expired => format!(
            "led by {} since {} UTC",
            leader.name,
            format::clock(&leader.elected_at)
        ),
        _ => "no coordinator leads".to_owned(),
    };
    format!(
        "{}, {}, {leader}. Rates are over the last minute; read {} ago.",
        format::counted(sample.sources.len(), "source"),
        format::counted(sample.load.pods, "pod"),
        format::whole_seconds(now.age.as_secs_f64().ceil()),
    )
}

fn alarm(now: &FleetNow) -> Option<String> {
    if let Some(failure) = &now.failure {
        return Some(format!(
            "The database does not answer ({failure}). The numbers below are {} old.",
            format::whole_seconds(now.age.as_secs_f64())
        ));
    }
    match &now.sample.leader {
        Some(leader) if leader.is_expired => Some(
            "No coordinator leads: the lease of the last one has run out. No task is queued until \
             another takes over; look at the logs of the coordinators."
                .to_owned(),
        ),
        Some(leader) => leader
            .stall
            .as_ref()
            .map(|stall| format!("Work has stopped: {stall}.")),
        None => Some("No coordinator has led yet.".to_owned()),
    }
}

fn figures(sample: &Sample, trend: &[TrendPoint]) -> Vec<Figure> {
    let (load, ended) = (&sample.load, &sample.ended);
    let line = |of: fn(&TrendPoint) -> f64| {
        svg::sparkline(
            &trend
                .iter()
                .map(|point| Some(of(point)))
                .collect::<Vec<_>>(),
        )
    };
    let figure = |value: String, unit: &str, trend: String| Figure {
        value,
        unit: unit.to_owned(),
        trend,
    };
    vec![
        figure(
            format::grouped(ended.jobs),
            "jobs in the last minute",
            line(|point| point.jobs),
        ),
        figure(
            format::grouped(ended.snapshots),
            "changed snapshots in the last minute",
            line(|point| point.snapshots),
        ),
        figure(
            format!(
                "{} of {}",
                format::grouped(load.agents_busy),
                format::grouped(load.agents)
            ),
            "agents busy",
            line(|point| point.busy),
        ),
        figure(
            format::grouped(load.queued),
            "tasks in the queue",
            line(|point| point.queued),
        ),
        figure(
            format::span(sample.queue.longest_wait_seconds),
            "longest wait in the queue",
            line(|point| point.wait_seconds),
        ),
    ]
}

/// The state of a source, as a mark shows it.
#[must_use]
pub fn source_state(health: &str) -> State {
    match health {
        "healthy" => State::Ok,
        "paused" => State::Off,
        "degraded" => State::Warn,
        _ => State::Bad,
    }
}

fn source_why(source: &SourceStatus) -> String {
    let last_failure = || {
        let error = source.last_error.as_ref().filter(|_| source.failed > 0)?;
        Some(format!("last failure: {error}"))
    };
    source
        .state_reason
        .clone()
        .or_else(|| source.health_reason.clone())
        .or_else(last_failure)
        .unwrap_or_default()
}

fn source_row(source: &SourceStatus, sample: &Sample) -> SourceRow {
    SourceRow {
        mark: svg::mark(source_state(&source.health)),
        name: source.source.clone(),
        state: source.health.clone(),
        last_success: source
            .last_success_at
            .map_or_else(|| "–".to_owned(), |at| format::ago(&at, &sample.at)),
        tasks: format::grouped(source.tasks),
        failed: format::percent(source.failed, source.failed + source.succeeded),
        why: source_why(source),
    }
}

fn todo(sample: &Sample) -> Vec<Todo> {
    let mut items: Vec<(u8, Todo)> = Vec::new();
    for source in &sample.sources {
        let state = source_state(&source.health);
        if matches!(state, State::Ok | State::Off) {
            continue;
        }
        items.push((
            u8::from(state == State::Warn),
            Todo {
                mark: svg::mark(state),
                what: format!("{} is {}", source.source, source.health),
                why: source_why(source),
                href: format!("sources/{}", source.source),
                action: "Look into it",
            },
        ));
    }
    for pass in sample.passes.iter().filter(|pass| pass.failures > 0) {
        items.push((
            0,
            Todo {
                mark: svg::mark(State::Bad),
                what: format!(
                    "the background pass “{}” of {} fails",
                    pass.pass, pass.coordinator
                ),
                why: format!(
                    "{} in a row: {}",
                    format::counted(pass.failures, "failure"),
                    pass.error.as_deref().unwrap_or("the reason is in its log")
                ),
                href: "database".to_owned(),
                action: "See the passes",
            },
        ));
    }
    items.sort_by_key(|(rank, _)| *rank);
    items.into_iter().map(|(_, item)| item).collect()
}

fn pass_row(pass: &PassStatus, sample: &Sample) -> PassRow {
    PassRow {
        mark: (pass.failures > 0).then(|| svg::mark(State::Bad)),
        when: format::ago(&pass.worked_at.unwrap_or(pass.run_at), &sample.at),
        what: format!(
            "{}: {}",
            pass.pass.replace('_', " "),
            pass.report
                .as_deref()
                .map_or_else(|| "nothing to do".to_owned(), format::report)
        ),
        took: format::span(f64::from(pass.took_seconds)),
    }
}

fn error_row(error: &RecentError) -> ErrorRow {
    ErrorRow {
        at: format::clock(&error.finished_at),
        machine: format::machine(&error.finished_at),
        job_id: error.job_id,
        task: format!("{} {}", error.source, error.step),
        error: error
            .error
            .clone()
            .unwrap_or_else(|| "its pod died".to_owned()),
    }
}
