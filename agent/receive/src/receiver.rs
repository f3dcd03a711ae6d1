//! A receiver: from its settings to its end.
//!
//! Takes [`Settings`], starts the writer, the server and the probes, and waits for a signal to stop.
//! Then it takes no more requests, answers those under way after their commit, and ends. If the
//! database is away, it goes on and answers 503.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use liveness::{
    serve::{self, Probes},
    stall::StallWatch,
    watchdog::Watchdogs,
};
use schema::migrate::SchemaError;
use settings::ConfigError;
use telemetry::{Service, Telemetry, TelemetryError};
use thiserror::Error;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{self, Instant},
};
use tracing::{info, warn};

use crate::{
    config::Settings, cors::Origins, database::Database, keys::Keys, memory::BytesInFlight,
    metrics::Metrics, names::Names, pipeline::Shared, rejects::Rejects, request::receive,
    schemas::Schemas, usage::Usage, watch::Watch, writer::Writer,
};

/// A loop that has not fed its watchdog for so long hangs.
const WATCHDOG_TIMEOUT: Duration = Duration::from_secs(30);
/// Threads of each worker that decode large bodies.
const DECODERS: usize = 2;
/// Time for a head to arrive, and for an idle connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// Time for the last spans when the receiver ends.
const LAST_SPANS_TIMEOUT: Duration = Duration::from_secs(2);

/// Signals to stop: after the first, requests under way are answered; the second ends it at once.
pub type StopSignals = mpsc::Receiver<()>;

/// Why a receiver did not start or did not end as it should.
#[derive(Debug, Error)]
pub enum ReceiveError {
    /// A setting cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address of the database cannot be read.
    #[error("database.url cannot be read")]
    Address(#[source] sqlx::Error),
    /// The database has another schema than this program.
    #[error("the database does not fit this program")]
    Schema(#[from] SchemaError),
    /// An address is taken or does not belong to this machine.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Traces cannot be sent.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// Two metrics have one name.
    #[error("the metrics cannot be made")]
    Metrics(#[from] prometheus::Error),
    /// Requests under way had no answer when the grace period ended.
    #[error("requests were under way when receive.grace ended; they may be sent again")]
    Unanswered,
    /// The loop that looks at the database panicked.
    #[error("the loop that looks at the database ended")]
    Unwatched,
    /// A second signal came.
    #[error("stopped at once")]
    StoppedAtOnce,
}

/// A receiver that runs.
pub struct Receiver {
    /// Where it receives events.
    pub address: SocketAddr,
    /// Where its probes are.
    pub probes: SocketAddr,
    server: ServerHandle,
    probe_server: ServerHandle,
    writer: JoinHandle<()>,
    watching: JoinHandle<Result<Infallible, SchemaError>>,
    shared: web::Data<Shared>,
    database: Database,
    usage: Arc<Usage>,
    telemetry: Telemetry,
    state: watch::Sender<Option<&'static str>>,
    grace: Duration,
}

/// Runs a receiver until it is stopped.
///
/// # Errors
///
/// See [`ReceiveError`].
pub async fn run(settings: Settings, mut stop: StopSignals) -> Result<(), ReceiveError> {
    let mut receiver = Receiver::start(&settings)?;
    tokio::select! {
        _ = stop.recv() => {}
        watched = &mut receiver.watching => {
            let Ok(Err(refused)) = watched else {
                return Err(ReceiveError::Unwatched);
            };
            return Err(refused.into());
        }
    }
    tokio::select! {
        stopped = receiver.stop() => stopped,
        _ = stop.recv() => Err(ReceiveError::StoppedAtOnce),
    }
}

impl Receiver {
    /// Starts a receiver on the present runtime, which must have several threads.
    ///
    /// It listens at once, and answers 503 until the database answers.
    ///
    /// # Errors
    ///
    /// See [`ReceiveError`].
    pub fn start(settings: &Settings) -> Result<Self, ReceiveError> {
        settings.check()?;
        let receive_settings = &settings.receive;
        let (metrics, watchdogs) = (Metrics::new()?, Watchdogs::default());
        let database = Database::open(&settings.database).map_err(ReceiveError::Address)?;
        let (usage, origins) = (Arc::new(Usage::default()), Arc::new(Origins::default()));
        let (state, ready) = watch::channel(Some("the database has not answered yet"));
        let stall = StallWatch::register(&metrics.registry)?;

        let service = Service {
            name: "receiver",
            instance: settings::host_name(),
        };
        let telemetry = Telemetry::start(&settings.telemetry, &service, &metrics.telemetry)?;
        let (writer, writing) = Writer::start(
            receive_settings,
            database.clone(),
            metrics.clone(),
            usage.clone(),
            watchdogs.add("writer"),
        );
        let shared = web::Data::new(Shared {
            database: database.clone(),
            metrics: metrics.clone(),
            memory: BytesInFlight::new(receive_settings.memory, metrics.in_flight.clone()),
            keys: Keys::new(database.clone()),
            origins: origins.clone(),
            schemas: Schemas::new(database.clone()),
            names: Names::new(database.clone()),
            rejects: Rejects::new(database.clone(), metrics.clone()),
            usage: usage.clone(),
            writer,
            body_timeout: receive_settings.body_timeout,
            answer_timeout: receive_settings.answer_timeout,
            telemetry: telemetry.clone(),
        });
        let (address, server) = serve_events(settings, shared.clone())?;
        let probes = probes(&metrics, &watchdogs, &stall, ready);
        let listen = receive_settings.probes;
        let (probes, probe_server) =
            serve::start(listen, probes).map_err(|source| ReceiveError::Listen {
                address: listen,
                source,
            })?;
        info!(%address, %probes, "receiving events; probes are at the second address");
        let probe_handle = probe_server.handle();
        tokio::spawn(probe_server);

        let watched = Watch {
            database: database.clone(),
            origins,
            usage: usage.clone(),
            stall,
            state: state.clone(),
        };
        Ok(Self {
            address,
            probes,
            server,
            probe_server: probe_handle,
            writer: writing,
            watching: tokio::spawn(watched.run()),
            shared,
            database,
            usage,
            telemetry,
            state,
            grace: receive_settings.grace,
        })
    }

    /// Takes no more requests, answers those under way, and ends.
    ///
    /// # Errors
    ///
    /// [`ReceiveError::Unanswered`] if that took longer than the grace period.
    pub async fn stop(self) -> Result<(), ReceiveError> {
        let deadline = Instant::now() + self.grace;
        self.watching.abort();
        self.state.send_replace(Some("stopping"));
        info!(grace = ?self.grace, "stopping: requests under way are answered");
        self.server.stop(true).await;
        // The last way to the writer, which then ends.
        drop(self.shared);
        let written = time::timeout_at(deadline, self.writer).await;
        if let Err(error) = self.usage.flush(&self.database).await {
            warn!(%error, "the last counts of keys are not written");
        }
        self.probe_server.stop(false).await;
        self.database.pool().close().await;
        self.telemetry.flush(LAST_SPANS_TIMEOUT).await;
        written.map_err(|_| ReceiveError::Unanswered).map(drop)
    }
}

fn serve_events(
    settings: &Settings,
    shared: web::Data<Shared>,
) -> Result<(SocketAddr, ServerHandle), ReceiveError> {
    let address = settings.receive.listen;
    let listen_error = |source| ReceiveError::Listen { address, source };
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .default_service(web::to(receive))
    })
    .workers(settings.receive.workers)
    .worker_max_blocking_threads(DECODERS)
    .client_request_timeout(HEAD_TIMEOUT)
    .keep_alive(IDLE_TIMEOUT)
    .shutdown_timeout(settings.receive.grace.as_secs().max(1))
    .disable_signals()
    .bind(address)
    .map_err(listen_error)?;
    let bound = server.addrs().first().copied().unwrap_or(address);
    let server = server.run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok((bound, handle))
}

fn probes(
    metrics: &Metrics,
    watchdogs: &Watchdogs,
    stall: &StallWatch,
    state: watch::Receiver<Option<&'static str>>,
) -> Probes {
    let (watchdogs, stall) = (watchdogs.clone(), stall.clone());
    Probes {
        live: Arc::new(move || match watchdogs.expired(WATCHDOG_TIMEOUT) {
            Some(name) => Err(format!("{name} hangs")),
            None => Ok(()),
        }),
        ready: Arc::new(move || {
            stall.ready()?;
            state
                .borrow()
                .map_or(Ok(()), |reason| Err(reason.to_owned()))
        }),
        registry: metrics.registry.clone(),
    }
}
