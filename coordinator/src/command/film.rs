//! `coordinator film`: which films of different sources are one work.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use fleet_web::operations::Actor;
use schema::work::{self, FilmName};
use sqlx::PgPool;
use works::{Candidate, Comparison, Reason, Reference, Verdict, compare, comparison, parse_list};

use super::{pair, table};
use crate::operate::film::{PairVerdict, decide, find, store_list};

/// The commands of `coordinator film`.
#[derive(Debug, Clone, Subcommand)]
pub enum FilmCommand {
    /// Explains whether two films are one work: the evidence with its weights, the verdict of the
    /// rules, and what people decided.
    ///
    /// Weights are in bits and add up to a score. From 12 on the rules join two films, below 6 they
    /// do not, and between a person decides. A veto keeps them apart whatever the score. A title
    /// alone joins nothing, nor does an identifier alone.
    ///
    /// Example: coordinator film explain bhd/4711 major-1/M-12
    #[command(verbatim_doc_comment)]
    Explain {
        /// Number of a film, or SOURCE/KEY.
        film_a: String,
        /// Number of the other film, or SOURCE/KEY.
        film_b: String,
    },
    /// Decides that two films are one work; --reason says why.
    ///
    /// The verdict outranks the rules and stands however often the films are listed again. What was
    /// added up by work follows within seconds. `film undecided` takes it back exactly.
    ///
    /// Example: coordinator film same bhd/4711 major-1/M-12 --reason "same director and poster"
    #[command(verbatim_doc_comment)]
    Same {
        /// Number of a film, or SOURCE/KEY.
        film_a: String,
        /// Number of the other film, or SOURCE/KEY.
        film_b: String,
    },
    /// Decides that two films are two works; --reason says why.
    ///
    /// No rule joins them then, nor does a third film that matches both.
    ///
    /// Example: coordinator film different 310 4711 --reason "the film of 1980, on re-release"
    #[command(verbatim_doc_comment)]
    Different {
        /// Number of a film, or SOURCE/KEY.
        film_a: String,
        /// Number of the other film, or SOURCE/KEY.
        film_b: String,
    },
    /// Removes the verdict on two films: the rules decide again.
    Undecided {
        /// Number of a film, or SOURCE/KEY.
        film_a: String,
        /// Number of the other film, or SOURCE/KEY.
        film_b: String,
    },
    /// Takes a list of works that you trust, in place of the one before: tab-separated values, the
    /// first line names the columns.
    ///
    /// Columns: work, title; optional are territory, year, runtime and director. A work has a line
    /// for each of its titles. Two films of one work in the list are one work, and of two are two,
    /// unless a person decided otherwise. A list with only its first line removes the list.
    ///
    /// Example: coordinator film reference works.tsv
    #[command(verbatim_doc_comment)]
    Reference {
        /// The file.
        file: PathBuf,
    },
    /// Lists the pairs on which a person should decide, the most likely first.
    ///
    /// Answer each with `film same` or `film different`. One answer for two works answers all
    /// pairs of their films.
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
/// If there is no such film, a verdict has no reason, or the database cannot be asked.
pub async fn execute(db: &PgPool, actor: &Actor, command: FilmCommand) -> anyhow::Result<()> {
    let (films, verdict) = match &command {
        FilmCommand::Explain { film_a, film_b } => return explain(db, film_a, film_b).await,
        FilmCommand::Doubts { limit } => return list_doubts(db, (*limit).into()).await,
        FilmCommand::Reference { file } => {
            let text = fs::read_to_string(file)
                .with_context(|| format!("{} cannot be read", file.display()))?;
            let list = parse_list(&text).with_context(|| file.display().to_string())?;
            store_list(db, actor, &list).await?.print();
            return Ok(());
        }
        FilmCommand::Same { film_a, film_b } => ((film_a, film_b), PairVerdict::Same),
        FilmCommand::Different { film_a, film_b } => ((film_a, film_b), PairVerdict::Different),
        FilmCommand::Undecided { film_a, film_b } => ((film_a, film_b), PairVerdict::Undecided),
    };
    decide(db, actor, (films.0, films.1), verdict)
        .await?
        .print();
    Ok(())
}

async fn explain(db: &PgPool, film_a: &str, film_b: &str) -> anyhow::Result<()> {
    let (a, b) = (find(db, film_a).await?, find(db, film_b).await?);
    let ids = [a.film_id, b.film_id];
    let read = work::films(db, &ids).await?;
    let of = |id: i32| read.iter().find(|read| read.film_id == id);
    let (Some(one), Some(other)) = (of(ids[0]), of(ids[1])) else {
        anyhow::bail!("a film was removed just now");
    };
    for film in [&a, &b] {
        println!("{}", describe(film));
    }
    let films = [
        Candidate::new(one.film.clone()),
        Candidate::new(other.film.clone()),
    ];
    let keys: Vec<String> = films.iter().flat_map(Candidate::reference_keys).collect();
    let list = Reference::new(work::find_reference(db, &keys).await?);
    let [one, other] = films.map(|film| list.assign(film));
    let found = compare(&one, &other);
    let mut table = table::with_header(["evidence", "bits", "what"]);
    for reason in &found.reasons {
        table.add_row([
            pair::signal(reason.signal),
            bits(reason),
            reason.text.clone(),
        ]);
    }
    println!("{table}");
    println!("{}", conclusion(&found));
    pair::print_decision(work::verdicts(db, &ids).await?, ids);
    Ok(())
}

fn describe(film: &FilmName) -> String {
    let work = film.work_id.map_or_else(
        || "its work is not looked for yet".to_owned(),
        |work| {
            format!(
                "work {work}: {}",
                film.reason.as_deref().unwrap_or_default()
            )
        },
    );
    format!(
        "film {} {}/{} \"{}\"; {work}",
        film.film_id, film.source, film.key, film.title
    )
}

fn bits(reason: &Reason) -> String {
    if reason.is_veto {
        "veto".to_owned()
    } else {
        format!("{:+.1}", reason.weight)
    }
}

fn conclusion(found: &Comparison) -> String {
    let what = match found.verdict {
        Verdict::Same => "one work by the rules",
        Verdict::Unclear => {
            "unclear: a person decides, with `coordinator film same` or `film different`"
        }
        Verdict::Different if found.is_contradiction() => {
            "two works by the rules: they contradict each other"
        }
        Verdict::Different => "two works by the rules: too little says that they are one",
    };
    format!(
        "score {:.1} (one work from {}, unclear from {}): {what}",
        found.score,
        comparison::MIN_SAME_BITS,
        comparison::MIN_UNCLEAR_BITS
    )
}

/// Prints the pairs that wait for a person.
async fn list_doubts(db: &PgPool, limit: i64) -> anyhow::Result<()> {
    let pairs = work::doubts(db, limit).await?;
    if pairs.is_empty() {
        println!("no pairs of films are in doubt");
        return Ok(());
    }
    let mut table = table::with_header(["film", "other film", "titles", "score", "evidence"]);
    for pair in pairs {
        let evidence = pair::evidence(&pair.reasons);
        let titles = format!("{}\n{}", pair.title_a, pair.title_b);
        table.add_row([
            pair.key_a,
            pair.key_b,
            titles,
            format!("{:.1}", pair.score),
            evidence,
        ]);
    }
    println!("{table}");
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_help_and_the_page_name_the_thresholds_that_hold() {
        let command = FilmCommand::augment_subcommands(clap::Command::new("film"));
        let explain = command.find_subcommand("explain").unwrap();
        let help = explain.get_long_about().unwrap().to_string();
        let page = include_str!("../../../schema/WORKS.md");
        for text in [help.as_str(), page] {
            let same = format!("From {} on", comparison::MIN_SAME_BITS);
            let unclear = format!("below {}", comparison::MIN_UNCLEAR_BITS);
            assert!(text.contains(&same) && text.contains(&unclear), "{text}");
        }
    }
}
