//! `coordinator source`: its commands, and the list of sources.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use comfy_table::Table;
use fleet_web::operations::Actor;
use schema::source::{SourceStatus, statuses};
use source_language::source::SecretRules;
use sqlx::PgPool;

use super::{
    attributes::{self, AttributeMapping},
    codes::{self, CodeMapping},
    quarantine, table, version,
};
use crate::operate::{
    self,
    apply::{Checks, read_files},
};

/// The commands of `coordinator source`.
#[derive(Debug, Clone, Subcommand)]
pub enum SourceCommand {
    /// Puts definitions into force; all files are checked before any is applied.
    ///
    /// A file that is in force already is left alone. All files are applied in one transaction,
    /// so that the rate of a limit that several share can change. Every version is kept, and
    /// every job names the version that it ran by.
    Apply {
        /// Definition files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Applies them although they can read none of the answers in quarantine.
        #[arg(long)]
        force: bool,
    },
    /// Shows a source: health of each step with its reason, limits, last failures.
    Show {
        /// Its name.
        name: String,
    },
    /// Lists the status codes of a source, and what they mean.
    Codes {
        /// Its name.
        name: String,
    },
    /// Maps status codes to statuses, and corrects the past.
    ///
    /// The mapping stays if a later definition leaves the code out. Safe to repeat: a run that
    /// was interrupted is finished by the same command.
    ///
    /// Example: coordinator source map bhd 2=held 5=blocked
    #[command(verbatim_doc_comment)]
    Map {
        /// Its name.
        name: String,
        /// A code as `source codes` shows it, and one of available, sold, held, blocked,
        /// broken, house, unknown.
        #[arg(required = true, value_name = "CODE=STATUS")]
        meanings: Vec<CodeMapping>,
    },
    /// Lists the attributes of showtimes that a source has said, and what they mean.
    Attributes {
        /// Its name.
        name: String,
    },
    /// Maps attributes of showtimes to meanings, for the past too.
    ///
    /// The mapping stays if a later definition leaves the code out.
    ///
    /// Example: coordinator source map-attribute vue IMAX=format:imax VO=language:original
    #[command(verbatim_doc_comment)]
    MapAttribute {
        /// Its name.
        name: String,
        /// A code as `source attributes` shows it; one of format, dimension, sound, language,
        /// subtitles, audience, event; and a word of small letters.
        #[arg(required = true, value_name = "CODE=KIND:WORD")]
        meanings: Vec<AttributeMapping>,
    },
    /// Lists the answers of a source that could not be used, with the reason of each.
    Quarantine {
        /// Its name.
        name: String,
        /// Prints the body of this job's answer.
        #[arg(long, value_name = "JOB", conflicts_with = "save")]
        show: Option<i64>,
        /// Writes the body of a job's answer into a file.
        #[arg(long, num_args = 2, value_names = ["JOB", "FILE"])]
        save: Option<Vec<String>>,
    },
    /// Accepts the present answers of a source: the next ones are compared with no older ones.
    ///
    /// For a real change: seats were taken out, prices rose tenfold, a chain closed half of its
    /// cinemas. Without --step, accepts all steps that are in quarantine.
    Accept {
        /// Its name.
        name: String,
        /// Accepts only this step, in quarantine or not.
        #[arg(long)]
        step: Option<String>,
    },
    /// Lists the versions of a source's definition.
    Versions {
        /// Its name.
        name: String,
    },
    /// Puts an old definition into force again, as a new version.
    Rollback {
        /// Its name.
        name: String,
        /// The version [default: the last one that differs from the one in force].
        #[arg(long, value_name = "VERSION")]
        to: Option<i32>,
    },
    /// Lists every source with its jobs of the last five minutes.
    List,
    /// Sets which source counts of several that list one showtime: that with the lowest number.
    ///
    /// Sources without a number come after all that have one: those that read seats first, then
    /// the older ones. Without NUMBER, takes the number away. Totals follow within seconds.
    ///
    /// Example: coordinator source precedence vue 1
    #[command(verbatim_doc_comment)]
    Precedence {
        /// Its name.
        name: String,
        /// 1 or more.
        number: Option<i16>,
    },
    /// Pauses a source: nothing of it is scheduled, and its running jobs end as usual.
    Pause {
        /// Its name.
        name: String,
    },
    /// Resumes a paused or blocked source.
    Resume {
        /// Its name.
        name: String,
    },
}

/// Runs a command in the name of `actor`; definitions may name the secrets that `rules` allow.
///
/// # Errors
///
/// If there is no such source, the command cannot be done for it, or a statement fails.
pub async fn execute(
    db: &PgPool,
    actor: &Actor,
    command: SourceCommand,
    rules: &SecretRules,
) -> anyhow::Result<()> {
    let report = match command {
        SourceCommand::Apply { files, force } => {
            let checks = if force { Checks::Skipped } else { Checks::Made };
            return apply_files(db, actor, &files, rules, checks).await;
        }
        SourceCommand::Map { name, meanings } => {
            let codes: Vec<_> = meanings
                .into_iter()
                .map(|meaning| (meaning.code, meaning.status))
                .collect();
            operate::source::map(db, actor, &name, &codes).await?
        }
        SourceCommand::MapAttribute { name, meanings } => {
            let meanings: Vec<_> = meanings
                .into_iter()
                .map(|mapping| (mapping.code, mapping.meaning))
                .collect();
            operate::source::map_attributes(db, actor, &name, &meanings).await?
        }
        SourceCommand::Accept { name, step } => {
            operate::source::accept(db, actor, &name, step.as_deref()).await?
        }
        SourceCommand::Rollback { name, to } => {
            operate::apply::roll_back(db, actor, &name, to, rules).await?
        }
        SourceCommand::Precedence { name, number } => {
            operate::source::set_precedence(db, actor, &name, number).await?
        }
        SourceCommand::Pause { name } => operate::source::pause(db, actor, &name).await?,
        SourceCommand::Resume { name } => operate::source::resume(db, actor, &name).await?,
        SourceCommand::List => return list(db).await,
        SourceCommand::Show { name } => return version::show(db, &name).await,
        SourceCommand::Codes { name } => return codes::list(db, &name).await,
        SourceCommand::Attributes { name } => return attributes::list(db, &name).await,
        SourceCommand::Versions { name } => return version::list(db, &name).await,
        SourceCommand::Quarantine { name, show, save } => {
            return match (show, save.as_deref()) {
                (Some(job_id), _) => quarantine::show(db, &name, job_id).await,
                (None, Some([job_id, file])) => {
                    let job_id = job_id
                        .parse()
                        .with_context(|| format!("`{job_id}` is not the number of a job"))?;
                    quarantine::save(db, &name, job_id, file.as_ref()).await
                }
                (None, _) => quarantine::list(db, &name).await,
            };
        }
    };
    report.print();
    codes::recount(db, &report.recounts).await
}

/// Applies definition files, and prints what happened.
///
/// # Errors
///
/// If a file cannot be read or applied, or the database cannot be asked.
pub async fn apply_files(
    db: &PgPool,
    actor: &Actor,
    files: &[PathBuf],
    rules: &SecretRules,
    checks: Checks,
) -> anyhow::Result<()> {
    let report = operate::apply::apply(db, actor, &read_files(files)?, rules, checks).await?;
    report.print();
    codes::recount(db, &report.recounts).await
}

/// Prints every source and how its last five minutes went.
///
/// # Errors
///
/// If the database cannot be asked.
async fn list(db: &PgPool) -> anyhow::Result<()> {
    let sources = statuses(db).await?;
    if sources.is_empty() {
        println!("no sources yet; `coordinator source apply FILE…` adds them");
        return Ok(());
    }
    println!("{}", table(&sources));
    Ok(())
}

fn table(sources: &[SourceStatus]) -> Table {
    let mut table = table::with_header([
        "source",
        "version",
        "health",
        "tasks",
        "ok/5min",
        "failed/5min",
        "why",
    ]);
    for source in sources {
        let why = source
            .state_reason
            .as_deref()
            .or(source.health_reason.as_deref())
            .or(source.last_error.as_deref());
        table.add_row([
            source.source.clone(),
            source
                .definition_version
                .map(|version| version.to_string())
                .unwrap_or_default(),
            source.health.clone(),
            source.tasks.to_string(),
            source.succeeded.to_string(),
            source.failed.to_string(),
            why.unwrap_or_default().chars().take(60).collect(),
        ]);
    }
    table
}
