//! The table `[web]` of the settings file.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

use serde::Deserialize;

/// `[web]`: the listener of the HTTP API and the web page, apart from the one of probes and
/// metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebSettings {
    /// Address of the API and the page, such as `127.0.0.1:9080`. None by default: neither is
    /// served then.
    pub listen: Option<SocketAddr>,
    /// Name of this fleet, shown on every page, default `fullhouse`.
    pub instance: String,
    /// Colour of the name, so that nobody takes production for a test.
    pub color: Color,
    /// Whether the page and the API refuse everything that changes something, default `false`.
    pub read_only: bool,
    /// Whether a request from this machine needs no token, default `false`. It has the scope
    /// `operate` then: only a token may put definitions into force. A request that came through a
    /// proxy, or for another host, needs a token in any case.
    pub open_on_loopback: bool,
    /// File with the certificate of this server and those that vouch for it (PEM). With it, the
    /// listener speaks TLS only. None by default.
    pub tls_certificate: Option<PathBuf>,
    /// File with the private key of the certificate (PEM). Both files are read again when they
    /// change.
    pub tls_key: Option<PathBuf>,
    /// Requests a second that each token may send, default 50; four seconds of it at once.
    pub requests_per_second: NonZeroU32,
    /// Other origins from which a browser may send forms, such as `https://fleet.example.org`
    /// where a proxy changes the header `Host`.
    pub trusted_origins: Vec<String>,
}

impl Default for WebSettings {
    fn default() -> Self {
        Self {
            listen: None,
            instance: "fullhouse".to_owned(),
            color: Color::default(),
            read_only: false,
            open_on_loopback: false,
            tls_certificate: None,
            tls_key: None,
            requests_per_second: NonZeroU32::MIN.saturating_add(49),
            trusted_origins: Vec::new(),
        }
    }
}

impl WebSettings {
    /// Refuses what parses but cannot work.
    ///
    /// # Errors
    ///
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            return Err("web.tls_certificate and web.tls_key belong together: set both".to_owned());
        }
        for origin in &self.trusted_origins {
            let host = origin
                .strip_prefix("https://")
                .or_else(|| origin.strip_prefix("http://"));
            if host.is_none_or(|host| host.is_empty() || host.contains('/')) {
                return Err(format!(
                    "web.trusted_origins: `{origin}` is not an origin such as \
                     https://fleet.example.org"
                ));
            }
        }
        Ok(())
    }
}

/// The colours that an instance can have; each is readable on light and dark ground.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// The default.
    #[default]
    Teal,
    /// Blue.
    Blue,
    /// Amber.
    Amber,
    /// Red, for production.
    Red,
    /// Violet.
    Violet,
    /// Grey.
    Gray,
}

impl Color {
    /// The class of the style sheet.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Teal => "teal",
            Self::Blue => "blue",
            Self::Amber => "amber",
            Self::Red => "red",
            Self::Violet => "violet",
            Self::Gray => "gray",
        }
    }
}
