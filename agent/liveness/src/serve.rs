//! The HTTP endpoints of a process for its platform: `/live`, `/ready`, `/metrics`.
//!
//! Liveness never asks the database, because a restart would not bring that back.

use std::{io, net::SocketAddr, sync::Arc};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::Server,
    http::header::ContentType,
    web::{self, Data, ServiceConfig},
};
use prometheus::{Encoder, Registry, TextEncoder};

/// One check of the process; the error is a short reason.
pub type Probe = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The state that the endpoints check and show.
#[derive(Clone)]
pub struct Probes {
    /// Whether the process should go on; if not, the platform restarts it.
    pub live: Probe,
    /// Whether it does its work now.
    pub ready: Probe,
    /// The metrics of `/metrics`.
    pub registry: Registry,
}

/// Adds the endpoints to an application.
pub fn configure(probes: Probes) -> impl Fn(&mut ServiceConfig) + Clone {
    move |service| {
        service
            .app_data(Data::new(probes.clone()))
            .route("/live", web::get().to(live))
            .route("/ready", web::get().to(ready))
            .route("/metrics", web::get().to(metrics));
    }
}

/// Starts to listen; returns the address, with the actual port if 0 was given.
///
/// # Errors
///
/// If the address is taken or does not belong to this machine.
pub fn start(listen: SocketAddr, probes: Probes) -> io::Result<(SocketAddr, Server)> {
    let add = configure(probes);
    let server = HttpServer::new(move || App::new().configure(add.clone()))
        .workers(1)
        .disable_signals()
        .bind(listen)?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    Ok((address, server.run()))
}

async fn live(probes: Data<Probes>) -> HttpResponse {
    answer(&probes.live)
}

async fn ready(probes: Data<Probes>) -> HttpResponse {
    answer(&probes.ready)
}

fn answer(probe: &Probe) -> HttpResponse {
    match probe() {
        Ok(()) => HttpResponse::Ok().body("ok\n"),
        Err(reason) => HttpResponse::ServiceUnavailable().body(reason + "\n"),
    }
}

async fn metrics(probes: Data<Probes>) -> HttpResponse {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&probes.registry.gather(), &mut text) {
        Ok(()) => HttpResponse::Ok()
            .content_type(encoder.format_type())
            .body(text),
        Err(error) => HttpResponse::InternalServerError()
            .content_type(ContentType::plaintext())
            .body(error.to_string()),
    }
}
