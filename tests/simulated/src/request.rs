//! Requests: what a request to a chain asks for, read from its path, query and body.

use serde_json::Value;

use super::shape::Shape;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// The chain's cinemas.
    Cinemas,
    /// The showtimes of the cinema with this number.
    Showtimes {
        /// Number of the cinema.
        cinema: u32,
    },
    /// The seats of the showtime with this key.
    Seats {
        /// Key of the showtime.
        showtime: u64,
    },
}

/// Returns the cinema's key as the shape writes it.
#[must_use]
pub fn cinema_key(shape: Shape, number: u32) -> String {
    match shape {
        Shape::Bhd | Shape::CgvKr => format!("{:04}", number + 1),
        Shape::Major => (number + 101).to_string(),
        Shape::Cds | Shape::Amc => (number + 1).to_string(),
        Shape::Megabox => (number + 1001).to_string(),
        Shape::CgvId => format!("{:03}", number + 1),
    }
}

/// Returns the number of the cinema with this key.
#[must_use]
pub fn cinema_number(shape: Shape, key: &str) -> Option<u32> {
    let first = match shape {
        Shape::Bhd | Shape::CgvKr | Shape::Cds | Shape::Amc | Shape::CgvId => 1,
        Shape::Major => 101,
        Shape::Megabox => 1001,
    };
    key.parse::<u32>().ok()?.checked_sub(first)
}

/// Parses a request to a chain; `path` begins behind the chain's name.
#[must_use]
pub fn parse(shape: Shape, path: &str, query: &str, body: &[u8]) -> Option<Request> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let cinema = |key| cinema_number(shape, key).map(|cinema| Request::Showtimes { cinema });
    let seats = |key: &str| key.parse().ok().map(|showtime| Request::Seats { showtime });
    match (shape, parts.as_slice()) {
        (Shape::Amc, ["graphql"]) => parse_graphql(body),
        (Shape::Megabox, ["branches"])
        | (Shape::CgvKr, ["theaters"])
        | (Shape::Bhd | Shape::Major | Shape::Cds | Shape::CgvId, ["cinemas"]) => {
            Some(Request::Cinemas)
        }
        (Shape::Bhd, ["cinemas", key, "sessions"])
        | (Shape::Major, ["cinemas", key, "showtimes"])
        | (Shape::Cds, ["cinemas", key, "shows"])
        | (Shape::Megabox, ["branches", key, "schedule"])
        | (Shape::CgvKr, ["theaters", key, "timetable"])
        | (Shape::CgvId, ["cinemas", key, "schedule"]) => cinema(key),
        (Shape::Bhd, ["cinemas", _, "sessions", key, "seat-plan"])
        | (Shape::Cds, ["shows", key, "seatmap"])
        | (Shape::Megabox, ["seats", key])
        | (Shape::CgvKr, ["shows", key, "seats"])
        | (Shape::CgvId, ["schedule", key, "seats"]) => seats(key),
        (Shape::Major, ["seats"]) => {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .find(|(name, _)| *name == "session")
                .and_then(|(_, key)| seats(key))
        }
        _ => None,
    }
}

/// Parses a GraphQL request by its operation and variables.
fn parse_graphql(body: &[u8]) -> Option<Request> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let word = |names: [&str; 2]| {
        let variables = &body["variables"];
        let value = names
            .into_iter()
            .map(|name| &variables[name])
            .find(|value| !value.is_null())?;
        Some(
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        )
    };
    match body["operationName"].as_str()? {
        "Theatres" => Some(Request::Cinemas),
        "Showtimes" => {
            let cinema = cinema_number(Shape::Amc, &word(["theatreId", "id"])?)?;
            Some(Request::Showtimes { cinema })
        }
        "Seats" => Some(Request::Seats {
            showtime: word(["showtimeId", "id"])?.parse().ok()?,
        }),
        _ => None,
    }
}
