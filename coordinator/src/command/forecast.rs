//! `coordinator forecast`: what is expected, how good it was, and a run at an origin of choice.

use anyhow::{Context as _, bail};
use chrono::{DateTime, TimeDelta, Utc};
use clap::Subcommand;
use schema::forecasts::{self, Shown};
use sqlx::PgPool;

use super::table;
use crate::background::forecasts::make_forecasts;

/// The commands of `coordinator forecast`.
#[derive(Debug, Clone, Subcommand)]
pub enum ForecastCommand {
    /// Shows the newest forecast of a work by territory and day, or of a showtime.
    ///
    /// The median is as likely too high as too low; 80 % and 95 % are the intervals that cover
    /// so many of what comes.
    ///
    /// Example: coordinator forecast show 4711
    ///
    /// Example: coordinator forecast show showtime/120034
    #[command(verbatim_doc_comment)]
    Show {
        /// Number of a work, as in the view `film_match`, or showtime/NUMBER.
        target: String,
    },
    /// Shows how good forecasts were, beside simple baselines, by days ahead.
    ///
    /// The figures are WAPE: the sum of errors over the sum of what came. Less is better.
    Accuracy {
        /// Business days of so many days are counted.
        #[arg(long, default_value_t = 28, value_name = "DAYS")]
        days: u16,
    },
    /// Makes forecasts now, or as they would have been made at an earlier moment.
    ///
    /// Only what could be known at that moment is read. On a fleet that begins to forecast, runs at
    /// moments of the last two weeks calibrate later ones, once the leader has scored them: it scores
    /// forecasts of the last five business days.
    ///
    /// Example: coordinator forecast run --at 2026-11-20T06:00:00Z
    #[command(verbatim_doc_comment)]
    Run {
        /// The origin, in RFC 3339; now by default.
        #[arg(long, value_name = "TIME")]
        at: Option<DateTime<Utc>>,
    },
}

/// Runs a command.
///
/// # Errors
///
/// If the target is not known or has no forecast, or the database does not answer.
pub async fn execute(db: &PgPool, command: ForecastCommand) -> anyhow::Result<()> {
    match command {
        ForecastCommand::Show { target } => show(db, &target).await,
        ForecastCommand::Accuracy { days } => accuracy(db, days).await,
        ForecastCommand::Run { at } => run(db, at).await,
    }
}

async fn show(db: &PgPool, target: &str) -> anyhow::Result<()> {
    let (_, now) = forecasts::latest_origin(db).await?;
    let number = |text: &str| -> anyhow::Result<i32> {
        text.parse().with_context(|| {
            format!("{target} is neither the number of a work nor showtime/NUMBER")
        })
    };
    let (shown, work_id) = if let Some(("showtime", id)) = target.split_once('/') {
        let shown = forecasts::of_showtime(db, number(id)?).await?;
        (shown.into_iter().collect(), None)
    } else {
        let work_id = number(target)?;
        let shown = forecasts::of_work(db, work_id, now.date_naive()).await?;
        (shown, Some(work_id))
    };
    for refusal in forecasts::refusals(db, work_id).await? {
        println!("refused: {refusal}");
    }
    if shown.is_empty() {
        bail!("there is no forecast of {target}: see `coordinator forecast run`");
    }
    print(&shown);
    Ok(())
}

fn print(shown: &[Shown]) {
    let mut table = table::with_header([
        "territory",
        "day",
        "sold",
        "median",
        "80 %",
        "95 %",
        "last week",
        "level × curve",
        "additive",
        "multiplicative",
        "origin",
    ]);
    for one in shown {
        let range = |(low, high): (f32, f32)| format!("{low:.0} to {high:.0}");
        let baseline = |place: usize| {
            let value = one.baselines.get(place);
            value.map(|value| format!("{value:.0}")).unwrap_or_default()
        };
        table.add_row([
            one.territory.clone(),
            one.business_on.to_string(),
            one.sold.map(|sold| sold.to_string()).unwrap_or_default(),
            format!("{:.0}", one.median),
            range(one.within_80),
            range(one.within_95),
            baseline(0),
            baseline(1),
            baseline(2),
            baseline(3),
            one.origin.format("%F %R").to_string(),
        ]);
    }
    println!("{table}");
}

async fn accuracy(db: &PgPool, days: u16) -> anyhow::Result<()> {
    let (_, now) = forecasts::latest_origin(db).await?;
    let from_on = now.date_naive() - TimeDelta::days(days.into());
    let rows = forecasts::accuracy(db, from_on).await?;
    if rows.is_empty() {
        println!(
            "no forecast of the last {days} days is scored yet: that needs two days after the first run"
        );
        return Ok(());
    }
    let mut table = table::with_header([
        "target",
        "days",
        "forecasts",
        "WAPE",
        "last week",
        "level × curve",
        "additive",
        "multiplicative",
        "within 80 %",
        "within 95 %",
    ]);
    for row in rows {
        let [ours, week, curve, additive, multiplicative] = row
            .wapes
            .map(|wape| wape.map(|wape| format!("{wape:.3}")).unwrap_or_default());
        let [narrow, wide] = row.coverage.map(|share| format!("{:.1} %", 100.0 * share));
        table.add_row([
            row.target,
            row.days.to_string(),
            row.forecasts.to_string(),
            ours,
            week,
            curve,
            additive,
            multiplicative,
            narrow,
            wide,
        ]);
    }
    println!("{table}");
    Ok(())
}

async fn run(db: &PgPool, at: Option<DateTime<Utc>>) -> anyhow::Result<()> {
    let (_, now) = forecasts::latest_origin(db).await?;
    let at = at.unwrap_or(now);
    if at > now {
        bail!("the origin {at} is in the future: what will be known then is not known now");
    }
    let Some(made) = make_forecasts(db, at).await? else {
        println!(
            "nothing was stored at {at}: there is a run of that origin, or another coordinator stores one now"
        );
        return Ok(());
    };
    println!(
        "forecast at {at}: {} showtimes, {} works by territory and day, {} works before their release; refused: {}",
        made.showtimes, made.work_days, made.openings, made.refusals
    );
    for refusal in forecasts::refusals(db, None).await? {
        println!("refused: {refusal}");
    }
    Ok(())
}
