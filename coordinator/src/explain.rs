//! Why a task runs when it does, for `coordinator explain` and the web page.
//!
//! Computed from the database by the code of the leader, as a leader would decide that took over
//! now. Tokens and breakers, which only the present leader knows, are not in it.

use std::fmt::Write as _;

use anyhow::{Context, bail};
use schema::{
    enums::{Health, SourceState},
    explain::{self, Standing},
    schedule::{self, LimitKey, Step},
    weight,
};
use sqlx::PgPool;

use crate::{
    db_time::DbTime,
    policy::{Policy, Reason, weight::Weights},
    schedule::{Schedule, explain::Explained},
};

/// Explains a task, named by its number or as `SOURCE/STEP/KEY`.
///
/// # Errors
///
/// If there is no such task, or the database cannot be asked.
pub async fn explain(db: &PgPool, task: &str, policy: Policy) -> anyhow::Result<String> {
    let task_id = find(db, task).await?;
    let standing = explain::standing(db, task_id).await?;
    let standing = standing.with_context(|| format!("there is no task {task_id}"))?;
    let now = DbTime::from(schedule::clock(db).await?);
    let limits = schedule::limit_keys(db).await?;
    let steps = schedule::steps(db).await?;
    let step = steps
        .iter()
        .find(|step| step.step_id == standing.step_id)
        .cloned();
    let step = step.context("its source has no definition in force")?;
    let limit = limits
        .iter()
        .find(|limit| limit.limit_key_id == step.limit_key_id)
        .cloned();
    let limit = limit.context("its limit key is gone")?;
    let mut schedule = Schedule::new(policy);
    schedule.set_limits(&limits, now);
    schedule.set_steps(steps.clone(), now);
    // Steps that share its limit share its budget.
    let mut sources: Vec<i32> = steps
        .iter()
        .filter(|other| other.limit_key_id == step.limit_key_id)
        .map(|other| other.source_id)
        .collect();
    sources.sort_unstable();
    sources.dedup();
    for source_id in sources {
        schedule.set_tasks(&schedule::tasks_of_source(db, source_id).await?);
    }
    schedule.set_limits(&limits, now);
    let mut session = db.acquire().await?;
    let weights = weight::resolve(&mut session).await?;
    schedule.set_weights(Weights::of_rows(&weights));
    let explained = schedule.explain(task_id, now);
    Ok(describe(&standing, &step, &limit, explained.as_ref(), now))
}

async fn find(db: &PgPool, task: &str) -> anyhow::Result<i64> {
    if let Ok(task_id) = task.parse() {
        return Ok(task_id);
    }
    let mut parts = task.splitn(3, '/');
    let (Some(source), Some(step), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        bail!("`{task}` is neither the number of a task nor SOURCE/STEP/KEY");
    };
    explain::find(db, source, step, key)
        .await?
        .with_context(|| format!("source {source} has no task of step {step} with key `{key}`"))
}

fn describe(
    standing: &Standing,
    step: &Step,
    limit: &LimitKey,
    explained: Option<&Explained>,
    now: DbTime,
) -> String {
    let mut text = format!(
        "task {}: {} {} {}\n",
        standing.task_id, step.source, step.name, standing.key
    );
    // Writing to a string does not fail.
    let mut line = |name: &str, value: String| {
        let _written = writeln!(text, "  {name:<9} {value}");
    };
    line("state", state(standing, step, explained, now));
    if let (Some(job_id), Some(outcome), Some(at)) = (
        standing.last_job_id,
        standing.last_outcome.as_deref(),
        standing.last_finished_at,
    ) {
        line(
            "last job",
            format!("{job_id} {outcome} {}", ago(at.into(), now)),
        );
    }
    let Some(explained) = explained else {
        return text;
    };
    if let Some(at) = explained.looked_at {
        line("last look", ago(at, now));
    }
    if let Some(starts_at) = explained.starts_at {
        line("showtime", format!("starts {}", when(starts_at, now)));
    }
    line("next", next(explained, now));
    line("rule", rule(standing, step, explained));
    if explained.policy == Policy::Freshness {
        let (level, prior) = explained.levels;
        line(
            "sells",
            format!(
                "{:.2} seats an hour now: {level:.2} times the booking curve of its step; its film and cinema say {prior:.2}, \
             its own looks {:.1} sold where {:.1} would be average",
                explained.rate, explained.own.sales, explained.own.exposure
            ),
        );
        line(
            "worth",
            format!(
                "{:.4} sales that a look now would show within five minutes, times weight {}",
                explained.worth, explained.weight
            ),
        );
    }
    line(
        "limit",
        format!(
            "{}: {} requests a second, burst {}; {} queued, {} due",
            limit.name,
            limit.rate_per_second,
            limit.burst,
            standing.queued_beside,
            explained.due_beside
        ),
    );
    text
}

fn state(standing: &Standing, step: &Step, explained: Option<&Explained>, now: DbTime) -> String {
    if let Some(at) = standing.retired_at {
        return format!("ended for good {}", ago(at.into(), now));
    }
    if let Some(at) = standing.claimed_at {
        return format!("running, claimed {}", ago(at.into(), now));
    }
    if let Some(at) = standing.queued_at {
        return format!("queued {}", ago(at.into(), now));
    }
    if step.retired {
        return "held: the definition in force has no such step".to_owned();
    }
    if step.state != SourceState::Active {
        return format!("held: its source is {}", step.state.label());
    }
    if step.health == Health::Quarantined {
        let reason = step
            .health_reason
            .as_deref()
            .unwrap_or("its answers cannot be used");
        return format!("held: its step is in quarantine, only probes go ({reason})");
    }
    if let Some(until) = standing
        .paused_until
        .map(DbTime::from)
        .filter(|until| *until > now)
    {
        return format!("held: its limit is paused, until {}", when(until, now));
    }
    let competes = explained.and_then(|explained| explained.competes);
    if competes.is_some_and(|(at, _)| at <= now) {
        "ready: waits for a permit of its limit, or for an agent".to_owned()
    } else {
        "waiting".to_owned()
    }
}

fn next(explained: &Explained, now: DbTime) -> String {
    match explained.competes {
        Some((at, reason)) => format!("{}: {}", when(at, now), because(reason)),
        None => "not within days: hardly any sales are expected".to_owned(),
    }
}

fn rule(standing: &Standing, step: &Step, explained: &Explained) -> String {
    let every = humantime::format_duration(step.every);
    match (explained.policy, &standing.gate) {
        (Policy::Interval, Some(gate)) => {
            format!("gate: when it changes from `{gate}`, and every {every}")
        }
        (Policy::Interval, None) => format!("interval: every {every}"),
        (Policy::Freshness, _) => format!(
            "freshness: where most sales are expected; at the latest {} after a look (`every` is {every})",
            humantime::format_duration(std::time::Duration::from_secs(explained.floor.as_secs()))
        ),
    }
}

fn because(reason: Reason) -> &'static str {
    match reason {
        Reason::LastBeforeStart => "the last look before the start",
        Reason::FirstAfterStart => "the first look after the start, which is the last of all",
        Reason::NeverSeen => "it was never seen",
        Reason::Called => "it was called for",
        Reason::Floor => "the floor, so that it does not starve",
        Reason::Interval => "its interval",
        Reason::Worth => "it competes by the sales that it is expected to show",
        Reason::Rests => "it was seen just now",
        Reason::NotWorth => "hardly any sales are expected",
    }
}

fn ago(at: DbTime, now: DbTime) -> String {
    format!("{} ago", seconds(now.since(at)))
}

fn when(at: DbTime, now: DbTime) -> String {
    if at > now {
        format!("in {}", seconds(at.since(now)))
    } else {
        ago(at, now)
    }
}

fn seconds(time: std::time::Duration) -> humantime::FormattedDuration {
    humantime::format_duration(std::time::Duration::from_secs(time.as_secs()))
}
