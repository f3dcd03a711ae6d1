//! The table `[web]` of the settings file.

use std::net::SocketAddr;

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
    /// Colour of the name, so that production is told from a test at a glance.
    pub color: Color,
    /// Whether the page and the API refuse everything that changes something, default `false`.
    pub read_only: bool,
    /// Whether a request from this machine needs no token, default `false`. A request that came
    /// through a proxy needs one in any case.
    pub open_on_loopback: bool,
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
            trusted_origins: Vec::new(),
        }
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
