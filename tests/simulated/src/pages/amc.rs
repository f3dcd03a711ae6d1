//! `amc`: GraphQL over POST; availability, status and type together are the code.

use std::fmt::Write as _;

use super::{Chain, Cinema, Listed, Showtime, World};
use crate::{
    film::{self, facts},
    layout::Area,
    price,
    request::cinema_key,
    shape::Shape,
};

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
            r#"{comma}{{"node":{{"showtimeId":{},"showDateTimeUtc":"{}","status":"Sellable","auditorium":{},"attributes":{{"edges":[{}]}},"movie":{{"movieId":{},"name":"{}"}}}}}}"#,
            showtime.key,
            utc(listed),
            listed.auditorium(),
            attributes(showtime),
            70_000 + u32::from(showtime.film),
            listed.title()
        );
    }
    page.push_str("]}}}}}");
}

/// Amenities stand among the formats.
fn attributes(showtime: &Showtime) -> String {
    let codes = [
        ("reservedseating", true),
        ("imax", facts::is_giant(showtime)),
        ("reald3d", facts::is_3d(showtime)),
        ("closedcaption", showtime.slot.is_multiple_of(2)),
    ];
    let said = codes.into_iter().filter(|(_, is_said)| *is_said);
    let nodes: Vec<String> = said
        .map(|(code, _)| format!(r#"{{"node":{{"code":"{code}"}}}}"#))
        .collect();
    nodes.join(",")
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
    let adult = showtime.adult_price(Shape::Amc, Area::Plain);
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
