//! `cds`: a matrix of integers; labels follow from three flags of the auditorium.

use std::fmt::Write as _;

use super::{Cinema, Listed, Plan, Showtime, cinema_key};
use crate::{
    codes,
    layout::{Area, Layout, Seat},
    price,
    shape::Shape,
};

/// What stands in the holes, by symbol: the code itself.
pub const FRAGMENTS: &[&[&str]] = &[codes::codes(Shape::Cds)];

/// The flags of an auditorium: front to back, left to right, skip missing seats.
const fn flags(auditorium: u8) -> (bool, bool, bool) {
    (
        auditorium.is_multiple_of(2),
        auditorium % 3 == 1,
        auditorium % 4 == 2,
    )
}

/// Renders the cinemas.
pub fn cinemas(all: impl Iterator<Item = Cinema>, page: &mut String) {
    page.push('[');
    for (index, cinema) in all.enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let key = cinema_key(Shape::Cds, cinema.number);
        let _ = write!(
            page,
            r#"{comma}{{"id":{key},"name":"Ciné {} {key}"}}"#,
            cinema.town.name
        );
    }
    page.push(']');
}

/// Renders the showtimes of a cinema; `free` gives the seats in all and those free.
pub fn showtimes(all: &[Listed], free: impl Fn(&Showtime) -> (usize, usize), page: &mut String) {
    page.push('[');
    for (index, listed) in all.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let showtime = &listed.showtime;
        let (front_to_back, left_to_right, skip_missing) = flags(showtime.auditorium);
        let remaining = free(showtime).1;
        let _ = write!(
            page,
            r#"{comma}{{"id":{},"remaining_place":{remaining},"internet_remaining_place":{remaining},"disableseatmap":false,"is_empty_seatmap":false,"showtime":"{}","is_cancelled":false,"is_deleted":false,"showsTariffPostypeCollection":[{{"tariffid":{{"id":96}}}},{{"tariffid":{{"id":3}}}}],"screenid":{{"id":{},"seatmapfronttoback":{front_to_back},"seatmaplefttoright":{left_to_right},"seatmapskipmissingseats":{skip_missing}}},"mediaid":{{"id":{},"title":"{}"}},"showsMediaoptionsCollection":[{{"mediaoptionsid":{{"id":12}}}}],"tariffs":["#,
            showtime.key,
            listed.local.strftime("%Y-%m-%dT%H:%M:%S.000%z"),
            listed.auditorium(),
            showtime.film + 1,
            listed.title()
        );
        let adult = price::adult(Shape::Cds, showtime, Area::Plain);
        for (place, (id, name, share)) in [(96, "Plein tarif", 100), (3, "Tarif réduit", 80)]
            .into_iter()
            .enumerate()
        {
            let comma = if place == 0 { "" } else { "," };
            let price = price::decimal(adult * share / 100);
            let _ = write!(
                page,
                r#"{comma}{{"id":{id},"name":"{name}","price":{price}}}"#
            );
        }
        page.push_str("]}");
    }
    page.push(']');
}

/// Returns the labels of the seats in layout order, as the flags of their auditorium make
/// them: a letter for each row that has seats, and a number in the row.
#[must_use]
pub fn labels(layout: &Layout, auditorium: u8) -> Vec<String> {
    let (front_to_back, left_to_right, skip_missing) = flags(auditorium);
    let mut rows: Vec<u16> = layout.seats.iter().map(|seat| seat.y).collect();
    rows.dedup();
    let label = |seat: &Seat| {
        let ahead = rows.iter().filter(|row| **row < seat.y).count();
        let rank = if front_to_back {
            ahead
        } else {
            rows.len() - 1 - ahead
        };
        let letter = char::from(b'A' + u8::try_from(rank).unwrap_or(0));
        let beside = |other: &&Seat| {
            other.y == seat.y && (other.x < seat.x) == left_to_right && other.x != seat.x
        };
        let number = match (skip_missing, left_to_right) {
            (true, _) => layout.seats.iter().filter(beside).count() + 1,
            (false, true) => usize::from(seat.x) + 1,
            (false, false) => usize::from(layout.width - seat.x),
        };
        format!("{letter}_{number}")
    };
    layout.seats.iter().map(label).collect()
}

/// Renders the seats and returns their places: row and column of the matrix, from 0.
#[must_use]
pub fn seats(layout: &Layout, plan: &mut Plan) -> Vec<String> {
    plan.text(format_args!("["));
    for y in 0..layout.height {
        plan.text(format_args!("{}[", if y == 0 { "" } else { ",\n" }));
        for x in 0..layout.width {
            plan.text(format_args!("{}", if x == 0 { "" } else { ", " }));
            match layout.row(y).find(|seat| layout.seats[*seat].x == x) {
                Some(seat) => plan.hole(seat, 0),
                None => plan.text(format_args!("0")),
            }
        }
        plan.text(format_args!("]"));
    }
    plan.text(format_args!("]"));
    layout
        .seats
        .iter()
        .map(|seat| format!("{}-{}", seat.y, seat.x))
        .collect()
}
