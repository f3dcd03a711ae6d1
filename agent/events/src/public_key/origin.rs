//! Origins of web pages (RFC 6454), exact or with a wildcard.

use std::str::FromStr;

use crate::text::quote;

/// The longest origin that is read, in bytes.
const MAX_ORIGIN_BYTES: usize = 300;

/// An origin that a key is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginPattern {
    origin: Origin,
    /// Whether one or more labels must stand before the host.
    is_wildcard: bool,
}

/// A text that is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text} is not an origin: write https://www.example.com, or https://*.example.com for all hosts below"
)]
pub struct ParseOriginError {
    /// The text, shortened and quoted.
    pub text: String,
}

impl OriginPattern {
    /// Returns whether the `Origin` header `origin` is one that the pattern is for.
    ///
    /// Scheme and port must be equal; a default port may be left out; case does not count.
    #[must_use]
    pub fn matches(&self, origin: &str) -> bool {
        let Some(received) = Origin::parse(origin) else {
            return false;
        };
        if (&received.scheme, received.port) != (&self.origin.scheme, self.origin.port) {
            return false;
        }
        if !self.is_wildcard {
            return received.host == self.origin.host;
        }
        received
            .host
            .strip_suffix(&self.origin.host)
            .and_then(|labels| labels.strip_suffix('.'))
            .is_some_and(|labels| labels.split('.').all(|label| !label.is_empty()))
    }
}

impl FromStr for OriginPattern {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<Self, ParseOriginError> {
        let error = || ParseOriginError { text: quote(text) };
        let (exact, is_wildcard) = match text.split_once("://*.") {
            Some((scheme, host)) => (format!("{scheme}://{host}"), true),
            None => (text.to_owned(), false),
        };
        let origin = Origin::parse(&exact).ok_or_else(error)?;
        // A wildcard for a whole top-level domain is a mistake.
        if is_wildcard && !origin.host.contains('.') {
            return Err(error());
        }
        Ok(Self {
            origin,
            is_wildcard,
        })
    }
}

/// A scheme, a host in lower case, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// Reads `scheme://host` or `scheme://host:port`, and nothing more.
    fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_ORIGIN_BYTES || !text.is_ascii() {
            return None;
        }
        let lower = text.to_ascii_lowercase();
        let (scheme, authority) = lower.split_once("://")?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        // The colons of an IPv6 address stand in brackets.
        let after_brackets = authority.rfind(']').map_or(0, |end| end + 1);
        let (host, port) = match authority.get(after_brackets..)?.find(':') {
            Some(colon) => authority.split_at_checked(after_brackets + colon)?,
            None => (authority, ""),
        };
        let port = match port.strip_prefix(':') {
            None => None,
            Some(digits) if digits.starts_with('+') => return None,
            Some(digits) => Some(digits.parse::<u16>().ok()?),
        };
        let is_default = matches!((scheme, port), ("https", Some(443)) | ("http", Some(80)));
        let origin = Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port: port.filter(|_| !is_default),
        };
        (is_scheme && is_host(host)).then_some(origin)
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    host.split('.').all(|label| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn matches(pattern: &str, origin: &str) -> bool {
        pattern.parse::<OriginPattern>().unwrap().matches(origin)
    }

    #[test]
    fn an_exact_origin_matches_itself_only() {
        let pattern = "https://www.example.com";

        assert!(matches(pattern, "https://www.example.com"));
        assert!(matches(pattern, "HTTPS://WWW.Example.com:443"));
        for origin in [
            "http://www.example.com",
            "https://example.com",
            "https://www.example.com:8443",
            "https://www.example.com.evil.com",
            "https://evil-www.example.com",
            "https://www.example.com/",
            "https://www.example.com@evil.com",
            "null",
            "",
        ] {
            assert!(!matches(pattern, origin), "{origin}");
        }
    }

    #[test]
    fn a_wildcard_stands_for_one_or_more_labels() {
        let pattern = "https://*.example.com";

        assert!(matches(pattern, "https://a.example.com"));
        assert!(matches(pattern, "https://a.b.example.com"));
        for origin in [
            "https://example.com",
            "https://.example.com",
            "https://a..example.com",
            "https://evilexample.com",
            "https://evil.com/.example.com",
            "https://evil.com#.example.com",
            "https://a.example.com:8443",
            "http://a.example.com",
        ] {
            assert!(!matches(pattern, origin), "{origin}");
        }
    }

    #[test]
    fn a_port_and_another_scheme_can_be_named() {
        assert!(matches("http://localhost:3000", "http://localhost:3000"));
        assert!(matches(
            "https://*.example.com:8443",
            "https://a.example.com:8443"
        ));
        assert!(matches("capacitor://localhost", "capacitor://localhost"));
        assert!(matches("http://[::1]:3000", "http://[::1]:3000"));
    }

    #[test]
    fn other_patterns_are_refused() {
        for text in [
            "",
            "*",
            "https://*",
            "https://*.com",
            "example.com",
            "https://",
            "https://a b",
            "null",
            "https://example.com/",
            "https://*.*.example.com",
            "https://a.*.com",
            "https://a:99999",
            "https://a:",
            "https://a:+1",
            "://a",
            "https://münchen.example",
        ] {
            assert!(text.parse::<OriginPattern>().is_err(), "{text}");
        }
    }
}
