//! `amc`: GraphQL over POST; availability, status and type together are the code.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Chain, Cinema, Listed, Plan, Showtime, Wanted, World, cinema_key, cinema_number};
use crate::{
    film,
    layout::{Area, Kind, Layout},
    price,
    shape::Shape,
};

const FREE: &str = r#""available":true,"seatStatus":"Available""#;
const SOLD: &str = r#""available":false,"seatStatus":"Sold""#;
const TAKEN: &str = r#""available":false,"seatStatus":"Taken""#;
const HELD: &str = r#""available":false,"seatStatus":"Held""#;
const BLOCKED: &str = r#""available":false,"seatStatus":"Blocked""#;
const UNBLOCKED: &str = r#""available":true,"seatStatus":"Unblocked""#;

/// What stands in the holes, by symbol.
pub const FRAGMENTS: &[&[&str]] = &[&[
    FREE, SOLD, HELD, BLOCKED, UNBLOCKED, SOLD, HELD, BLOCKED, FREE, SOLD, HELD, BLOCKED, TAKEN,
]];

/// Reads what a GraphQL request asks for, by its operation and variables.
#[must_use]
pub fn wanted(body: &[u8]) -> Option<Wanted> {
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
        "Theatres" => Some(Wanted::Cinemas),
        "Showtimes" => {
            let cinema = cinema_number(Shape::Amc, &word(["theatreId", "id"])?)?;
            Some(Wanted::Showtimes { cinema })
        }
        "Seats" => Some(Wanted::Seats {
            showtime: word(["showtimeId", "id"])?.parse().ok()?,
        }),
        _ => None,
    }
}

/// Renders the cinemas.
pub fn cinemas(world: &World, all: impl Iterator<Item = Cinema>, now_ms: i64, page: &mut String) {
    let _ = write!(
        page,
        r#"{{"data":{{"viewer":{{"theatres":{{"count":{},"pageInfo":{{"hasNextPage":false,"endCursor":null}},"edges":["#,
        world.options.cinemas
    );
    for (index, cinema) in all.enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let (key, town) = (cinema_key(Shape::Amc, cinema.number), cinema.town);
        let offset = world.local(cinema, now_ms).strftime("%:z").to_string();
        let slug = town.name.to_lowercase().replace(' ', "-");
        let _ = write!(
            page,
            r#"{comma}{{"node":{{"theatreId":{key},"name":"AMC {} {key}","slug":"amc-{slug}-{key}","city":"{}","state":"","latitude":{},"longitude":{},"utcOffset":"{offset}","timezone":"{}"}}}}"#,
            town.name, town.name, town.latitude, town.longitude, town.timezone
        );
    }
    page.push_str("]}}}}");
}

/// Renders the showtimes of a cinema.
pub fn showtimes(cinema: Cinema, all: &[Listed], page: &mut String) {
    let _ = write!(
        page,
        r#"{{"data":{{"viewer":{{"theatre":{{"theatreId":{},"showtimes":{{"pageInfo":{{"hasNextPage":false}},"edges":["#,
        cinema_key(Shape::Amc, cinema.number)
    );
    for (index, listed) in all.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let showtime = &listed.showtime;
        let _ = write!(
            page,
            r#"{comma}{{"node":{{"showtimeId":{},"showDateTimeUtc":"{}","status":"Sellable","auditorium":{},"movie":{{"movieId":{},"name":"{}"}}}}}}"#,
            showtime.key,
            utc(listed),
            listed.auditorium(),
            70_000 + u32::from(showtime.film),
            listed.title()
        );
    }
    page.push_str("]}}}}}");
}

fn utc(listed: &Listed) -> impl std::fmt::Display {
    listed
        .local
        .timestamp()
        .strftime("%Y-%m-%dT%H:%M:%S.000Z")
        .to_string()
}

/// Renders what comes before the seats: the showtime, its film, cinema and prices.
#[must_use]
pub fn head(world: &World, chain: &Chain, showtime: &Showtime) -> String {
    let starts_at = jiff::Timestamp::from_millisecond(showtime.starts_at_ms).unwrap_or_default();
    let town = world
        .cinema(chain, showtime.cinema)
        .map_or("", |cinema| cinema.town.name);
    let theatre = showtime.cinema + 1;
    let mut head = format!(
        r#"{{"data":{{"viewer":{{"showtime":{{"showtimeId":{},"showDateTimeUtc":"{}","format":null,"attributes":{{"edges":[]}},"movie":{{"movieId":{},"name":"{}"}},"theatre":{{"theatreId":{theatre},"name":"AMC {town} {theatre}"}},"prices":["#,
        showtime.key,
        starts_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        70_000 + u32::from(showtime.film),
        film::title(showtime.film)
    );
    let adult = price::adult(Shape::Amc, showtime, Area::Plain);
    for (code, name, share) in price::TICKETS {
        let comma = if head.ends_with('[') { "" } else { "," };
        let amount = price::decimal(adult * share / 100);
        let _ = write!(
            head,
            r#"{comma}{{"sku":"{code}","name":"{name}","amount":{amount}}}"#
        );
    }
    head.push_str("],");
    head
}

/// Renders the seats and returns their keys: row and column of the grid, from 1.
#[must_use]
pub fn seats(layout: &Layout, plan: &mut Plan) -> Vec<String> {
    plan.text(format_args!(
        r#""seatingLayout":{{"rows":{},"columns":{},"seats":["#,
        layout.height, layout.width
    ));
    for y in 0..layout.height {
        for x in 0..layout.width {
            let comma = if (y, x) == (0, 0) { "" } else { "," };
            let (row, column) = (y + 1, x + 1);
            let Some(index) = layout.row(y).find(|seat| layout.seats[*seat].x == x) else {
                plan.text(format_args!(
                    r#"{comma}{{"name":"","row":{row},"column":{column},"available":false,"seatStatus":"","type":"NotASeat","shouldDisplay":false}}"#
                ));
                continue;
            };
            let seat = &layout.seats[index];
            let kind = match seat.kind {
                Kind::Wheelchair => "Wheelchair",
                Kind::Companion => "Companion",
                Kind::Standard | Kind::SofaLeft | Kind::SofaRight => "CanReserve",
            };
            plan.text(format_args!(
                r#"{comma}{{"name":"{}{}","row":{row},"column":{column},"#,
                seat.label, seat.number
            ));
            plan.hole(index, 0);
            plan.text(format_args!(r#","type":"{kind}","shouldDisplay":true}}"#));
        }
    }
    plan.text(format_args!("]}}}}}}}}}}"));
    layout
        .seats
        .iter()
        .map(|seat| format!("{}-{}", seat.y + 1, seat.x + 1))
        .collect()
}
