//! `major`: a two-dimensional array with `[]` for gaps; every number is a string.

use std::fmt::Write as _;

use super::{Cinema, Listed, Plan, Showtime, cinema_key};
use crate::{
    codes,
    layout::{Area, Kind, Layout},
    price,
    shape::Shape,
};

/// What stands in the holes, by symbol: the code itself.
pub const FRAGMENTS: &[&[&str]] = &[codes::codes(Shape::Major)];

const fn category(area: Area) -> u8 {
    match area {
        Area::Plain => 15,
        Area::Premium => 16,
        Area::Couple => 17,
    }
}

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
        let _ = write!(
            page,
            r#"{comma}{{"SessionId":"{}","FilmCode":"F{}","FilmName":"{}","Screen":"{screen}","ScreenName":"Theatre {screen}","ShowDateTime":"{}"}}"#,
            showtime.key,
            showtime.film + 1,
            listed.title(),
            listed.local.strftime("%Y-%m-%d %H:%M")
        );
    }
    page.push_str("]}");
}

/// Renders what comes before the seats: the tickets of the showtime.
#[must_use]
pub fn head(showtime: &Showtime) -> String {
    let mut head =
        String::from(r#"{"status":200,"debug":null,"cache":false,"result":{"tickets":["#);
    for area in Area::ALL {
        let adult = price::adult(Shape::Major, showtime, area);
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

/// Renders the seats and returns their keys.
#[must_use]
pub fn seats(layout: &Layout, plan: &mut Plan) -> Vec<String> {
    for y in (0..layout.height).rev() {
        let comma = if y + 1 == layout.height { "" } else { "," };
        let name = layout.row(y).next().map(|seat| layout.seats[seat].label);
        let name = name.map_or(String::new(), String::from);
        plan.text(format_args!(r#"{comma}{{"Name":"{name}","Columns":["#));
        for x in (0..layout.width).rev() {
            if x + 1 < layout.width {
                plan.text(format_args!(","));
            }
            let Some(index) = layout.row(y).find(|seat| layout.seats[*seat].x == x) else {
                plan.text(format_args!("[]"));
                continue;
            };
            let seat = &layout.seats[index];
            let style = match seat.kind {
                Kind::SofaLeft => "SofaLeft",
                Kind::SofaRight => "SofaRight",
                Kind::Standard | Kind::Wheelchair | Kind::Companion => "Normal",
            };
            plan.text(format_args!(
                r#"{{"Position":{{"AreaNumber":"1","RowIndex":"{}","ColumnIndex":"{}"}},"Priority":"1","Id":"{}","Status":""#,
                y + 1, x + 1, seat.number
            ));
            plan.hole(index, 0);
            plan.text(format_args!(
                r#"","SeatStyle":"{style}","AreaCategoryCode":"00000000{}"}}"#,
                category(seat.area)
            ));
        }
        plan.text(format_args!("]}}"));
    }
    plan.text(format_args!("]}}}}"));
    let key = |seat: &crate::layout::Seat| format!("1-{}-{}", seat.y + 1, seat.x + 1);
    layout.seats.iter().map(key).collect()
}
