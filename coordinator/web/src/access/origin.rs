//! Whether another site made a browser send a request that changes something.
//!
//! Browsers say it themselves in `Sec-Fetch-Site`; older ones name the page in `Origin`. Programs
//! send neither, but carry a token in a header, which no site can make a browser do.

use actix_web::http::header::{HOST, HeaderMap, ORIGIN};

/// Refuses a request that another site may have sent; `host` is what the client asked for, and
/// `has_bearer` whether it carries a token in a header.
///
/// # Errors
///
/// A sentence for the person who sent it.
pub fn check(
    headers: &HeaderMap,
    host: &str,
    trusted: &[String],
    has_bearer: bool,
) -> Result<(), String> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let origin = text(ORIGIN.as_str());
    if let Some(origin) = origin
        && trusted.iter().any(|trusted| trusted == origin)
    {
        return Ok(());
    }
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => return Ok(()),
        Some(site) => {
            return Err(format!(
                "another site ({site}: {}) sent this request; if it is a proxy of yours, add it \
                 to web.trusted_origins",
                origin.unwrap_or("unnamed")
            ));
        }
        None => {}
    }
    match origin {
        Some(origin) if host_of(origin) == Some(host) => Ok(()),
        Some(origin) => Err(format!(
            "the origin {origin} is not the host {host}; if it is a proxy of yours, add it to \
             web.trusted_origins"
        )),
        None if has_bearer => Ok(()),
        None => Err(
            "a request that changes something needs a token in the header Authorization, or the \
             header Origin"
                .to_owned(),
        ),
    }
}

/// The host that a client asked for, with its port.
#[must_use]
pub fn host(headers: &HeaderMap, authority: Option<&str>) -> String {
    let header = headers.get(HOST).and_then(|host| host.to_str().ok());
    header.or(authority).unwrap_or_default().to_owned()
}

fn host_of(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, host)| host)
}

/// Whether `host` names this machine, whatever its port: a name that somebody else's name server
/// points here is not one.
#[must_use]
pub fn is_loopback_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// Whether a proxy forwarded the request.
#[must_use]
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        let name = name.as_str();
        matches!(name, "forwarded" | "x-real-ip" | "via") || name.starts_with("x-forwarded-")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn only_forms_of_this_site_and_programs_with_a_token_pass() {
        let passes = |pairs: &[(&'static str, &'static str)], has_bearer| {
            let trusted = ["https://fleet.example.org".to_owned()];
            check(&headers(pairs), "fleet:9080", &trusted, has_bearer).is_ok()
        };
        for (pairs, has_bearer, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], false, true),
            (&[("sec-fetch-site", "none")], false, true),
            (&[("sec-fetch-site", "same-site")], false, false),
            (&[("sec-fetch-site", "cross-site")], true, false),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://fleet.example.org"),
                ],
                false,
                true,
            ),
            (&[("origin", "http://fleet:9080")], false, true),
            (&[("origin", "http://fleet:9081")], false, false),
            (&[("origin", "http://evil.example")], true, false),
            (&[("origin", "null")], false, false),
            (&[], true, true),
            (&[], false, false),
        ] {
            assert_eq!(passes(pairs, has_bearer), expected, "{pairs:?}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for name in [
            "localhost",
            "localhost:9080",
            "127.0.0.1:80",
            "[::1]",
            "[::1]:80",
        ] {
            assert!(is_loopback_name(name), "{name}");
        }
        for name in [
            "",
            "fleet:9080",
            "localhost.evil.example",
            "127.0.0.1.evil",
            "::1",
        ] {
            assert!(!is_loopback_name(name), "{name}");
        }
    }
}
