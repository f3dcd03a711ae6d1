//! `cgv-id`: anchors with a price each; the class `disabled` marks what is sold.

use std::fmt::Write as _;

use super::{Cinema, Listed, Showtime};
use crate::{film::facts, request::cinema_key, shape::Shape};

/// Renders the cinemas.
pub fn cinemas(all: impl Iterator<Item = Cinema>, page: &mut String) {
    page.push_str("<!DOCTYPE html>\n<html><body>\n");
    for cinema in all {
        let key = cinema_key(Shape::CgvId, cinema.number);
        let name = format!("{} {}", cinema.town.name, cinema.number + 1);
        let _ = writeln!(
            page,
            r##"<a class="cinema" id="{key}" title="{name}" href="#">{name}</a>"##
        );
    }
    page.push_str("</body></html>\n");
}

/// Renders the showtimes of a cinema.
pub fn showtimes(all: &[Listed], page: &mut String) {
    page.push_str("<!DOCTYPE html>\n<html><body><div class=\"schedules\">\n");
    for listed in all {
        let (showtime, number, local) = (&listed.showtime, listed.auditorium(), &listed.local);
        let _ = writeln!(
            page,
            r##"<a class="schedule" id="{}" attr-movie="{}" attr-title="{}" attr-audi="{number}" attr-audi-name="Audi {number}" attr-date="{}" attr-time="{}" attr-format="{}" attr-imdb="tt{}" href="#">{}</a>"##,
            showtime.key,
            21_000 + showtime.film,
            listed.title(),
            local.strftime("%d-%m-%Y"),
            local.strftime("%H:%M"),
            format(showtime),
            listed.facts.number,
            local.strftime("%H:%M")
        );
    }
    page.push_str("</div></body></html>\n");
}

fn format(showtime: &Showtime) -> &'static str {
    match (facts::is_giant(showtime), facts::is_3d(showtime)) {
        (true, true) => "STARIUM 3D",
        (true, false) => "STARIUM",
        (false, true) => "3D",
        (false, false) => "2D",
    }
}
