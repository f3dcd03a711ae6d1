//! `bhd`: numeric status in areas, rows and seats on one grid, sofas as groups.

use std::fmt::Write as _;

use super::{Cinema, Listed, Showtime};
use crate::{
    film::facts, layout::Area, price, request::cinema_key, seat_map::bhd::category, shape::Shape,
};

/// Renders the cinemas.
pub fn cinemas(all: impl Iterator<Item = Cinema>, page: &mut String) {
    page.push_str(r#"{"ResponseCode":0,"ErrorDescription":null,"Cinemas":["#);
    for (index, cinema) in all.enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let (key, town) = (cinema_key(Shape::Bhd, cinema.number), cinema.town);
        let _ = write!(
            page,
            r#"{comma}{{"ID":"{key}","Name":"Star {} {}","TimeZone":"{}","City":"{}","Latitude":{},"Longitude":{}}}"#,
            town.name,
            cinema.number + 1,
            town.timezone,
            town.name,
            town.latitude,
            town.longitude
        );
    }
    page.push_str("]}");
}

/// Renders the showtimes of a cinema; `free` gives the seats in all and those free.
pub fn showtimes(all: &[Listed], free: impl Fn(&Showtime) -> (usize, usize), page: &mut String) {
    page.push_str(r#"{"ResponseCode":0,"ErrorDescription":null,"Sessions":["#);
    for (index, listed) in all.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let (showtime, screen) = (&listed.showtime, listed.auditorium());
        let film = &listed.facts;
        let (seats, available) = free(showtime);
        let _ = write!(
            page,
            r#"{comma}{{"SessionId":"{}","ScheduledFilmId":"HO{:05}","FilmTitle":"{}","ScreenNumber":{screen},"ScreenName":"Cinema {screen}","Showtime":"{}","SeatsTotal":{seats},"SeatsAvailable":{available},"FilmTitleAlt":"{}","RunTime":{},"Distributor":"{} (VN)","OpeningDate":"{}T00:00:00","SessionAttributesNames":[{}]}}"#,
            showtime.key,
            showtime.film + 1,
            listed.title(),
            listed.local.strftime("%Y-%m-%dT%H:%M:%S"),
            film.original_title,
            film.minutes,
            film.distributor,
            film.released_on,
            attributes(showtime)
        );
    }
    page.push_str("]}");
}

fn attributes(showtime: &Showtime) -> String {
    let dimension = if facts::is_3d(showtime) { "3D" } else { "2D" };
    let language = if facts::is_dubbed(showtime) {
        "Lồng tiếng"
    } else {
        "Phụ đề"
    };
    let screen = if facts::is_giant(showtime) {
        r#","Starium""#
    } else {
        ""
    };
    format!(r#""{dimension}","{language}"{screen}"#)
}

/// Renders what comes before the seats: the tickets of the showtime.
#[must_use]
pub fn head(showtime: &Showtime) -> String {
    let mut head = String::from(r#"{"ErrorDescription":null,"ResponseCode":0,"Tickets":["#);
    for area in Area::ALL {
        let adult = showtime.adult_price(Shape::Bhd, area);
        for (code, name, share) in price::TICKETS {
            let comma = if head.ends_with('[') { "" } else { "," };
            let _ = write!(
                head,
                r#"{comma}{{"TicketTypeCode":"{code}","Description":"{name}","AreaCategoryCode":"{}","PriceInCents":{}}}"#,
                category(area).0,
                adult * share / 100
            );
        }
    }
    head.push_str("],");
    head
}
