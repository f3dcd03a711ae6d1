//! `cgv-kr`: divs whose classes are status, kind and price zone; the row label is a sibling.

use std::fmt::Write as _;

use super::{Cinema, Listed};
use crate::{request::cinema_key, shape::Shape};

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
