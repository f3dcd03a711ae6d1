//! The program `coordinator`: the fleet's leader and its command line.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};
use coordinator::{
    command::{
        self, access::AccessCommand, alert::AlertCommand, anomaly::AnomalyCommand,
        data_set::DataSetCommand, database::DatabaseCommand, event::EventCommand,
        film::FilmCommand, forecast::ForecastCommand, limit::LimitCommand,
        observation::ObservationCommand, partition::PartitionCommand, region::RegionCommand,
        report::ReportArgs, source::SourceCommand, task::TaskCommand, token::TokenCommand,
        venue::VenueCommand, view::ViewCommand, weight::WeightCommand,
    },
    config::Settings,
    operate::report::cli_actor,
    policy::Policy,
    up::{self, UpSettings},
};
use schema::connect::{Connect, open};
use settings::logging;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// Schedules the fleet, and is its command line.
///
/// One coordinator leads; another one waits to take over, so run two. Settings come
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
    /// Address of the database, such as <postgres://user:password@host:5432/fullhouse>.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// What to log: error, warn, info, debug, trace, or directives such as info,sqlx=warn.
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
    /// Why you do this: stored in the audit, if the command changes something.
    #[arg(long, global = true, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a coordinator until SIGTERM or Ctrl-C: it leads the fleet if no other one does.
    Run {
        /// Address of /live, /ready and /metrics [default: 127.0.0.1:9000].
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<String>,
        /// Address of the HTTP API and the web page, such as 127.0.0.1:9080 [default: not served].
        #[arg(long, value_name = "ADDRESS")]
        web: Option<String>,
        /// Name in the database and in logs [default: the host's].
        #[arg(long)]
        name: Option<String>,
    },
    /// Migrates the database to the schema of this program; safe to repeat.
    ///
    /// Each migration waits two seconds at a time for locks on its tables, is tried again for some
    /// minutes, and prints which session it waits for. No statement timeout ends it. Programs of
    /// the version before go on working.
    Migrate,
    /// Applies, shows, maps, pauses and resumes sources.
    #[command(subcommand)]
    Source(SourceCommand),
    /// Runs, cancels, retires and releases single tasks; the leader acts within a second.
    ///
    /// TASK is a number, or SOURCE/STEP/KEY such as bhd/seats/12/4711; the task at the root of a
    /// source has an empty key, such as bhd/cinemas/.
    #[command(subcommand)]
    Task(TaskCommand),
    /// Shows each limit key: its rate, its permits, and what slows it down.
    #[command(subcommand)]
    Limit(LimitCommand),
    /// Shows the pods that run, and how many agents could be kept busy.
    Fleet,
    /// Packs the snapshots of past showtimes into one row each, or unpacks them; queries give the
    /// same result either way.
    ///
    /// The leader does so, too. Safe to interrupt and to repeat. Without --showtime, packs all
    /// showtimes that started, and were seen last, at least `coordinator.seal_after` ago. The
    /// leader packs again what --undo unpacked, unless `coordinator.seal_after` was made longer.
    Seal {
        /// Seals only this showtime, which must have started; may be given more than once.
        #[arg(long, value_name = "ID")]
        showtime: Vec<i32>,
        /// Unpacks the snapshots again.
        #[arg(long)]
        undo: bool,
    },
    /// Shows the partitions of each table, and drops, moves or packs those that are due.
    ///
    /// The table retention says how long each table is kept; the leader follows it, too.
    #[command(subcommand)]
    Partition(PartitionCommand),
    /// Exports days as Parquet files, or prints rows as CSV or JSON lines.
    ///
    /// Files go to a directory or an S3-compatible store, rows to standard output.
    ///
    /// A day (UTC) is exported when it is complete, and again if rows of it were stored late or
    /// the meaning of a code changed. Files that did not change are left alone. Safe to interrupt
    /// and to repeat. manifest.json says which files count.
    ///
    /// Example: coordinator export --to /srv/export --since 2026-11-01
    ///
    /// Example: coordinator export --format csv --data-set snapshots --film "Monsoon Radio"
    #[command(verbatim_doc_comment)]
    Export(command::export::ExportArgs),
    /// Prints the report of a business day: what was seen and missed, top works, alerts, anomalies,
    /// and what it cost.
    ///
    /// Computed now, whatever was stored and mailed. A partner's report is of what the partner may
    /// see, and of nothing else.
    ///
    /// Example: coordinator report --day 2026-11-30 --partner plaza --html
    #[command(verbatim_doc_comment)]
    Report(ReportArgs),
    /// Runs a whole fleet on this machine until Ctrl-C: a private Postgres, a
    /// coordinator, pods of agents, and simulated chains to watch.
    Up(UpSettings),
    /// Stops the programs that a killed `up` left running.
    Down {
        /// Directory of the data.
        #[arg(long, default_value = up::DIRECTORY, value_name = "DIR")]
        directory: PathBuf,
        /// Removes all data as well.
        #[arg(long)]
        remove_data: bool,
    },
    /// Sets the weights of sources, territories and films: what a sale there is worth.
    #[command(subcommand)]
    Weight(WeightCommand),
    /// Explains and decides which films of different sources are one work.
    ///
    /// FILM is a number, as in the view `film_match`, or SOURCE/KEY such as bhd/4711.
    #[command(subcommand)]
    Film(FilmCommand),
    /// Explains and decides which cinemas of different sources are one venue.
    ///
    /// CINEMA is a number, as in the view `venue_match`, or SOURCE/KEY such as bhd/12.
    #[command(subcommand)]
    Venue(VenueCommand),
    /// Says what the subjects of observations are: works or venues.
    #[command(subcommand)]
    Observation(ObservationCommand),
    /// Shows and makes forecasts of admissions, and how good they were.
    #[command(subcommand)]
    Forecast(ForecastCommand),
    /// Lists, explains and decides on values that are not what was expected.
    #[command(subcommand)]
    Anomaly(AnomalyCommand),
    /// Lists and silences alerts, and tries whether messages about them arrive.
    #[command(subcommand)]
    Alert(AlertCommand),
    /// Explains when a task runs and why.
    ///
    /// Shows its state, its next look and the rule that sets it, the estimated sales of its
    /// showtime, and its limit.
    ///
    /// Computed from the database, as a leader would decide that took over now: the tokens and
    /// breakers of the present leader are not known here.
    ///
    /// Example: coordinator explain bhd/seats/12/4711
    #[command(verbatim_doc_comment)]
    Explain {
        /// Number of the task, or SOURCE/STEP/KEY.
        task: String,
    },
    /// Simulates the policy under a budget of requests, and compares it with fixed intervals and
    /// with schedules that know the future.
    ///
    /// The sales are synthetic, or from the database (--history). Two schedules know what no
    /// leader can know: one the rate of sales of every showtime, one every single sale.
    Simulate(command::simulate::SimulateArgs),
    /// Shows what happens in the database.
    #[command(subcommand)]
    Database(DatabaseCommand),
    /// Grants and revokes the right to read: analysts read all data, partners their own rows.
    #[command(subcommand)]
    Access(AccessCommand),
    /// Makes, lists and revokes tokens for the HTTP API and the web page.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Manages who sends events: clients, keys, schemas and names; shows what was rejected.
    #[command(subcommand)]
    Event(EventCommand),
    /// Declares, builds and explains data sets: tables that the leader builds from queries, each after
    /// its inputs, day by day.
    #[command(subcommand)]
    DataSet(DataSetCommand),
    /// Sends events to other databases as files in object storage, and receives them from there.
    #[command(subcommand)]
    Region(RegionCommand),
    /// Lists and refreshes materialised views.
    #[command(subcommand)]
    View(ViewCommand),
    /// Examines the database (settings, vacuum, locks, partitions, roles), and says what each
    /// finding means and what to do. Exit code 1 if one is grave.
    Doctor {
        /// Prints JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Shows the lineage of a job: its result, the requests of its conversation with their phases,
    /// the jobs that led to it, and their log lines.
    Job {
        /// Number of the job, as in `snapshot.job_id`, `seat_record.job_id` and `job.job_id`.
        job_id: i64,
        /// Prints the archived body of its answer instead; see `archive.to` in the settings.
        #[arg(long)]
        body: bool,
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
    if let Command::Alert(command) = &cli.command
        && let Some(text) = command.offline()?
    {
        print!("{text}");
        return Ok(());
    }
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
    let actor = cli_actor(cli.common.reason.clone());
    match cli.command {
        Command::Run { .. } => {
            let rules = settings.secrets.rules(cli.common.config.as_deref())?;
            command::run::run(db, &settings, rules).await
        }
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
            command::source::execute(&db, &actor, args, &rules).await
        }
        Command::Weight(args) => command::weight::execute(&db, &actor, args).await,
        Command::Film(args) => command::film::execute(&db, &actor, args).await,
        Command::Venue(args) => command::venue::execute(&db, &actor, args).await,
        Command::Observation(args) => command::observation::execute(&db, &actor, args).await,
        Command::Forecast(args) => command::forecast::execute(&db, args).await,
        Command::Anomaly(args) => command::anomaly::execute(&db, &actor, args).await,
        Command::Alert(args) => command::alert::execute(&db, &actor, &settings.alerts, &args).await,
        Command::Explain { task } => {
            command::explain::print(&db, &task, settings.coordinator.policy).await
        }
        Command::Simulate(args) => {
            command::simulate::run_history(&db, &args, settings.coordinator.policy).await
        }
        Command::Access(args) => command::access::execute(&db, &actor, &args).await,
        Command::Token(args) => command::token::execute(&db, &actor, &args).await,
        Command::Event(args) => command::event::execute(&db, &actor, &args).await,
        Command::DataSet(args) => command::data_set::execute(&db, &actor, args).await,
        Command::Region(args) => command::region::execute(&db, &actor, args).await,
        Command::View(args) => {
            command::view::execute(&db, &actor, &settings.coordinator.name, &args).await
        }
        Command::Database(args) => command::database::execute(&db, &args).await,
        Command::Doctor { json } => command::doctor::print(&db, json).await,
        Command::Job { job_id, body: true } => {
            command::job::print_body(&db, job_id, &settings.archive).await
        }
        Command::Job { job_id, .. } => {
            command::job::print_lineage(&db, job_id, &settings.telemetry).await
        }
        Command::Task(args) => command::task::execute(&db, &actor, args).await,
        Command::Limit(LimitCommand::List) => command::limit::list(&db).await,
        Command::Fleet => command::fleet::show(&db).await,
        Command::Seal {
            showtime,
            undo: true,
        } => command::seal::undo(&db, &actor, &showtime).await,
        Command::Seal {
            showtime,
            undo: false,
        } => command::seal::seal(&db, &actor, showtime, settings.coordinator.seal_after).await,
        Command::Partition(args) => command::partition::execute(&db, &actor, args).await,
        Command::Report(args) => command::report::print(&db, &args).await,
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
    let (listen, web, name) = match &cli.command {
        Command::Run { listen, web, name } => (listen.clone(), web.clone(), name.clone()),
        _ => (None, None, None),
    };
    let settings: Settings = settings::load(
        cli.common.config.as_deref(),
        &[
            ("database.url", cli.common.database_url.clone()),
            ("log.level", cli.common.log_level.clone()),
            ("coordinator.listen", listen),
            ("web.listen", web),
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
