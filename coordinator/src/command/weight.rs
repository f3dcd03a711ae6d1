//! `coordinator weight`: what a sale is worth to the operator.

use clap::{Subcommand, ValueEnum};
use fleet_web::operations::{self, Actor};
use schema::weight;
use sqlx::PgPool;

use super::table;
use crate::operate;

/// The commands of `coordinator weight`.
#[derive(Debug, Clone, Subcommand)]
pub enum WeightCommand {
    /// Lists all weights.
    List,
    /// Sets a weight: with 3, a sale counts as three; with 0, only the looks that are owed remain.
    ///
    /// The weights of a showtime multiply. The leader uses them within seconds. A title stands for
    /// all films of the works that have it, such as "IMAX: Monsoon Radio" of another source.
    ///
    /// Example: coordinator weight set film "Monsoon Radio" 3
    #[command(verbatim_doc_comment)]
    Set {
        /// Kind of thing that has the weight.
        of: WeightKind,
        /// Name of the source, code of the territory or title of the film.
        name: String,
        /// Factor, 0 to 1000.
        weight: f32,
    },
    /// Removes a weight: a sale counts as one again.
    Remove {
        /// Kind of thing that has the weight.
        of: WeightKind,
        /// Its name, as `weight list` shows it.
        name: String,
    },
}

/// What can have a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WeightKind {
    /// A source, by its name.
    Source,
    /// A territory, by its ISO 3166 code.
    Territory,
    /// A film of all sources, by a title of its work.
    Film,
}

impl From<WeightKind> for operations::WeightKind {
    fn from(kind: WeightKind) -> Self {
        match kind {
            WeightKind::Source => Self::Source,
            WeightKind::Territory => Self::Territory,
            WeightKind::Film => Self::Film,
        }
    }
}

/// Runs a command in the name of `actor`.
///
/// # Errors
///
/// If there is nothing of that name, or the database cannot be asked.
pub async fn execute(db: &PgPool, actor: &Actor, command: WeightCommand) -> anyhow::Result<()> {
    let report = match command {
        WeightCommand::List => return list(db).await,
        WeightCommand::Set { of, name, weight } => {
            operate::weight::set(db, actor, of.into(), &name, weight).await?
        }
        WeightCommand::Remove { of, name } => {
            operate::weight::remove(db, actor, of.into(), &name).await?
        }
    };
    report.print();
    Ok(())
}

/// Prints all weights.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn list(db: &PgPool) -> anyhow::Result<()> {
    let mut session = db.acquire().await?;
    let weights = weight::list(&mut session).await?;
    if weights.is_empty() {
        println!("no weights: every sale is worth the same");
        return Ok(());
    }
    let mut table = table::with_header(["of", "name", "weight", "holds for"]);
    for row in weights {
        let what = match row.kind.as_str() {
            "source" => "steps",
            "territory" => "cinemas",
            _ => "films",
        };
        table.add_row([
            row.kind,
            row.name,
            row.weight.to_string(),
            format!("{} {what}", row.holds_for),
        ]);
    }
    println!("{table}");
    Ok(())
}
