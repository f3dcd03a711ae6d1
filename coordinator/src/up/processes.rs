//! The processes of a local fleet: how each is started, and where it listens.

use std::{net::TcpListener, path::Path};

use anyhow::Context;
use schema::private;

use crate::up::{UpSettings, children::Child};

/// Bodies of answers are archived without an end: they show a new user what there is to see.
const NEVER: &str = "9999-01-01T00:00:00Z";
/// Bytes of bodies that each pod archives in an hour.
const MAX_ARCHIVED_BYTES: &str = "20000000";

/// Addresses of the database for the processes of the fleet, each with the role of its kind.
pub(super) struct Urls {
    pub(super) coordinator: String,
    pub(super) agent: String,
    pub(super) receiver: String,
}

/// Where a person looks at the fleet.
pub(super) struct Addresses {
    /// For `psql`.
    pub(super) psql: String,
    /// The web page.
    pub(super) page: String,
    /// Where events are received.
    pub(super) events: String,
}

/// Ports that stay the same from start to start, where they are free.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    /// Of the web page.
    pub(super) web: u16,
    /// Of the receiver of events.
    pub(super) receive: u16,
}

/// The processes of the fleet: a coordinator, the pods and a receiver of events.
pub(super) fn fleet(
    settings: &UpSettings,
    config: Option<&Path>,
    urls: &Urls,
    ports: Ports,
) -> Vec<Child> {
    let instance = match &settings.sources {
        None => "local, simulated chains",
        Some(_) => "local",
    };
    let coordinator = Child::named("coordinator", "coordinator")
        .args([
            "run".to_owned(),
            "--listen=127.0.0.1:0".to_owned(),
            format!("--web=127.0.0.1:{}", ports.web),
        ])
        .config(config)
        // Every user of this machine may use the page; `up` says so.
        .env("FULLHOUSE_WEB__OPEN_ON_LOOPBACK", "true")
        .env("FULLHOUSE_WEB__INSTANCE", instance)
        .env("FULLHOUSE_DATABASE__URL", &urls.coordinator);
    let pods = (1..=settings.pods).map(|number| {
        let name = format!("pod-{number}");
        let pod = Child::named(&name, "agent")
            .args([
                "run".to_owned(),
                "--listen=127.0.0.1:0".to_owned(),
                format!("--name={name}"),
                format!("--count={}", settings.agents),
            ])
            .config(config)
            .env("FULLHOUSE_DATABASE__URL", &urls.agent);
        // The simulated chains are on this machine; real ones are not, so there the
        // settings file decides.
        match settings.sources {
            None => pod.env("FULLHOUSE_AGENT__ALLOW_PRIVATE", "true"),
            Some(_) => pod,
        }
    });
    let receiver = Child::named("receiver", "agent")
        .args([
            "receive".to_owned(),
            format!("--listen=127.0.0.1:{}", ports.receive),
            "--probes=127.0.0.1:0".to_owned(),
        ])
        .config(config)
        .env("FULLHOUSE_DATABASE__URL", &urls.receiver);
    let children = std::iter::once(coordinator).chain(pods).chain([receiver]);
    if config.is_some() {
        // The settings file decides what is archived.
        return children.collect();
    }
    let bodies = settings.directory.join("bodies");
    let archived = |child: Child| {
        child
            .env("FULLHOUSE_ARCHIVE__TO", &bodies.display().to_string())
            .env("FULLHOUSE_ARCHIVE__ALL_SUCCESSES_UNTIL", NEVER)
            .env("FULLHOUSE_ARCHIVE__MAX_BYTES_PER_HOUR", MAX_ARCHIVED_BYTES)
            .env("FULLHOUSE_ARCHIVE__KEEP_FOR", "2days")
    };
    children.map(archived).collect()
}

/// The port that a file of the data names, where it is free, so that definitions and bookmarks
/// stay the same; else `preferred`; else any that is free.
pub(super) fn kept_port(directory: &Path, name: &str, preferred: u16) -> anyhow::Result<u16> {
    let file = directory.join(name);
    let last = private::read(&file)?.and_then(|text| text.trim().parse().ok());
    let listener = last
        .into_iter()
        .chain([preferred, 0])
        .find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok())
        .context("no port is free")?;
    let port = listener.local_addr()?.port();
    private::write(&file, &port.to_string())?;
    Ok(port)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        up: UpSettings,
    }

    #[test]
    fn the_settings_file_reaches_every_process() {
        let settings = Cli::parse_from(["up", "--sources=chains", "--pods=2"]).up;
        let urls = Urls {
            coordinator: "postgres://coordinator@here".to_owned(),
            agent: "postgres://agent@here".to_owned(),
            receiver: "postgres://receiver@here".to_owned(),
        };
        let ports = Ports {
            web: 9080,
            receive: 9180,
        };
        let children = fleet(&settings, Some(Path::new("fleet.toml")), &urls, ports);
        let with_file = children.iter().filter(|child| {
            child
                .arguments()
                .contains(&"--config=fleet.toml".to_owned())
        });
        assert_eq!((children.len(), with_file.count()), (4, 4));
    }
}
