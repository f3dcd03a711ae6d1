//! `cds`: a matrix of integers; labels follow from three flags of the auditorium.

use std::fmt::Write as _;

use super::{Cinema, Listed, Showtime};
use crate::{
    film::facts, layout::Area, price, request::cinema_key, seat_map::cds::flags, shape::Shape,
};

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

/// Options are numbers: 12 is dubbed, 13 has subtitles, 20 is 3D.
fn options(showtime: &Showtime) -> String {
    let language = if facts::is_dubbed(showtime) { 12 } else { 13 };
    let options = [language]
        .into_iter()
        .chain(facts::is_3d(showtime).then_some(20));
    let nodes: Vec<String> = options
        .map(|option| format!(r#"{{"mediaoptionsid":{{"id":{option}}}}}"#))
        .collect();
    nodes.join(",")
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
            r#"{comma}{{"id":{},"remaining_place":{remaining},"internet_remaining_place":{remaining},"disableseatmap":false,"is_empty_seatmap":false,"showtime":"{}","is_cancelled":false,"is_deleted":false,"showsTariffPostypeCollection":[{{"tariffid":{{"id":96}}}},{{"tariffid":{{"id":3}}}}],"screenid":{{"id":{},"seatmapfronttoback":{front_to_back},"seatmaplefttoright":{left_to_right},"seatmapskipmissingseats":{skip_missing}}},"mediaid":{{"id":{},"title":"{}","visanumber":{},"duration":{}}},"showsMediaoptionsCollection":[{}],"tariffs":["#,
            showtime.key,
            listed.local.strftime("%Y-%m-%dT%H:%M:%S.000%z"),
            listed.auditorium(),
            showtime.film + 1,
            listed.title(),
            listed.facts.number - 8_850_000,
            listed.facts.minutes,
            options(showtime)
        );
        let adult = showtime.adult_price(Shape::Cds, Area::Plain);
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
