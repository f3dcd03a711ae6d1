//! What a public key may send, and from which pages.
//!
//! A public key stands in the source of a page, so anybody can copy it. An `Origin` header keeps
//! other pages from using it; programs can send any header, so rates are limited besides.

mod origin;

use crate::text::quote;

pub use origin::{OriginPattern, ParseOriginError};

/// The limits of a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeyPolicy {
    origins: Option<Vec<OriginPattern>>,
    events: Option<Vec<String>>,
}

/// Why a public key may not send a request or an event. It is the reason of the answer, with 403
/// for a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// The request names no origin, and the key is for pages only.
    #[error(
        "the request has no Origin header, and this key is for web pages: use a secret key in a service"
    )]
    NoOrigin,
    /// The request comes from a page that is not listed.
    #[error("origin {origin} may not use this key: add it to the origins of the key")]
    Origin {
        /// The origin as received, shortened and quoted.
        origin: String,
    },
    /// The event is not listed.
    #[error("event is {event}, which this key may not send: add it to the events of the key")]
    Event {
        /// The name of the event, shortened and quoted.
        event: String,
    },
}

impl PublicKeyPolicy {
    /// Makes the policy of a key. `None` sets no limit; an empty list allows nothing.
    ///
    /// An origin is exact, as `https://www.example.com`, or has `*.` for one or more labels, as
    /// `https://*.example.com`, which does not include `https://example.com` itself. An event is an
    /// exact name; `identify`, `page` and so on are those of the kinds.
    ///
    /// # Errors
    ///
    /// Fails for the first origin that is none, with that text.
    pub fn new(
        origins: Option<&[String]>,
        events: Option<&[String]>,
    ) -> Result<Self, ParseOriginError> {
        let origins = origins
            .map(|origins| origins.iter().map(|text| text.parse()).collect())
            .transpose()?;
        Ok(Self {
            origins,
            events: events.map(<[String]>::to_vec),
        })
    }

    /// Says whether a request with this `Origin` header may use the key.
    ///
    /// # Errors
    ///
    /// Fails for an origin that no pattern matches, and for a request without one if there are
    /// patterns. `null`, which a browser sends for files and sandboxes, matches none.
    pub fn allow_origin(&self, origin: Option<&str>) -> Result<(), NotAllowed> {
        let Some(patterns) = &self.origins else {
            return Ok(());
        };
        let origin = origin.ok_or(NotAllowed::NoOrigin)?;
        if patterns.iter().any(|pattern| pattern.matches(origin)) {
            return Ok(());
        }
        Err(NotAllowed::Origin {
            origin: quote(origin),
        })
    }

    /// Says whether the key may send events named `name`.
    ///
    /// # Errors
    ///
    /// Fails for a name that is not listed.
    pub fn allow_event(&self, name: &str) -> Result<(), NotAllowed> {
        let is_allowed = match &self.events {
            None => true,
            Some(events) => events.iter().any(|event| event == name),
        };
        if is_allowed {
            return Ok(());
        }
        Err(NotAllowed::Event { event: quote(name) })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn policy(origins: Option<&[&str]>, events: Option<&[&str]>) -> PublicKeyPolicy {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        PublicKeyPolicy::new(origins.map(owned).as_deref(), events.map(owned).as_deref()).unwrap()
    }

    #[test]
    fn without_lists_everything_is_allowed() {
        let policy = policy(None, None);

        assert_eq!(policy.allow_origin(None), Ok(()));
        assert_eq!(policy.allow_origin(Some("https://any.example")), Ok(()));
        assert_eq!(policy.allow_event("any"), Ok(()));
    }

    #[test]
    fn an_empty_list_allows_nothing() {
        let policy = policy(Some(&[]), Some(&[]));

        assert!(policy.allow_origin(Some("https://any.example")).is_err());
        assert!(policy.allow_event("any").is_err());
    }

    #[test]
    fn a_listed_origin_and_event_are_allowed_and_others_are_not() {
        let policy = policy(
            Some(&["https://shop.example"]),
            Some(&["page", "seat_chosen"]),
        );

        assert_eq!(policy.allow_origin(Some("https://shop.example")), Ok(()));
        assert_eq!(policy.allow_origin(None), Err(NotAllowed::NoOrigin));
        assert!(policy.allow_origin(Some("null")).is_err());
        assert!(
            policy
                .allow_origin(Some("https://shop.example.evil.example"))
                .is_err()
        );
        assert_eq!(policy.allow_event("seat_chosen"), Ok(()));
        assert_eq!(
            policy.allow_event("ticket_bought").unwrap_err().to_string(),
            "event is \"ticket_bought\", which this key may not send: add it to the events of the key"
        );
    }
}
