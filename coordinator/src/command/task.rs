//! `coordinator task`: operator requests for single tasks.

use std::time::Duration;

use clap::Subcommand;
use fleet_web::operations::Actor;
use schema::{enums::RequestedAction, task};
use sqlx::PgPool;

use super::table;
use crate::operate;

/// The longest wait for the leader.
const PATIENCE: Duration = Duration::from_secs(10);

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

/// Runs a command in the name of `actor`.
///
/// # Errors
///
/// If a task is not to be found or cannot be asked that, or the database cannot be asked.
pub async fn execute(db: &PgPool, actor: &Actor, command: TaskCommand) -> anyhow::Result<()> {
    let (tasks, action) = match command {
        TaskCommand::RunNow { tasks } => (tasks, RequestedAction::Run),
        TaskCommand::Cancel { tasks } => (tasks, RequestedAction::Cancel),
        TaskCommand::Retire { tasks } => (tasks, RequestedAction::Retire),
        TaskCommand::Release { tasks } => (tasks, RequestedAction::Release),
        TaskCommand::List { source } => {
            return list(db, source.as_deref()).await;
        }
    };
    operate::task::request(db, actor, &tasks, action, PATIENCE)
        .await?
        .print();
    Ok(())
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
