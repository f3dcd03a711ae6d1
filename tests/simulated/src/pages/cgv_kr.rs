//! `cgv-kr`: divs whose classes are status, kind and price zone; the row label is a sibling.

use std::fmt::Write as _;

use super::{Cinema, Listed, Plan, cinema_key};
use crate::{
    layout::{Area, Kind, Layout, Seat},
    shape::Shape,
};

/// What stands in the holes, by symbol: the class, then two words for readers.
pub const FRAGMENTS: &[&[&str]] = &[
    &["", " reserved", "", " reserved", " taken"],
    &["", " 예매완료", "", " 예매완료", " 예매완료"],
    &["", " 선택불가", "", " 선택불가", " 선택불가"],
];

/// Renders the cinemas.
pub fn cinemas(all: impl Iterator<Item = Cinema>, page: &mut String) {
    page.push_str("<!DOCTYPE html>\n<html><body><div class=\"theaters\">\n");
    for cinema in all {
        let key = cinema_key(Shape::CgvKr, cinema.number);
        let (town, number) = (cinema.town.name, cinema.number + 1);
        let _ = writeln!(
            page,
            r##"<a class="theater" data-code="{key}" href="#">CGV {town} {number}</a>"##
        );
    }
    page.push_str("</div></body></html>\n");
}

/// Renders the showtimes of a cinema.
pub fn showtimes(all: &[Listed], page: &mut String) {
    page.push_str("<!DOCTYPE html>\n<html><body><ul class=\"timetables\">\n");
    for listed in all {
        let (showtime, screen, local) = (&listed.showtime, listed.auditorium(), &listed.local);
        let _ = writeln!(
            page,
            r#"<li class="timetable" data-show="{}" data-movie-code="{}" data-movie-title="{}" data-screen-code="{screen:03}" data-screen-name="{screen}관" data-date="{}" data-time="{}">{}</li>"#,
            showtime.key,
            80_000 + u32::from(showtime.film),
            listed.title(),
            local.strftime("%Y%m%d"),
            local.strftime("%H%M"),
            local.strftime("%H:%M")
        );
    }
    page.push_str("</ul></body></html>\n");
}

/// Renders the seats and returns their keys: row label and number.
#[must_use]
pub fn seats(layout: &Layout, plan: &mut Plan) -> Vec<String> {
    plan.text(format_args!(
        "<div class=\"seats\" id=\"seats_list\" style=\"width: {}px; height: {}px;\">\n<div class=\"rows\">\n",
        16 * layout.width + 64,
        16 * layout.height
    ));
    for y in 0..layout.height {
        let seats: Vec<usize> = layout.row(y).collect();
        let Some(first) = seats.first() else { continue };
        plan.text(format_args!(
            "<div class=\"row\" style=\"top:{}px;\"><div class=\"label\">{}</div><div class=\"seat_group left\"><div class=\"group\">",
            16 * y, layout.seats[*first].label
        ));
        for (place, index) in seats.iter().enumerate() {
            let seat = &layout.seats[*index];
            if place > 0 && layout.seats[index - 1].x + 1 != seat.x {
                plan.text(format_args!(
                    "</div></div>\n<div class=\"seat_group\"><div class=\"group\">"
                ));
            }
            place_seat(*index, seat, plan);
        }
        plan.text(format_args!("</div></div></div>\n"));
    }
    plan.text(format_args!(
        "</div>\n</div>\n<div class=\"legend\"><div class=\"seat info\"><span class=\"no\">0</span></div></div>\n</body>\n</html>\n"
    ));
    layout
        .seats
        .iter()
        .map(|seat| format!("{}-{}", seat.label, seat.number))
        .collect()
}

fn place_seat(index: usize, seat: &Seat, plan: &mut Plan) {
    let (class, word) = match (seat.kind, seat.area) {
        (Kind::Wheelchair, _) => (" handicap", "장애인석"),
        (_, Area::Plain) => (" rating_economy", "Economy"),
        (_, Area::Premium) => (" rating_comfort", "Comfort"),
        (_, Area::Couple) => (" rating_prime", "Prime"),
    };
    let left = 64 + 16 * seat.x;
    plan.text(format_args!(r#"<div class="seat"#));
    plan.hole(index, 0);
    plan.text(format_args!(
        r##"{class}" style="left:{left}px" data-left="{left}" data-left_zoom="{}"><a href="#" onclick="return false;"><span class="no">{}</span><span class="sreader">"##,
        left * 3 / 2, seat.number
    ));
    plan.hole(index, 1);
    plan.text(format_args!(r#" {word}</span><span class="sreader mod">"#));
    plan.hole(index, 2);
    plan.text(format_args!("</span></a></div>"));
}
