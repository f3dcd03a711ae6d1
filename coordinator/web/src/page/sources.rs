//! All sources: health, freshness, errors by class, limits, and why.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use chrono::{DateTime, Utc};
use schema::{
    limit::LimitStatus,
    reading::source::{FailureCount, MAX_FAILURES, SourceFacts},
    source::SourceStatus,
};
use serde::Deserialize;

use super::{Frame, address, fleet::source_state, format, render, svg, time_text::TimeText};
use crate::{diagnosis, filter::given, overview::Sources, problem::WebError, state::WebState};

/// The page.
#[derive(Template)]
#[template(path = "sources.html")]
struct SourcesPage {
    frame: Frame,
    summary: String,
    states: Vec<StateLink>,
    text: String,
    state: String,
    rows: Vec<SourceRow>,
    is_filtered: bool,
    errors: Vec<ClassRow>,
    errors_note: String,
    limits: Vec<LimitRow>,
}

/// A state of sources, with how many are in it.
struct StateLink {
    name: String,
    count: usize,
    mark: String,
    href: String,
    is_current: bool,
}

struct SourceRow {
    mark: String,
    name: String,
    title: String,
    state: String,
    diagnosis: Option<&'static str>,
    last_answer: Option<TimeText>,
    tasks: String,
    due: String,
    failed: String,
    errors: String,
    limit: String,
    why: String,
    since: Option<TimeText>,
    job_id: Option<i64>,
}

struct ClassRow {
    class: String,
    hour: String,
    day: String,
    bar: String,
    sources: String,
    href: String,
    meaning: &'static str,
}

struct LimitRow {
    key: String,
    bar: String,
    rate: String,
    today: String,
    why: String,
}

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SourcesQuery {
    state: Option<String>,
    text: Option<String>,
}

/// `GET /sources`.
///
/// # Errors
///
/// If the database does not answer in time.
pub async fn sources(
    request: HttpRequest,
    state: Data<WebState>,
    query: Query<SourcesQuery>,
) -> Result<HttpResponse, WebError> {
    let now = state.sampler.now(&state.db).await?;
    let (overview, age) = state.overview.sources(&state.db).await?;
    let (wanted, text) = (given(query.state.as_deref()), given(query.text.as_deref()));
    let at = now.sample.at + now.age;
    let facts: BTreeMap<&str, &SourceFacts> = overview
        .facts
        .iter()
        .map(|facts| (facts.source.as_str(), facts))
        .collect();
    let title = |name: &str| facts.get(name).map_or("", |facts| facts.title.as_str());
    let mut shown: Vec<&SourceStatus> = now
        .sample
        .sources
        .iter()
        .filter(|one| wanted.is_none_or(|wanted| one.health == wanted))
        .filter(|one| {
            text.is_none_or(|text| {
                let text = text.to_lowercase();
                one.source.contains(&text) || title(&one.source).to_lowercase().contains(&text)
            })
        })
        .collect();
    shown.sort_by_key(|one| (rank(&one.health), one.source.clone()));
    let page = SourcesPage {
        frame: Frame::of(&request, &state, "Sources", "sources").live(10),
        summary: format!(
            "“Failed” is of the jobs of the last five minutes, errors are of the last hour; \
             read {} ago.",
            format::whole_seconds(age.max(now.age).as_secs_f64().ceil().max(1.0))
        ),
        states: states(&now.sample.sources, wanted, text),
        text: text.unwrap_or_default().to_owned(),
        state: wanted.unwrap_or_default().to_owned(),
        is_filtered: wanted.is_some() || text.is_some(),
        rows: shown
            .into_iter()
            .map(|one| {
                row(
                    one,
                    facts.get(one.source.as_str()).copied(),
                    &overview,
                    &now.sample.limits,
                    at,
                )
            })
            .collect(),
        errors: classes(&overview.failures),
        errors_note: note(&overview.failures),
        limits: now.sample.limits.iter().map(limit_row).collect(),
    };
    render(&request, &page)
}

/// Sources that need a person come first.
fn rank(health: &str) -> u8 {
    match health {
        "blocked" | "over its cap" => 0,
        "quarantined" => 1,
        "degraded" => 2,
        "paused" => 3,
        _ => 4,
    }
}

fn states(sources: &[SourceStatus], wanted: Option<&str>, text: Option<&str>) -> Vec<StateLink> {
    let mut counts: BTreeMap<(u8, &str), usize> = BTreeMap::new();
    for one in sources {
        *counts.entry((rank(&one.health), &one.health)).or_default() += 1;
    }
    let all = StateLink {
        name: "all".to_owned(),
        count: sources.len(),
        mark: String::new(),
        href: format!("sources{}", address::query(&[("text", text)])),
        is_current: wanted.is_none(),
    };
    let each = counts.into_iter().map(|((_, name), count)| StateLink {
        name: name.to_owned(),
        count,
        mark: svg::mark(source_state(name)),
        href: format!(
            "sources{}",
            address::query(&[("state", Some(name)), ("text", text)])
        ),
        is_current: wanted == Some(name),
    });
    std::iter::once(all).chain(each).collect()
}

fn row(
    source: &SourceStatus,
    facts: Option<&SourceFacts>,
    overview: &Sources,
    limits: &[LimitStatus],
    now: DateTime<Utc>,
) -> SourceRow {
    let why = source
        .state_reason
        .clone()
        .or_else(|| source.health_reason.clone())
        .or_else(|| source.last_error.clone().filter(|_| source.failed > 0))
        .unwrap_or_default();
    let last_answer = source
        .last_success_at
        .max(facts.and_then(|facts| facts.last_answer_at));
    let is_well = source.health == "healthy";
    SourceRow {
        mark: svg::mark(source_state(&source.health)),
        name: source.source.clone(),
        title: facts.map_or_else(String::new, |facts| facts.title.clone()),
        state: source.health.clone(),
        diagnosis: diagnosis::name(&why).filter(|_| !is_well),
        last_answer: last_answer.map(|at| TimeText::ago(&at, &now)),
        tasks: format::grouped(source.tasks),
        due: facts.map_or_else(String::new, |facts| format::grouped(facts.due)),
        failed: format::percent(source.failed, source.failed + source.succeeded),
        errors: errors_of(&source.source, &overview.failures),
        limit: facts.map_or_else(String::new, |facts| limit_in_use(&facts.limit_keys, limits)),
        since: facts
            .filter(|_| !is_well && source.state_reason.is_none())
            .map(|facts| TimeText::ago(&facts.health_changed_at, &now)),
        job_id: facts
            .and_then(|facts| facts.health_job_id)
            .filter(|_| !is_well && source.state_reason.is_none()),
        why,
    }
}

/// The errors of a source in the last hour, by class.
fn errors_of(source: &str, failures: &[FailureCount]) -> String {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for failure in failures.iter().filter(|failure| failure.source == source) {
        *counts.entry(&failure.reason).or_default() += failure.jobs_last_hour;
    }
    let mut counts: Vec<_> = counts.into_iter().filter(|(_, jobs)| *jobs > 0).collect();
    counts.sort_by_key(|(_, jobs)| -jobs);
    let parts: Vec<String> = counts
        .iter()
        .take(3)
        .map(|(reason, jobs)| format!("{} {reason}", format::grouped(*jobs)))
        .collect();
    parts.join(", ")
}

fn limit_in_use(keys: &[String], limits: &[LimitStatus]) -> String {
    let mut parts = Vec::new();
    for limit in limits
        .iter()
        .filter(|limit| keys.contains(&limit.limit_key))
    {
        let state = if limit.paused_until.is_some() {
            "paused".to_owned()
        } else if !limit.is_open {
            "closed".to_owned()
        } else if limit.rate_now < limit.rate_per_second {
            format!("{}/s", format::rate(limit.rate_now, limit.rate_per_second))
        } else {
            format!("{}/s", format::number(limit.rate_per_second))
        };
        parts.push(state);
    }
    parts.join(", ")
}

/// The failures of all sources by class.
fn classes(failures: &[FailureCount]) -> Vec<ClassRow> {
    /// Failures of the last hour, of the last day, and of the last day by source.
    type Sum<'a> = (i64, i64, Vec<(&'a str, i64)>);
    let mut sums: BTreeMap<&str, Sum<'_>> = BTreeMap::new();
    for failure in failures {
        let sum = sums.entry(&failure.reason).or_default();
        sum.0 += failure.jobs_last_hour;
        sum.1 += failure.jobs;
        match sum.2.iter_mut().find(|(name, _)| *name == failure.source) {
            Some((_, jobs)) => *jobs += failure.jobs,
            None => sum.2.push((&failure.source, failure.jobs)),
        }
    }
    let most = sums.values().map(|(_, day, _)| *day).max().unwrap_or(1);
    let mut rows: Vec<_> = sums.into_iter().collect();
    rows.sort_by_key(|(_, (_, day, _))| -day);
    rows.into_iter()
        .map(|(class, (hour, day, mut sources))| {
            sources.sort_by_key(|(_, jobs)| -jobs);
            let named: Vec<&str> = sources.iter().take(3).map(|(name, _)| *name).collect();
            let more = sources.len().saturating_sub(named.len());
            let filter = if class == "lost" { "outcome" } else { "class" };
            let share = format::share(day, most);
            ClassRow {
                class: class.to_owned(),
                hour: format::grouped(hour),
                day: format::grouped(day),
                bar: svg::bar(share, false),
                sources: if more > 0 {
                    format!("{} and {more} more", named.join(", "))
                } else {
                    named.join(", ")
                },
                href: format!(
                    "jobs{}",
                    address::query(&[(filter, Some(class)), ("since", Some("1d"))])
                ),
                meaning: diagnosis::explain(class),
            }
        })
        .collect()
}

fn note(failures: &[FailureCount]) -> String {
    let counted: i64 = failures.iter().map(|failure| failure.jobs).sum();
    if counted >= MAX_FAILURES {
        let first = failures.iter().map(|failure| failure.first_at).min();
        format!(
            "The newest {} failures, since {} UTC.",
            format::grouped(MAX_FAILURES),
            first.map_or_else(String::new, |at| format::utc(&at))
        )
    } else {
        "Failed and lost jobs of the last 24 hours.".to_owned()
    }
}

fn limit_row(limit: &LimitStatus) -> LimitRow {
    let why = match (&limit.paused_until, &limit.share_reason) {
        (Some(until), _) => format!(
            "paused until {} UTC: {}",
            format::clock(until),
            limit.pause_reason.as_deref().unwrap_or("by its source")
        ),
        (None, _) if !limit.is_open => "outside its hours".to_owned(),
        (None, Some(reason)) if limit.rate_now < limit.rate_per_second => reason.clone(),
        _ => "gives out its full rate".to_owned(),
    };
    LimitRow {
        key: limit.limit_key.clone(),
        bar: svg::bar(limit.rate_now / limit.rate_per_second, false),
        rate: format::rate(limit.rate_now, limit.rate_per_second),
        today: limit.per_day.map_or_else(
            || "–".to_owned(),
            |most| {
                format!(
                    "{} of {}",
                    format::grouped(i64::from(limit.day_reserved)),
                    format::grouped(i64::from(most))
                )
            },
        ),
        why,
    }
}
