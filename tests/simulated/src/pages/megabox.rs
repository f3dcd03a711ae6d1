//! `megabox`: buttons with attributes, positions in pixels, the status among the classes.

use std::fmt::Write as _;

use super::{Cinema, Listed};
use crate::{film::facts, request::cinema_key, shape::Shape};

/// Renders the cinemas.
pub fn cinemas(all: impl Iterator<Item = Cinema>, page: &mut String) {
    page.push_str("<!DOCTYPE html>\n<html><body><ul class=\"branches\">\n");
    for cinema in all {
        let (key, town) = (cinema_key(Shape::Megabox, cinema.number), cinema.town.name);
        let name = format!("{town} {}", cinema.number + 1);
        let _ = writeln!(
            page,
            r#"<li class="branch" data-brch-no="{key}" data-name="{name}">{name}</li>"#
        );
    }
    page.push_str("</ul></body></html>\n");
}

/// Renders the showtimes of a cinema; what starts before five counts to the day before.
pub fn showtimes(all: &[Listed], page: &mut String) {
    page.push_str("<!DOCTYPE html>\n<html><body><table class=\"shows\">\n");
    for listed in all {
        let (showtime, number) = (&listed.showtime, listed.auditorium());
        let _ = writeln!(
            page,
            r#"<tr class="show" data-play-schdl-no="{}" data-movie-no="{}" data-movie-nm="{}" data-theab-no="{number:02}" data-theab-nm="{number}관" data-start="{}" data-play-time="{}" data-release="{}" data-play-kind="{}({})"><td>{}</td></tr>"#,
            showtime.key,
            20_001_000 + u32::from(showtime.film),
            listed.title(),
            start(listed),
            listed.facts.minutes,
            listed.facts.released_on.strftime("%Y%m%d"),
            if facts::is_3d(showtime) { "3D" } else { "2D" },
            if facts::is_dubbed(showtime) {
                "더빙"
            } else {
                "자막"
            },
            listed.title()
        );
    }
    page.push_str("</table></body></html>\n");
}

fn start(listed: &Listed) -> String {
    let local = &listed.local;
    let early = local.hour() < 5;
    let day = if early {
        local.date().yesterday().unwrap_or(local.date())
    } else {
        local.date()
    };
    let hour = if early {
        local.hour() + 24
    } else {
        local.hour()
    };
    format!("{}{hour:02}{:02}", day.strftime("%Y%m%d"), local.minute())
}
