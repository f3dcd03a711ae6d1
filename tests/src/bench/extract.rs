//! Extraction: seats read per second and core, for each shipped definition whose chain is
//! simulated.
//!
//! The bodies are the simulated chains' own, several auditoriums of each shape. Where a
//! typed reader was written for the shape, it reads the same bodies in the same run. Time
//! is that of the thread: what other programs take of the core does not count.

use std::time::Duration;

use agent::{
    definition::Definition,
    extract::Answer,
    rows::Rows,
    source::{Source, shipped::SHIPPED},
};
use serde_json::{Map, Value};

use super::{
    Measured, cpu,
    error::BenchError,
    figure::{Figure, Reach, number},
    typed,
};
use crate::simulated::{
    options::WorldOptions,
    pages,
    shape::Shape,
    world::{Chain, World},
};

/// Name on the command line.
pub const NAME: &str = "extract";

/// Bodies of each shape, each of another auditorium where there are so many.
const BODIES: usize = 12;
const WARM_UP: Duration = Duration::from_millis(300);
const DURATION: Duration = Duration::from_secs(2);

/// Measures.
///
/// # Errors
///
/// If a shipped definition does not read its simulated chain.
pub fn run() -> Measured {
    let world = World::new(WorldOptions::default());
    let mut figures = Vec::new();
    for (name, text) in SHIPPED {
        let Some(shape) = Shape::named(name) else {
            continue;
        };
        eprintln!("  {name}");
        figures.push(of_shape(&world, shape, text)?);
    }
    Ok(figures)
}

/// A body, and what its task was handed down.
struct Body {
    params: Map<String, Value>,
    bytes: Vec<u8>,
    seats: u64,
}

fn of_shape(world: &World, shape: Shape, text: &str) -> Result<Figure, BenchError> {
    let name = shape.name();
    let source = Source::compile(Definition::parse(
        text,
        &format!("agent/sources/{name}.toml"),
    )?)?;
    let chain = world.chains.iter().find(|chain| chain.shape == shape);
    let chain =
        chain.ok_or_else(|| BenchError::nothing(format!("no chain has the shape {name}")))?;
    let bodies = bodies(world, chain, &source)?;
    let ours = rate(&bodies, |body| {
        seats(extract(&source, shape, "seats", &body.params, &body.bytes)?)
    })?;
    let figure = Figure::new(NAME, format!("{NAME}_{name}"), ours, "seats/s");
    let figure = match shape {
        Shape::Bhd | Shape::Major | Shape::Cds | Shape::Amc => figure.reach(Reach::AtLeast(1e6)),
        Shape::Megabox | Shape::CgvKr | Shape::CgvId => figure.reach(Reach::AtLeast(5e4)),
    };
    let Some(read) = typed::reader(shape) else {
        return Ok(figure);
    };
    let peer = rate(&bodies, |body| Ok(u64::from(read(&body.bytes)?.seats)))?;
    Ok(figure.beside("typed serde", peer))
}

/// Seats per second of reading the bodies in turn.
fn rate(
    bodies: &[Body],
    mut read: impl FnMut(&Body) -> Result<u64, BenchError>,
) -> Result<f64, BenchError> {
    for body in bodies {
        let found = read(body)?;
        if found != body.seats {
            let what = format!("{found} seats were read where the page has {}", body.seats);
            return Err(BenchError::nothing(what));
        }
    }
    let mut seats_in = |duration: Duration| {
        let (began, mut seats) = (cpu::of_this_thread(), 0);
        let used = || cpu::of_this_thread().saturating_sub(began);
        while used() < duration {
            for body in bodies {
                seats += std::hint::black_box(read(body)?);
            }
        }
        Ok::<f64, BenchError>(number(seats) / used().as_secs_f64())
    };
    seats_in(WARM_UP)?;
    seats_in(DURATION)
}

fn extract(
    source: &Source,
    shape: Shape,
    step: &str,
    params: &Map<String, Value>,
    body: &[u8],
) -> Result<Rows, BenchError> {
    let answer = Answer {
        status: 200,
        content_type: Some(pages::media_type(shape)),
        body,
        received_at: jiff::Timestamp::UNIX_EPOCH,
    };
    let rows = source.extract(step, params, &answer);
    rows.map_err(|source| BenchError::Extract {
        source_name: shape.name(),
        source,
    })
}

fn seats(rows: Rows) -> Result<u64, BenchError> {
    match rows {
        Rows::Seats(map) => Ok(map.seats.len() as u64),
        Rows::Cinemas(_)
        | Rows::Showtimes(_)
        | Rows::Prices(_)
        | Rows::Items(_)
        | Rows::Observations(_) => Err(BenchError::nothing("the step named seats gives no seats")),
    }
}

/// Walks down from the cinemas, so that each task is handed what a fleet would hand it.
fn bodies(world: &World, chain: &Chain, source: &Source) -> Result<Vec<Body>, BenchError> {
    let (shape, now_ms) = (chain.shape, world.calendar.epoch_ms);
    let root = Map::new();
    let page = pages::cinemas(world, chain, now_ms);
    let cinemas = extract(source, shape, "cinemas", &root, page.as_bytes())?;
    let mut bodies: Vec<Body> = Vec::new();
    let mut layouts = Vec::new();
    for task in source.discover("cinemas", &root, &cinemas) {
        let number = pages::cinema_number(shape, &task.key);
        let Some(cinema) = number.and_then(|number| world.cinema(chain, number)) else {
            continue;
        };
        let page = pages::showtimes(world, chain, cinema, now_ms, None);
        let listed = extract(source, shape, &task.step, &task.params, page.as_bytes())?;
        for task in source.discover(&task.step, &task.params, &listed) {
            let key = task.key.rsplit('/').next().and_then(|key| key.parse().ok());
            let Some(showtime) = key.and_then(|key| world.showtime(chain, key)) else {
                continue;
            };
            let plan = world.plan(shape, showtime.layout);
            let Some(plan) = plan.filter(|_| !layouts.contains(&showtime.layout)) else {
                continue;
            };
            layouts.push(showtime.layout);
            // Half of them sold, as on the last day.
            let states = world.history(chain, &showtime).at(showtime.starts_at_ms);
            let symbols = pages::symbols(shape, plan, &states);
            bodies.push(Body {
                params: task.params,
                bytes: pages::seats(world, chain, plan, &showtime, &symbols),
                seats: plan.layout.seats.len() as u64,
            });
            if bodies.len() == BODIES {
                return Ok(bodies);
            }
        }
    }
    if bodies.is_empty() {
        return Err(BenchError::nothing(format!(
            "{} lists no showtime",
            chain.name
        )));
    }
    Ok(bodies)
}
