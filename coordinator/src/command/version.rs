//! `coordinator source versions|show`: a source and the versions of its definition.

use anyhow::bail;
use comfy_table::Table;
use schema::{
    health::history,
    limit::statuses as limit_statuses,
    source::{self, StepState, failures, statuses},
    task,
};
use sqlx::PgPool;

use super::{limit, table};

/// Changes of a source that `show` prints.
const CHANGES_SHOWN: i64 = 10;

/// Lists the versions of a source's definition.
///
/// # Errors
///
/// If there is no such source, or the database cannot be asked.
pub async fn list(db: &PgPool, source: &str) -> anyhow::Result<()> {
    let versions = source::versions(db, source).await?;
    if versions.is_empty() {
        bail!("there is no source {source}; `coordinator source list` names them");
    }
    let mut table = table::with_header(["version", "applied (UTC)", "lines", ""]);
    for version in &versions {
        table.add_row([
            version.version.to_string(),
            version.applied_at.format("%Y-%m-%d %H:%M:%S").to_string(),
            version.body.lines().count().to_string(),
            if version.is_in_force { "in force" } else { "" }.to_owned(),
        ]);
    }
    println!("{table}");
    Ok(())
}

/// Shows the health of a source, step by step, and its last failures.
///
/// # Errors
///
/// If there is no such source, or the database cannot be asked.
pub async fn show(db: &PgPool, source: &str) -> anyhow::Result<()> {
    let all = statuses(db).await?;
    let Some(status) = all.iter().find(|status| status.source == source) else {
        bail!("there is no source {source}; `coordinator source list` names them");
    };
    let why = status
        .state_reason
        .as_deref()
        .or(status.health_reason.as_deref());
    println!("{source}: {}{}", status.health, because(why));
    println!(
        "definition version {}; {} jobs succeeded and {} failed in the last five minutes",
        status.definition_version.unwrap_or(0),
        status.succeeded,
        status.failed
    );
    println!("{}", steps(&source::steps(db, source).await?));
    println!("{}", limit::table(&limit_statuses(db, Some(source)).await?));
    let stopped = task::stopped(db, Some(source)).await?.len();
    if stopped > 0 {
        println!(
            "{stopped} of its tasks no longer run; `coordinator task list --source {source}` says why"
        );
    }
    let mut lately = table::with_header(["when (UTC)", "step", "new state", "job", "why"]);
    for change in history(db, source, CHANGES_SHOWN).await? {
        lately.add_row([
            change.at.format("%m-%d %H:%M:%S").to_string(),
            change.step.unwrap_or_default(),
            change.new_state,
            change
                .job_id
                .map(|job_id| job_id.to_string())
                .unwrap_or_default(),
            change.reason.unwrap_or_default(),
        ]);
    }
    println!("{lately}");
    let failures = failures(db, source).await?;
    if failures.is_empty() {
        println!("nothing failed in the last seven days");
        return Ok(());
    }
    let mut table = table::with_header(["step", "why", "jobs", "last (UTC)", "job", "message"]);
    for failure in failures {
        table.add_row([
            failure.step,
            failure.reason,
            failure.jobs.to_string(),
            failure.last_at.format("%m-%d %H:%M:%S").to_string(),
            failure.last_job_id.to_string(),
            failure.last_error.unwrap_or_default(),
        ]);
    }
    println!("{table}");
    Ok(())
}

fn because(why: Option<&str>) -> String {
    why.map(|why| format!(", because {why}"))
        .unwrap_or_default()
}

fn steps(steps: &[StepState]) -> Table {
    let mut table = table::with_header([
        "step",
        "health",
        "since (UTC)",
        "job",
        "tasks",
        "limit",
        "why",
    ]);
    for step in steps {
        table.add_row([
            step.step.clone(),
            step.health.label().to_owned(),
            step.since.format("%m-%d %H:%M:%S").to_string(),
            step.job_id
                .map(|job_id| job_id.to_string())
                .unwrap_or_default(),
            step.tasks.to_string(),
            format!(
                "{}: {}/s, burst {}",
                step.limit_key, step.rate_per_second, step.burst
            ),
            step.reason.clone().unwrap_or_default(),
        ]);
    }
    table
}
