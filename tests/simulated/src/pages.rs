//! Pages: what each shape answers for cinemas, showtimes and seats.

pub mod amc;
pub mod bhd;
pub mod cds;
pub mod cgv_id;
pub mod cgv_kr;
pub mod major;
pub mod megabox;

use super::{
    booking::SeatState,
    codes,
    film::{self, facts::Facts},
    redesign::Redesign,
    seat_map::{self, Plan},
    shape::Shape,
    world::{Chain, Cinema, Showtime, World},
};

/// Returns the media type of a shape's answers.
#[must_use]
pub const fn media_type(shape: Shape) -> &'static str {
    match shape {
        Shape::Bhd | Shape::Major | Shape::Cds | Shape::Amc => "application/json; charset=utf-8",
        Shape::Megabox | Shape::CgvKr | Shape::CgvId => "text/html; charset=utf-8",
    }
}

/// Renders the chain's cinemas.
#[must_use]
pub fn cinemas(world: &World, chain: &Chain, now_ms: i64) -> String {
    let mut page = String::with_capacity(200 * world.options.cinemas as usize);
    let all = (0..world.options.cinemas).filter_map(|number| world.cinema(chain, number));
    match chain.shape {
        Shape::Bhd => bhd::cinemas(all, &mut page),
        Shape::Major => major::cinemas(all, &mut page),
        Shape::Cds => cds::cinemas(all, &mut page),
        Shape::Amc => amc::cinemas(world, all, now_ms, &mut page),
        Shape::Megabox => megabox::cinemas(all, &mut page),
        Shape::CgvKr => cgv_kr::cinemas(all, &mut page),
        Shape::CgvId => cgv_id::cinemas(all, &mut page),
    }
    page
}

/// Renders the showtimes that a cinema lists at `now_ms`.
#[must_use]
pub fn showtimes(
    world: &World,
    chain: &Chain,
    cinema: Cinema,
    now_ms: i64,
    redesign: Option<Redesign>,
) -> String {
    let mut listed = world.listed(chain, cinema, now_ms);
    if redesign == Some(Redesign::EmptyList) {
        listed.clear();
    }
    let shift_ms = redesign.map_or(0, Redesign::shift_ms);
    let price_factor = redesign.map_or(1, Redesign::price_factor);
    let mut page = String::with_capacity(500 * listed.len() + 500);
    let all: Vec<Listed> = listed
        .into_iter()
        .map(|showtime| Listed {
            showtime: Showtime {
                price_factor,
                ..showtime
            },
            local: world.local(cinema, showtime.starts_at_ms + shift_ms),
            facts: Facts::of(chain.shape, showtime.film, world.options.wrong_ids),
        })
        .collect();
    let free = |showtime: &Showtime| {
        let states = world.history(chain, showtime).at(now_ms);
        (
            states.len(),
            states
                .iter()
                .filter(|state| **state == SeatState::Free)
                .count(),
        )
    };
    match chain.shape {
        Shape::Bhd => bhd::showtimes(&all, free, &mut page),
        Shape::Major => major::showtimes(&all, &mut page),
        Shape::Cds => cds::showtimes(&all, free, &mut page),
        Shape::Amc => amc::showtimes(cinema, &all, &mut page),
        Shape::Megabox => megabox::showtimes(&all, &mut page),
        Shape::CgvKr => cgv_kr::showtimes(&all, &mut page),
        Shape::CgvId => cgv_id::showtimes(&all, &mut page),
    }
    page
}

/// A showtime with its start on the cinema's own clock.
#[derive(Debug)]
pub struct Listed {
    /// The showtime.
    pub showtime: Showtime,
    /// Its start.
    pub local: jiff::Zoned,
    /// What the chain says of its film.
    pub facts: Facts,
}

impl Listed {
    /// Returns the film's title.
    #[must_use]
    pub fn title(&self) -> &'static str {
        film::title(self.showtime.film)
    }

    /// Returns the auditorium's number as displayed, from 1.
    #[must_use]
    pub fn auditorium(&self) -> u8 {
        self.showtime.auditorium + 1
    }
}

/// Renders the seats of a showtime; `symbols` are in layout order.
#[must_use]
pub fn seats(
    world: &World,
    chain: &Chain,
    plan: &Plan,
    showtime: &Showtime,
    symbols: &[u8],
) -> Vec<u8> {
    let shape = chain.shape;
    let head = match shape {
        Shape::Bhd => bhd::head(showtime),
        Shape::Major => major::head(showtime),
        Shape::Amc => amc::head(world, chain, showtime),
        Shape::Cds => String::new(),
        Shape::Megabox | Shape::CgvKr | Shape::CgvId => format!(
            "<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n<body>\n",
            film::title(showtime.film)
        ),
    };
    plan.render(&head, seat_map::fragments(shape), symbols)
}

/// Returns the key of every seat of a showtime as the shipped definition makes it, in layout order.
#[must_use]
pub fn seat_keys(world: &World, chain: &Chain, showtime: &Showtime) -> Option<Vec<String>> {
    let plan = world.plan(chain.shape, showtime.layout)?;
    Some(match chain.shape {
        // The same matrix has other labels in another auditorium.
        Shape::Cds => seat_map::cds::labels(&plan.layout, showtime.auditorium),
        Shape::Bhd | Shape::Major | Shape::Amc | Shape::Megabox | Shape::CgvKr | Shape::CgvId => {
            plan.keys.clone()
        }
    })
}

/// Returns the symbol of every seat, in layout order.
#[must_use]
pub fn symbols(shape: Shape, plan: &Plan, states: &[SeatState]) -> Vec<u8> {
    let seats = plan.layout.seats.iter().zip(states);
    seats
        .map(|(seat, state)| codes::symbol(shape, seat.kind, *state))
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::collections::HashSet;

    use scraper::{Html, Selector};
    use serde_json::Value;

    use super::*;
    use crate::{
        options::WorldOptions,
        request::{self, Request},
    };

    fn world() -> World {
        let epoch = Some("2026-03-01T09:00:00Z".parse().unwrap());
        World::new(WorldOptions {
            epoch,
            layouts: 4,
            ..WorldOptions::default()
        })
    }

    fn chain(world: &World, shape: Shape) -> &Chain {
        let mut chains = world.chains.iter();
        chains.find(|chain| chain.shape == shape).unwrap()
    }

    /// Returns the pages of a chain: cinemas, showtimes, and the seats of a showtime.
    fn pages(world: &World, shape: Shape) -> (String, String, String, usize) {
        let chain = chain(world, shape);
        let now_ms = world.calendar.epoch_ms;
        let cinema = world.cinema(chain, 3).unwrap();
        let showtime = world.listed(chain, cinema, now_ms)[2];
        let plan = world.plan(shape, showtime.layout).unwrap();
        let symbols = symbols(shape, plan, &world.history(chain, &showtime).at(now_ms));
        let seats = seats(world, chain, plan, &showtime, &symbols);
        (
            cinemas(world, chain, now_ms),
            showtimes(world, chain, cinema, now_ms, None),
            String::from_utf8(seats).unwrap(),
            plan.layout.seats.len(),
        )
    }

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn count(html: &str, css: &str) -> usize {
        let selector = Selector::parse(css).unwrap();
        Html::parse_document(html).select(&selector).count()
    }

    #[test]
    fn bhd_answers_json_with_every_seat_in_one_area() {
        let (cinemas, showtimes, seats, expected) = pages(&world(), Shape::Bhd);
        assert_eq!(json(&cinemas)["Cinemas"].as_array().unwrap().len(), 20);
        assert!(json(&showtimes)["Sessions"][0]["SessionId"].is_string());
        let seats = json(&seats);
        let areas = seats["SeatLayoutData"]["Areas"].as_array().unwrap();
        let rows = areas
            .iter()
            .flat_map(|area| area["Rows"].as_array().unwrap());
        let found: usize = rows.map(|row| row["Seats"].as_array().unwrap().len()).sum();
        assert_eq!(found, expected);
        assert_eq!(seats["Tickets"].as_array().unwrap().len(), 9);
    }

    #[test]
    fn major_answers_a_rectangle_with_gaps() {
        let (cinemas, showtimes, seats, expected) = pages(&world(), Shape::Major);
        assert_eq!(json(&cinemas)["result"][0]["CinemaId"], "101");
        assert!(json(&showtimes)["result"][0]["ShowDateTime"].is_string());
        let seats = json(&seats);
        let rows = seats["result"]["seats"].as_array().unwrap();
        let cells = rows
            .iter()
            .flat_map(|row| row["Columns"].as_array().unwrap());
        assert_eq!(cells.filter(|cell| cell.is_object()).count(), expected);
    }

    #[test]
    fn cds_answers_a_matrix_of_integers() {
        let (cinemas, showtimes, seats, expected) = pages(&world(), Shape::Cds);
        assert_eq!(json(&cinemas)[0]["id"], 1);
        assert!(json(&showtimes)[0]["tariffs"][1]["price"].is_number());
        let seats = json(&seats);
        let cells = seats
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|row| row.as_array().unwrap());
        assert_eq!(cells.filter(|cell| **cell != 0).count(), expected);
    }

    #[test]
    fn amc_answers_graphql_by_operation() {
        let (cinemas, showtimes, seats, expected) = pages(&world(), Shape::Amc);
        assert_eq!(json(&cinemas)["data"]["viewer"]["theatres"]["count"], 20);
        let edges = &json(&showtimes)["data"]["viewer"]["theatre"]["showtimes"]["edges"];
        assert!(edges[0]["node"]["showtimeId"].is_u64());
        let seats = json(&seats);
        let cells = &seats["data"]["viewer"]["showtime"]["seatingLayout"]["seats"];
        let mut cells = cells.as_array().unwrap().clone();
        cells.retain(|cell| cell["type"] != "NotASeat");
        assert_eq!(cells.len(), expected);
        let body = br#"{"operationName":"Seats","variables":{"showtimeId":"77"}}"#;
        let wanted = request::parse(Shape::Amc, "graphql", "", body);
        assert_eq!(wanted, Some(Request::Seats { showtime: 77 }));
    }

    #[test]
    fn html_shapes_answer_every_seat_as_an_element() {
        let world = world();
        for (shape, cinema, showtime, seat) in [
            (
                Shape::Megabox,
                "li.branch",
                "tr.show",
                "#seatLayout button.seat-condition",
            ),
            (
                Shape::CgvKr,
                "a.theater",
                "li.timetable",
                "div.row div.seat",
            ),
            (Shape::CgvId, "a.cinema", "a.schedule", "a[attr-code]"),
        ] {
            let (cinemas, showtimes, seats, expected) = pages(&world, shape);
            assert_eq!(count(&cinemas, cinema), 20, "{shape:?}");
            assert!(count(&showtimes, showtime) > 100, "{shape:?}");
            assert_eq!(count(&seats, seat), expected, "{shape:?}");
        }
    }

    #[test]
    fn keys_are_unique_in_every_layout() {
        let world = world();
        for shape in Shape::ALL {
            for layout in 0..4 {
                let plan = world.plan(shape, layout).unwrap();
                let unique: HashSet<_> = plan.keys.iter().collect();
                assert_eq!(unique.len(), plan.layout.seats.len(), "{shape:?}");
            }
        }
    }
}
