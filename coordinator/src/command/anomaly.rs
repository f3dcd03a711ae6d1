//! `coordinator anomaly`: values that are not what was expected, and what people decide on them.

use anomalies::Standing;
use chrono::NaiveDate;
use clap::Subcommand;
use fleet_web::operations::Actor;
use schema::anomaly::{self, AnomalyRow};
use sqlx::PgPool;

use super::table;
use crate::operate::anomaly::{decide, find, set_special_day};

/// The commands of `coordinator anomaly`.
#[derive(Debug, Clone, Subcommand)]
pub enum AnomalyCommand {
    /// Lists the anomalies on which nobody decided, the latest first.
    List {
        /// Lists those that were accepted or rejected as well.
        #[arg(long)]
        all: bool,
        /// Lists at most so many.
        #[arg(long, default_value_t = 50, value_name = "COUNT")]
        limit: u32,
    },
    /// Explains an anomaly: the figures, the evidence, and what deviates in the same way.
    Explain {
        /// Number of the anomaly, as `anomaly list` shows it.
        anomaly: i32,
    },
    /// Accepts an anomaly: it is one; --reason says why.
    ///
    /// Its days leave training, so they are not taken for usual. While it goes on, its later days
    /// do, too.
    ///
    /// Example: coordinator anomaly accept 12 --reason "seat codes changed, mapped since"
    #[command(verbatim_doc_comment)]
    Accept {
        /// Number of the anomaly.
        anomaly: i32,
    },
    /// Rejects an anomaly: it is none; --reason says why.
    ///
    /// Its days train, and the same is not reported again for four weeks.
    ///
    /// Example: coordinator anomaly reject 13 --reason "a festival"
    #[command(verbatim_doc_comment)]
    Reject {
        /// Number of the anomaly.
        anomaly: i32,
    },
    /// Names a day that differs for a known reason, such as a holiday; without NAME it is a usual
    /// day again.
    ///
    /// On such a day, sources are compared with others of the territory, and the territory is not
    /// compared at all.
    ///
    /// Example: coordinator anomaly special GB 2026-12-25 "Christmas Day"
    #[command(verbatim_doc_comment)]
    Special {
        /// ISO 3166 code of the territory, or `all`.
        territory: String,
        /// The business day.
        day: NaiveDate,
        /// Its name.
        name: Option<String>,
    },
}

/// Runs a command in the name of `actor`.
///
/// # Errors
///
/// If there is no such anomaly, a decision has no reason, or the database cannot be asked.
pub async fn execute(db: &PgPool, actor: &Actor, command: AnomalyCommand) -> anyhow::Result<()> {
    let report = match command {
        AnomalyCommand::List { all, limit } => return list(db, all, limit.into()).await,
        AnomalyCommand::Explain { anomaly } => {
            print!("{}", explain(&find(db, anomaly).await?));
            return Ok(());
        }
        AnomalyCommand::Accept { anomaly } => decide(db, actor, anomaly, true).await?,
        AnomalyCommand::Reject { anomaly } => decide(db, actor, anomaly, false).await?,
        AnomalyCommand::Special {
            territory,
            day,
            name,
        } => {
            let territory = Some(territory.as_str()).filter(|code| *code != "all");
            set_special_day(db, actor, day, territory, name.as_deref()).await?
        }
    };
    report.print();
    Ok(())
}

async fn list(db: &PgPool, all: bool, limit: i64) -> anyhow::Result<()> {
    let state = (!all).then_some(Standing::Open);
    let rows = anomaly::list(db, state, None, limit).await?;
    if rows.is_empty() {
        println!("no anomalies wait for a decision");
        return Ok(());
    }
    let mut table = table::with_header(["number", "days", "what", "cause", "state", "evidence"]);
    for row in rows {
        table.add_row([
            row.anomaly_id.to_string(),
            days(&row),
            subject(&row),
            format!("{}\n({})", row.cause, row.nature),
            row.state,
            row.reason,
        ]);
    }
    println!("{table}");
    Ok(())
}

fn days(row: &AnomalyRow) -> String {
    if row.first_on == row.last_on {
        row.first_on.to_string()
    } else {
        format!("{} to {}", row.first_on, row.last_on)
    }
}

fn subject(row: &AnomalyRow) -> String {
    let kind = row.subject_kind.replace('_', " ");
    format!("{kind} {} \"{}\"", row.subject_key, row.subject_name)
}

/// Writes all that is known of an anomaly.
fn explain(row: &AnomalyRow) -> String {
    let mut lines = vec![
        format!("anomaly {}: {} ({})", row.anomaly_id, row.cause, row.nature),
        format!("{}, {}", subject(row), days(row)),
        row.reason.clone(),
        format!(
            "a value so far out has a probability of 1 in 10^{:.1}; of a run that reports it and all \
             that are as certain, {:.2} % are false",
            row.score,
            row.q_value * 100.0
        ),
    ];
    if !row.parts.is_empty() {
        lines.push(format!("alike: {}", row.parts.join(", ")));
    }
    match (&row.decided_by, &row.decision_reason) {
        (Some(who), Some(why)) => lines.push(format!("{} by {who}: {why}", row.state)),
        _ => lines.push(format!(
            "nobody decided: `coordinator anomaly accept {}` or `anomaly reject`, with --reason",
            row.anomaly_id
        )),
    }
    lines.join("\n") + "\n"
}
