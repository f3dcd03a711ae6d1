//! `coordinator task`: operator requests for single tasks.
//!
//! The command writes a row; the leader, which alone places tasks, applies the request within a
//! second and deletes the row. So nothing is placed between a request and its effect, and a
//! change of leader loses no request.

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use schema::{
    enums::RequestedAction,
    task::{self, Found},
};
use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use super::table;

/// Wait for the leader, and time between two looks meanwhile.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

/// The commands of `coordinator task`.
#[derive(Debug, Clone, Subcommand)]
pub enum TaskCommand {
    /// Makes tasks due now, before all others of their limit key; their limits hold.
    RunNow {
        /// The tasks.
        #[arg(required = true, value_name = "TASK")]
        tasks: Vec<String>,
    },
    /// Cancels the queued or running jobs of tasks; the tasks are due again after their interval.
    ///
    /// A request under way is not cut off: its result is refused, and its job is in the history
    /// as cancelled.
    Cancel {
        /// The tasks.
        #[arg(required = true, value_name = "TASK")]
        tasks: Vec<String>,
    },
    /// Retires tasks: they run no more, and their queued or running jobs are cancelled.
    Retire {
        /// The tasks.
        #[arg(required = true, value_name = "TASK")]
        tasks: Vec<String>,
        /// The reason, which is stored with it.
        #[arg(long, default_value = "an operator retired it")]
        reason: String,
    },
    /// Releases isolated or retired tasks, so that they run again.
    Release {
        /// The tasks.
        #[arg(required = true, value_name = "TASK")]
        tasks: Vec<String>,
    },
    /// Lists the tasks that are isolated or were retired by a person, and why.
    List {
        /// Lists only tasks of this source.
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
    },
}

/// Runs a command.
///
/// # Errors
///
/// If a task is not to be found or cannot be asked that, or the database cannot be asked.
pub async fn execute(db: &PgPool, command: TaskCommand) -> anyhow::Result<()> {
    let (tasks, action, reason) = match command {
        TaskCommand::RunNow { tasks } => (tasks, RequestedAction::Run, None),
        TaskCommand::Cancel { tasks } => (tasks, RequestedAction::Cancel, None),
        TaskCommand::Retire { tasks, reason } => (tasks, RequestedAction::Retire, Some(reason)),
        TaskCommand::Release { tasks } => (tasks, RequestedAction::Release, None),
        TaskCommand::List { source } => {
            return list(db, source.as_deref()).await;
        }
    };
    ask(db, &tasks, action, reason.as_deref()).await
}

/// Requests `action` for each task, and waits until the leader has applied it.
///
/// # Errors
///
/// If a task is not to be found or cannot be asked that: nothing is asked then. Or if the
/// database cannot be asked.
async fn ask(
    db: &PgPool,
    tasks: &[String],
    action: RequestedAction,
    reason: Option<&str>,
) -> anyhow::Result<()> {
    let mut found = Vec::new();
    for name in tasks {
        let task = find(db, name).await?;
        if action == RequestedAction::Run
            && (task.retired_at.is_some() || task.isolated_at.is_some())
        {
            let what = if task.retired_at.is_some() {
                "retired"
            } else {
                "isolated"
            };
            bail!(
                "task {} ({}) is {what}; `coordinator task release {0}` lets it run again",
                task.task_id,
                shown(&task)
            );
        }
        found.push(task);
    }
    let mut requests = Vec::new();
    for task in &found {
        requests.push(task::ask(db, task.task_id, action, reason).await?);
    }
    let deadline = Instant::now() + PATIENCE;
    while !task::waiting(db, &requests).await?.is_empty() {
        if Instant::now() >= deadline {
            println!("no coordinator leads; the request is applied as soon as one does");
            return Ok(());
        }
        sleep(POLL).await;
    }
    for task in &found {
        println!(
            "task {} ({}): {}",
            task.task_id,
            shown(task),
            describe(task, action)
        );
    }
    Ok(())
}

/// Finds a task by its number, or as `SOURCE/STEP/KEY`.
async fn find(db: &PgPool, name: &str) -> anyhow::Result<Found> {
    let found = if let Ok(task_id) = name.parse::<i64>() {
        task::by_id(db, task_id).await?
    } else {
        let mut parts = name.splitn(3, '/');
        let (Some(source), Some(step)) = (parts.next(), parts.next()) else {
            bail!("`{name}` is neither the number of a task nor SOURCE/STEP/KEY");
        };
        task::by_key(db, source, step, parts.next().unwrap_or_default()).await?
    };
    found.with_context(|| {
        format!(
            "there is no task {name}; SELECT task_id, key FROM task lists them, and the root of a \
             source has an empty key, as in bhd/cinemas/"
        )
    })
}

fn shown(task: &Found) -> String {
    format!("{}/{}/{}", task.source, task.step, task.key)
}

/// Says what was done, and what still keeps the task from running.
fn describe(task: &Found, action: RequestedAction) -> String {
    match action {
        RequestedAction::Run if task.is_out => "is queued or running already".to_owned(),
        RequestedAction::Run | RequestedAction::Release => {
            let done = if action == RequestedAction::Run {
                "is due now, before all others of its limit key"
            } else {
                "may run again"
            };
            match &task.hindrance {
                Some(hindrance) => format!("{done}, but {hindrance}"),
                None => done.to_owned(),
            }
        }
        RequestedAction::Cancel if task.is_out => {
            "was cancelled; a result that still comes is refused".to_owned()
        }
        RequestedAction::Cancel => "was neither queued nor running".to_owned(),
        RequestedAction::Retire => {
            "no longer runs; `coordinator task release` undoes that".to_owned()
        }
    }
}

/// Lists the tasks that run no more until a person releases them, of one source or of all.
///
/// # Errors
///
/// If the database cannot be asked.
async fn list(db: &PgPool, source: Option<&str>) -> anyhow::Result<()> {
    let stopped = task::stopped(db, source).await?;
    if stopped.is_empty() {
        println!("no task is isolated, and none was retired by a person");
        return Ok(());
    }
    let mut table = table::with_header([
        "task",
        "source",
        "step",
        "key",
        "since (UTC)",
        "why",
        "last job",
    ]);
    for task in stopped {
        table.add_row([
            task.task_id.to_string(),
            task.source,
            task.step,
            task.key,
            task.since.format("%m-%d %H:%M:%S").to_string(),
            task.why,
            task.last_job_id
                .map(|job_id| job_id.to_string())
                .unwrap_or_default(),
        ]);
    }
    println!("{table}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(is_out: bool, hindrance: Option<&str>) -> Found {
        Found {
            task_id: 7,
            source: "bhd".to_owned(),
            step: "seats".to_owned(),
            key: "1/2".to_owned(),
            isolated_at: None,
            retired_at: None,
            is_out,
            hindrance: hindrance.map(str::to_owned),
        }
    }

    #[test]
    fn a_person_is_told_what_still_keeps_a_task() {
        let paused = Some("its source is paused");
        assert!(
            describe(&found(false, paused), RequestedAction::Run)
                .ends_with("but its source is paused")
        );
        assert!(describe(&found(true, paused), RequestedAction::Run).contains("already"));
        assert!(describe(&found(false, None), RequestedAction::Cancel).contains("neither"));
        assert_eq!(shown(&found(false, None)), "bhd/seats/1/2");
    }
}
