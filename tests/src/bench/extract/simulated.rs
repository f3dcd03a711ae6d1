//! Bodies of the simulated chains: seat maps of several auditoriums of each shape.

use serde_json::Map;
use source_language::{extract::Answer, rows::Rows, source::Source};

use super::Task;
use crate::bench::error::BenchError;
use simulated_chains::{
    options::WorldOptions,
    pages, request,
    shape::Shape,
    world::{Chain, World},
};

/// Bodies of each shape, each of another auditorium where there are so many.
const BODIES: usize = 12;

/// Returns tasks of the seats of a chain, each with its body.
///
/// # Errors
///
/// If the definition does not read its simulated chain.
pub(super) fn tasks(shape: Shape, source: &Source) -> Result<Vec<Task>, BenchError> {
    let world = World::new(WorldOptions::default());
    let chain = world.chains.iter().find(|chain| chain.shape == shape);
    let name = shape.name();
    let chain =
        chain.ok_or_else(|| BenchError::nothing(format!("no chain has the shape {name}")))?;
    walk(&world, chain, source)
}

fn extract(
    source: &Source,
    shape: Shape,
    step: &str,
    params: &Map<String, serde_json::Value>,
    body: &str,
) -> Result<Rows, BenchError> {
    let answer = Answer {
        status: 200,
        content_type: Some(pages::media_type(shape)),
        body: body.as_bytes(),
        received_at: jiff::Timestamp::UNIX_EPOCH,
    };
    let rows = source.extract(step, params, &answer);
    rows.map_err(|source| BenchError::Extract {
        source_name: shape.name(),
        source,
    })
}

/// Walks down from the cinemas, so that each task is handed what a fleet would hand it.
fn walk(world: &World, chain: &Chain, source: &Source) -> Result<Vec<Task>, BenchError> {
    let (shape, now_ms) = (chain.shape, world.calendar.epoch_ms);
    let root = Map::new();
    let page = pages::cinemas(world, chain, now_ms);
    let cinemas = extract(source, shape, "cinemas", &root, &page)?;
    let mut tasks: Vec<Task> = Vec::new();
    let mut layouts = Vec::new();
    for task in source.discover("cinemas", &root, &cinemas) {
        let number = request::cinema_number(shape, &task.key);
        let Some(cinema) = number.and_then(|number| world.cinema(chain, number)) else {
            continue;
        };
        let page = pages::showtimes(world, chain, cinema, now_ms, None);
        let listed = extract(source, shape, &task.step, &task.params, &page)?;
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
            tasks.push(Task {
                step: "seats".to_owned(),
                params: task.params,
                received_at: jiff::Timestamp::UNIX_EPOCH,
                media_type: Some(pages::media_type(shape).to_owned()),
                body: pages::seats(world, chain, plan, &showtime, &symbols),
            });
            if tasks.len() == BODIES {
                return Ok(tasks);
            }
        }
    }
    if tasks.is_empty() {
        return Err(BenchError::nothing(format!(
            "{} lists no showtime",
            chain.name
        )));
    }
    Ok(tasks)
}
