//! The same request to another address: after a redirect, or for a further page.

use http::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderName, HeaderValue},
};
use url::Url;

use super::Request;

/// Why a redirect is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::source) enum Astray {
    /// The address cannot be read, or is not one of the web.
    #[error("this is no address on the web")]
    NoAddress,
    /// A secret of the definition would reach a host that it was not meant for.
    #[error("the body shows a secret, which another host must not see")]
    TellsSecret,
}

impl Request {
    /// Returns the request that `location` asks for, as it stands in an answer to this one.
    ///
    /// With `keep` the method and the body stay, else it becomes a GET. Another origin gets
    /// no secret, no cookie and no authorization of this one.
    pub(in crate::source) fn led_to(&self, location: &str, keep: bool) -> Result<Self, Astray> {
        let url = self.url.join(location).map_err(|_| Astray::NoAddress)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(Astray::NoAddress);
        }
        let mut next = self.clone();
        if !keep {
            next.method = Method::GET;
            next.body = None;
            next.hides.body = false;
            next.headers.remove(CONTENT_TYPE);
        }
        if url.origin() != self.url.origin() {
            if next.hides.body {
                return Err(Astray::TellsSecret);
            }
            let dropped: Vec<HeaderName> = next
                .headers
                .iter()
                .filter(|(name, value)| {
                    value.is_sensitive() || *name == AUTHORIZATION || *name == COOKIE
                })
                .map(|(name, _)| name.clone())
                .collect();
            for name in dropped {
                next.headers.remove(name);
            }
        }
        next.shown_url = if self.hides.url {
            // The address may repeat secrets that were sent.
            masked(&url)
        } else {
            url.to_string()
        };
        next.url = url;
        Ok(next)
    }

    /// Adds a header from an earlier answer.
    pub(in crate::source) fn with(&mut self, name: HeaderName, text: &str) {
        if let Ok(value) = HeaderValue::from_str(text) {
            self.headers.insert(name, value);
        }
    }
}

/// Returns the address of a request without the parts that may hold secrets.
pub(super) fn masked(url: &Url) -> String {
    let query = url.query().map_or("", |_| "?***");
    format!("{}/***{query}", url.origin().ascii_serialization())
}
