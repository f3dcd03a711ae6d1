//! One request to a chain: from its arrival to its answer.

use std::{sync::PoisonError, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::SizedStream,
    http::{StatusCode, header},
    web,
};
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::Shared;
use crate::{
    codes,
    fault::{self, FaultKind},
    pages,
    redesign::Redesign,
    request::{self, Request},
    seat_map::Plan,
    seed,
    shape::Shape,
    witness::{Line, PageKind, write_remaining, write_symbols},
    world::{Chain, Showtime},
};

/// Longer than any client waits.
const FOREVER: Duration = Duration::from_hours(24);

/// Enough for the first half of a page to leave before the connection breaks.
const FLUSHED: Duration = Duration::from_millis(20);

/// What the fault of a 429 asks for, in seconds.
const ASKED_SECONDS: u64 = 3;

/// A page, and what the witness says of it.
struct Page {
    status: StatusCode,
    kind: PageKind,
    cinema: Option<String>,
    showtime: Option<String>,
    layout: Option<usize>,
    seats: Option<String>,
    body: web::Bytes,
}

impl Page {
    fn new(status: StatusCode, kind: PageKind, body: impl Into<web::Bytes>) -> Self {
        Self {
            status,
            kind,
            cinema: None,
            showtime: None,
            layout: None,
            seats: None,
            body: body.into(),
        }
    }

    fn missing(kind: PageKind) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            kind,
            "no such page; see --help for the paths of each chain\n",
        )
    }
}

/// Answers one request to a chain.
pub(super) async fn answer(
    shared: web::Data<Shared>,
    http: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let monotonic = shared.started.elapsed();
    let at_us = Timestamp::now().as_microsecond();
    let path = http.path().trim_start_matches('/');
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let Some(chain) = shared.world.chain(name) else {
        return HttpResponse::NotFound().body("no such chain; GET /-/status lists them\n");
    };
    let (allowed, retry_after) = {
        let mut limit = shared.limits[chain.number]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let at_seconds = shared.started.elapsed().as_secs_f64();
        (limit.arrive(at_seconds), limit.retry_after_seconds())
    };
    let wanted = request::parse(chain.shape, rest, http.query_string(), &body);
    let redesign = shared.redesign(&chain.name);
    let login = (redesign == Some(Redesign::Login)).then_some(FaultKind::Login);
    let fault = allowed
        .then(|| choose_fault(&shared, chain, &http, at_us).or(login))
        .flatten();
    let page = if allowed {
        failed(fault, wanted).unwrap_or_else(|| page(&shared, chain, wanted, redesign, at_us))
    } else {
        Page::new(StatusCode::TOO_MANY_REQUESTS, kind(wanted), "slow down\n")
    };
    let cut = matches!(fault, Some(FaultKind::Reset | FaultKind::Truncate));
    let query = http.query_string();
    let mark = if query.is_empty() { "" } else { "?" };
    let job = http
        .headers()
        .get("x-request-id")
        .and_then(|value| value.to_str().ok());
    let serial = shared.witness.record(Line {
        serial: 0,
        monotonic_us: u64::try_from(monotonic.as_micros()).unwrap_or(u64::MAX),
        at_us,
        chain: chain.name.clone(),
        path: format!("/{rest}{mark}{query}"),
        job: job.map(str::to_owned),
        status: if fault == Some(FaultKind::Hang) {
            0
        } else {
            page.status.as_u16()
        },
        kind: page.kind,
        fault,
        cinema: page.cinema,
        showtime: page.showtime,
        layout: page.layout,
        seats: page.seats.filter(|_| !cut),
    });
    match fault {
        Some(FaultKind::Hang) => actix_web::rt::time::sleep(FOREVER).await,
        Some(FaultKind::Slow) => actix_web::rt::time::sleep(shared.slow).await,
        _ => {}
    }
    let mut response = HttpResponse::build(page.status);
    response.insert_header(("x-serial", serial));
    response.insert_header((header::CONTENT_TYPE, media_type(chain.shape, fault)));
    let asked = match fault {
        Some(FaultKind::Throttled) => Some(ASKED_SECONDS),
        _ => (!allowed).then_some(retry_after),
    };
    if let Some(seconds) = asked.filter(|_| shared.retry_after) {
        response.insert_header((header::RETRY_AFTER, seconds));
    }
    match fault {
        Some(FaultKind::Reset) => cut_off(&mut response, &page.body, 0),
        Some(FaultKind::Truncate) => cut_off(&mut response, &page.body, page.body.len() / 2),
        _ => response.body(page.body),
    }
}

fn choose_fault(
    shared: &Shared,
    chain: &Chain,
    request: &HttpRequest,
    at_us: i64,
) -> Option<FaultKind> {
    let faults = shared.faults.lock().unwrap_or_else(PoisonError::into_inner);
    if faults.is_empty() {
        return None;
    }
    let draw = seed::fraction(&[
        shared.world.options.seed,
        40,
        shared.witness.last(),
        at_us.unsigned_abs(),
    ]);
    let path = request.uri().to_string();
    fault::choose(&faults, &chain.name, &path, draw)
}

const fn kind(wanted: Option<Request>) -> PageKind {
    match wanted {
        Some(Request::Cinemas) => PageKind::Cinemas,
        Some(Request::Showtimes { .. }) => PageKind::Showtimes,
        Some(Request::Seats { .. }) => PageKind::Seats,
        None => PageKind::Other,
    }
}

const fn media_type(shape: Shape, fault: Option<FaultKind>) -> &'static str {
    match fault {
        Some(FaultKind::Login) => "text/html; charset=utf-8",
        _ => pages::media_type(shape),
    }
}

/// Returns the page of a fault that has one of its own.
fn failed(fault: Option<FaultKind>, wanted: Option<Request>) -> Option<Page> {
    const LOGIN: &str = "<!DOCTYPE html>\n<html><head><title>Login</title></head><body>\
         <form id=\"login\" action=\"/login\"><input type=\"password\" name=\"password\"></form></body></html>\n";
    let (status, body) = match fault? {
        FaultKind::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n"),
        FaultKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "try later\n"),
        FaultKind::Throttled => (StatusCode::TOO_MANY_REQUESTS, "slow down\n"),
        FaultKind::Hang | FaultKind::Empty => (StatusCode::OK, ""),
        FaultKind::Garbage => (
            StatusCode::OK,
            "{\"\u{1}<<]] \u{fffd} not a page \u{0}}{[\"\"</div>",
        ),
        FaultKind::Login => (StatusCode::OK, LOGIN),
        FaultKind::Slow | FaultKind::Reset | FaultKind::Truncate => return None,
    };
    Some(Page::new(status, kind(wanted), body))
}

/// Renders the page that is wanted, as of `at_us`.
fn page(
    shared: &Shared,
    chain: &Chain,
    wanted: Option<Request>,
    redesign: Option<Redesign>,
    at_us: i64,
) -> Page {
    let (world, shape, now_ms) = (&shared.world, chain.shape, at_us.div_euclid(1_000));
    match wanted {
        None => Page::missing(PageKind::Other),
        Some(Request::Cinemas) => Page::new(
            StatusCode::OK,
            PageKind::Cinemas,
            pages::cinemas(world, chain, now_ms),
        ),
        Some(Request::Showtimes { cinema }) => {
            let Some(cinema) = world.cinema(chain, cinema) else {
                return Page::missing(PageKind::Showtimes);
            };
            let body = pages::showtimes(world, chain, cinema, now_ms, redesign);
            let key = request::cinema_key(shape, cinema.number);
            Page {
                cinema: Some(key),
                ..Page::new(StatusCode::OK, PageKind::Showtimes, body)
            }
        }
        Some(Request::Seats { showtime }) => {
            let showtime = world
                .showtime(chain, showtime)
                .filter(|found| world.shows_seats(found, now_ms));
            let plan = showtime.and_then(|found| world.plan(shape, found.layout));
            let (Some(showtime), Some(plan)) = (showtime, plan) else {
                return Page::missing(PageKind::Seats);
            };
            let states = world.history(chain, &showtime).at(now_ms);
            let mut symbols = pages::symbols(shape, plan, &states);
            let shown = Showtime {
                price_factor: redesign.map_or(1, Redesign::price_factor),
                ..showtime
            };
            if let Some(redesign) = redesign {
                let new = codes::new_symbol(shape);
                for symbol in &mut symbols {
                    *symbol = redesign.symbol(shape, *symbol, new);
                }
            }
            let other = redesign.and_then(|redesign| redesign.layout(&plan.layout));
            let mut states = Some(write_symbols(&symbols));
            let body = match other {
                None => pages::seats(world, chain, plan, &shown, &symbols),
                Some((layout, seats)) => {
                    if seats.len() < symbols.len() {
                        let is_true = redesign.is_some_and(Redesign::is_true);
                        states = is_true.then(|| write_remaining(&symbols, &seats));
                    }
                    let symbols: Vec<u8> = seats.iter().map(|seat| symbols[*seat]).collect();
                    let plan = Plan::of(shape, layout);
                    pages::seats(world, chain, &plan, &shown, &symbols)
                }
            };
            let body = match (redesign, wanted) {
                (Some(redesign), Some(wanted)) => redesign.page(shape, wanted, body),
                _ => body,
            };
            Page {
                cinema: Some(request::cinema_key(shape, showtime.cinema)),
                showtime: Some(showtime.key.to_string()),
                layout: Some(showtime.layout),
                seats: states,
                ..Page::new(StatusCode::OK, PageKind::Seats, body)
            }
        }
    }
}

/// Promises the whole body, sends its first bytes and breaks the connection.
fn cut_off(response: &mut HttpResponseBuilder, body: &web::Bytes, length: usize) -> HttpResponse {
    let part = body.slice(..length);
    let begin = (length > 0).then_some(Ok(part));
    // What was sent so far leaves the server's buffer while the end is waited for.
    let end = stream::once(async move {
        actix_web::rt::time::sleep(FLUSHED).await;
        Err(actix_web::error::ErrorInternalServerError(
            "cut off on request",
        ))
    });
    let whole = body.len().max(1) as u64;
    response.body(SizedStream::new(whole, stream::iter(begin).chain(end)))
}
