//! Where a request was sent, and which kind of event that means.

use serde::{Deserialize, Serialize};

/// The address that a request was sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `/v1/events`: an event, an array, `{"events": […]}`, `{"batch": […]}`, or NDJSON.
    Events,
    /// `/v1/batch`: `{"batch": […]}`, as the server libraries of Segment send.
    Batch,
    /// `/v1/track`, `/v1/identify` and so on: one event of that kind.
    Single(EventKind),
}

impl Endpoint {
    /// Returns the endpoint of a path, or `None` for a path that takes no events.
    ///
    /// Segment's library for browsers uses one letter, as in `/v1/t`. A slash at the end is allowed.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let name = path.strip_prefix("/v1/")?;
        let name = name.strip_suffix('/').unwrap_or(name);
        let endpoint = match name {
            "events" => Self::Events,
            "batch" | "b" => Self::Batch,
            "t" => Self::Single(EventKind::Track),
            "i" => Self::Single(EventKind::Identify),
            "p" => Self::Single(EventKind::Page),
            "s" => Self::Single(EventKind::Screen),
            "g" => Self::Single(EventKind::Group),
            "a" => Self::Single(EventKind::Alias),
            other => Self::Single(EventKind::from_name(other)?),
        };
        Some(endpoint)
    }
}

/// The kinds of events of the Segment specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Something happened; `event` names it.
    Track,
    /// `traits` of a user; the event is named `identify`.
    Identify,
    /// A page was seen; the event is named `page`.
    Page,
    /// A screen of an app was seen; the event is named `screen`.
    Screen,
    /// A user belongs to a group, `traits` are the group's; the event is named `group`.
    Group,
    /// `userId` is the same user as `previousId`; the event is named `alias`.
    Alias,
}

impl EventKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Track,
        Self::Identify,
        Self::Page,
        Self::Screen,
        Self::Group,
        Self::Alias,
    ];

    /// Returns the kind as the `type` of an event names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Identify => "identify",
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Group => "group",
            Self::Alias => "alias",
        }
    }

    /// Returns the kind that `name` names, in lower case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_segments_libraries_has_an_endpoint() {
        for (path, endpoint) in [
            ("/v1/events", Endpoint::Events),
            ("/v1/batch", Endpoint::Batch),
            ("/v1/track", Endpoint::Single(EventKind::Track)),
            ("/v1/i", Endpoint::Single(EventKind::Identify)),
            ("/v1/page/", Endpoint::Single(EventKind::Page)),
            ("/v1/screen", Endpoint::Single(EventKind::Screen)),
            ("/v1/g", Endpoint::Single(EventKind::Group)),
            ("/v1/alias", Endpoint::Single(EventKind::Alias)),
        ] {
            assert_eq!(Endpoint::from_path(path), Some(endpoint), "{path}");
        }
    }

    #[test]
    fn other_paths_have_none() {
        for path in [
            "/v1/",
            "/v2/track",
            "/v1/Track",
            "track",
            "/v1/events/validate",
        ] {
            assert_eq!(Endpoint::from_path(path), None, "{path}");
        }
    }
}
