//! The shipped definitions read what the simulated chains say of films and showtimes (invariant 6).

use jiff::Timestamp;
use serde_json::{Map, json};
use simulated_chains::{
    film::facts::{Facts, is_3d},
    options::WorldOptions,
    pages,
    shape::Shape,
    world::{Chain, World},
};
use source_language::{
    definition::Definition,
    extract::Answer,
    rows::{AttributeKind, FilmFacts, Rows, Showtime},
    source::{Source, shipped::SHIPPED},
};

/// Share of the films that have the number of another one.
const WRONG_IDS: f64 = 0.5;

/// Facts that the chains of a shape publish: original title, year, length, directors, distributor,
/// release, numbers.
fn published(shape: Shape) -> [bool; 7] {
    match shape {
        Shape::Bhd => [true, false, true, false, true, true, false],
        Shape::Major => [true, true, true, true, true, false, true],
        Shape::Cds => [false, false, true, false, false, false, true],
        Shape::Amc => [false; 7],
        Shape::Megabox => [false, false, true, false, false, true, false],
        Shape::CgvKr => [true, false, true, true, false, false, false],
        Shape::CgvId => [false, false, false, false, false, false, true],
    }
}

fn present(film: &FilmFacts) -> [bool; 7] {
    [
        film.original_title.is_some(),
        film.year.is_some(),
        film.runtime_minutes.is_some(),
        !film.directors.is_empty(),
        film.distributor.is_some(),
        film.released_on.is_some(),
        !film.ids.is_empty(),
    ]
}

fn listed(world: &World, chain: &Chain) -> Vec<Showtime> {
    let (_, text) = SHIPPED
        .iter()
        .find(|(name, _)| *name == chain.shape.name())
        .unwrap();
    let source = Source::compile(Definition::parse(text, &chain.name).unwrap()).unwrap();
    let cinema = world.cinema(chain, 0).unwrap();
    let page = pages::showtimes(world, chain, cinema, world.calendar.epoch_ms, None);
    let answer = Answer {
        status: 200,
        content_type: Some(pages::media_type(chain.shape)),
        body: page.as_bytes(),
        received_at: Timestamp::from_millisecond(world.calendar.epoch_ms).unwrap(),
    };
    let cinema = json!({ "key": "1", "timezone": cinema.town.timezone });
    let params = Map::from_iter([("cinema".to_owned(), cinema)]);
    match source.extract("showtimes", &params, &answer) {
        Ok(Rows::Showtimes(rows)) => rows,
        other => panic!("{}: {other:?}", chain.name),
    }
}

#[test]
fn what_a_chain_says_of_a_film_is_read_as_it_says_it() {
    let world = World::new(WorldOptions {
        epoch: Some("2026-11-21T06:00:00Z".parse().unwrap()),
        wrong_ids: WRONG_IDS,
        ..WorldOptions::default()
    });
    for chain in &world.chains {
        let rows = listed(&world, chain);
        assert!(rows.len() > 100, "{} lists {}", chain.name, rows.len());
        for row in &rows {
            let showtime = world.showtime(chain, row.key.parse().unwrap()).unwrap();
            let (film, facts) = (&row.film, Facts::of(chain.shape, showtime.film, WRONG_IDS));
            let said = format!("{}: {} {film:?}", chain.name, row.film_title);
            assert_eq!(present(film), published(chain.shape), "{said}");
            if let Some(title) = &film.original_title {
                assert_eq!(title, facts.original_title, "{said}");
            }
            assert_eq!(film.year.unwrap_or(facts.year), facts.year, "{said}");
            if let Some(minutes) = film.runtime_minutes {
                assert_eq!(minutes.unsigned_abs(), facts.minutes, "{said}");
            }
            if !film.directors.is_empty() {
                assert_eq!(film.directors, facts.directors, "{said}");
            }
            if let Some(distributor) = &film.distributor {
                let distributor = distributor.to_uppercase();
                assert!(
                    distributor.starts_with(&facts.distributor.to_uppercase()),
                    "{said}"
                );
            }
            assert_eq!(
                film.released_on.unwrap_or(facts.released_on),
                facts.released_on,
                "{said}"
            );
            for id in &film.ids {
                let number = match id.scheme.as_str() {
                    "imdb" => format!("tt{}", facts.number),
                    _ => (facts.number - 8_850_000).to_string(),
                };
                assert_eq!(id.value, number, "{said}");
            }
            let attributes = row.attributes.as_deref().unwrap();
            let is_mapped = chain.shape != Shape::Cds;
            for attribute in attributes {
                assert_eq!(attribute.meaning.is_some(), is_mapped, "{attribute:?}");
            }
            // `IMAX` and `STARIUM` stand for the dimension in some of the shapes.
            let has_3d = attributes
                .iter()
                .filter_map(|attribute| attribute.meaning.as_ref());
            let has_3d = has_3d
                .filter(|meaning| meaning.kind == AttributeKind::Dimension)
                .any(|meaning| &*meaning.word == "3d");
            assert!(!has_3d || is_3d(&showtime), "{attributes:?}");
        }
    }
}
