//! The endpoints under `/-/`: witness, limits, truth, faults, redesigns, status, health.
//!
//! They are no part of any chain: not counted, not limited, not logged, without a serial.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use crate::{
    codes, fault::Fault, film, pages, redesign::Redesign, request, shape::Shape,
    witness::write_symbols,
};

/// Adds the endpoints.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/-/health",
            web::get().to(async || HttpResponse::Ok().body("ok\n")),
        )
        .route("/-/status", web::get().to(status))
        .route("/-/limits", web::get().to(limits))
        .route("/-/witness", web::get().to(witness))
        .route("/-/fault", web::get().to(faults))
        .route("/-/fault", web::post().to(set_fault))
        .route("/-/redesign", web::post().to(set_redesign))
        .route("/-/layout/{shape}/{number}", web::get().to(layout))
        .route("/-/truth/{chain}/{cinema}/{showtime}", web::get().to(truth));
}

async fn status(shared: web::Data<Shared>) -> HttpResponse {
    let limits = shared.limits();
    let refused: u64 = limits.iter().map(|(_, report)| report.refused).sum();
    let chain =
        |chain: &crate::world::Chain| json!({"name": chain.name, "shape": chain.shape.name()});
    HttpResponse::Ok().json(json!({
        "uptime_seconds": shared.started.elapsed().as_secs_f64(),
        "epoch_us": shared.world.calendar.epoch_ms * 1_000,
        "speed": shared.world.calendar.speed,
        "seed": shared.world.options.seed,
        "requests": shared.witness.last(),
        "refused": refused,
        "witness_lines_not_in_file": shared.witness.lost(),
        "faults": shared.faults(),
        "cinemas_per_chain": shared.world.options.cinemas,
        "chains": shared.world.chains.iter().map(chain).collect::<Vec<_>>(),
    }))
}

async fn limits(shared: web::Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.limits().into_iter().collect::<BTreeMap<_, _>>())
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
    most: Option<usize>,
}

async fn witness(shared: web::Data<Shared>, query: web::Query<Since>) -> HttpResponse {
    let (lines, first) = shared
        .witness
        .since(query.since, query.most.unwrap_or(100_000));
    HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header(("x-first-serial", first))
        .body(lines)
}

async fn faults(shared: web::Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.faults())
}

async fn set_fault(shared: web::Data<Shared>, fault: web::Json<Fault>) -> HttpResponse {
    let fault = fault.into_inner();
    if !(0.0..=1.0).contains(&fault.fraction) {
        return HttpResponse::BadRequest().body("give a fraction from 0 to 1\n");
    }
    if fault.chain != "*" && shared.world.chain(&fault.chain).is_none() {
        return HttpResponse::NotFound()
            .body("no such chain; GET /-/status lists them, * means all\n");
    }
    shared.set_fault(fault);
    HttpResponse::Ok().json(shared.faults())
}

/// A redesign of one chain; none undoes it.
#[derive(Deserialize)]
struct Redesigned {
    chain: String,
    redesign: Option<Redesign>,
}

async fn set_redesign(shared: web::Data<Shared>, asked: web::Json<Redesigned>) -> HttpResponse {
    if shared.world.chain(&asked.chain).is_none() {
        return HttpResponse::NotFound().body("no such chain; GET /-/status lists them\n");
    }
    shared.set_redesign(&asked.chain, asked.redesign);
    // What was asked before is answered as before; what comes after this is not.
    HttpResponse::Ok().json(json!({ "after_serial": shared.witness.last() }))
}

async fn layout(shared: web::Data<Shared>, path: web::Path<(String, usize)>) -> HttpResponse {
    let (shape, number) = path.into_inner();
    let found =
        Shape::named(&shape).and_then(|shape| Some((shape, shared.world.plan(shape, number)?)));
    match found {
        Some((shape, plan)) => HttpResponse::Ok().json(json!({
            "shape": shape.name(),
            "layout": number,
            "codes": codes::codes(shape),
            "keys": plan.keys,
        })),
        None => HttpResponse::NotFound().body("no such layout\n"),
    }
}

async fn truth(shared: web::Data<Shared>, path: web::Path<(String, String, u64)>) -> HttpResponse {
    let (chain, cinema, key) = path.into_inner();
    match truth_of(&shared, &chain, &cinema, key) {
        Some(truth) => HttpResponse::Ok().json(truth),
        None => HttpResponse::NotFound().body("no such showtime\n"),
    }
}

/// Returns all that happens to the seats of a showtime, past and to come.
fn truth_of(shared: &Shared, chain: &str, cinema: &str, key: u64) -> Option<Value> {
    let world = &shared.world;
    let chain = world.chain(chain)?;
    let showtime = world.showtime(chain, key)?;
    if request::cinema_number(chain.shape, cinema)? != showtime.cinema {
        return None;
    }
    let plan = world.plan(chain.shape, showtime.layout)?;
    let keys = pages::seat_keys(world, chain, &showtime)?;
    let history = world.history(chain, &showtime);
    let event = |event: &crate::booking::Event| {
        let seat = usize::from(event.seat);
        let symbol = codes::symbol(chain.shape, plan.layout.seats[seat].kind, event.state);
        json!({
            "at_us": history.at_ms(event) * 1_000,
            "seat": keys[seat],
            "state": event.state,
            "code": codes::codes(chain.shape)[usize::from(symbol)],
        })
    };
    Some(json!({
        "chain": chain.name,
        "cinema": cinema,
        "showtime": key.to_string(),
        "starts_at_us": showtime.starts_at_ms * 1_000,
        "film": film::title(showtime.film),
        "auditorium": showtime.auditorium + 1,
        "layout": showtime.layout,
        "seats": keys.len(),
        "opening": write_symbols(&pages::symbols(chain.shape, plan, &history.opening)),
        "events": history.events.iter().map(event).collect::<Vec<_>>(),
    }))
}
