//! The server: counts, limits, fails or answers, and logs before it answers.

mod answer;
mod watch;

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer, dev::Server, web};
use clap::Args;

use super::{
    fault::Fault,
    limit::{Limit, LimitReport},
    options::WorldOptions,
    redesign::Redesign,
    witness::Witness,
    world::World,
};

/// How the world is served.
#[derive(Debug, Clone, Args)]
pub struct ServeOptions {
    /// The world.
    #[command(flatten)]
    pub world: WorldOptions,
    /// Address and port to listen on; port 0 takes a free one and logs it.
    #[arg(long, default_value = "127.0.0.1:8099")]
    pub listen: SocketAddr,
    /// Worker threads.
    #[arg(long, default_value_t = 1)]
    pub workers: usize,
    /// Sends `Retry-After` with 429.
    #[arg(long)]
    pub retry_after: bool,
    /// A fault from the start, such as bhd-1=slow:0.1; may be given again.
    #[arg(long = "fault", value_name = "CHAIN=KIND:FRACTION")]
    pub faults: Vec<Fault>,
    /// How long the fault `slow` waits before it answers.
    #[arg(long, default_value = "5s", value_parser = humantime::parse_duration)]
    pub slow: Duration,
    /// File to which every witness line is appended.
    #[arg(long, value_name = "FILE")]
    pub witness: Option<PathBuf>,
    /// Witness lines kept in memory, in MiB.
    #[arg(long, default_value_t = 128)]
    pub witness_memory: usize,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            world: WorldOptions::default(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            workers: 1,
            retry_after: false,
            faults: Vec::new(),
            slow: Duration::from_secs(5),
            witness: None,
            witness_memory: 128,
        }
    }
}

/// What all workers share.
#[derive(Debug)]
pub struct Shared {
    /// The world that is served.
    pub world: World,
    /// The log of all requests.
    pub witness: Witness,
    limits: Vec<Mutex<Limit>>,
    faults: Mutex<Vec<Fault>>,
    redesigns: Mutex<BTreeMap<String, Redesign>>,
    started: Instant,
    retry_after: bool,
    slow: Duration,
}

impl Shared {
    /// Makes the world and opens the witness file.
    ///
    /// # Errors
    ///
    /// Any error of opening the witness file.
    pub fn new(options: ServeOptions) -> io::Result<Self> {
        let open = |path| OpenOptions::new().create(true).append(true).open(path);
        let file = options.witness.map(open).transpose()?;
        let world = World::new(options.world);
        let limit = |_| Mutex::new(Limit::new(world.options.rate, world.options.burst));
        Ok(Self {
            limits: world.chains.iter().map(limit).collect(),
            witness: Witness::new(options.witness_memory << 20, file),
            world,
            faults: Mutex::new(options.faults),
            redesigns: Mutex::default(),
            started: Instant::now(),
            retry_after: options.retry_after,
            slow: options.slow,
        })
    }

    /// Returns what each chain saw of its callers, in the order of the chains.
    #[must_use]
    pub fn limits(&self) -> Vec<(String, LimitReport)> {
        let chains = self.world.chains.iter().zip(&self.limits);
        let report = |limit: &Mutex<Limit>| {
            limit
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .report()
        };
        chains
            .map(|(chain, limit)| (chain.name.clone(), report(limit)))
            .collect()
    }

    /// Sets a fault in place of one with the same chain and kind; a fraction of 0 takes it away.
    pub fn set_fault(&self, fault: Fault) {
        super::fault::set(
            &mut self.faults.lock().unwrap_or_else(PoisonError::into_inner),
            fault,
        );
    }

    /// Redesigns a chain, or undoes that.
    pub fn set_redesign(&self, chain: &str, redesign: Option<Redesign>) {
        let mut redesigns = self
            .redesigns
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match redesign {
            Some(redesign) => redesigns.insert(chain.to_owned(), redesign),
            None => redesigns.remove(chain),
        };
    }

    /// Returns the redesign of a chain.
    #[must_use]
    pub fn redesign(&self, chain: &str) -> Option<Redesign> {
        let redesigns = self
            .redesigns
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        redesigns.get(chain).copied()
    }

    /// Returns the faults that are set.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Starts to listen, and returns the server to be awaited, its address and what it shares.
///
/// The server stops on Ctrl-C, on SIGTERM and by its handle. Call [`Witness::flush`] after
/// it has stopped.
///
/// # Errors
///
/// Any error of opening the witness file or of binding the address.
pub fn start(options: ServeOptions) -> io::Result<(Server, SocketAddr, Arc<Shared>)> {
    let (listen, workers) = (options.listen, options.workers.max(1));
    let shared = Arc::new(Shared::new(options)?);
    let data = web::Data::from(Arc::clone(&shared));
    let server = HttpServer::new(move || {
        let data = data.clone();
        App::new().configure(move |config| routes(config, data))
    })
    .workers(workers)
    .max_connections(60_000)
    .max_connection_rate(60_000)
    .backlog(8_192)
    .shutdown_timeout(1)
    .bind(listen)?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    Ok((server.run(), address, shared))
}

fn routes(config: &mut web::ServiceConfig, shared: web::Data<Shared>) {
    config
        .app_data(shared)
        .app_data(web::PayloadConfig::new(1 << 20))
        .configure(watch::routes)
        .default_service(web::to(answer::answer));
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::collections::BTreeMap;

    use actix_web::{
        App,
        http::StatusCode,
        test::{TestRequest, call_and_read_body, call_service, init_service},
    };
    use serde_json::Value;

    use super::*;
    use crate::{fault::FaultKind, witness::Line};

    fn shared(rate: f64, burst: u32) -> web::Data<Shared> {
        let world = WorldOptions {
            layouts: 3,
            speed: 1000.0,
            rate,
            burst,
            ..WorldOptions::default()
        };
        let options = ServeOptions {
            world,
            ..ServeOptions::default()
        };
        web::Data::new(Shared::new(options).unwrap())
    }

    fn last_line(shared: &Shared) -> Line {
        let (lines, _) = shared.witness.since(shared.witness.last() - 1, 1);
        serde_json::from_str(lines.trim()).unwrap()
    }

    #[actix_web::test]
    async fn the_witness_names_every_seat_as_it_was_served() {
        let shared = shared(1000.0, 100);
        let app = init_service(App::new().configure(|config| routes(config, shared.clone()))).await;
        let get = |path: String| TestRequest::get().uri(&path).to_request();
        let shows = call_and_read_body(&app, get("/cds-1/cinemas/2/shows".to_owned())).await;
        let shows: Value = serde_json::from_slice(&shows).unwrap();
        let id = shows[9]["id"].as_u64().unwrap();
        let seats = call_and_read_body(&app, get(format!("/cds-1/shows/{id}/seatmap"))).await;
        let rows: Vec<Vec<u8>> = serde_json::from_slice(&seats).unwrap();

        let line = last_line(&shared);
        let keys = line.seat_keys(&shared.world).unwrap().into_iter();
        let cells = rows.iter().flatten().filter(|cell| **cell != 0);
        let served: BTreeMap<_, _> = keys.zip(cells.map(u8::to_string)).collect();
        assert_eq!(line.showtime, Some(id.to_string()));
        let codes = line.seat_codes(&shared.world).unwrap().into_iter();
        let codes: BTreeMap<_, _> = codes.map(|(key, code)| (key, code.to_owned())).collect();
        assert_eq!(codes, served);
    }

    #[actix_web::test]
    async fn a_caller_over_the_limit_is_refused_and_counted() {
        let shared = shared(0.001, 2);
        let app = init_service(App::new().configure(|config| routes(config, shared.clone()))).await;
        let mut statuses = Vec::new();
        for _ in 0..3 {
            let request = TestRequest::get().uri("/bhd-1/cinemas").to_request();
            statuses.push(call_service(&app, request).await.status());
        }
        let refused = StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(statuses, [StatusCode::OK, StatusCode::OK, refused]);
        let report = shared.limits()[0].1;
        assert_eq!((report.requests, report.refused), (3, 1));
        assert!((report.excess.unwrap() - 1.0).abs() < 0.01);
    }

    #[actix_web::test]
    async fn a_fault_is_served_and_logged() {
        let shared = shared(1000.0, 100);
        let app = init_service(App::new().configure(|config| routes(config, shared.clone()))).await;
        shared.set_fault("bhd-1=500:1".parse().unwrap());
        let request = TestRequest::get().uri("/bhd-1/cinemas").to_request();
        let status = call_service(&app, request).await.status();
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(last_line(&shared).fault, Some(FaultKind::ServerError));
    }
}
