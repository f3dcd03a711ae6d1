//! `coordinator up`: the whole fleet on one machine, with nothing to configure.
//!
//! Starts a private Postgres, migrates it, starts the simulated chains and apps (or takes
//! the definitions of a directory), a coordinator, two pods and a receiver of events, each a process
//! of its own, and shows their work until Ctrl-C. The data stays, and the next start
//! uses it.

mod apps;
mod children;
mod panel;
mod processes;
mod watch;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Args;
use schema::{
    access::fleet::prepare,
    connect::{Connect, pool},
    local_server::{LocalServer, Mode},
    private,
};
use settings::SecretSettings;
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    command::source::apply_files,
    operate::{apply::Checks, report::cli_actor},
    up::{
        children::{Child, Children},
        processes::{Addresses, Ports, Urls, fleet, kept_port},
        watch::watch,
    },
};

/// Name of the database on the private server.
const DATABASE: &str = "fullhouse";

/// Port of the web page, if it is free.
const WEB_PORT: u16 = 9080;
/// Port of the receiver of events, if it is free.
const RECEIVE_PORT: u16 = 9180;

/// Directory of the data of a local fleet.
pub const DIRECTORY: &str = "target/fullhouse";

/// Settings of `coordinator up`.
#[derive(Debug, Clone, Args)]
pub struct UpSettings {
    /// Directory of data, logs and definitions.
    #[arg(long, default_value = DIRECTORY, value_name = "DIR")]
    pub directory: PathBuf,
    /// Watch the sources that are defined in this directory, not simulated chains.
    #[arg(long, value_name = "DIR")]
    pub sources: Option<PathBuf>,
    /// Port of the private Postgres [default: any free one].
    #[arg(long)]
    pub port: Option<u16>,
    /// Pods of agents.
    #[arg(long, default_value_t = 2)]
    pub pods: u32,
    /// Agents of each pod.
    #[arg(long, default_value_t = 200)]
    pub agents: u32,
    /// Simulated chains.
    #[arg(long, default_value_t = 7)]
    pub chains: u32,
    /// Cinemas of each simulated chain.
    #[arg(long, default_value_t = 2)]
    pub cinemas: u32,
    /// People who use the simulated app; 0 sends no events.
    #[arg(long, default_value_t = 400)]
    pub people: u32,
    /// How many times faster than the clock the simulated days pass.
    #[arg(long, default_value_t = 60.0)]
    pub speed: f64,
    /// Stop by itself after this, as in 10min.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub stop_after: Option<Duration>,
}

/// Runs the fleet until Ctrl-C, SIGTERM, or `stop_after`. The coordinator and the pods read
/// the settings file `config`, except for what makes them a fleet on this machine: the
/// database, where they listen, the number of agents.
///
/// # Errors
///
/// If a part cannot be started, or ends by itself; the others are stopped then.
pub async fn up(
    settings: &UpSettings,
    config: Option<&Path>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let began = Instant::now();
    if let Some(file) = config.filter(|file| !file.is_file()) {
        bail!("there is no settings file {}", file.display());
    }
    let directory = &settings.directory;
    private::directory(directory, LocalServer::guest())?;
    let mut children = Children::new(directory)?;
    children.stop_strays().await;
    let server = start_server(settings).await?;
    let outcome = run(settings, config, &server, &mut children, began, &stop).await;
    eprintln!("stopping: agents finish what they run, then the coordinator and Postgres end");
    children.stop().await;
    server
        .stop(Mode::Fast)
        .await
        .context("Postgres was not stopped")?;
    eprintln!(
        "stopped; the data stays in {} for the next `make up`, `make clean-data` removes it",
        directory.display()
    );
    outcome
}

async fn run(
    settings: &UpSettings,
    config: Option<&Path>,
    server: &LocalServer,
    children: &mut Children,
    began: Instant,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    server.ensure_database(DATABASE).await?;
    server.install_statement_statistics(DATABASE).await?;
    let url = server.url(DATABASE);
    let db = pool(&Connect {
        url: &url,
        application: "coordinator up",
        most_connections: 4,
        wait: Duration::from_secs(10),
    })?;
    schema::migrate::migrate(&db).await?;
    prepare(&db, None).await?;
    let files = match &settings.sources {
        Some(sources) => definitions_in(sources)?,
        None => start_chains(settings, children).await?,
    };
    let rules = SecretSettings::load_rules(config)?;
    apply_files(&db, &cli_actor(None), &files, &rules, Checks::Skipped).await?;
    let urls = Urls {
        coordinator: server.login("coordinator", DATABASE).await?,
        agent: server.login("agent", DATABASE).await?,
        receiver: server.login("receiver", DATABASE).await?,
    };
    let ports = Ports {
        web: kept_port(&settings.directory, "web.port", WEB_PORT)?,
        receive: kept_port(&settings.directory, "receive.port", RECEIVE_PORT)?,
    };
    for child in fleet(settings, config, &urls, ports) {
        children.start(child)?;
    }
    let receiver = format!("http://127.0.0.1:{}", ports.receive);
    if settings.sources.is_none() && settings.people > 0 {
        children.start(apps::apps(&db, settings, &receiver).await?)?;
    }
    let first = first_snapshot(&db, began);
    tokio::pin!(first);
    let addresses = Addresses {
        psql: server.psql_url(DATABASE),
        page: format!("http://127.0.0.1:{}/", ports.web),
        events: receiver,
    };
    watch(&db, settings, &addresses, children, first, stop).await
}

/// Returns the directory of the data of Postgres: next to the other data, unless the user that runs it for
/// root cannot reach that, as below `/root`. Then it is where only root can make directories. An
/// earlier version put it where everybody can; such a directory is still used if nobody else made
/// it.
fn postgres_dir(directory: &Path) -> anyhow::Result<PathBuf> {
    let absolute = std::path::absolute(directory)?;
    let beside = absolute.join("postgres");
    if LocalServer::can_use(&beside) {
        return Ok(beside);
    }
    let name = absolute.to_string_lossy().replace('/', "-");
    let name = format!("fullhouse{name}");
    let earlier = Path::new("/var/tmp").join(&name);
    if LocalServer::is_known(&earlier) {
        return Ok(earlier);
    }
    Ok(Path::new("/var/lib/fullhouse").join(name))
}

async fn start_server(settings: &UpSettings) -> anyhow::Result<LocalServer> {
    let mut builder = LocalServer::builder(postgres_dir(&settings.directory)?);
    if let Some(port) = settings.port {
        builder = builder.port(port);
    }
    Ok(builder.start().await?)
}

/// Starts the simulated chains and has them write their definitions.
async fn start_chains(
    settings: &UpSettings,
    children: &mut Children,
) -> anyhow::Result<Vec<PathBuf>> {
    let port = kept_port(&settings.directory, "chains.port", 0)?;
    let sources = settings.directory.join("sources");
    if sources.exists() {
        fs::remove_dir_all(&sources)
            .with_context(|| format!("cannot remove {}", sources.display()))?;
    }
    let world = [
        format!("--epoch={}", world_epoch(&settings.directory)?),
        format!("--chains={}", settings.chains),
        format!("--cinemas={}", settings.cinemas),
        format!("--speed={}", settings.speed),
    ];
    let mut write = vec![
        "sources".to_owned(),
        format!("--out={}", sources.display()),
        format!("--base=http://127.0.0.1:{port}"),
    ];
    write.extend(world.clone());
    Child::named("simulated-chains", "simulated-chains")
        .args(write)
        .run_once()
        .await?;
    let mut serve = vec!["serve".to_owned(), format!("--listen=127.0.0.1:{port}")];
    serve.extend(world);
    children.start(Child::named("chains", "simulated-chains").args(serve))?;
    wait_for_port(port).await?;
    definitions_in(&sources)
}

/// When the simulated world began: kept with the data, so that the next start
/// finds the same showtimes, further on.
fn world_epoch(directory: &Path) -> anyhow::Result<String> {
    let file = directory.join("epoch");
    if let Some(epoch) = private::read(&file)? {
        return Ok(epoch);
    }
    let epoch = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    private::write(&file, &epoch)?;
    Ok(epoch)
}

fn definitions_in(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!("there is no definition (*.toml) in {}", directory.display());
    }
    files.sort();
    Ok(files)
}

async fn wait_for_port(port: u16) -> anyhow::Result<()> {
    for _ in 0..300 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_ok()
        {
            return Ok(());
        }
        sleep(Duration::from_millis(100)).await;
    }
    bail!("the simulated chains do not answer on port {port}; their log is beside the data")
}

/// Returns how long it took until the first snapshot of this run was stored.
async fn first_snapshot(db: &PgPool, began: Instant) -> Duration {
    loop {
        let window = began.elapsed() + Duration::from_secs(1);
        if schema::fleet_status::ended_jobs(db, window)
            .await
            .is_ok_and(|ended| ended.snapshots > 0)
        {
            return began.elapsed();
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Stops what an earlier `up` left running and, if asked, removes its data.
///
/// # Errors
///
/// If Postgres does not stop, or the data cannot be removed.
pub async fn down(directory: &Path, remove_data: bool) -> anyhow::Result<()> {
    if !directory.exists() {
        println!("nothing to stop: there is no {}", directory.display());
        return Ok(());
    }
    Children::new(directory)?.stop_strays().await;
    let server_dir = postgres_dir(directory)?;
    if server_dir.exists()
        && let Some(server) = LocalServer::builder(&server_dir).adopt()?
    {
        server.stop(Mode::Fast).await?;
    }
    if remove_data {
        for directory in [server_dir.as_path(), directory]
            .into_iter()
            .filter(|dir| dir.exists())
        {
            fs::remove_dir_all(directory)
                .with_context(|| format!("cannot remove {}", directory.display()))?;
        }
        println!("removed {}", directory.display());
    } else {
        println!("stopped; the data stays in {}", directory.display());
    }
    Ok(())
}
