//! `coordinator partition`: lists partitions, and drops, moves or packs those that are due.

use clap::Subcommand;
use comfy_table::{CellAlignment, Table};
use fleet_web::operations::Actor;
use schema::partition::{self, Partition};
use serde_json::json;
use sqlx::PgPool;

use super::table;
use crate::operate::report::record;

/// The commands of `coordinator partition`.
#[derive(Debug, Clone, Subcommand)]
pub enum PartitionCommand {
    /// Lists every partition: its days, size and tablespace, what is due, and what holds it.
    List,
    /// Drops, moves and packs the partitions that are due, as the leader does.
    Retire,
}

/// Runs a command in the name of `actor`.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn execute(db: &PgPool, actor: &Actor, command: PartitionCommand) -> anyhow::Result<()> {
    match command {
        PartitionCommand::List => list(db).await,
        PartitionCommand::Retire => retire(db, actor).await,
    }
}

/// Lists every partition.
///
/// # Errors
///
/// If the database cannot be asked.
async fn list(db: &PgPool) -> anyhow::Result<()> {
    println!("{}", table(&partition::list(db).await?));
    Ok(())
}

/// Drops, moves and packs what is due now.
///
/// # Errors
///
/// If the database cannot be asked.
async fn retire(db: &PgPool, actor: &Actor) -> anyhow::Result<()> {
    let due = partition::due(db).await?;
    if due.is_empty() {
        println!("nothing is due; `coordinator partition list` shows what is held and why");
    }
    for name in due {
        match partition::retire(db, &name).await?.as_deref() {
            None => println!("{name}: not due any more"),
            Some("busy") => println!("{name}: in use; run the command again"),
            Some(done) => {
                let mut connection = db.acquire().await?;
                let subject = format!("partition/{name}");
                let details = json!({ "done": done });
                record(
                    &mut connection,
                    actor,
                    "partition.retire",
                    &subject,
                    details,
                )
                .await?;
                println!("{name}: {done}");
            }
        }
    }
    Ok(())
}

fn table(partitions: &[Partition]) -> Table {
    let mut table =
        table::with_header(["partition", "from", "until", "rows", "size", "where", "due"]);
    for partition in partitions {
        let day = |at: Option<chrono::DateTime<chrono::Utc>>| {
            at.map(|at| at.format("%Y-%m-%d").to_string())
                .unwrap_or_default()
        };
        table.add_row([
            partition.name.clone(),
            day(partition.from_at),
            day(partition.until_at),
            partition.rows_estimated.to_string(),
            size(partition.bytes),
            partition.tablespace.clone(),
            due(partition),
        ]);
    }
    for column in [3, 4] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn due(partition: &Partition) -> String {
    match (&partition.due, &partition.held_because) {
        (Some(due), _) => due.clone(),
        (None, Some(reason)) => format!("held: {reason}"),
        (None, None) => String::new(),
    }
}

/// Bytes for a person, in units of 1,024.
fn size(bytes: i64) -> String {
    let mut rest = bytes;
    for unit in ["B", "kB", "MB", "GB"] {
        if rest < 10_240 {
            return format!("{rest} {unit}");
        }
        rest /= 1024;
    }
    format!("{rest} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_at_a_glance() {
        assert_eq!(size(8192), "8192 B");
        assert_eq!(size(1 << 20), "1024 kB");
        assert_eq!(size(5 << 40), "5120 GB");
        assert_eq!(size(50 << 40), "50 TB");
    }
}
