//! `bhd`: numeric status in areas, rows and seats on one grid, sofas as groups.

use std::fmt::Write as _;

use super::{Cinema, Listed, Plan, Showtime, cinema_key};
use crate::{
    codes,
    layout::{Area, Kind, Layout},
    price,
    shape::Shape,
};

/// What stands in the holes, by symbol: the code itself.
pub const FRAGMENTS: &[&[&str]] = &[codes::codes(Shape::Bhd)];

const fn category(area: Area) -> (&'static str, &'static str, u8) {
    match area {
        Area::Plain => ("0000000000", "Standard", 3),
        Area::Premium => ("0000000001", "VIP", 1),
        Area::Couple => ("0000000002", "Couple", 4),
    }
}

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
        let (seats, available) = free(showtime);
        let _ = write!(
            page,
            r#"{comma}{{"SessionId":"{}","ScheduledFilmId":"HO{:05}","FilmTitle":"{}","ScreenNumber":{screen},"ScreenName":"Cinema {screen}","Showtime":"{}","SeatsTotal":{seats},"SeatsAvailable":{available}}}"#,
            showtime.key,
            showtime.film + 1,
            listed.title(),
            listed.local.strftime("%Y-%m-%dT%H:%M:%S")
        );
    }
    page.push_str("]}");
}

/// Renders what comes before the seats: the tickets of the showtime.
#[must_use]
pub fn head(showtime: &Showtime) -> String {
    let mut head = String::from(r#"{"ErrorDescription":null,"ResponseCode":0,"Tickets":["#);
    for area in Area::ALL {
        let adult = price::adult(Shape::Bhd, showtime, area);
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

/// Renders the seats and returns their keys.
#[must_use]
pub fn seats(layout: &Layout, plan: &mut Plan) -> Vec<String> {
    plan.text(format_args!(r#""SeatLayoutData":{{"AreaCategories":["#));
    for (index, area) in Area::ALL.into_iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        plan.text(format_args!(
            r#"{comma}{{"AreaCategoryCode":"{}","IsInSeatDeliveryEnabled":false,"SeatsAllocatedCount":0,"SeatsNotAllocatedCount":0,"SeatsToAllocate":0,"SelectedSeats":[]}}"#,
            category(area).0
        ));
    }
    plan.text(format_args!(r#"],"Areas":["#));
    let used = Area::ALL
        .into_iter()
        .filter(|area| layout.seats.iter().any(|seat| seat.area == *area));
    for (index, area) in used.enumerate() {
        let (code, name, number) = category(area);
        let (width, height) = (layout.width, layout.height);
        let count = layout.seats.iter().filter(|seat| seat.area == area).count();
        let comma = if index == 0 { "" } else { "," };
        plan.text(format_args!(
            r#"{comma}{{"AreaCategoryCode":"{code}","ColumnCount":{width},"Description":"{name}","DescriptionAlt":"","HasSofaSeatingEnabled":false,"Height":10,"IsAllocatedSeating":true,"Left":0,"Number":{number},"NumberOfSeats":{count},"RowCount":{height},"Rows":["#
        ));
        for y in (0..height).rev() {
            row(layout, area, y, plan);
        }
        plan.text(format_args!(r#"],"Top":90,"Width":10}}"#));
    }
    plan.text(format_args!(
        r#"],"BoundaryLeft":-0.2,"BoundaryRight":10,"BoundaryTop":90,"ScreenStart":-0.2,"ScreenWidth":10.6}}}}"#
    ));
    let key = |seat: &crate::layout::Seat| {
        format!(
            "{}-{}-{}",
            category(seat.area).2,
            layout.height - seat.y,
            seat.x
        )
    };
    layout.seats.iter().map(key).collect()
}

/// Renders one row of one area, as the rows of the back come first; without seats it has no name.
fn row(layout: &Layout, area: Area, y: u16, plan: &mut Plan) {
    let number = category(area).2;
    let index = layout.height - y;
    let comma = if index == 1 { "" } else { "," };
    let own: Vec<usize> = layout
        .row(y)
        .filter(|seat| layout.seats[*seat].area == area)
        .collect();
    let Some(first) = own.first() else {
        plan.text(format_args!(r#"{comma}{{"PhysicalName":null,"Seats":[]}}"#));
        return;
    };
    plan.text(format_args!(
        r#"{comma}{{"PhysicalName":"{}","Seats":["#,
        layout.seats[*first].label
    ));
    for (place, seat_index) in own.into_iter().enumerate() {
        let seat = &layout.seats[seat_index];
        let comma = if place == 0 { "" } else { "," };
        let (style, pair) = match seat.kind {
            Kind::SofaLeft => (3, Some((seat.x, seat.x + 1))),
            Kind::SofaRight => (1, Some((seat.x - 1, seat.x))),
            Kind::Standard | Kind::Wheelchair | Kind::Companion => (0, None),
        };
        let position =
            |x: u16| format!(r#"{{"AreaNumber":{number},"ColumnIndex":{x},"RowIndex":{index}}}"#);
        let group = pair.map_or("null".to_owned(), |(left, right)| {
            format!("[{},{}]", position(left), position(right))
        });
        plan.text(format_args!(
            r#"{comma}{{"Id":"{}","OriginalStatus":0,"Position":{},"Priority":3,"SeatStyle":{style},"SeatsInGroup":{group},"Status":"#,
            seat.number,
            position(seat.x)
        ));
        plan.hole(seat_index, 0);
        plan.text(format_args!("}}"));
    }
    plan.text(format_args!("]}}"));
}
