//! `coordinator observation`: what the subjects of observations are.

use clap::Subcommand;
use fleet_web::operations::Actor;
use schema::venue::{ObservationSubject, linked_subjects};
use sqlx::PgPool;

use super::table;
use crate::operate::observation::{link, unlink};

/// The commands of `coordinator observation`.
#[derive(Debug, Clone, Subcommand)]
pub enum ObservationCommand {
    /// Says that a subject is a work or a venue.
    ///
    /// A subject that is SOURCE/KEY of a film or cinema, or a key of the observing source, needs no
    /// link. The views `work_observation` and `venue_observation` follow at once.
    ///
    /// Example: coordinator observation link mentions "A Complete Unknown" --work 4711
    #[command(verbatim_doc_comment)]
    Link {
        /// Name of the source of the observations.
        source: String,
        /// The subject, as its observations have it.
        subject: String,
        /// Number of the work, as in `film_match`.
        #[arg(long, required_unless_present = "venue", conflicts_with = "venue")]
        work: Option<i32>,
        /// Number of the venue, as in `venue_match`.
        #[arg(long)]
        venue: Option<i32>,
    },
    /// Removes what was said of a subject.
    Unlink {
        /// Name of the source of the observations.
        source: String,
        /// The subject.
        subject: String,
    },
    /// Lists what was said of subjects.
    List,
}

/// Runs a command in the name of `actor`.
///
/// # Errors
///
/// If there is no such source, work, venue or link, or the database cannot be asked.
pub async fn execute(
    db: &PgPool,
    actor: &Actor,
    command: ObservationCommand,
) -> anyhow::Result<()> {
    match command {
        ObservationCommand::Link {
            source,
            subject,
            work,
            venue,
        } => {
            let Some(is) = work
                .map(ObservationSubject::Work)
                .or(venue.map(ObservationSubject::Venue))
            else {
                anyhow::bail!("say what it is, with --work or --venue");
            };
            link(db, actor, &source, &subject, is).await?.print();
        }
        ObservationCommand::Unlink { source, subject } => {
            unlink(db, actor, &source, &subject).await?.print();
        }
        ObservationCommand::List => list(db).await?,
    }
    Ok(())
}

async fn list(db: &PgPool) -> anyhow::Result<()> {
    let linked = linked_subjects(db).await?;
    if linked.is_empty() {
        println!("no subjects are linked; those that are keys need no link");
        return Ok(());
    }
    let mut table = table::with_header(["source", "subject", "is", "by"]);
    for one in linked {
        let is = match (one.work_id, one.venue_id) {
            (Some(work), _) => format!("work {work}"),
            (None, Some(venue)) => format!("venue {venue}"),
            (None, None) => "not looked for yet".to_owned(),
        };
        table.add_row([one.source, one.subject, is, one.linked_by]);
    }
    println!("{table}");
    Ok(())
}
