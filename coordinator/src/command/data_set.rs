//! `coordinator data-set`: tables that the leader builds from declared queries, each after its inputs.

mod show;

use std::path::PathBuf;

use anyhow::bail;
use chrono::NaiveDate;
use clap::Subcommand;
use fleet_web::operations::Actor;
use schema::reading::{Reader, data_sets};
use sqlx::PgPool;

use crate::operate::{apply::read_files, data_set as operate};

/// Data sets and days that are read at most.
const MAX_LISTED: i64 = 1_000;

/// A file, for `--help`.
const FILE: &str = r#"A file:

    name = "share"
    description = "Share of each territory in the admissions of a day"
    since = 2026-11-01
    inputs = ["rollup/territory_day"]
    deadline = "07:00"
    zone = "UTC"
    query = """
    SELECT territory, sum(admissions) AS admissions
    FROM fullhouse.territory_day
    WHERE business_on = :day
    GROUP BY territory
    """"#;

/// The commands of `coordinator data-set`.
#[derive(Debug, Clone, Subcommand)]
pub enum DataSetCommand {
    /// Makes or changes the data sets that files declare: all of them, or none.
    ///
    /// A file names the data set, its query and its inputs; or, in a table `files`, where files are and
    /// how their rows become columns. The query is checked and planned with the
    /// rights of analysts, and nothing is computed yet. Files may read each other, in any order. What
    /// is refused is named with file, line and way out. A changed query builds all days again; the rows
    /// of before stay readable until then.
    ///
    /// Example: coordinator data-set apply sets/*.toml --reason "weekly report"
    #[command(verbatim_doc_comment, after_long_help = FILE)]
    Apply {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Lists all data sets: state, freshness, and what waits for what.
    List {
        /// Prints JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Shows a data set: its days, its last builds with their errors, its query or its files with rows
    /// that could not be mapped.
    Show {
        /// Its name.
        name: String,
        /// Prints JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Asks the leader to build days again, whatever they were built from; all days without bounds.
    ///
    /// A day that failed three times is tried again, too. Rows of before stay readable until a build
    /// succeeds. What reads the data set is built again if rows changed.
    ///
    /// Example: coordinator data-set build share --from 2026-11-01 --until 2026-11-07
    #[command(verbatim_doc_comment)]
    Build {
        /// Its name.
        name: String,
        /// The day.
        #[arg(long, conflicts_with_all = ["from", "until"])]
        day: Option<NaiveDate>,
        /// The first day.
        #[arg(long)]
        from: Option<NaiveDate>,
        /// The last day.
        #[arg(long)]
        until: Option<NaiveDate>,
    },
    /// Explains why a day is or is not built: what is missing, failed or changed, since when, what is
    /// next, and by when; the last complete day without --day.
    Explain {
        /// Its name.
        name: String,
        /// The day.
        #[arg(long)]
        day: Option<NaiveDate>,
    },
    /// Removes a data set with its table; refused while another one reads it.
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
pub async fn execute(db: &PgPool, actor: &Actor, command: DataSetCommand) -> anyhow::Result<()> {
    match command {
        DataSetCommand::Apply { files } => {
            let files = read_files(&files)?;
            operate::apply(db, actor, &files).await?.print();
        }
        DataSetCommand::Build {
            name,
            day,
            from,
            until,
        } => {
            let (from, until) = (day.or(from), day.or(until));
            operate::build(db, actor, &name, from, until).await?.print();
        }
        DataSetCommand::Remove { name } => operate::remove(db, actor, &name).await?.print(),
        DataSetCommand::List { json } => {
            let mut reader = Reader::begin(db).await?;
            let all = data_sets::list(&mut reader, None, MAX_LISTED).await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&all)?);
            } else {
                println!("{}", show::table(&all));
            }
        }
        DataSetCommand::Show { name, json } => show::show(db, &name, json).await?,
        DataSetCommand::Explain { name, day } => {
            let mut reader = Reader::begin(db).await?;
            let Some(lines) =
                fleet_web::overview::data_sets::explain(&mut reader, &name, day).await?
            else {
                bail!("there is no data set {name}; `coordinator data-set list` shows all");
            };
            for line in lines {
                println!("{line}");
            }
        }
    }
    Ok(())
}
