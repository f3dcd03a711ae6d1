//! `coordinator alert`: what a person should know, and who is notified.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use chrono::Utc;
use clap::Subcommand;
use fleet_web::operations::Actor;
use schema::{
    alert::{self, AlertRow},
    silence,
};
use sqlx::PgPool;
use uuid::Uuid;

use super::table;
use crate::{
    alert::{
        condition,
        content::MessageContent,
        dashboards,
        deliver::{self, Outgoing},
        rules,
        settings::AlertSettings,
    },
    operate::alert::{silence as make_silence, unsilence},
};

/// Silences that are listed.
const MAX_SILENCES: i64 = 1_000;

/// The commands of `coordinator alert`.
#[derive(Debug, Clone, Subcommand)]
pub enum AlertCommand {
    /// Lists the alerts that are open, the newest first, and the silences that are in force.
    List {
        /// Lists those that are over as well.
        #[arg(long)]
        all: bool,
        /// Lists at most so many.
        #[arg(long, default_value_t = 100, value_name = "COUNT")]
        limit: u32,
    },
    /// Lists the conditions: their severities, limits, and what each means.
    Conditions,
    /// Sends no messages about some alerts for a time; --reason says why.
    ///
    /// They are opened, listed and resolved all the same. Of those that are still open when the
    /// silence ends, receivers are notified then.
    ///
    /// Example: `coordinator alert silence source_blocked plaza --for 4h --reason "settled on Monday"`
    #[command(verbatim_doc_comment)]
    Silence {
        /// Name of the condition, or * for all.
        condition: String,
        /// The subject, in which * stands for any text.
        #[arg(default_value = "*")]
        subject: String,
        /// For how long, such as 4h.
        #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
        lasts: Duration,
    },
    /// Ends a silence; receivers are notified of alerts that are still open.
    Unsilence {
        /// Its number, as `alert list` shows it.
        silence: i32,
    },
    /// Prints rules for Prometheus: the same conditions, what only Prometheus can see, and recording
    /// rules.
    Rules {
        /// Address of the runbook, for links.
        #[arg(long, default_value = rules::RUNBOOK, value_name = "URL")]
        runbook: String,
    },
    /// Writes the dashboards of Grafana as JSON files.
    Dashboards {
        /// The directory, which must exist.
        #[arg(value_name = "DIRECTORY")]
        into: PathBuf,
    },
    /// Sends a test message to every receiver of the settings, and prints what each answers.
    Test,
}

impl AlertCommand {
    /// Carries out a command that needs no database, and returns what it prints; `None` for the others.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn offline(&self) -> anyhow::Result<Option<String>> {
        match self {
            Self::Conditions => Ok(Some(conditions())),
            Self::Rules { runbook } => Ok(Some(rules::file(runbook))),
            Self::Dashboards { into } => write_dashboards(into).map(Some),
            Self::List { .. } | Self::Silence { .. } | Self::Unsilence { .. } | Self::Test => {
                Ok(None)
            }
        }
    }
}

/// Runs a command in the name of `actor`.
///
/// # Errors
///
/// If a receiver takes no message, there is no such silence, or the database cannot be asked.
pub async fn execute(
    db: &PgPool,
    actor: &Actor,
    settings: &AlertSettings,
    command: &AlertCommand,
) -> anyhow::Result<()> {
    match command {
        AlertCommand::List { all, limit } => list(db, *all, (*limit).into()).await,
        AlertCommand::Silence {
            condition,
            subject,
            lasts,
        } => {
            make_silence(db, actor, condition, subject, *lasts)
                .await?
                .print();
            Ok(())
        }
        AlertCommand::Unsilence { silence } => {
            unsilence(db, actor, *silence).await?.print();
            Ok(())
        }
        // They need no database.
        AlertCommand::Conditions | AlertCommand::Rules { .. } | AlertCommand::Dashboards { .. } => {
            command.offline().map(drop)
        }
        AlertCommand::Test => test(settings).await,
    }
}

async fn list(db: &PgPool, all: bool, limit: i64) -> anyhow::Result<()> {
    let mut connection = db.acquire().await?;
    let alerts = alert::list(&mut connection, all, None, limit).await?;
    if alerts.is_empty() {
        println!("no alerts");
    } else {
        let mut table = table::with_header(["alert", "since (UTC)", "severity", "what", "state"]);
        for alert in alerts {
            let state = state(&alert);
            let evidence = alert.details.map(|details| format!("\n{details}"));
            let what = format!(
                "{}{}\nnext: {}",
                alert.text,
                evidence.unwrap_or_default(),
                alert.next_step
            );
            table.add_row([
                alert.alert_id.to_string(),
                table::time(alert.opened_at),
                alert.severity,
                what,
                state,
            ]);
        }
        println!("{table}");
    }
    let silences = silence::list(&mut connection, None, MAX_SILENCES).await?;
    if !silences.is_empty() {
        let mut table =
            table::with_header(["silence", "condition", "subject", "until (UTC)", "why"]);
        for silence in silences {
            table.add_row([
                silence.silence_id.to_string(),
                silence.condition,
                silence.subject,
                table::time(silence.until_at),
                format!("{} ({})", silence.reason, silence.created_by),
            ]);
        }
        println!("{table}");
    }
    Ok(())
}

fn state(alert: &AlertRow) -> String {
    if let Some(at) = alert.resolved_at {
        return format!("over since {}", table::time(at));
    }
    match (alert.silenced_until, alert.notified_at) {
        (Some(until), _) => format!("silenced until {}", table::time(until)),
        (None, Some(at)) => format!("open, notified at {}", table::time(at)),
        (None, None) => "open, nobody is notified".to_owned(),
    }
}

fn conditions() -> String {
    let mut table = table::with_header(["condition", "severity", "limit", "means"]);
    for condition in condition::all() {
        table.add_row([
            condition.name.to_owned(),
            condition.severity.word().to_owned(),
            condition.unit.show(condition.threshold),
            condition.means.to_owned(),
        ]);
    }
    format!("{table}\n")
}

fn write_dashboards(into: &Path) -> anyhow::Result<String> {
    let mut written = String::new();
    for dashboard in dashboards::all() {
        let file = into.join(format!("{}.json", dashboard.uid));
        fs::write(&file, dashboard.file())
            .with_context(|| format!("{} cannot be written", file.display()))?;
        writeln!(written, "{}", file.display())?;
    }
    Ok(written)
}

async fn test(settings: &AlertSettings) -> anyhow::Result<()> {
    if settings.receivers.is_empty() {
        bail!("there are no receivers: name some in the settings, as [alerts.receivers.NAME]");
    }
    let client = deliver::client()?;
    let now = Utc::now();
    let mut failed = 0;
    for (name, receiver) in &settings.receivers {
        let message = Outgoing {
            id: Uuid::new_v4(),
            created_at: now,
            now,
            content: MessageContent::test(settings.page.as_deref(), now),
        };
        match deliver::deliver(&client, receiver, &message).await {
            Ok(answer) => println!("{name}: {answer}"),
            Err(error) => {
                failed += 1;
                println!("{name}: {error}");
            }
        }
    }
    if failed > 0 {
        bail!(
            "{failed} of {} receivers took no message",
            settings.receivers.len()
        );
    }
    Ok(())
}
