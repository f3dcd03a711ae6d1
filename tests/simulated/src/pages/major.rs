//! `major`: a two-dimensional array with `[]` for gaps; every number is a string.

use std::fmt::Write as _;

use super::{Cinema, Listed, Showtime};
use crate::{
    film::facts, layout::Area, price, request::cinema_key, seat_map::major::category, shape::Shape,
};

/// Renders the cinemas.
pub fn cinemas(all: impl Iterator<Item = Cinema>, page: &mut String) {
    page.push_str(r#"{"status":200,"debug":null,"result":["#);
    for (index, cinema) in all.enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let key = cinema_key(Shape::Major, cinema.number);
        let (town, number) = (cinema.town.name, cinema.number + 1);
        let _ = write!(
            page,
            r#"{comma}{{"CinemaId":"{key}","Name":"Cineplex {town} {number}"}}"#
        );
    }
    page.push_str("]}");
}

/// Renders the showtimes of a cinema.
pub fn showtimes(all: &[Listed], page: &mut String) {
    page.push_str(r#"{"status":200,"debug":null,"result":["#);
    for (index, listed) in all.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let (showtime, screen) = (&listed.showtime, listed.auditorium());
        let film = &listed.facts;
        let _ = write!(
            page,
            r#"{comma}{{"SessionId":"{}","FilmCode":"F{}","FilmName":"{}","Screen":"{screen}","ScreenName":"Theatre {screen}","ShowDateTime":"{}","FilmNameOriginal":"{}","Director":"{}","Distributor":"{}","ReleaseYear":"{}","ImdbId":"tt{}","Duration":"{}","System":"{}","Audio":"{}","Subtitle":"{}"}}"#,
            showtime.key,
            showtime.film + 1,
            listed.title(),
            listed.local.strftime("%Y-%m-%d %H:%M"),
            film.original_title,
            film.director(),
            film.distributor.to_uppercase(),
            film.year,
            film.number,
            film.minutes,
            system(showtime),
            if facts::is_dubbed(showtime) {
                "TH"
            } else {
                "EN"
            },
            if facts::is_dubbed(showtime) { "" } else { "TH" }
        );
    }
    page.push_str("]}");
}

fn system(showtime: &Showtime) -> &'static str {
    match (facts::is_giant(showtime), facts::is_3d(showtime)) {
        (true, _) => "IMAX",
        (false, true) => "DIGITAL 3D",
        (false, false) => "DIGITAL 2D",
    }
}

/// Renders what comes before the seats: the tickets of the showtime.
#[must_use]
pub fn head(showtime: &Showtime) -> String {
    let mut head =
        String::from(r#"{"status":200,"debug":null,"cache":false,"result":{"tickets":["#);
    for area in Area::ALL {
        let adult = showtime.adult_price(Shape::Major, area);
        for (code, name, share) in price::TICKETS {
            let comma = if head.ends_with('[') { "" } else { "," };
            let (category, cents) = (category(area), adult * share / 100 / 100 * 100);
            let _ = write!(
                head,
                r#"{comma}{{"{category}":{{"TicketCode":"{code}","isPackage":false,"Ticket":"{name}","SeatType":null,"AreaCategoryCode":"00000000{category}","PriceCode":"{cents}","Price":{},"NumberOfSeats":"1","RequireSeat":1}}}}"#,
                cents / 100
            );
        }
    }
    head.push_str(r#"],"seats":["#);
    head
}
