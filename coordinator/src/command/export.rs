//! `coordinator export`: days as Parquet, or rows as CSV and JSON lines.

use std::{
    io::{self, BufWriter, IsTerminal as _, Write, stderr},
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, ValueEnum};
use schema::export::read::{self, JobFilter, Span};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::run::cancel_on_signal;
use crate::{
    config::ExportSettings,
    export::{
        events::Events,
        jobs::Jobs,
        lease::LEASE,
        order::{ExportProgress, ExportReport, Order, due},
        place::{Place, StoreOptions},
        prices::Prices,
        records::SeatRecords,
        run::run,
        showtimes::Showtimes,
        snapshots::Snapshots,
        table::{DataSet, RowFilter},
        text::{TextError, TextFormat, stream},
    },
};

/// Time between two lines of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// Arguments of `coordinator export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Directory, or an address such as <s3://bucket/prefix> [default: `export.to`].
    ///
    /// For S3, the settings of the store are in `export.store`, or in the environment variables
    /// of its library: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`.
    #[arg(long, value_name = "PLACE")]
    to: Option<String>,
    /// Data set; may be given more than once [default: `export.data_sets`; seat-records for text].
    #[arg(long, value_name = "NAME")]
    data_set: Vec<DataSet>,
    /// First day, or for text first time: 2026-11-16 or 2026-11-16T20:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<Bound>,
    /// Day or time before which the export ends.
    #[arg(long, value_name = "TIME")]
    until: Option<Bound>,
    /// Prints which days would be exported, and writes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Format: Parquet files, or text on standard output.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Exports only this showtime; may be given more than once; text only.
    #[arg(long, value_name = "ID")]
    showtime: Vec<i32>,
    /// Exports only the films of works with this title, of all sources, in any case and form; text
    /// only.
    #[arg(long, value_name = "TITLE")]
    film: Option<String>,
    /// Exports only this source; text only.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
}

/// The format of an export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Files, partitioned by day, with a manifest.
    #[default]
    Parquet,
    /// Comma-separated, with a header.
    Csv,
    /// A JSON object in each line.
    Jsonl,
}

/// A day or a time, UTC unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound(DateTime<Utc>);

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(day) = text.parse::<NaiveDate>() {
            return Ok(Self(day.and_time(NaiveTime::MIN).and_utc()));
        }
        let at = DateTime::parse_from_rfc3339(text);
        at.map(|at| Self(at.to_utc()))
            .map_err(|_| "write a day as 2026-11-16 or a time as 2026-11-16T20:00:00Z".to_owned())
    }
}

impl Bound {
    fn day(self) -> anyhow::Result<NaiveDate> {
        ensure!(
            self.0.time() == NaiveTime::MIN,
            "Parquet is exported by whole days (UTC): give --since and --until as days"
        );
        Ok(self.0.date_naive())
    }
}

/// Exports as the arguments say.
///
/// # Errors
///
/// If the question makes no sense, the place or the database does not serve, or it was stopped
/// before its end.
pub async fn export(
    db: &PgPool,
    args: &ExportArgs,
    settings: &ExportSettings,
) -> anyhow::Result<()> {
    let form = match args.format {
        Format::Parquet => return files(db, args, settings).await,
        Format::Csv => TextFormat::Csv,
        Format::Jsonl => TextFormat::JsonLines,
    };
    text(db, args, form).await
}

async fn files(db: &PgPool, args: &ExportArgs, settings: &ExportSettings) -> anyhow::Result<()> {
    ensure!(
        args.showtime.is_empty() && args.film.is_none() && args.source.is_none(),
        "--showtime, --film and --source are for text: add --format csv or jsonl"
    );
    let order = order(args, settings)?;
    if args.dry_run {
        for data_set in &order.data_sets {
            for day in due(db, &order, *data_set).await? {
                println!("{data_set} {}", day.on_day);
            }
        }
        return Ok(());
    }
    let stop = CancellationToken::new();
    tokio::spawn(cancel_on_signal(stop.clone()));
    let mut shown_at = None;
    let ended = run(db, &order, &stop, &mut |progress| {
        show_progress(progress, &mut shown_at);
    })
    .await;
    if shown_at.is_some() {
        eprintln!();
    }
    let ExportReport {
        days,
        unchanged,
        rows,
        bytes,
        is_stopped,
    } = ended?;
    println!(
        "exported {days} days to {}: {rows} rows, {bytes} bytes; {unchanged} more were read again and are as they were",
        order.place.address()
    );
    if is_stopped {
        bail!("stopped; the exported days are complete, and the same command continues");
    }
    Ok(())
}

fn order(args: &ExportArgs, settings: &ExportSettings) -> anyhow::Result<Order> {
    let Some(to) = args.to.as_ref().or(settings.to.as_ref()) else {
        bail!("say where with --to DIR or --to s3://bucket/prefix, or set export.to");
    };
    // Settings of one store say nothing of another.
    let is_other = args.to.is_some() && args.to != settings.to;
    let options = if is_other && !to.starts_with("s3://") {
        StoreOptions::default()
    } else {
        settings.store.clone()
    };
    let data_sets = if args.data_set.is_empty() {
        settings.data_sets.clone()
    } else {
        args.data_set.clone()
    };
    Ok(Order {
        since: args.since.map(Bound::day).transpose()?,
        until: args.until.map(Bound::day).transpose()?,
        // The lease of an export that was killed a moment ago has ended by then.
        patience: LEASE + LEASE / 2,
        snapshots_kept: settings.snapshots_kept,
        ..Order::new(Place::open(to, &options)?, data_sets)
    })
}

/// Shows the progress on a terminal.
fn show_progress(progress: ExportProgress, shown_at: &mut Option<Instant>) {
    let mut out = stderr();
    if !out.is_terminal() || shown_at.is_some_and(|at| at.elapsed() < PROGRESS_EVERY) {
        return;
    }
    *shown_at = Some(Instant::now());
    // A terminal that is gone shows nothing.
    let _ = match progress {
        ExportProgress::Waiting => write!(out, "\rwaiting for another export\x1b[K"),
        ExportProgress::Day {
            data_set,
            on_day,
            rows,
            of: (done, all),
        } => write!(
            out,
            "\r{data_set} {on_day}: {rows} rows; day {} of {all}\x1b[K",
            done + 1
        ),
    };
    let _ = out.flush();
}

async fn text(db: &PgPool, args: &ExportArgs, form: TextFormat) -> anyhow::Result<()> {
    ensure!(
        args.to.is_none() && !args.dry_run,
        "--to and --dry-run are for Parquet: text goes to standard output"
    );
    let data_set = match args.data_set.as_slice() {
        [] => DataSet::SeatRecords,
        [one] => *one,
        _ => bail!("text has the rows of one data set: give --data-set once"),
    };
    let wanted = wanted(db, args, data_set).await?;
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout());
    let written = match data_set {
        DataSet::Showtimes => stream::<Showtimes>(db, wanted, form, &mut out).await,
        DataSet::SeatRecords => stream::<SeatRecords>(db, wanted, form, &mut out).await,
        DataSet::Snapshots => stream::<Snapshots>(db, wanted, form, &mut out).await,
        DataSet::Jobs => stream::<Jobs>(db, wanted, form, &mut out).await,
        DataSet::Prices => stream::<Prices>(db, wanted, form, &mut out).await,
        DataSet::Events => stream::<Events>(db, wanted, form, &mut out).await,
    };
    match written {
        // The reader has enough, as `head` has.
        Err(TextError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is left in the buffer has no reader either.
            drop(out.into_parts());
            Ok(())
        }
        written => Ok(written.map(drop)?),
    }
}

async fn wanted(db: &PgPool, args: &ExportArgs, data_set: DataSet) -> anyhow::Result<RowFilter> {
    let mut wanted = RowFilter::all(Span {
        from_at: args.since.map_or(DateTime::UNIX_EPOCH, |bound| bound.0),
        // The year 2262.
        until_at: args
            .until
            .map_or(DateTime::from_timestamp_nanos(i64::MAX), |bound| bound.0),
    });
    let only = (!args.showtime.is_empty()).then_some(args.showtime.as_slice());
    let (film, source) = (args.film.as_deref(), args.source.as_deref());
    ensure!(
        data_set != DataSet::Events || (only.is_none() && film.is_none() && source.is_none()),
        "events have no showtime, film or source: leave out --showtime, --film and --source"
    );
    if data_set == DataSet::Jobs {
        wanted.jobs.source = args.source.clone();
        if only.is_some() || film.is_some() {
            let showtimes = read::find_showtimes(db, only, film, source).await?;
            wanted.jobs = JobFilter {
                tasks: Some(read::tasks_of(db, &showtimes).await?.into()),
                ..wanted.jobs
            };
        }
    } else if only.is_some() || film.is_some() || source.is_some() {
        wanted.showtimes = Some(read::find_showtimes(db, only, film, source).await?);
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_bound_is_a_day_or_a_time() {
        let day: Bound = "2026-11-16".parse().unwrap();
        assert_eq!(day.day().unwrap().to_string(), "2026-11-16");
        let time: Bound = "2026-11-16T21:00:00+01:00".parse().unwrap();
        assert_eq!(time.0.to_rfc3339(), "2026-11-16T20:00:00+00:00");
        assert!(time.day().is_err());
        assert!("yesterday".parse::<Bound>().is_err());
    }
}
