//! The settings of deliveries: the destinations that data sets may name.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use lettre::{
    AsyncSmtpTransport, Tokio1Executor,
    message::{Mailbox, Mailboxes},
};
use reqwest::Url;
use serde::Deserialize;

use crate::{alert::settings::SecretText, report::settings::ReportSettings};

/// `[deliveries]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct DeliverySettings {
    /// The destinations by name; none by default.
    pub destinations: BTreeMap<String, Destination>,
}

/// `[deliveries.NAME]`
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Destination {
    /// Indices of Elasticsearch.
    Elasticsearch(ElasticsearchSettings),
    /// Mails with a CSV file.
    Mail(MailSettings),
    /// CSV files in a directory.
    Csv(CsvSettings),
}

/// `[deliveries.NAME]` with `kind = "elasticsearch"`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticsearchSettings {
    /// The address of the cluster, such as `https://search.example.org:9200`, without a user.
    pub url: String,
    /// What names of indices begin with, default `fullhouse-`.
    #[serde(default = "default_prefix")]
    pub index_prefix: String,
    /// An API key, as Elasticsearch gives it in base64. In place of `user` and `password`.
    pub api_key: Option<SecretText>,
    /// The user.
    pub user: Option<String>,
    /// The password of the user.
    pub password: Option<SecretText>,
    /// Bytes of a request with documents at most, 64 KiB to 64 MiB, default 5 MiB.
    #[serde(default = "default_batch_bytes")]
    pub batch_bytes: usize,
    /// The first pause before documents that were refused for now are sent again; it doubles up to 30 s.
    /// 1 ms to 30 s, default `1s`.
    #[serde(default = "default_pause", with = "humantime_serde")]
    pub pause: Duration,
    /// Time of a delivery of one day, 10 s to 2 h, default `10m`.
    #[serde(default = "default_timeout", with = "humantime_serde")]
    pub timeout: Duration,
}

/// `[deliveries.NAME]` with `kind = "mail"`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// The addresses that get the mail.
    pub to: Vec<String>,
    /// The sender, default `reports.from`.
    pub from: Option<String>,
    /// `smtps://user:password@host` or, with STARTTLS, `smtp://user:password@host?tls=required`; default
    /// `reports.server`.
    pub server: Option<SecretText>,
    /// Bytes of the file at most, 1 KiB to 50 MiB, default 10 MiB: servers take no large mails.
    #[serde(default = "default_mail_bytes")]
    pub max_bytes: usize,
}

/// `[deliveries.NAME]` with `kind = "csv"`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvSettings {
    /// The directory, as an absolute path; it gets a directory for each data set.
    pub directory: PathBuf,
}

fn default_prefix() -> String {
    "fullhouse-".to_owned()
}

const fn default_batch_bytes() -> usize {
    5 << 20
}

const fn default_mail_bytes() -> usize {
    10 << 20
}

const fn default_pause() -> Duration {
    Duration::from_secs(1)
}

const fn default_timeout() -> Duration {
    Duration::from_mins(10)
}

impl Destination {
    /// Returns its kind as the settings name it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Elasticsearch(_) => "elasticsearch",
            Self::Mail(_) => "mail",
            Self::Csv(_) => "csv",
        }
    }

    /// Returns how long a delivery of one day may take.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        match self {
            Self::Elasticsearch(settings) => settings.timeout,
            Self::Mail(_) | Self::Csv(_) => default_timeout(),
        }
    }
}

impl DeliverySettings {
    /// Gives mails that name no server or sender those of reports.
    #[must_use]
    pub fn with_reports(mut self, reports: &ReportSettings) -> Self {
        for destination in self.destinations.values_mut() {
            if let Destination::Mail(mail) = destination {
                mail.server = mail.server.take().or_else(|| reports.server.clone());
                let from = Some(reports.from.clone()).filter(|from| !from.is_empty());
                mail.from = mail.from.take().or(from);
            }
        }
        self
    }

    /// Refuses settings that parse but cannot work.
    ///
    /// # Errors
    ///
    /// A sentence that names the setting and the way out; it holds no secret.
    pub fn check(&self, reports: &ReportSettings) -> Result<(), String> {
        for (name, destination) in &self.clone().with_reports(reports).destinations {
            match destination {
                Destination::Elasticsearch(settings) => settings.check(),
                Destination::Mail(settings) => settings.check(),
                Destination::Csv(settings) if !settings.directory.is_absolute() => Err(format!(
                    "directory ({}) must be an absolute path",
                    settings.directory.display()
                )),
                Destination::Csv(_) => Ok(()),
            }
            .map_err(|sentence| format!("deliveries.{name}: {sentence}"))?;
        }
        Ok(())
    }
}

impl ElasticsearchSettings {
    fn check(&self) -> Result<(), String> {
        let url = Url::parse(&self.url).ok();
        let Some(url) =
            url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        else {
            return Err("url must be an address with http:// or https://".to_owned());
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("url has a user: set user and password beside it".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("url must end with its host, port or path".to_owned());
        }
        if self.api_key.is_some() && (self.user.is_some() || self.password.is_some()) {
            return Err("set api_key, or user and password, and not both".to_owned());
        }
        if self.user.is_some() != self.password.is_some() {
            return Err("user and password belong together: set both".to_owned());
        }
        let is_plain = self.index_prefix.len() <= 100
            && !self.index_prefix.starts_with(['-', '_', '.', '+'])
            && self.index_prefix.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_.-".contains(letter)
            });
        if !is_plain {
            return Err(format!(
                "index_prefix ({}) must be small letters, digits and _.-, a letter or digit first",
                self.index_prefix
            ));
        }
        if !(64 << 10..=64 << 20).contains(&self.batch_bytes) {
            return Err(format!(
                "batch_bytes ({}) must be 65536 to 67108864",
                self.batch_bytes
            ));
        }
        if !(Duration::from_millis(1)..=Duration::from_secs(30)).contains(&self.pause) {
            return Err(format!("pause ({:?}) must be 1 ms to 30 s", self.pause));
        }
        if !(Duration::from_secs(10)..=Duration::from_hours(2)).contains(&self.timeout) {
            return Err(format!("timeout ({:?}) must be 10 s to 2 h", self.timeout));
        }
        Ok(())
    }
}

impl MailSettings {
    fn check(&self) -> Result<(), String> {
        if self.to.is_empty() {
            return Err("to is empty: name who gets the mails".to_owned());
        }
        for address in &self.to {
            let parsed: Result<Mailbox, _> = address.parse();
            parsed.map_err(|_| format!("to ({address}) is not an email address"))?;
        }
        let server = self.server.as_ref().map(SecretText::expose);
        let server = server.map(AsyncSmtpTransport::<Tokio1Executor>::from_url);
        if !matches!(server, Some(Ok(_))) {
            return Err(
                "server, or reports.server, must be smtps://user:password@host or smtp://…?tls=required"
                    .to_owned(),
            );
        }
        let from: Option<Result<Mailboxes, _>> = self.from.as_ref().map(|from| from.parse());
        if !matches!(from, Some(Ok(_))) {
            return Err("from, or reports.from, must be an email address".to_owned());
        }
        if !(1 << 10..=50 << 20).contains(&self.max_bytes) {
            return Err(format!(
                "max_bytes ({}) must be 1024 to 52428800",
                self.max_bytes
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    fn settings(destination: &Value) -> DeliverySettings {
        serde_json::from_value(json!({ "out": destination })).unwrap()
    }

    #[test]
    fn destinations_that_work_are_taken_and_their_secrets_are_not_shown() {
        let reports: ReportSettings = serde_json::from_value(
            json!({ "server": "smtps://me:hidden@mail.example.org", "from": "me@example.org" }),
        )
        .unwrap();
        for destination in [
            json!({ "kind": "elasticsearch", "url": "https://host:9200", "api_key": "hidden" }),
            json!({ "kind": "elasticsearch", "url": "http://host/search", "user": "me", "password": "hidden", "pause": "2s" }),
            json!({ "kind": "mail", "to": ["b@example.org"] }),
            json!({ "kind": "csv", "directory": "/srv/out" }),
        ] {
            let settings = settings(&destination);
            settings.check(&reports).unwrap();
            let shown = format!("{:?}", settings.with_reports(&reports));
            assert!(!shown.contains("hidden"), "{shown}");
        }
    }

    #[test]
    fn destinations_that_cannot_work_are_refused_by_name() {
        for (destination, says) in [
            (
                json!({ "kind": "elasticsearch", "url": "host" }),
                "url must be",
            ),
            (
                json!({ "kind": "elasticsearch", "url": "https://a:b@host" }),
                "url has a user",
            ),
            (
                json!({ "kind": "elasticsearch", "url": "https://host", "user": "a" }),
                "user and password",
            ),
            (
                json!({ "kind": "elasticsearch", "url": "https://host", "index_prefix": "A" }),
                "index_prefix (A)",
            ),
            (
                json!({ "kind": "mail", "to": ["b@example.org"] }),
                "server, or reports.server",
            ),
            (json!({ "kind": "mail", "to": ["nobody"] }), "to (nobody)"),
            (
                json!({ "kind": "csv", "directory": "out" }),
                "directory (out)",
            ),
        ] {
            let refusal = settings(&destination)
                .check(&ReportSettings::default())
                .unwrap_err();
            assert!(
                refusal.starts_with("deliveries.out: ") && refusal.contains(says),
                "{refusal}"
            );
        }
        let unknown = json!({ "out": { "kind": "csv", "directory": "/a", "colour": 1 } });
        assert!(serde_json::from_value::<DeliverySettings>(unknown).is_err());
    }
}
