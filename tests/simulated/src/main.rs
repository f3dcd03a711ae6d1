//! The program `simulated-chains`: cinema chains over HTTP, whose true seats can be read.

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use simulated_chains::{
    apps::{self, AppsOptions},
    definition::{self, SourcesOptions},
    serve::{self, ServeOptions},
};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Simulates cinema chains in seven shapes, with a seeded world and a witness.
///
/// Two commands give a fleet something to record:
///
///   simulated-chains serve --chains 7 --cinemas 20 --speed 1000 --rate 100 --burst 20
///   simulated-chains sources --out /tmp/sources --chains 7 --speed 1000 --rate 100 --burst 20
///
/// Each chain answers under its own prefix, such as <http://127.0.0.1:8099/bhd-1/cinemas>.
/// Every answer carries X-Serial; over its limit a chain answers 429. Under /-/ are:
///
///   GET  /-/health, /-/status    whether it is up, and what it serves
///   GET  /-/witness?since=17     requests after serial 17, one JSON line each (most=N)
///   GET  /-/limits               per chain: requests, refused, largest excess of any window
///   GET  /-/truth/CHAIN/CINEMA/SHOWTIME   all changes of the seats of a showtime
///   GET  /-/layout/SHAPE/NUMBER  seat keys in the order of a witness line, and the codes
///   GET  /-/fault                faults that are set
///   POST /-/fault                {"chain":"bhd-1","kind":"slow","fraction":0.1}; 0 takes it away
///
/// `RUST_LOG` sets the log level, such as debug. Ctrl-C and SIGTERM stop the server cleanly.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the chains until it is stopped.
    Serve(ServeOptions),
    /// Sends events as the apps of a cinema do, until it is stopped; prints what became of them.
    Apps(AppsOptions),
    /// Writes one definition file per chain.
    Sources(SourcesOptions),
}

fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match Arguments::parse().command {
        Command::Serve(options) => actix_web::rt::System::new().block_on(run(options)),
        Command::Apps(options) => actix_web::rt::System::new().block_on(send(&options)),
        Command::Sources(options) => {
            for path in definition::write(&options)? {
                println!("{}", path.display());
            }
            Ok(())
        }
    }
}

async fn run(options: ServeOptions) -> anyhow::Result<()> {
    let asked = options.listen;
    let (server, address, shared) = serve::start(options).with_context(|| {
        format!("cannot serve on {asked}; --listen and --witness name what is used")
    })?;
    let world = &shared.world;
    tracing::info!(
        %address,
        chains = world.chains.len(),
        cinemas = world.options.cinemas,
        speed = world.options.speed,
        epoch_ms = world.calendar.epoch_ms,
        "serving"
    );
    let witness = std::sync::Arc::clone(&shared);
    actix_web::rt::spawn(async move {
        let mut every_second = actix_web::rt::time::interval(std::time::Duration::from_secs(1));
        loop {
            every_second.tick().await;
            witness.witness.flush();
        }
    });
    let ended = server.await;
    shared.witness.flush();
    tracing::info!(requests = shared.witness.last(), "stopped");
    ended.context("the server failed")
}

async fn send(options: &AppsOptions) -> anyhow::Result<()> {
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate()).context("signals cannot be received")?,
        signal(SignalKind::interrupt()).context("signals cannot be received")?,
    );
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let totals = apps::run(options, stop).await?;
    println!("{}", serde_json::to_string(&totals)?);
    Ok(())
}
