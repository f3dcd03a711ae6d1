//! `coordinator weight`: what a sale is worth to the operator.

use anyhow::bail;
use clap::{Subcommand, ValueEnum};
use schema::weight;
use sqlx::PgPool;

use super::table;

/// The commands of `coordinator weight`.
#[derive(Debug, Clone, Subcommand)]
pub enum WeightCommand {
    /// Lists all weights.
    List,
    /// Sets a weight: with 3, a sale counts as three; with 0, only the looks that are owed remain.
    ///
    /// The weights of a showtime multiply. The leader uses them within seconds.
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
    /// A film of all sources, by its title.
    Film,
}

impl WeightKind {
    fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Territory => "territory",
            Self::Film => "film",
        }
    }

    /// The name as it is stored.
    fn name(self, name: &str) -> String {
        match self {
            Self::Source => name.to_owned(),
            Self::Territory => name.to_uppercase(),
            Self::Film => name.to_lowercase(),
        }
    }
}

/// Runs a command.
///
/// # Errors
///
/// If there is nothing of that name, or the database cannot be asked.
pub async fn execute(db: &PgPool, command: WeightCommand) -> anyhow::Result<()> {
    match command {
        WeightCommand::List => list(db).await,
        WeightCommand::Set { of, name, weight } => set(db, of, &name, weight).await,
        WeightCommand::Remove { of, name } => remove(db, of, &name).await,
    }
}

/// Prints all weights.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn list(db: &PgPool) -> anyhow::Result<()> {
    let weights = weight::list(db).await?;
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

/// Sets a weight.
///
/// # Errors
///
/// If it is not between 0 and 1,000, or the database cannot be asked.
pub async fn set(db: &PgPool, kind: WeightKind, name: &str, factor: f32) -> anyhow::Result<()> {
    if !(0.0..=1000.0).contains(&factor) {
        bail!("a weight is a factor between 0 and 1000, not {factor}");
    }
    let name = kind.name(name);
    weight::set(db, kind.word(), &name, factor).await?;
    let known = weight::list(db).await?;
    let holds_for = known
        .iter()
        .find(|row| row.kind == kind.word() && row.name == name)
        .map_or(0, |row| row.holds_for);
    println!("{} {name}: weight {factor}", kind.word());
    if holds_for == 0 {
        println!("nothing has that name yet; the weight holds as soon as something has");
    }
    Ok(())
}

/// Removes a weight.
///
/// # Errors
///
/// If there is none, or the database cannot be asked.
pub async fn remove(db: &PgPool, kind: WeightKind, name: &str) -> anyhow::Result<()> {
    let name = kind.name(name);
    if !weight::remove(db, kind.word(), &name).await? {
        bail!(
            "{} {name} has no weight; `coordinator weight list` shows all",
            kind.word()
        );
    }
    println!("{} {name}: weight 1", kind.word());
    Ok(())
}
