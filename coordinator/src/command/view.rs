//! `coordinator view`: lists materialised views with their age, and refreshes them at once.

use anyhow::bail;
use clap::Subcommand;
use comfy_table::Table;
use fleet_web::operations::Actor;
use schema::refresh::{self, Outcome, RefreshStatus};
use serde_json::json;
use sqlx::PgPool;

use super::table;
use crate::operate::report::record;

/// The commands of `coordinator view`.
#[derive(Debug, Clone, Subcommand)]
pub enum ViewCommand {
    /// Lists the views that are refreshed by schedule: their age, and failures.
    List,
    /// Refreshes a view now, due or not, and waits for it.
    Refresh {
        /// Its name, as `view list` shows it.
        name: String,
    },
}

/// Runs a command in the name of `actor`; `by` is the name of this process in the log of refreshes.
///
/// # Errors
///
/// If the view cannot be refreshed, or the database cannot be asked.
pub async fn execute(
    db: &PgPool,
    actor: &Actor,
    by: &str,
    command: &ViewCommand,
) -> anyhow::Result<()> {
    match command {
        ViewCommand::List => {
            println!("{}", table(&refresh::statuses(db).await?));
            Ok(())
        }
        ViewCommand::Refresh { name } => {
            let mut connection = db.acquire().await?;
            let subject = format!("view/{name}");
            record(&mut connection, actor, "view.refresh", &subject, json!({})).await?;
            drop(connection);
            refresh_now(db, by, name).await
        }
    }
}

async fn refresh_now(db: &PgPool, by: &str, name: &str) -> anyhow::Result<()> {
    let known = refresh::statuses(db).await?;
    if !known.iter().any(|view| view.view_name == name) {
        bail!("no view {name} in refresh_schedule; `coordinator view list` shows all");
    }
    let Some(execution) = refresh::claim(db, by, Some(name)).await? else {
        bail!("{name} is being refreshed already; `coordinator view list` shows by which process");
    };
    match refresh::run(db, &execution).await? {
        Outcome::Refreshed => println!("{name} is refreshed"),
        Outcome::Superseded => bail!("{name}: the refresh was given up before it began"),
        Outcome::Terminated => bail!(
            "{name}: cut off after {}, its maximum_duration in refresh_schedule",
            humantime::format_duration(execution.maximum_duration)
        ),
        Outcome::Failed => {
            let now = refresh::statuses(db).await?;
            let error = now
                .into_iter()
                .find(|view| view.view_name == name)
                .and_then(|view| view.error);
            bail!("{name}: {}", error.unwrap_or_default());
        }
    }
    Ok(())
}

fn table(views: &[RefreshStatus]) -> Table {
    let mut table = table::with_header([
        "view",
        "every",
        "refreshed (UTC)",
        "took",
        "now",
        "why it failed",
    ]);
    for view in views {
        table.add_row([
            view.view_name.clone(),
            format!("{} s", view.refresh_every_seconds),
            view.last_success_at.map_or_else(
                || "never".to_owned(),
                |at| at.format("%m-%d %H:%M:%S").to_string(),
            ),
            view.last_duration_seconds
                .map(|seconds| format!("{seconds:.1} s"))
                .unwrap_or_default(),
            view.running_by
                .as_ref()
                .map(|by| format!("by {by}"))
                .unwrap_or_default(),
            view.error.clone().unwrap_or_default(),
        ]);
    }
    table
}
