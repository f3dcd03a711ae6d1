//! The scope that each route needs.
//!
//! What only reads needs the scope `read`, except for the few routes in [`PUBLIC`]. What changes
//! something stands in [`CHANGES`]: a route that is missing there is not served, so a new one
//! cannot be forgotten.

use std::collections::BTreeMap;

use actix_web::http::Method;
use utoipa::openapi::{OpenApi, path::PathItem};

use super::viewer::Scope;

/// What a request must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// A viewer with at least this scope.
    Scope(Scope),
}

/// Routes for reading that need no token.
pub const PUBLIC: [&str; 3] = ["/login", "/assets/{hash}/{name}", "/v1/openapi.json"];

/// Every route that changes something, or that costs more than a read: all are `POST`.
pub const CHANGES: [(&str, Needs); 53] = [
    ("/v1/sources", Needs::Scope(Scope::Admin)),
    ("/v1/sources/{source}/rollback", Needs::Scope(Scope::Admin)),
    ("/v1/sources/{source}/pause", Needs::Scope(Scope::Operate)),
    ("/v1/sources/{source}/resume", Needs::Scope(Scope::Operate)),
    ("/v1/sources/{source}/accept", Needs::Scope(Scope::Operate)),
    ("/v1/sources/{source}/codes", Needs::Scope(Scope::Operate)),
    (
        "/v1/sources/{source}/attributes",
        Needs::Scope(Scope::Operate),
    ),
    ("/v1/film-pairs/{a}/{b}/same", Needs::Scope(Scope::Operate)),
    (
        "/v1/film-pairs/{a}/{b}/different",
        Needs::Scope(Scope::Operate),
    ),
    (
        "/v1/film-pairs/{a}/{b}/undecided",
        Needs::Scope(Scope::Operate),
    ),
    ("/v1/definitions/try", Needs::Scope(Scope::Operate)),
    ("/v1/tasks/{task}/run", Needs::Scope(Scope::Operate)),
    ("/v1/tasks/{task}/cancel", Needs::Scope(Scope::Operate)),
    ("/v1/tasks/{task}/retire", Needs::Scope(Scope::Operate)),
    ("/v1/tasks/{task}/release", Needs::Scope(Scope::Operate)),
    ("/v1/weights", Needs::Scope(Scope::Operate)),
    (
        "/v1/anomalies/{anomaly}/accept",
        Needs::Scope(Scope::Operate),
    ),
    (
        "/v1/anomalies/{anomaly}/reject",
        Needs::Scope(Scope::Operate),
    ),
    ("/v1/event-clients", Needs::Scope(Scope::Admin)),
    ("/v1/event-keys", Needs::Scope(Scope::Admin)),
    ("/v1/event-keys/{key}/revoke", Needs::Scope(Scope::Admin)),
    ("/v1/event-schemas", Needs::Scope(Scope::Admin)),
    ("/v1/event-names", Needs::Scope(Scope::Admin)),
    ("/v1/event-replays", Needs::Scope(Scope::Operate)),
    ("/v1/experiments", Needs::Scope(Scope::Operate)),
    (
        "/v1/experiments/{experiment}/end",
        Needs::Scope(Scope::Operate),
    ),
    (
        "/v1/data-sets/{data_set}/build",
        Needs::Scope(Scope::Operate),
    ),
    ("/v1/alert-silences", Needs::Scope(Scope::Operate)),
    (
        "/v1/alert-silences/{silence}/end",
        Needs::Scope(Scope::Operate),
    ),
    ("/login", Needs::Nothing),
    ("/logout", Needs::Nothing),
    ("/definitions", Needs::Scope(Scope::Admin)),
    ("/sources/{source}/rollback", Needs::Scope(Scope::Admin)),
    ("/sources/{source}/pause", Needs::Scope(Scope::Operate)),
    ("/sources/{source}/resume", Needs::Scope(Scope::Operate)),
    ("/sources/{source}/accept", Needs::Scope(Scope::Operate)),
    ("/sources/{source}/codes", Needs::Scope(Scope::Operate)),
    ("/sources/{source}/attributes", Needs::Scope(Scope::Operate)),
    ("/film-pairs/{a}/{b}/same", Needs::Scope(Scope::Operate)),
    (
        "/film-pairs/{a}/{b}/different",
        Needs::Scope(Scope::Operate),
    ),
    (
        "/film-pairs/{a}/{b}/undecided",
        Needs::Scope(Scope::Operate),
    ),
    ("/anomalies/{anomaly}/accept", Needs::Scope(Scope::Operate)),
    ("/anomalies/{anomaly}/reject", Needs::Scope(Scope::Operate)),
    ("/tasks/{task}/run", Needs::Scope(Scope::Operate)),
    ("/tasks/{task}/cancel", Needs::Scope(Scope::Operate)),
    ("/tasks/{task}/retire", Needs::Scope(Scope::Operate)),
    ("/tasks/{task}/release", Needs::Scope(Scope::Operate)),
    ("/weights", Needs::Scope(Scope::Operate)),
    ("/event-replays", Needs::Scope(Scope::Operate)),
    (
        "/experiments/{experiment}/end",
        Needs::Scope(Scope::Operate),
    ),
    ("/data-sets/{data_set}/build", Needs::Scope(Scope::Operate)),
    ("/alert-silences", Needs::Scope(Scope::Operate)),
    (
        "/alert-silences/{silence}/end",
        Needs::Scope(Scope::Operate),
    ),
];

/// Returns what a request needs; `None` if no such route may be served.
#[must_use]
pub fn needs(method: &Method, pattern: &str) -> Option<Needs> {
    if *method == Method::GET {
        return Some(if PUBLIC.contains(&pattern) {
            Needs::Nothing
        } else {
            Needs::Scope(Scope::Read)
        });
    }
    if *method != Method::POST {
        return None;
    }
    CHANGES
        .iter()
        .find(|(known, _)| *known == pattern)
        .map(|(_, needs)| *needs)
}

/// The methods of every path of the API, for the header `Allow`.
#[derive(Debug, Clone, Default)]
pub struct Methods(BTreeMap<String, Vec<&'static str>>);

impl Methods {
    /// Those of a document.
    #[must_use]
    pub fn of(document: &OpenApi) -> Self {
        let paths = document.paths.paths.iter();
        Self(
            paths
                .map(|(path, item)| (path.clone(), methods(item)))
                .collect(),
        )
    }

    /// Those of a route, such as `GET, POST`.
    #[must_use]
    pub fn allowed(&self, pattern: &str) -> String {
        let mut methods = self.0.get(pattern).cloned().unwrap_or_default();
        if methods.is_empty() {
            methods.push(if needs(&Method::POST, pattern).is_some() {
                "POST"
            } else {
                "GET"
            });
        }
        methods.join(", ")
    }
}

/// The methods that an entry of a document describes.
fn methods(item: &PathItem) -> Vec<&'static str> {
    [
        ("GET", item.get.is_some()),
        ("POST", item.post.is_some()),
        ("PUT", item.put.is_some()),
        ("PATCH", item.patch.is_some()),
        ("DELETE", item.delete.is_some()),
    ]
    .into_iter()
    .filter_map(|(method, is_there)| is_there.then_some(method))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_table_is_not_served() {
        assert_eq!(needs(&Method::POST, "/v1/new"), None);
        assert_eq!(needs(&Method::DELETE, "/v1/weights"), None);
        assert_eq!(
            needs(&Method::GET, "/v1/anything"),
            Some(Needs::Scope(Scope::Read))
        );
        assert_eq!(needs(&Method::GET, "/login"), Some(Needs::Nothing));
    }

    #[test]
    fn nothing_that_changes_something_is_open_to_readers() {
        for (pattern, needs) in CHANGES {
            let is_open = needs == Needs::Nothing;
            assert_eq!(
                is_open,
                ["/login", "/logout"].contains(&pattern),
                "{pattern}"
            );
            assert_ne!(needs, Needs::Scope(Scope::Read), "{pattern}");
        }
    }
}
