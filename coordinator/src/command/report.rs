//! `coordinator report`: prints the report of a day.

use chrono::{Days, NaiveDate};
use clap::Args;
use schema::{report::compute, schedule::clock};
use sqlx::PgPool;

/// Which report to print, and how.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The business day [default: yesterday (UTC)].
    #[arg(long, value_name = "DAY")]
    day: Option<NaiveDate>,
    /// The role of a partner: only what it may see.
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    /// Prints HTML that needs no other file.
    #[arg(long, group = "format")]
    html: bool,
    /// Prints JSON.
    #[arg(long, group = "format")]
    json: bool,
    /// Prints CSV, a row for each value.
    #[arg(long, group = "format")]
    csv: bool,
}

/// Prints a report as things are now; what is stored and mailed is left alone.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn print(db: &PgPool, args: &ReportArgs) -> anyhow::Result<()> {
    let day = match args.day {
        Some(day) => day,
        None => clock(db).await?.date_naive() - Days::new(1),
    };
    let report = compute(db, day, args.partner.as_deref()).await?;
    let text = if args.html {
        fleet_web::page::reports::daily_report::html(&report)?
    } else if args.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else if args.csv {
        fleet_web::page::reports::daily_report::csv(&report)
    } else {
        fleet_web::page::reports::daily_report::text(&report)
    };
    print!("{text}");
    Ok(())
}
