//! `coordinator venue`: which cinemas of different sources are one venue.

use clap::Subcommand;
use fleet_web::operations::Actor;
use schema::venue::{self, CinemaName};
use sqlx::PgPool;
use works::{
    Verdict,
    venue::{VenueCandidate, VenueComparison, compare_cinemas},
};

use super::{pair, table};
use crate::operate::{
    film::PairVerdict,
    venue::{decide, find},
};

/// The commands of `coordinator venue`.
#[derive(Debug, Clone, Subcommand)]
pub enum VenueCommand {
    /// Lists the venues that several sources list.
    List {
        /// Only those that have this in a name.
        #[arg(long)]
        name: Option<String>,
        /// Lists at most so many.
        #[arg(long, default_value_t = 100, value_name = "COUNT")]
        limit: u32,
    },
    /// Explains whether two cinemas are one venue: the evidence, the verdict of the rules, and what
    /// people decided.
    ///
    /// Equal names within 350 m are one venue, beyond 2 km none are. Between, names have to be the
    /// more alike the farther apart the places are: 40 % within 100 m, 50 % within 300 m, 60 %
    /// within 800 m, else 75 %. Up to 10 % below that a person decides. Words of chains, cities and
    /// cinemas weigh little.
    ///
    /// Example: coordinator venue explain vue/10032 listings/4711
    #[command(verbatim_doc_comment)]
    Explain {
        /// Number of a cinema, or SOURCE/KEY.
        cinema_a: String,
        /// Number of the other cinema, or SOURCE/KEY.
        cinema_b: String,
    },
    /// Decides that two cinemas are one venue; --reason says why.
    ///
    /// The verdict outranks the rules and stands however often the cinemas are listed again. What
    /// both list counts once within seconds. `venue undecided` takes it back exactly.
    ///
    /// Example: coordinator venue same vue/10032 listings/4711 --reason "same address"
    #[command(verbatim_doc_comment)]
    Same {
        /// Number of a cinema, or SOURCE/KEY.
        cinema_a: String,
        /// Number of the other cinema, or SOURCE/KEY.
        cinema_b: String,
    },
    /// Decides that two cinemas are two venues; --reason says why.
    Different {
        /// Number of a cinema, or SOURCE/KEY.
        cinema_a: String,
        /// Number of the other cinema, or SOURCE/KEY.
        cinema_b: String,
    },
    /// Removes the verdict on two cinemas: the rules decide again.
    Undecided {
        /// Number of a cinema, or SOURCE/KEY.
        cinema_a: String,
        /// Number of the other cinema, or SOURCE/KEY.
        cinema_b: String,
    },
    /// Lists the pairs on which a person should decide, the most likely first.
    ///
    /// Answer each with `venue same` or `venue different`. One answer for two venues answers all
    /// pairs of their cinemas.
    Doubts {
        /// Lists at most so many.
        #[arg(long, default_value_t = 50, value_name = "COUNT")]
        limit: u32,
    },
}

/// Runs a command in the name of `actor`.
///
/// # Errors
///
/// If there is no such cinema, a verdict has no reason, or the database cannot be asked.
pub async fn execute(db: &PgPool, actor: &Actor, command: VenueCommand) -> anyhow::Result<()> {
    let (a, b, verdict) = match &command {
        VenueCommand::List { name, limit } => {
            return list(db, name.as_deref(), (*limit).into()).await;
        }
        VenueCommand::Explain { cinema_a, cinema_b } => {
            return explain(db, cinema_a, cinema_b).await;
        }
        VenueCommand::Doubts { limit } => return list_doubts(db, (*limit).into()).await,
        VenueCommand::Same { cinema_a, cinema_b } => (cinema_a, cinema_b, PairVerdict::Same),
        VenueCommand::Different { cinema_a, cinema_b } => {
            (cinema_a, cinema_b, PairVerdict::Different)
        }
        VenueCommand::Undecided { cinema_a, cinema_b } => {
            (cinema_a, cinema_b, PairVerdict::Undecided)
        }
    };
    decide(db, actor, (a, b), verdict).await?.print();
    Ok(())
}

/// Prints the venues that several sources list.
async fn list(db: &PgPool, name: Option<&str>, limit: i64) -> anyhow::Result<()> {
    let venues = venue::list(db, name, limit).await?;
    if venues.is_empty() {
        println!("no venue is listed by several sources");
        return Ok(());
    }
    let mut table = table::with_header(["venue", "names", "cinemas", "showtimes listed twice"]);
    for one in venues {
        table.add_row([
            one.venue_id.to_string(),
            one.names.join("\n"),
            one.keys.join("\n"),
            one.duplicates.to_string(),
        ]);
    }
    println!("{table}");
    Ok(())
}

async fn explain(db: &PgPool, cinema_a: &str, cinema_b: &str) -> anyhow::Result<()> {
    let (a, b) = (find(db, cinema_a).await?, find(db, cinema_b).await?);
    let ids = [a.cinema_id, b.cinema_id];
    let read = venue::cinemas(db, &ids).await?;
    let of = |id: i32| {
        let found = read.iter().find(|read| read.cinema_id == id);
        found.map(|read| VenueCandidate::new(read.cinema.clone()))
    };
    let (Some(one), Some(other)) = (of(ids[0]), of(ids[1])) else {
        anyhow::bail!("a cinema was removed just now");
    };
    for cinema in [&a, &b] {
        println!("{}", describe(cinema));
    }
    let found = compare_cinemas(&one, &other);
    let mut table = table::with_header(["evidence", "veto", "what"]);
    for reason in &found.reasons {
        let veto = if reason.is_veto { "veto" } else { "" };
        table.add_row([
            pair::signal(reason.signal),
            veto.to_owned(),
            reason.text.clone(),
        ]);
    }
    println!("{table}");
    println!("{}", conclusion(&found));
    pair::print_decision(venue::verdicts(db, &ids).await?, ids);
    Ok(())
}

fn describe(cinema: &CinemaName) -> String {
    let venue = cinema.venue_id.map_or_else(
        || "its venue is not looked for yet".to_owned(),
        |venue| {
            format!(
                "venue {venue}: {}",
                cinema.reason.as_deref().unwrap_or_default()
            )
        },
    );
    format!(
        "cinema {} {}/{} \"{}\"; {venue}",
        cinema.cinema_id, cinema.source, cinema.key, cinema.name
    )
}

fn conclusion(found: &VenueComparison) -> &'static str {
    match found.verdict {
        Verdict::Same => "one venue by the rules",
        Verdict::Unclear => {
            "unclear: a person decides, with `coordinator venue same` or `coordinator venue different`"
        }
        Verdict::Different if found.is_contradiction() => {
            "two venues by the rules: they contradict each other"
        }
        Verdict::Different => "two venues by the rules: too little says that they are one",
    }
}

/// Prints the pairs that wait for a person.
async fn list_doubts(db: &PgPool, limit: i64) -> anyhow::Result<()> {
    let pairs = venue::doubts(db, limit).await?;
    if pairs.is_empty() {
        println!("no pairs of cinemas are in doubt");
        return Ok(());
    }
    let mut table = table::with_header(["cinema", "other cinema", "names", "score", "evidence"]);
    for pair in pairs {
        let evidence = pair::evidence(&pair.reasons);
        let names = format!("{}\n{}", pair.name_a, pair.name_b);
        table.add_row([
            pair.key_a,
            pair.key_b,
            names,
            format!("{:.2}", pair.score),
            evidence,
        ]);
    }
    println!("{table}");
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use works::venue::comparison::{MAX_EQUAL_METRES, MAX_METRES, STEPS, UNCLEAR_ZONE};

    use super::*;

    #[test]
    fn the_help_and_the_page_name_the_thresholds_that_hold() {
        let command = VenueCommand::augment_subcommands(clap::Command::new("venue"));
        let explain = command.find_subcommand("explain").unwrap();
        let help = explain.get_long_about().unwrap().to_string();
        let page = include_str!("../../../schema/VENUES.md");
        let mut texts = vec![
            format!("within {MAX_EQUAL_METRES} m"),
            format!("{} km", MAX_METRES / 1_000.0),
            format!("Up to {:.0} % below", UNCLEAR_ZONE * 100.0),
        ];
        for (metres, share) in STEPS {
            texts.push(if metres < MAX_METRES {
                format!("{:.0} % within {metres} m", share * 100.0)
            } else {
                format!("else {:.0} %", share * 100.0)
            });
        }
        for place in [help.as_str(), page] {
            let place = place.split_whitespace().collect::<Vec<_>>().join(" ");
            for text in &texts {
                assert!(place.contains(text), "{text}: {place}");
            }
        }
    }
}
