//! `coordinator region`: events as files, for other databases and from them.

use std::path::PathBuf;

use anyhow::bail;
use clap::Subcommand;
use comfy_table::Table;
use fleet_web::operations::Actor;
use schema::events::region::declare::{self, RegionStatus};
use sqlx::PgPool;

use super::table::{time_or, with_header};
use crate::operate::{apply::read_files, region as operate};

/// Files, for `--help`.
const FILES: &str = r#"A file of the sender:

    name = "paris"
    place = "s3://events/paris"
    clients = ["app-fr"]
    context = ["country"]

    [events."film opened"]
    film = "free"
    email = "pseudonym"

A file of the receiver:

    name = "paris"
    direction = "receive"
    place = "s3://events/paris"
    clients = ["app-fr"]"#;

/// The commands of `coordinator region`.
#[derive(Debug, Clone, Subcommand)]
pub enum RegionCommand {
    /// Makes or changes the regions that files declare: all of them, or none.
    ///
    /// A file names a place and the clients whose events are sent there or received from there. Of what
    /// is sent, it lists each event and field; what is not listed never leaves. Users leave as
    /// pseudonyms, by a random key of the region that stays in the database.
    ///
    /// Example: coordinator region apply paris.toml --reason "contract 12"
    #[command(verbatim_doc_comment, after_long_help = FILES)]
    Apply {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Lists all regions: how far each is, what is missing, and why the last try failed.
    List {
        /// Prints JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Shows a region and the file that declares it.
    Show {
        /// Its name.
        name: String,
    },
    /// Removes a region with its key of pseudonyms; its files stay at the place.
    Remove {
        /// Its name.
        name: String,
    },
}

/// Runs a command in the name of `actor`.
///
/// # Errors
///
/// If a file or a name is refused, or the database cannot be asked.
pub async fn execute(db: &PgPool, actor: &Actor, command: RegionCommand) -> anyhow::Result<()> {
    match command {
        RegionCommand::Apply { files } => {
            let files = read_files(&files)?;
            operate::apply(db, actor, &files).await?.print();
        }
        RegionCommand::List { json } => {
            let all = declare::list(db, None).await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&all)?);
            } else if all.is_empty() {
                println!("no regions yet; `coordinator region apply FILE` makes one");
            } else {
                println!("{}", table(&all));
            }
        }
        RegionCommand::Show { name } => {
            let found = declare::list(db, Some(&name)).await?;
            let Some(body) = declare::body(db, &name).await? else {
                bail!("there is no region {name}; `coordinator region list` shows all");
            };
            println!("{}\n\n{body}", table(&found));
        }
        RegionCommand::Remove { name } => operate::remove(db, actor, &name).await?.print(),
    }
    Ok(())
}

fn table(all: &[RegionStatus]) -> Table {
    let mut table = with_header([
        "region",
        "direction",
        "clients",
        "complete to (UTC)",
        "files",
        "events",
        "MB",
        "last file (UTC)",
        "succeeded (UTC)",
        "missing",
        "error",
    ]);
    for one in all {
        let missing = match (&one.gap, one.gap_files) {
            (Some(gap), files) if files > 0 => format!("{files}: {gap}"),
            _ => String::new(),
        };
        let megabytes = one.bytes / 1_000_000;
        table.add_row([
            one.name.clone(),
            one.direction.clone(),
            one.clients.join(", "),
            time_or(one.done_until, ""),
            one.files.to_string(),
            one.events.to_string(),
            megabytes.to_string(),
            time_or(one.last_at, "none yet"),
            time_or(one.succeeded_at, "never"),
            missing,
            one.error.clone().unwrap_or_default(),
        ]);
    }
    table
}
