//! The program `coordinator`: the fleet's leader and its command line.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};
use coordinator::{
    command::{
        self, access::AccessCommand, limit::LimitCommand, partition::PartitionCommand,
        source::SourceCommand, task::TaskCommand, view::ViewCommand, weight::WeightCommand,
    },
    config::Settings,
    policy::Policy,
    up::{self, UpSettings},
};
use schema::connect::{Connect, open};
use settings::logging;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// Keeps the fleet's queue topped up, and commands the fleet.
///
/// A coordinator that does not lead waits for its turn: run two. Settings come
/// from --config or /etc/fullhouse/fullhouse.toml, then the environment
/// (`FULLHOUSE_DATABASE__URL` for `database.url`), then the flags.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Common {
    /// Settings file (TOML).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address of the database, as in <postgres://user:password@host:5432/fullhouse>.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// What to log: error, warn, info, debug, trace, or directives such as info,sqlx=warn.
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Leads the fleet when no other coordinator does; ends cleanly on SIGTERM.
    Run {
        /// Where /live, /ready and /metrics answer [default: 127.0.0.1:9000].
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<String>,
        /// Name in the database and in logs [default: the host's].
        #[arg(long)]
        name: Option<String>,
    },
    /// Brings the database to this program's schema; safe to repeat.
    ///
    /// Each migration waits two seconds at a time for others who use its tables, and is tried
    /// again for some minutes; it says for whom it waits. No statement timeout ends it. Programs
    /// of the version before go on working.
    Migrate,
    /// Applies, shows, maps, pauses and resumes sources.
    #[command(subcommand)]
    Source(SourceCommand),
    /// Runs, ends, retires and releases single tasks; the leader does it within a second.
    ///
    /// A TASK is its number, or SOURCE/STEP/KEY as in bhd/seats/12/4711; the task at the root
    /// of a source has an empty key, as in bhd/cinemas/.
    #[command(subcommand)]
    Task(TaskCommand),
    /// Shows what each limit key allows, and what is given out now.
    #[command(subcommand)]
    Limit(LimitCommand),
    /// Shows the pods that live, and how many agents could be kept busy.
    Fleet,
    /// Packs the snapshots of showtimes that are over into one row each, as the leader does
    /// by itself, or takes it back; queries give the same result either way.
    ///
    /// Safe to interrupt and to repeat. Without --showtime, all that started and were seen
    /// last `coordinator.seal_after` ago or longer. What is unsealed is sealed again by the
    /// leader, unless it gets a longer `coordinator.seal_after` before.
    Seal {
        /// Only this showtime, as soon as it has started; may be given more than once.
        #[arg(long, value_name = "ID")]
        showtime: Vec<i32>,
        /// Put the snapshots back as they were.
        #[arg(long)]
        undo: bool,
    },
    /// Shows the partitions of each table, and drops, moves or packs those that are due.
    ///
    /// How long each table is kept stands in the table retention; the leader follows it.
    #[command(subcommand)]
    Partition(PartitionCommand),
    /// Writes days as Parquet into a directory or an S3-compatible store, or rows as CSV or
    /// JSON lines to standard output.
    ///
    /// A day (UTC) is exported when it is complete, and again where something of it was stored
    /// late or codes mean something else; what is as it was is left alone. Safe to interrupt
    /// and to repeat. manifest.json says which files count.
    ///
    /// Example: coordinator export --to /srv/export --since 2026-11-01
    ///
    /// Example: coordinator export --format csv --data-set snapshots --film "Monsoon Radio"
    #[command(verbatim_doc_comment)]
    Export(command::export::ExportArgs),
    /// Runs a whole fleet on this machine until Ctrl-C: a private Postgres, a
    /// coordinator, pods of agents, and simulated chains to watch.
    Up(UpSettings),
    /// Stops what an `up` that was killed left running.
    Down {
        /// Where the data is.
        #[arg(long, default_value = up::DIRECTORY, value_name = "DIR")]
        directory: PathBuf,
        /// Remove all data as well.
        #[arg(long)]
        remove_data: bool,
    },
    /// Sets the weights of sources, territories and films: what a sale there is worth.
    #[command(subcommand)]
    Weight(WeightCommand),
    /// Explains why a task runs when it does: its state, when it is next and by which rule, how
    /// fast its showtime sells and how that is known, its limit.
    ///
    /// Computed from the database as a leader would that took over now; the tokens and
    /// breakers of the leader in office are not in it.
    ///
    /// Example: coordinator explain bhd/seats/12/4711
    #[command(verbatim_doc_comment)]
    Explain {
        /// Number of the task, or SOURCE/STEP/KEY.
        task: String,
    },
    /// Plays the policy against a world of sales with a budget of requests, and compares it with
    /// fixed intervals and with schedules that know the future.
    ///
    /// The world is made up, or what the database saw (--history). Two schedules know what
    /// no leader can: one every rate, but not who comes when; one every single sale.
    Simulate(command::simulate::SimulateArgs),
    /// Says who may read the data: analysts all of it, partners their own.
    #[command(subcommand)]
    Access(AccessCommand),
    /// Lists and refreshes materialised views.
    #[command(subcommand)]
    View(ViewCommand),
    /// Examines the database: settings, vacuum, locks, partitions, roles; says what each
    /// finding means and what to do. Exit code 1 where one is grave.
    Doctor {
        /// As JSON, for machines.
        #[arg(long)]
        json: bool,
    },
    /// Shows the lineage of a job: what it did, which jobs led to it, and their logs.
    Job {
        /// As in `snapshot.job_id`, `seat_record.job_id`, `job.job_id`.
        job_id: i64,
    },
}

#[actix_web::main]
async fn main() -> ExitCode {
    match execute(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("coordinator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Up(args) => return run_up(&args, &cli.common).await,
        Command::Down {
            directory,
            remove_data,
        } => return up::down(&directory, remove_data).await,
        Command::Simulate(args) if !args.history => {
            return command::simulate::run_synthetic(&args, Policy::default());
        }
        _ => {}
    }
    let settings = settings(&cli)?;
    logging::init(&settings.log)?;
    let db = connect(&settings).await?;
    match cli.command {
        Command::Run { .. } => command::run::run(db, &settings).await,
        Command::Migrate => {
            let patience = schema::migrate::Patience::default();
            schema::migrate::migrate_with(&db, &patience, |step| println!("{}", step.describe()))
                .await?;
            println!(
                "the database has the schema of coordinator {}",
                env!("CARGO_PKG_VERSION")
            );
            Ok(())
        }
        Command::Source(args) => {
            let rules = settings.secrets.rules(cli.common.config.as_deref())?;
            command::source::execute(&db, args, &rules).await
        }
        Command::Weight(args) => command::weight::execute(&db, args).await,
        Command::Explain { task } => {
            command::explain::print(&db, &task, settings.coordinator.policy).await
        }
        Command::Simulate(args) => {
            command::simulate::run_history(&db, &args, settings.coordinator.policy).await
        }
        Command::Access(args) => command::access::execute(&db, &args).await,
        Command::View(args) => command::view::execute(&db, &settings.coordinator.name, &args).await,
        Command::Doctor { json } => command::doctor::print(&db, json).await,
        Command::Job { job_id } => command::job::print_lineage(&db, job_id).await,
        Command::Task(args) => command::task::execute(&db, args).await,
        Command::Limit(LimitCommand::List) => command::limit::list(&db).await,
        Command::Fleet => command::fleet::show(&db).await,
        Command::Seal {
            showtime,
            undo: true,
        } => command::seal::undo(&db, &showtime).await,
        Command::Seal {
            showtime,
            undo: false,
        } => command::seal::seal(&db, showtime, settings.coordinator.seal_after).await,
        Command::Partition(args) => command::partition::execute(&db, args).await,
        Command::Export(args) => command::export::export(&db, &args, &settings.export).await,
        Command::Up(_) | Command::Down { .. } => Ok(()),
    }
}

async fn run_up(settings: &UpSettings, common: &Common) -> anyhow::Result<()> {
    let log_level = common.log_level.as_deref().unwrap_or("warn");
    logging::init(&settings::LogSettings {
        level: settings::LogLevel(log_level.to_owned()),
        ..settings::LogSettings::default()
    })?;
    let stop = CancellationToken::new();
    tokio::spawn(command::run::cancel_on_signal(stop.clone()));
    up::up(settings, common.config.as_deref(), stop).await
}

fn settings(cli: &Cli) -> Result<Settings, settings::ConfigError> {
    let (listen, name) = match &cli.command {
        Command::Run { listen, name } => (listen.clone(), name.clone()),
        _ => (None, None),
    };
    let settings: Settings = settings::load(
        cli.common.config.as_deref(),
        &[
            ("database.url", cli.common.database_url.clone()),
            ("log.level", cli.common.log_level.clone()),
            ("coordinator.listen", listen),
            ("coordinator.name", name),
        ],
    )?;
    settings.check()?;
    settings.secrets.rules(cli.common.config.as_deref())?;
    Ok(settings)
}

async fn connect(settings: &Settings) -> anyhow::Result<PgPool> {
    let application = format!("coordinator {}", settings.coordinator.name);
    Ok(open(&Connect {
        url: settings.database.url.expose(),
        application: &application,
        most_connections: settings.database.connections,
        wait: Duration::from_secs(10),
    })
    .await?)
}
