//! `cgv-kr`: divs whose classes are status, kind and price zone; the row label is a sibling.

use std::fmt::Write as _;

use super::{Cinema, Listed, Showtime};
use crate::{film::facts, request::cinema_key, shape::Shape};

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
            r#"<li class="timetable" data-show="{}" data-movie-code="{}" data-movie-title="{}" data-screen-code="{screen:03}" data-screen-name="{screen}관" data-date="{}" data-time="{}" data-movie-title-original="{}" data-director="{}" data-running-time="{}" data-tags="{}">{}</li>"#,
            showtime.key,
            80_000 + u32::from(showtime.film),
            listed.title(),
            local.strftime("%Y%m%d"),
            local.strftime("%H%M"),
            listed.facts.original_title,
            listed.facts.director(),
            listed.facts.minutes,
            tags(showtime),
            local.strftime("%H:%M")
        );
    }
    page.push_str("</ul></body></html>\n");
}

fn tags(showtime: &Showtime) -> String {
    let dimension = if facts::is_3d(showtime) { "3D" } else { "2D" };
    let language = if facts::is_dubbed(showtime) {
        "더빙"
    } else {
        "자막"
    };
    let screen = if facts::is_giant(showtime) {
        "|IMAX"
    } else {
        ""
    };
    format!("{dimension}|{language}{screen}")
}
