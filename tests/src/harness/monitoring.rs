//! Prometheus and Alertmanager of the machine, which watch a fleet.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::{
    error::HarnessError,
    port,
    process::{Process, Start},
    wait::wait_until,
};

const START: Duration = Duration::from_mins(1);
/// Where Debian's packages have the programs.
const PROMETHEUS: &str = "/usr/bin/prometheus";
const ALERTMANAGER: &str = "/usr/bin/prometheus-alertmanager";

/// Says which program is missing; `None` if both are there.
#[must_use]
pub fn missing() -> Option<String> {
    let mut programs = [PROMETHEUS, ALERTMANAGER].into_iter();
    let missing = programs.find(|program| !Path::new(program).is_file())?;
    Some(format!("there is no {missing}"))
}

/// A running Alertmanager; it ends when this is dropped.
#[derive(Debug)]
pub struct Alertmanager {
    address: String,
    _process: Process,
}

impl Alertmanager {
    /// Starts one that sends all alerts to `url`, as to an incoming webhook of Slack.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub async fn start(url: &str, directory: &Path) -> Result<Self, HarnessError> {
        let settings = json!({
            "route": {
                "receiver": "chat",
                "group_by": ["alertname"],
                "group_wait": "1s",
                "group_interval": "2s",
            },
            "receivers": [{
                "name": "chat",
                "slack_configs": [{ "api_url": url, "channel": "#fleet", "send_resolved": true }],
            }],
        });
        let file = write(directory, "alertmanager.yml", &settings)?;
        let address = format!("127.0.0.1:{}", port::free()?);
        let mut process = Start::file(PathBuf::from(ALERTMANAGER), "alertmanager")
            .args([
                format!("--config.file={}", file.display()),
                format!(
                    "--storage.path={}",
                    directory.join("alertmanager").display()
                ),
                format!("--web.listen-address={address}"),
                "--cluster.listen-address=".to_owned(),
            ])
            .spawn(directory)?;
        wait_until_ready("Alertmanager", &mut process, &address).await?;
        Ok(Self {
            address,
            _process: process,
        })
    }
}

/// A running Prometheus; it ends when this is dropped.
#[derive(Debug)]
pub struct Prometheus {
    address: String,
    client: Client,
    _process: Process,
}

impl Prometheus {
    /// Starts one that scrapes `targets` every second, evaluates the rules of a file as often, and sends
    /// what fires to an Alertmanager.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub async fn start(
        targets: &[String],
        rules: &Path,
        alertmanager: &Alertmanager,
        directory: &Path,
    ) -> Result<Self, HarnessError> {
        let targets: Vec<&str> = targets
            .iter()
            .map(|target| target.trim_start_matches("http://"))
            .collect();
        let settings = json!({
            "global": { "scrape_interval": "1s", "evaluation_interval": "1s" },
            "rule_files": [rules],
            "scrape_configs": [{ "job_name": "fullhouse", "static_configs": [{ "targets": targets }] }],
            "alerting": {
                "alertmanagers": [{ "static_configs": [{ "targets": [alertmanager.address] }] }],
            },
        });
        let file = write(directory, "prometheus.yml", &settings)?;
        let address = format!("127.0.0.1:{}", port::free()?);
        let mut process = Start::file(PathBuf::from(PROMETHEUS), "prometheus")
            .args([
                format!("--config.file={}", file.display()),
                format!(
                    "--storage.tsdb.path={}",
                    directory.join("prometheus").display()
                ),
                format!("--web.listen-address={address}"),
            ])
            .spawn(directory)?;
        wait_until_ready("Prometheus", &mut process, &address).await?;
        Ok(Self {
            address,
            client: Client::new(),
            _process: process,
        })
    }

    /// Evaluates an expression now; returns its series.
    ///
    /// # Errors
    ///
    /// If it does not answer. An expression that it refuses has no series.
    pub async fn query(&self, expression: &str) -> Result<Vec<Value>, HarnessError> {
        let answer = self.ask("query", &[("query", expression)]).await?;
        let series = answer["data"]["result"].as_array();
        Ok(series.cloned().unwrap_or_default())
    }

    /// Returns every rule that it has loaded.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub async fn rules(&self) -> Result<Vec<Value>, HarnessError> {
        let answer = self.ask("rules", &[]).await?;
        let groups = answer["data"]["groups"].as_array().into_iter().flatten();
        Ok(groups
            .flat_map(|group| group["rules"].as_array().into_iter().flatten())
            .cloned()
            .collect())
    }

    async fn ask(&self, what: &str, query: &[(&str, &str)]) -> Result<Value, HarnessError> {
        let mut url = format!("http://{}/api/v1/{what}", self.address);
        if let Ok(parsed) = Url::parse_with_params(&url, query) {
            url = parsed.into();
        }
        let answer = self.client.get(url).send().await?.text().await?;
        Ok(serde_json::from_str(&answer)?)
    }
}

/// Writes settings: JSON is YAML, too.
fn write(directory: &Path, name: &str, settings: &Value) -> Result<PathBuf, HarnessError> {
    let file = directory.join(name);
    fs::write(&file, settings.to_string()).map_err(HarnessError::file(&file))?;
    Ok(file)
}

async fn wait_until_ready(
    what: &str,
    process: &mut Process,
    address: &str,
) -> Result<(), HarnessError> {
    let url = format!("http://{address}/-/ready");
    wait_until(what, START, async || {
        if !process.is_running() {
            eprintln!("{}", process.log_tail());
            return Err(HarnessError::Without {
                part: "a Prometheus and an Alertmanager that start",
            });
        }
        let answer = reqwest::get(&url).await;
        Ok(answer
            .is_ok_and(|answer| answer.status().is_success())
            .then_some(()))
    })
    .await
}
