//! The program `coordinator`: the fleet's leader and its command line.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use agent::{config, logging};
use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use coordinator::{
    command::{
        self, access::AccessCommand, apply::Checks, codes::Meaning, view::ViewCommand, weight::Kind,
    },
    config::Settings,
    policy::Policy,
    up::UpSettings,
};
use schema::{
    connect::{Connect, pool},
    word::Wish,
};
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
    Migrate,
    /// Applies, shows, maps, pauses and resumes sources.
    #[command(subcommand)]
    Source(SourceCommand),
    /// Runs, ends, retires and releases single tasks.
    #[command(subcommand)]
    Task(TaskCommand),
    /// Shows what each limit key allows, and what is given out now.
    #[command(subcommand)]
    Limit(LimitCommand),
    /// Shows the pods that live, and how many agents could be kept busy.
    Fleet,
    /// Packs the snapshots of showtimes that are over into one row each, as the leader does
    /// by itself, or takes it back; what is asked of either is the same.
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
    Export(command::export::Asked),
    /// Runs a whole fleet on this machine until Ctrl-C: a private Postgres, a
    /// coordinator, pods of agents, and simulated chains to watch.
    Up(Up),
    /// Stops what an `up` that was killed left running.
    Down {
        /// Where the data is.
        #[arg(long, default_value = DIRECTORY, value_name = "DIR")]
        directory: PathBuf,
        /// Remove all data as well.
        #[arg(long)]
        remove_data: bool,
    },
    /// Says what a look is worth beside the sales that it is expected to show.
    #[command(subcommand)]
    Weight(WeightCommand),
    /// Tells why a task runs when it does: its state, when it is next and by which rule, how
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
    /// Plays the policy against a world of sales and a budget of requests, beside fixed
    /// intervals and schedules that know the future.
    ///
    /// The world is made up, or what the database saw (--history). Two schedules know what
    /// no leader can: one every rate, but not who comes when; one every single sale.
    Simulate(command::simulate::Simulate),
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
    /// Tells the story of a job: what it did, which jobs led to it, what they said.
    Job {
        /// As in `snapshot.job_id`, `seat_record.job_id`, `job.job_id`.
        job_id: i64,
    },
}

/// Where a local fleet keeps its data.
const DIRECTORY: &str = "target/fullhouse";

#[derive(Debug, Args)]
struct Up {
    /// Where data, logs and definitions go.
    #[arg(long, default_value = DIRECTORY, value_name = "DIR")]
    directory: PathBuf,
    /// Watch the sources that are defined in this directory, not simulated chains.
    #[arg(long, value_name = "DIR")]
    sources: Option<PathBuf>,
    /// Port of the private Postgres [default: any free one].
    #[arg(long)]
    port: Option<u16>,
    /// Pods of agents.
    #[arg(long, default_value_t = 2)]
    pods: u32,
    /// Agents of each pod.
    #[arg(long, default_value_t = 200)]
    agents: u32,
    /// Simulated chains.
    #[arg(long, default_value_t = 7)]
    chains: u32,
    /// Cinemas of each simulated chain.
    #[arg(long, default_value_t = 2)]
    cinemas: u32,
    /// How many times faster than the clock the simulated days pass.
    #[arg(long, default_value_t = 60.0)]
    speed: f64,
    /// Stop by itself after this, as in 10min.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    stop_after: Option<Duration>,
}

#[derive(Debug, Subcommand)]
enum WeightCommand {
    /// Lists all weights.
    List,
    /// Sets one: 3 makes a sale there worth three, 0 leaves only the looks that are owed.
    ///
    /// Weights of one showtime multiply. The leader takes them up within seconds.
    ///
    /// Example: coordinator weight set film "Monsoon Radio" 3
    #[command(verbatim_doc_comment)]
    Set {
        /// Of what.
        of: Kind,
        /// Name of the source, code of the territory or title of the film.
        name: String,
        /// Factor, 0 to 1000.
        weight: f32,
    },
    /// Removes one: it weighs 1 again.
    Remove {
        /// Of what.
        of: Kind,
        /// As `weight list` shows it.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
enum SourceCommand {
    /// Puts definitions into force; all files are checked before any is applied.
    ///
    /// A file that is in force already is left alone. Every version is kept, and
    /// every job names the one that it ran by.
    Apply {
        /// Definition files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Apply them although they read none of the answers in quarantine.
        #[arg(long)]
        force: bool,
    },
    /// Shows how a source is: health and reason of each step, limits, what failed last.
    Show {
        /// Its name.
        name: String,
    },
    /// Lists the status codes that a source has said, and what they mean.
    Codes {
        /// Its name.
        name: String,
    },
    /// Says what status codes mean, and corrects the past by it.
    ///
    /// The mapping stays whatever later definitions leave out. Safe to repeat: a run that
    /// was interrupted is finished by the same command.
    ///
    /// Example: coordinator source map bhd 2=held 5=blocked
    #[command(verbatim_doc_comment)]
    Map {
        /// Its name.
        name: String,
        /// A code as `source codes` shows it, and one of available, sold, held, blocked,
        /// broken, house, unknown.
        #[arg(required = true, value_name = "CODE=STATUS")]
        meanings: Vec<Meaning>,
    },
    /// Lists the answers of a source that could not be used, with the reason of each.
    Quarantine {
        /// Its name.
        name: String,
        /// Print the body of this job's answer.
        #[arg(long, value_name = "JOB", conflicts_with = "save")]
        show: Option<i64>,
        /// Write the body of a job's answer into a file.
        #[arg(long, num_args = 2, value_names = ["JOB", "FILE"])]
        save: Option<Vec<String>>,
    },
    /// Takes what a source says now for the truth: what was learnt before is set aside once.
    ///
    /// For a change that is real: seats were taken out, prices rose tenfold, a chain closed
    /// half of its cinemas. Without --step, all steps that are in quarantine.
    Accept {
        /// Its name.
        name: String,
        /// Only this step, in quarantine or not.
        #[arg(long)]
        step: Option<String>,
    },
    /// Lists the versions of a source's definition.
    Versions {
        /// Its name.
        name: String,
    },
    /// Puts an old definition into force again, as a new version.
    Rollback {
        /// Its name.
        name: String,
        /// Which version [default: the last that differs from the one in force].
        #[arg(long, value_name = "VERSION")]
        to: Option<i32>,
    },
    /// Shows every source and how its last five minutes went.
    List,
    /// Stops scheduling a source; what is running ends as usual.
    Pause {
        /// Its name.
        name: String,
        /// Why, for whoever asks later.
        #[arg(long, default_value = "paused by an operator")]
        reason: String,
    },
    /// Schedules a paused or blocked source again.
    Resume {
        /// Its name.
        name: String,
    },
}

/// What can be asked of tasks; each is done by the leader within a second.
///
/// A TASK is its number, or SOURCE/STEP/KEY as in bhd/seats/12/4711; the task at the root
/// of a source has an empty key, as in bhd/cinemas/.
#[derive(Debug, Subcommand)]
enum TaskCommand {
    /// Makes tasks due now, before all others of their limit key; limits hold as ever.
    RunNow {
        /// Which.
        #[arg(required = true, value_name = "TASK")]
        tasks: Vec<String>,
    },
    /// Ends what is queued or running of tasks; they are due again after their interval.
    ///
    /// A request on the wire is not cut off: what it brings is refused, and its job is in
    /// the history as cancelled.
    Cancel {
        /// Which.
        #[arg(required = true, value_name = "TASK")]
        tasks: Vec<String>,
    },
    /// Ends tasks for good, as well as what is queued or running of them.
    Retire {
        /// Which.
        #[arg(required = true, value_name = "TASK")]
        tasks: Vec<String>,
        /// Why, for whoever asks later.
        #[arg(long, default_value = "an operator retired it")]
        reason: String,
    },
    /// Lets tasks run again that were isolated or retired.
    Release {
        /// Which.
        #[arg(required = true, value_name = "TASK")]
        tasks: Vec<String>,
    },
    /// Lists the tasks that are isolated or were retired by a person, and why.
    List {
        /// Only of this source.
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum PartitionCommand {
    /// Lists every partition: its days, its size, where it is, what is due and what holds it.
    List,
    /// Drops, moves and packs what is due now, as the leader does by itself.
    Retire,
}

#[derive(Debug, Subcommand)]
enum LimitCommand {
    /// Lists every limit key: its rate, its pace, what is left of today, and why less.
    List,
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
        Command::Up(up) => return run_up(up, cli.common.log_level.as_deref()).await,
        Command::Down {
            directory,
            remove_data,
        } => return coordinator::up::down(&directory, remove_data).await,
        Command::Simulate(asked) if !asked.history => {
            return command::simulate::made_up(&asked, Policy::default());
        }
        _ => {}
    }
    let settings = settings(&cli)?;
    logging::init(&settings.log)?;
    let db = connect(&settings)?;
    match cli.command {
        Command::Run { .. } => command::run::run(db, &settings).await,
        Command::Migrate => {
            schema::migrate::migrate(&db).await?;
            println!(
                "the database has the schema of coordinator {}",
                env!("CARGO_PKG_VERSION")
            );
            Ok(())
        }
        Command::Source(command) => execute_source(&db, command).await,
        Command::Weight(WeightCommand::List) => command::weight::list(&db).await,
        Command::Weight(WeightCommand::Set { of, name, weight }) => {
            command::weight::set(&db, of, &name, weight).await
        }
        Command::Weight(WeightCommand::Remove { of, name }) => {
            command::weight::remove(&db, of, &name).await
        }
        Command::Explain { task } => {
            command::explain::print(&db, &task, settings.coordinator.policy).await
        }
        Command::Simulate(asked) => {
            command::simulate::replay(&db, &asked, settings.coordinator.policy).await
        }
        Command::Access(asked) => command::access::execute(&db, &asked).await,
        Command::View(asked) => {
            command::view::execute(&db, &settings.coordinator.name, &asked).await
        }
        Command::Doctor { json } => command::doctor::print(&db, json).await,
        Command::Job { job_id } => command::job::story(&db, job_id).await,
        Command::Task(command) => execute_task(&db, command).await,
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
        Command::Partition(PartitionCommand::List) => command::partition::list(&db).await,
        Command::Partition(PartitionCommand::Retire) => command::partition::retire(&db).await,
        Command::Export(asked) => command::export::export(&db, &asked, &settings.export).await,
        Command::Up(_) | Command::Down { .. } => Ok(()),
    }
}

async fn execute_task(db: &PgPool, command: TaskCommand) -> anyhow::Result<()> {
    let (tasks, wish, reason) = match command {
        TaskCommand::RunNow { tasks } => (tasks, Wish::Run, None),
        TaskCommand::Cancel { tasks } => (tasks, Wish::Cancel, None),
        TaskCommand::Retire { tasks, reason } => (tasks, Wish::Retire, Some(reason)),
        TaskCommand::Release { tasks } => (tasks, Wish::Release, None),
        TaskCommand::List { source } => {
            return command::task::list(db, source.as_deref()).await;
        }
    };
    command::task::ask(db, &tasks, wish, reason.as_deref()).await
}

async fn execute_source(db: &PgPool, command: SourceCommand) -> anyhow::Result<()> {
    match command {
        SourceCommand::Apply { files, force } => {
            let checks = if force { Checks::Skipped } else { Checks::Made };
            command::apply::apply_files(db, &files, checks).await
        }
        SourceCommand::List => command::source::list(db).await,
        SourceCommand::Show { name } => command::version::show(db, &name).await,
        SourceCommand::Codes { name } => command::codes::list(db, &name).await,
        SourceCommand::Map { name, meanings } => command::codes::map(db, &name, &meanings).await,
        SourceCommand::Quarantine { name, show, save } => match (show, save.as_deref()) {
            (Some(job_id), _) => command::quarantine::show(db, &name, job_id).await,
            (None, Some([job_id, file])) => {
                let job_id = job_id
                    .parse()
                    .with_context(|| format!("`{job_id}` is no number of a job"))?;
                command::quarantine::save(db, &name, job_id, file.as_ref()).await
            }
            (None, _) => command::quarantine::list(db, &name).await,
        },
        SourceCommand::Accept { name, step } => {
            command::quarantine::accept(db, &name, step.as_deref()).await
        }
        SourceCommand::Versions { name } => command::version::list(db, &name).await,
        SourceCommand::Rollback { name, to } => command::version::rollback(db, &name, to).await,
        SourceCommand::Pause { name, reason } => command::source::pause(db, &name, &reason).await,
        SourceCommand::Resume { name } => command::source::resume(db, &name).await,
    }
}

async fn run_up(up: Up, log_level: Option<&str>) -> anyhow::Result<()> {
    logging::init(&config::Log {
        level: config::LogLevel(log_level.unwrap_or("warn").to_owned()),
        ..config::Log::default()
    })?;
    let stop = CancellationToken::new();
    tokio::spawn(command::run::cancel_on_signal(stop.clone()));
    let settings = UpSettings {
        directory: up.directory,
        sources: up.sources,
        port: up.port,
        pods: up.pods,
        agents: up.agents,
        chains: up.chains,
        cinemas: up.cinemas,
        speed: up.speed,
        stop_after: up.stop_after,
    };
    coordinator::up::up(&settings, stop).await
}

fn settings(cli: &Cli) -> Result<Settings, config::ConfigError> {
    let (listen, name) = match &cli.command {
        Command::Run { listen, name } => (listen.clone(), name.clone()),
        _ => (None, None),
    };
    let settings: Settings = config::load(
        cli.common.config.as_deref(),
        &[
            ("database.url", cli.common.database_url.clone()),
            ("log.level", cli.common.log_level.clone()),
            ("coordinator.listen", listen),
            ("coordinator.name", name),
        ],
    )?;
    settings.check()?;
    Ok(settings)
}

fn connect(settings: &Settings) -> anyhow::Result<PgPool> {
    Ok(pool(&Connect {
        url: settings.database.url.expose(),
        application: &format!("coordinator {}", settings.coordinator.name),
        most_connections: settings.database.connections,
        wait: Duration::from_secs(10),
    })?)
}
