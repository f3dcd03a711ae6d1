//! The settings of alerts: who is notified, and how often.

use std::{collections::BTreeMap, fmt, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use lettre::{AsyncSmtpTransport, Tokio1Executor, message::Mailboxes};
use reqwest::Url;
use schema::alert::Severity;
use serde::Deserialize;

/// `[alerts]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertSettings {
    /// Time between two notifications of an alert that stays open, 1 h to 30 days, default `24h`.
    #[serde(with = "humantime_serde")]
    pub still_every: Duration,
    /// How long a receiver that does not answer is tried, 10 min to 30 days, default `24h`. Messages
    /// that are older are given up, with a line in the log.
    #[serde(with = "humantime_serde")]
    pub give_up_after: Duration,
    /// An address that the leader calls every minute while conditions are looked at; none by default.
    /// A service that expects the call says so when it stays away.
    pub heartbeat: Option<SecretText>,
    /// Address of the web page, for links in messages; none by default.
    pub page: Option<String>,
    /// Who gets messages, by name; nobody by default.
    pub receivers: BTreeMap<String, Receiver>,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            still_every: Duration::from_hours(24),
            give_up_after: Duration::from_hours(24),
            heartbeat: None,
            page: None,
            receivers: BTreeMap::new(),
        }
    }
}

/// `[alerts.receivers.NAME]`: who gets messages, and how.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Receiver {
    /// An address that takes messages signed by Standard Webhooks.
    Webhook {
        /// The address.
        url: SecretText,
        /// `whsec_` and 24 to 64 bytes in base64: what signatures are made with.
        secret: SecretText,
        /// The lowest severity of the alerts that it gets: `info`, `warning` (default), `critical`.
        #[serde(default = "default_severity")]
        severity: Severity,
    },
    /// An incoming webhook of Slack.
    Slack {
        /// Its address, which is a secret.
        url: SecretText,
        /// The lowest severity of the alerts that it gets, `warning` by default.
        #[serde(default = "default_severity")]
        severity: Severity,
    },
    /// Mail over SMTP.
    Mail {
        /// `smtps://user:password@host` or, with STARTTLS, `smtp://user:password@host?tls=required`.
        server: SecretText,
        /// The sender, such as `Fullhouse <alerts@example.org>`.
        from: String,
        /// The readers, with commas between.
        to: String,
        /// The lowest severity of the alerts that it gets, `warning` by default.
        #[serde(default = "default_severity")]
        severity: Severity,
    },
}

const fn default_severity() -> Severity {
    Severity::Warning
}

impl Receiver {
    /// Returns the lowest severity of the alerts that it gets.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Webhook { severity, .. }
            | Self::Slack { severity, .. }
            | Self::Mail { severity, .. } => *severity,
        }
    }

    /// Returns its kind as the settings name it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Slack { .. } => "slack",
            Self::Mail { .. } => "mail",
        }
    }

    fn check(&self) -> Result<(), String> {
        match self {
            Self::Webhook { url, secret, .. } => {
                check_url("url", url)?;
                webhook_key(secret).map(drop)
            }
            Self::Slack { url, .. } => check_url("url", url),
            Self::Mail {
                server, from, to, ..
            } => {
                AsyncSmtpTransport::<Tokio1Executor>::from_url(server.expose()).map_err(|_| {
                    "server must be smtps://user:password@host or smtp://…?tls=required".to_owned()
                })?;
                for (name, addresses) in [("from", from), ("to", to)] {
                    let parsed: Result<Mailboxes, _> = addresses.parse();
                    if parsed.is_err() {
                        return Err(format!("{name} ({addresses}) is no address of mail"));
                    }
                }
                Ok(())
            }
        }
    }
}

/// Returns the bytes of the secret of a webhook.
///
/// # Errors
///
/// A sentence, if it is not as Standard Webhooks says.
pub fn webhook_key(secret: &SecretText) -> Result<Vec<u8>, String> {
    let encoded = secret.expose();
    let encoded = encoded.strip_prefix("whsec_").unwrap_or(encoded);
    BASE64_STANDARD
        .decode(encoded)
        .ok()
        .filter(|key| (24..=64).contains(&key.len()))
        .ok_or_else(|| "secret must be whsec_ and 24 to 64 bytes in base64".to_owned())
}

fn check_url(name: &str, url: &SecretText) -> Result<(), String> {
    let parsed = Url::parse(url.expose()).ok();
    match parsed.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        Some(_) => Ok(()),
        None => Err(format!(
            "{name} must be an address with http:// or https://"
        )),
    }
}

impl AlertSettings {
    /// Refuses settings that parse but cannot work.
    ///
    /// # Errors
    ///
    /// A sentence that names the setting and the way out; it holds no secret.
    pub fn check(&self) -> Result<(), String> {
        const MAX_TIME: Duration = Duration::from_hours(30 * 24);
        if !(Duration::from_hours(1)..=MAX_TIME).contains(&self.still_every) {
            return Err(format!(
                "alerts.still_every ({:?}) must be 1 h to 30 days",
                self.still_every
            ));
        }
        if !(Duration::from_mins(10)..=MAX_TIME).contains(&self.give_up_after) {
            return Err(format!(
                "alerts.give_up_after ({:?}) must be 10 min to 30 days",
                self.give_up_after
            ));
        }
        if let Some(heartbeat) = &self.heartbeat {
            check_url("alerts.heartbeat", heartbeat)?;
        }
        for (name, receiver) in &self.receivers {
            receiver
                .check()
                .map_err(|sentence| format!("alerts.receivers.{name}: {sentence}"))?;
        }
        Ok(())
    }
}

/// A setting that is a secret; `Debug` masks it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// Takes a text as a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn settings(receiver: &serde_json::Value) -> AlertSettings {
        serde_json::from_value(serde_json::json!({ "receivers": { "ops": receiver } })).unwrap()
    }

    #[test]
    fn receivers_that_work_are_taken_and_their_secrets_are_not_shown() {
        for receiver in [
            serde_json::json!({ "kind": "webhook", "url": "https://u:hidden@host/", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }),
            serde_json::json!({ "kind": "slack", "url": "https://hooks.slack.com/services/hidden", "severity": "critical" }),
            serde_json::json!({ "kind": "mail", "server": "smtps://me:hidden@mail.example.org",
                "from": "Fullhouse <a@example.org>", "to": "b@example.org, c@example.org" }),
        ] {
            let settings = settings(&receiver);
            settings.check().unwrap();
            let shown = format!("{settings:?}");
            assert!(
                !shown.contains("hidden") && !shown.contains("whsec"),
                "{shown}"
            );
        }
    }

    #[test]
    fn receivers_that_cannot_work_are_refused_by_name() {
        for (receiver, says) in [
            (
                serde_json::json!({ "kind": "webhook", "url": "ftp://host/", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }),
                "url must be an address",
            ),
            (
                serde_json::json!({ "kind": "webhook", "url": "https://host/", "secret": "short" }),
                "secret must be whsec_",
            ),
            (
                serde_json::json!({ "kind": "mail", "server": "mail.example.org", "from": "a@example.org", "to": "b@example.org" }),
                "server must be smtps://",
            ),
            (
                serde_json::json!({ "kind": "mail", "server": "smtps://host", "from": "a@example.org", "to": "nobody" }),
                "to (nobody)",
            ),
        ] {
            let refusal = settings(&receiver).check().unwrap_err();
            assert!(
                refusal.starts_with("alerts.receivers.ops: ") && refusal.contains(says),
                "{refusal}"
            );
        }
    }
}
