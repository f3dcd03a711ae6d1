//! `coordinator event experiment`: what is measured, and what it shows.

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use experiments::{Settings, Verdict, report};
use fleet_web::operations::{
    Actor,
    event::EventAction,
    experiment::{BeginExperiment, MetricGoal, MetricKind, WantedMetric},
};
use schema::{
    events::experiment::{Experiment, ExperimentMetric, judged},
    reading::{
        Reader,
        experiments::{self as stored, KnownExperiment},
    },
};
use sqlx::PgPool;

use super::MAX_LISTED;
use crate::command::table;

/// The commands of `coordinator event experiment`.
#[derive(Debug, Clone, Subcommand)]
pub enum ExperimentCommand {
    /// Begins an experiment; from now on the leader computes it.
    ///
    /// A metric is NAME=share:EVENT (whether a user did it), NAME=count:EVENT (how often) or
    /// NAME=sum:EVENT:PROPERTY (the sum of a number in it); less is better after NAME=-share:EVENT.
    ///
    /// Example: coordinator event experiment create new-seat-map app-fr --exposure "seats opened" \
    ///     --property layout --variation old --variation new --metric "bought=share:ticket bought"
    #[command(verbatim_doc_comment)]
    Create(NewExperimentArgs),
    /// Lists all experiments.
    List,
    /// Shows what an experiment shows: a verdict for each metric and variation.
    Show {
        /// Its name.
        name: String,
    },
    /// Ends an experiment: later exposures are not counted; what its users do still is.
    End {
        /// Its name.
        name: String,
    },
    /// Deletes an experiment with its results; the events stay.
    Drop {
        /// Its name.
        name: String,
    },
}

/// A new experiment.
#[derive(Debug, Clone, Args)]
pub struct NewExperimentArgs {
    /// Its name: small letters, digits and hyphens.
    name: String,
    /// The client whose users it is about.
    client: String,
    /// The event that says which variation a user sees, by the name that readers see.
    #[arg(long, value_name = "EVENT")]
    exposure: String,
    /// The property of that event that names the variation.
    #[arg(long)]
    property: String,
    /// A value of the property, the control first, such as old or old:9 for nine parts of the users.
    #[arg(long = "variation", value_name = "VALUE[:WEIGHT]", required = true)]
    variations: Vec<String>,
    /// What is measured. Repeatable.
    #[arg(long = "metric", value_name = "NAME=KIND:EVENT", required = true)]
    metrics: Vec<String>,
    /// How long ago it began, such as 3d, where events were sent before; later exposures count.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    since: Duration,
    /// What a user does for this long after its first exposure counts.
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = humantime::parse_duration)]
    conversion_window: Duration,
    /// What a user did for this long before reduces the variance; 0s for not at all.
    #[arg(long, value_name = "TIME", default_value = "14d", value_parser = humantime::parse_duration)]
    covariate_window: Duration,
}

pub(super) async fn execute(
    db: &PgPool,
    actor: &Actor,
    command: &ExperimentCommand,
) -> anyhow::Result<()> {
    let action = match command {
        ExperimentCommand::Create(args) => EventAction::BeginExperiment(wanted(args)?),
        ExperimentCommand::End { name } => EventAction::EndExperiment { name: name.clone() },
        ExperimentCommand::Drop { name } => EventAction::DropExperiment { name: name.clone() },
        ExperimentCommand::List => return list(db).await,
        ExperimentCommand::Show { name } => return show(db, name).await,
    };
    super::perform(db, actor, &action).await
}

fn wanted(args: &NewExperimentArgs) -> anyhow::Result<BeginExperiment> {
    let variations = args.variations.iter().map(|text| variation(text));
    let metrics = args.metrics.iter().map(|text| metric(text));
    Ok(BeginExperiment {
        name: args.name.clone(),
        client: args.client.clone(),
        exposure_event: args.exposure.clone(),
        property: args.property.clone(),
        variations: variations.collect::<anyhow::Result<_>>()?,
        metrics: metrics.collect::<anyhow::Result<_>>()?,
        began_ago: args.since,
        conversion_window: args.conversion_window,
        covariate_window: args.covariate_window,
    })
}

/// Reads `old` or `old:9`.
fn variation(text: &str) -> anyhow::Result<(String, f64)> {
    let Some((value, weight)) = text.rsplit_once(':') else {
        return Ok((text.to_owned(), 1.0));
    };
    let weight: f64 = weight
        .parse()
        .ok()
        .filter(|weight: &f64| weight.is_finite() && *weight > 0.0)
        .with_context(|| format!("the weight of `{text}` is not a number above 0"))?;
    Ok((value.to_owned(), weight))
}

/// Reads `bought=share:ticket bought`.
fn metric(text: &str) -> anyhow::Result<WantedMetric> {
    let usage = || {
        format!(
            "`{text}` is not a metric: write NAME=share:EVENT, NAME=count:EVENT or NAME=sum:EVENT:PROPERTY"
        )
    };
    let (name, rest) = text.split_once('=').with_context(usage)?;
    let (kind, event) = rest.split_once(':').with_context(usage)?;
    let (kind, goal) = match kind.strip_prefix('-') {
        Some(kind) => (kind, MetricGoal::Decrease),
        None => (kind, MetricGoal::Increase),
    };
    let (kind, event, property) = match kind {
        "share" => (MetricKind::Share, event, None),
        "count" => (MetricKind::Count, event, None),
        "sum" => {
            let (event, property) = event.rsplit_once(':').with_context(usage)?;
            (MetricKind::Sum, event, Some(property.to_owned()))
        }
        _ => bail!(usage()),
    };
    if name.is_empty() || event.is_empty() {
        bail!(usage());
    }
    Ok(WantedMetric {
        name: name.to_owned(),
        kind,
        goal,
        event: event.to_owned(),
        property,
    })
}

async fn list(db: &PgPool) -> anyhow::Result<()> {
    let mut reader = Reader::begin(db).await?;
    let all = stored::list(&mut reader, None, None, MAX_LISTED).await?;
    if all.is_empty() {
        println!(
            "no experiments yet; `coordinator event experiment create --help` says how to begin one"
        );
        return Ok(());
    }
    let mut table = table::with_header([
        "name",
        "client",
        "exposure",
        "variations",
        "since (UTC)",
        "ended",
    ]);
    for KnownExperiment {
        experiment: one, ..
    } in all
    {
        table.add_row([
            one.name,
            one.client,
            format!("{} ({})", one.exposure_event, one.property),
            one.variations.join(", "),
            table::time(one.starts_at),
            table::time_or(one.ends_at, ""),
        ]);
    }
    println!("{table}");
    Ok(())
}

async fn show(db: &PgPool, name: &str) -> anyhow::Result<()> {
    let mut reader = Reader::begin(db).await?;
    let Some(known) = stored::one(&mut reader, name).await? else {
        bail!("there is no experiment {name}; `coordinator event experiment list` shows all");
    };
    drop(reader);
    let KnownExperiment {
        experiment: one,
        metrics,
        sums,
    } = known;
    let Some(computed_at) = sums.first().map(|one| one.computed_at) else {
        println!("experiment {name}: nobody was exposed yet, or the leader has not computed it");
        return Ok(());
    };
    let input = judged(&one, &metrics, &sums);
    println!(
        "experiment {name}, computed at {} UTC",
        computed_at.format("%Y-%m-%d %H:%M:%S")
    );
    for (variation, users) in one.variations.iter().zip(&input.users) {
        println!("  {variation}: {users} users exposed");
    }
    let found = report(&input, &Settings::default())?;
    for warning in &found.warnings {
        println!("warning: {warning}");
    }
    print_verdicts(&one, &metrics, &found);
    Ok(())
}

fn print_verdicts(one: &Experiment, metrics: &[ExperimentMetric], found: &experiments::Report) {
    let mut table = table::with_header([
        "metric",
        "variation",
        "control",
        "value",
        "lift (95 %)",
        "p",
        "verdict",
    ]);
    for (metric, verdicts) in metrics.iter().zip(&found.verdicts) {
        for (variation, verdict) in one.variations.iter().skip(1).zip(verdicts) {
            let cells = match verdict {
                Ok(verdict) => cells(verdict),
                Err(refusal) => [
                    String::new(),
                    String::new(),
                    String::new(),
                    String::new(),
                    refusal.to_string(),
                ],
            };
            let row = [metric.name.clone(), variation.clone()]
                .into_iter()
                .chain(cells);
            table.add_row(row.collect::<Vec<String>>());
        }
    }
    println!("{table}");
}

fn cells(verdict: &Verdict) -> [String; 5] {
    let percent = |value: f64| format!("{:+.1} %", value * 100.0);
    let lift = verdict.lift.map_or_else(String::new, |lift| {
        format!(
            "{} ({} to {})",
            percent(lift.value),
            percent(lift.low),
            percent(lift.high)
        )
    });
    [
        format!("{:.4}", verdict.control),
        format!("{:.4}", verdict.variation),
        lift,
        format!("{:.4}", verdict.adjusted_p),
        verdict.sentence.clone(),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_metric_is_read_from_its_short_form() {
        let read = metric("spent=sum:ticket bought:amount").unwrap();
        assert_eq!(
            (read.kind, read.event.as_str()),
            (MetricKind::Sum, "ticket bought")
        );
        assert_eq!(read.property.as_deref(), Some("amount"));
        let less = metric("errors=-count:error shown").unwrap();
        assert_eq!(
            (less.kind, less.goal),
            (MetricKind::Count, MetricGoal::Decrease)
        );
        for wrong in [
            "",
            "x",
            "x=share",
            "x=median:e",
            "x=sum:e",
            "=share:e",
            "x=share:",
        ] {
            assert!(metric(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_variation_has_a_weight_of_one_unless_it_is_given() {
        assert_eq!(variation("old").unwrap(), ("old".to_owned(), 1.0));
        assert_eq!(variation("a:b:9").unwrap(), ("a:b".to_owned(), 9.0));
        assert!(variation("old:0").is_err() && variation("old:x").is_err());
    }
}
