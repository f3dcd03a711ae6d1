//! The simulated chains as a process, and what their witness says.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use reqwest::Client;
use serde::Deserialize;

use super::{
    error::HarnessError,
    process::{Process, Start},
    wait::wait_until,
};
use simulated_chains::{
    definition::{self, SourcesOptions},
    fault::{Fault, FaultKind},
    options::WorldOptions,
    redesign::Redesign,
    witness::Line,
    world::World,
};

/// Lines of the witness read at once.
const PAGE_LINES: usize = 50_000;

/// How the chains are served.
#[derive(Debug, Clone)]
pub struct ChainsOptions {
    /// The world; without an epoch it begins when the chains start.
    pub world: WorldOptions,
    /// How long the fault `slow` waits.
    pub slow: Duration,
    /// Whether a 429 says when to come back.
    pub retry_after: bool,
    /// Time between two looks at the seats of a showtime.
    pub every_seats: Duration,
    /// Time between two looks at the showtimes of a cinema.
    pub every_showtimes: Duration,
    /// Memory for the lines of the witness, in MiB; an audit needs all of them.
    pub witness_mib: usize,
}

impl Default for ChainsOptions {
    fn default() -> Self {
        Self {
            world: WorldOptions {
                cinemas: 2,
                auditoriums: 4,
                speed: 1000.0,
                rate: 20.0,
                burst: 60,
                ..WorldOptions::default()
            },
            slow: Duration::from_secs(5),
            retry_after: false,
            every_seats: Duration::from_secs(1),
            every_showtimes: Duration::from_secs(10),
            witness_mib: 512,
        }
    }
}

/// What a chain saw of its callers.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct LimitSeen {
    /// Requests per second that are allowed.
    pub rate: f64,
    /// Requests that are allowed at once.
    pub burst: u32,
    /// Requests that arrived.
    pub requests: u64,
    /// Requests that were refused with 429.
    pub refused: u64,
    /// The most by which any window held more than is allowed.
    pub excess: Option<f64>,
}

/// The simulated chains, running.
#[derive(Debug)]
pub struct Chains {
    process: Process,
    base: String,
    options: ChainsOptions,
    world: World,
    client: Client,
}

impl Chains {
    /// Starts them on a free port; they log into `logs`.
    ///
    /// # Errors
    ///
    /// If they were not built or do not answer.
    pub async fn start(mut options: ChainsOptions, logs: &Path) -> Result<Self, HarnessError> {
        // Named, so that this process knows the same world.
        options.world.epoch.get_or_insert_with(Timestamp::now);
        let process = Start::new("simulated-chains", "simulated-chains")
            .args(["serve", "--listen=127.0.0.1:0"])
            .args(arguments(&options))
            .spawn(logs)?;
        let listens = wait_until(
            "the simulated chains",
            Duration::from_secs(20),
            async || Ok(address_in(&process.log())),
        );
        let base = format!("http://{}", listens.await?);
        // Without a provider the client cannot be made, even where no TLS is spoken;
        // an error means that there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(Duration::from_secs(30)).build()?;
        let world = World::new(options.world.clone());
        Ok(Self {
            process,
            base,
            options,
            world,
            client,
        })
    }

    /// The world that they serve.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Their address, such as `http://127.0.0.1:8099`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Their process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Writes a definition for each chain into `directory`, from the shipped ones.
    ///
    /// # Errors
    ///
    /// If a shipped one is missing, or a file cannot be written.
    pub fn definitions(&self, directory: &Path) -> Result<Vec<PathBuf>, HarnessError> {
        Ok(definition::write(&SourcesOptions {
            every_seats: Some(self.options.every_seats),
            every_showtimes: Some(self.options.every_showtimes),
            every_cinemas: Some(Duration::from_mins(1)),
            ..sources_options(&self.world, &self.base, directory)
        })?)
    }

    /// Returns what was asked and answered behind `serial`, in order.
    ///
    /// # Errors
    ///
    /// [`HarnessError::Without`] if the witness has forgotten a part of it.
    pub async fn witness(&self, mut serial: u64) -> Result<Vec<Line>, HarnessError> {
        let mut lines = Vec::new();
        loop {
            let url = format!("{}/-/witness?since={serial}&most={PAGE_LINES}", self.base);
            let page = self.client.get(url).send().await?.error_for_status()?;
            let text = page.text().await?;
            let before = lines.len();
            for line in text.lines() {
                lines.push(serde_json::from_str::<Line>(line)?);
            }
            let Some(last) = lines.get(before..).and_then(<[Line]>::last) else {
                return Ok(lines);
            };
            if last.serial - serial != (lines.len() - before) as u64 {
                let part = "memory for all lines of the witness: raise witness_mib";
                return Err(HarnessError::Without { part });
            }
            serial = last.serial;
        }
    }

    /// Returns what each chain saw of its callers.
    ///
    /// # Errors
    ///
    /// If the chains do not answer.
    pub async fn limits(&self) -> Result<BTreeMap<String, LimitSeen>, HarnessError> {
        let url = format!("{}/-/limits", self.base);
        let answer = self.client.get(url).send().await?.error_for_status()?;
        Ok(serde_json::from_str(&answer.text().await?)?)
    }

    /// Lets a chain (`*` for all) fail for a share of its requests; 0 ends that.
    ///
    /// # Errors
    ///
    /// If there is no such chain.
    pub async fn fail(
        &self,
        chain: &str,
        kind: FaultKind,
        fraction: f64,
    ) -> Result<(), HarnessError> {
        let fault = Fault {
            chain: chain.to_owned(),
            kind,
            fraction,
            path: None,
        };
        self.set_fault(&fault).await
    }

    /// Sets a fault, also one of a single path.
    ///
    /// # Errors
    ///
    /// If there is no such chain.
    pub async fn set_fault(&self, fault: &Fault) -> Result<(), HarnessError> {
        let body = serde_json::to_string(fault)?;
        let request = self
            .client
            .post(format!("{}/-/fault", self.base))
            .header("content-type", "application/json")
            .body(body);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// Redesigns a chain, or undoes that; returns the serial of the last request that was
    /// answered as before.
    ///
    /// # Errors
    ///
    /// If there is no such chain.
    pub async fn redesign(
        &self,
        chain: &str,
        redesign: Option<Redesign>,
    ) -> Result<u64, HarnessError> {
        let body = serde_json::json!({ "chain": chain, "redesign": redesign });
        let request = self
            .client
            .post(format!("{}/-/redesign", self.base))
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await?.error_for_status()?;
        let said: serde_json::Value = serde_json::from_str(&answer.text().await?)?;
        Ok(said["after_serial"].as_u64().unwrap_or_default())
    }
}

/// How the definitions of a world served at `base` are written into `directory`.
pub(super) fn sources_options(world: &World, base: &str, directory: &Path) -> SourcesOptions {
    SourcesOptions {
        world: world.options.clone(),
        out: directory.to_owned(),
        base: base.to_owned(),
        every_seats: None,
        every_showtimes: None,
        every_cinemas: None,
    }
}

fn arguments(options: &ChainsOptions) -> Vec<String> {
    let world = &options.world;
    let mut arguments = vec![
        format!("--seed={}", world.seed),
        format!("--chains={}", world.chains),
        format!("--cinemas={}", world.cinemas),
        format!("--auditoriums={}", world.auditoriums),
        format!("--shows={}", world.shows),
        format!("--days={}", world.days),
        format!("--layouts={}", world.layouts),
        format!("--speed={}", world.speed),
        format!("--rate={}", world.rate),
        format!("--burst={}", world.burst),
        format!("--slow={}ms", options.slow.as_millis()),
        format!("--witness-memory={}", options.witness_mib),
    ];
    arguments.extend(world.epoch.map(|epoch| format!("--epoch={epoch}")));
    arguments.extend(options.retry_after.then(|| "--retry-after".to_owned()));
    arguments
}

/// Finds the address that the log names.
fn address_in(log: &str) -> Option<String> {
    let (_, rest) = log.split_once("address=")?;
    Some(rest.split_whitespace().next()?.to_owned())
}
