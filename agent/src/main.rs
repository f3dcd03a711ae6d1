//! The program `agent`.

use std::{path::PathBuf, process::ExitCode};

use agent::{config::Settings, pod};
use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use settings::{Override, logging};
use source_language::wording::with_causes;
use source_tools::command::{self, SourceCommand};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

/// A seat map is thousands of short texts; with the allocator of the system, allocating and
/// freeing them took a third of the pod's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Claims tasks from the queue, fetches cinema sources within their limits, stores their answers.
#[derive(Debug, Parser)]
#[command(name = "agent", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a pod until SIGTERM or SIGINT.
    ///
    /// When it is stopped, the pod claims no more, lets its jobs finish within agent.grace, gives
    /// back the rest and ends with 0. A second signal ends it at once.
    #[command(after_long_help = SETTINGS_HELP)]
    Run(RunArgs),
    /// Receives events over HTTP until SIGTERM or SIGINT.
    ///
    /// When it is stopped, it takes no more requests, answers those under way after their commit
    /// within receive.grace and ends with 0. A second signal ends it at once.
    #[command(after_long_help = RECEIVE_HELP)]
    Receive(ReceiveArgs),
    /// Drafts, checks, tries and records source definitions.
    #[command(subcommand)]
    Source(SourceCommand),
}

const SETTINGS_HELP: &str = "\
Settings, in the file and as environment variables (FULLHOUSE_AGENT__COUNT for agent.count);
flags win over the environment, the environment over the file:
  database.url          postgres://user:password@host:port/database; required; of several
                        servers, host:port,host:port, the one that takes writes is used
  database.connections  connections at once at most, 4 to 100 [8]
  agent.count           jobs at a time, 1 to 100000 [1000]
  agent.name            name of the pod [the host's name]
  agent.lease           time without a heartbeat after which its claims go to other pods,
                        2s to 10min [15s]
  agent.grace           time for its jobs to finish when it is stopped, up to 1h [30s]
  agent.listen          address of /live, /ready and /metrics [127.0.0.1:9001]
  agent.body_limit      size of a body at most, in bytes [16777216]
  agent.allow_private   whether sources may be at private addresses [false]
  agent.batch           results in one transaction at most, 1 to 5000 [500]
  agent.contact         address or URL in the user agent, by which sites reach you []
  secrets.variable_prefix  beginning of the variables that definitions may name [FULLHOUSE_SECRET_]
  secrets.directory     directory of the files that definitions may name [/run/secrets/fullhouse]
  telemetry.otlp        address of a collector of traces, such as http://collector:4318 []
  telemetry.sample      the part of all traces that is kept, 0 to 1 [0.01]
  telemetry.fleet       name of the fleet in traces, the same in all its programs [fullhouse]
  log.format            text or json [text]
  log.level             error, warn, info, debug, trace, or directives [info,actix_server=warn,actix_http=off]

Example:
  agent run --database-url postgres://agent@db.example/fullhouse --count 2000";

const RECEIVE_HELP: &str = "\
Settings, in the file and as environment variables (FULLHOUSE_RECEIVE__LISTEN for receive.listen);
flags win over the environment, the environment over the file:
  database.url            as of `agent run`; required
  database.connections    connections at once at most, 4 to 100 [8]
  receive.listen          address on which events are received [127.0.0.1:9180]
  receive.probes          address of /live, /ready and /metrics [127.0.0.1:9181]
  receive.workers         threads that serve requests, 1 to 256 [one for each processor]
  receive.memory          bytes that requests under way may take, from 67108864 [268435456]
  receive.body_timeout    time for a body to arrive, 1s to 5min [10s]
  receive.answer_timeout  time to wait for a commit, 1s to 1min [15s]
  receive.grace           time for requests under way when it is stopped, 1s to 1h [20s]
  receive.batch           events in one transaction at which no more are added, 1 to 10000 [2000]
  receive.linger          time that the first event of a batch waits for others, up to 1s [3ms]
  receive.transactions    transactions at a time, 1 to 32 [3]
  telemetry.otlp, .sample, .fleet   as of `agent run`
  log.format, log.level   as of `agent run`

Clients and keys are made with `coordinator event`.

Example:
  agent receive --database-url postgres://agent@db.example/fullhouse --listen 0.0.0.0:9180";

#[derive(Debug, Args)]
struct ReceiveArgs {
    /// File of settings [default: /etc/fullhouse/fullhouse.toml, if there is one].
    #[arg(long, env = "FULLHOUSE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// `database.url`: address of the database.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// `receive.listen`: address on which events are received; port 0 takes any.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// `receive.probes`: address of /live, /ready and /metrics; port 0 takes any.
    #[arg(long, value_name = "ADDRESS")]
    probes: Option<String>,
    /// `log.level`: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

impl ReceiveArgs {
    fn overrides(&self) -> [Override<'static>; 4] {
        [
            ("database.url", self.database_url.clone()),
            ("receive.listen", self.listen.clone()),
            ("receive.probes", self.probes.clone()),
            ("log.level", self.log_level.clone()),
        ]
    }
}

#[derive(Debug, Args)]
struct RunArgs {
    /// File of settings [default: /etc/fullhouse/fullhouse.toml, if there is one].
    #[arg(long, env = "FULLHOUSE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// `database.url`: address of the database.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// `agent.count`: jobs at a time.
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// `agent.name`: name of the pod.
    #[arg(long)]
    name: Option<String>,
    /// `agent.listen`: address of /live, /ready and /metrics; port 0 takes any.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// `agent.grace`: time for jobs to finish, such as 30s.
    #[arg(long, value_name = "TIME")]
    grace: Option<String>,
    /// `agent.allow_private`: sources may be at private addresses.
    #[arg(long)]
    allow_private: bool,
    /// `log.level`: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

impl RunArgs {
    fn overrides(&self) -> [Override<'static>; 7] {
        [
            ("database.url", self.database_url.clone()),
            ("agent.count", self.count.map(|count| count.to_string())),
            ("agent.name", self.name.clone()),
            ("agent.listen", self.listen.clone()),
            ("agent.grace", self.grace.clone()),
            (
                "agent.allow_private",
                self.allow_private.then(|| "true".to_owned()),
            ),
            ("log.level", self.log_level.clone()),
        ]
    }
}

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Run(args) => run(&args),
        Command::Receive(args) => receive(&args),
        Command::Source(command) => return command::run(&command),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("agent: {}", with_causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &RunArgs) -> anyhow::Result<()> {
    let system = pod::system().context("no thread could be started")?;
    let ended = system.block_on(async {
        // First of all, so that a pod that is stopped this early ends cleanly as well.
        let stop = signals().context("signals cannot be received")?;
        let mut settings: Settings = settings::load(args.config.as_deref(), &args.overrides())?;
        settings.file.clone_from(&args.config);
        settings.check()?;
        logging::init(&settings.log)?;
        Ok(pod::run(settings, stop).await?)
    });
    // Dropping the system would wait for jobs that still run.
    std::mem::forget(system);
    ended
}

fn receive(args: &ReceiveArgs) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("database")
        .enable_all()
        .build()
        .context("no thread could be started")?;
    let ended = runtime.block_on(async {
        let stop = signals().context("signals cannot be received")?;
        let settings: event_receiver::Settings =
            settings::load(args.config.as_deref(), &args.overrides())?;
        settings.check()?;
        logging::init(&settings.log)?;
        Ok(event_receiver::run(settings, stop).await?)
    });
    runtime.shutdown_background();
    ended
}

/// Turns SIGTERM and SIGINT into signals to stop.
fn signals() -> std::io::Result<mpsc::Receiver<()>> {
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let (sender, stop) = mpsc::channel(2);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if sender.send(()).await.is_err() {
                return;
            }
        }
    });
    Ok(stop)
}
