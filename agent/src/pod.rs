//! A pod: from its settings to its end.
//!
//! Takes [`Settings`], starts heartbeat, claimer, agents and store, and waits for a signal to
//! stop. Then it claims no more, lets its jobs finish, returns unfinished jobs when its grace
//! period ends, and ends its lease. If the database is away all that time, the pod ends without
//! it: its leases run out by themselves.

mod actors;
mod error;

pub use error::PodError;

use std::{
    io,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use actix::System;
use actix_rt::SystemRunner;
use liveness::{
    serve::{self, Probes},
    stall::{Facts, StallWatch, judge},
    watchdog::Watchdogs,
};
use schema::migrate::{self, SchemaError};
use tokio::{sync::mpsc, time};
use tracing::info;

use self::actors::PodActors;
use crate::{
    config::Settings,
    database::{Backoff, Database},
    metrics::Metrics,
    registration::{Identity, PodState, Registration, register},
};

/// A loop that has not fed its watchdog for so long hangs.
const WATCHDOG_TIMEOUT: Duration = Duration::from_secs(15);
/// Time between two checks for a stall.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(2);
/// Time for the last spans when the pod ends.
const LAST_SPANS_TIMEOUT: Duration = Duration::from_secs(2);
/// The activity that a stall report names.
const REGISTER_POD: &str = "register the pod";

/// Signals to stop: the first drains the pod, the second ends it at once.
pub type StopSignals = mpsc::Receiver<()>;

/// Creates the runtime of a pod: actors run on the calling thread, connections of the database on
/// a thread without actors.
///
/// # Errors
///
/// If no thread can be started.
pub fn system() -> io::Result<SystemRunner> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("database")
        .enable_all()
        .build()?;
    Ok(System::with_tokio_rt(|| runtime))
}

/// Runs a pod until it is stopped; call it in a [`system`].
///
/// # Errors
///
/// See [`PodError`].
pub async fn run(settings: Settings, mut stop: StopSignals) -> Result<(), PodError> {
    let metrics = Metrics::new()?;
    let (watchdogs, state) = (Watchdogs::default(), Arc::new(PodState::default()));
    let application = format!("agent {}", settings.agent.name);
    let db = Database::open(&settings.database, &application).map_err(PodError::Address)?;
    let stall = StallWatch::register(&metrics.registry)?;
    let server = listen(&settings, &metrics, &watchdogs, &state, &stall)?;
    actix::spawn(watch_progress(state.clone(), stall));
    let server_handle = server.handle();
    actix::spawn(server);

    let identity = Identity {
        name: settings.agent.name.clone(),
        agents: i32::try_from(settings.agent.count).unwrap_or(i32::MAX),
        lease: settings.agent.lease,
    };
    let registration = tokio::select! {
        registration = check_and_register(&db, &identity, &state) => registration?,
        _ = stop.recv() => return Ok(()),
    };
    let actors = PodActors::start(
        &settings,
        &db,
        &metrics,
        &watchdogs,
        &state,
        identity,
        registration,
    )?;
    state.registered.store(true, Ordering::Relaxed);
    info!(agents = settings.agent.count, "the pod claims tasks");

    stop.recv().await;
    state.draining.store(true, Ordering::Relaxed);
    info!(grace = ?settings.agent.grace, "draining");
    let drained = tokio::select! {
        drained = actors.drain(settings.agent.grace) => drained,
        _ = stop.recv() => Err(PodError::StoppedAtOnce),
    };
    server_handle.stop(false).await;
    let telemetry = actors.telemetry().clone();
    if drained.is_ok() {
        actors.stop(&db).await;
    }
    telemetry.flush(LAST_SPANS_TIMEOUT).await;
    drained
}

fn listen(
    settings: &Settings,
    metrics: &Metrics,
    watchdogs: &Watchdogs,
    state: &Arc<PodState>,
    stall: &StallWatch,
) -> Result<actix_web::dev::Server, PodError> {
    let (watchdogs, state) = (watchdogs.clone(), state.clone());
    let stall = stall.clone();
    let probes = Probes {
        live: Arc::new(move || match watchdogs.expired(WATCHDOG_TIMEOUT) {
            Some(name) => Err(format!("{name} hangs")),
            None => Ok(()),
        }),
        ready: Arc::new(move || {
            stall.ready()?;
            if state.draining.load(Ordering::Relaxed) {
                Err("draining".to_owned())
            } else if state.registered.load(Ordering::Relaxed) {
                Ok(())
            } else {
                Err("not registered".to_owned())
            }
        }),
        registry: metrics.registry.clone(),
    };
    let address = settings.agent.listen;
    let (address, server) =
        serve::start(address, probes).map_err(|source| PodError::Listen { address, source })?;
    info!(%address, "listening for /live, /ready and /metrics");
    Ok(server)
}

/// Judges again and again whether the statements of the pod succeed, and reports a stall.
async fn watch_progress(state: Arc<PodState>, stall: StallWatch) {
    loop {
        time::sleep(PROGRESS_INTERVAL).await;
        let facts = Facts {
            failures: state.activities.failures(),
            ..Facts::default()
        };
        stall.update(judge(&facts));
        let mut published = state.stall.lock().unwrap_or_else(PoisonError::into_inner);
        *published = stall.text();
    }
}

/// Waits for the database, checks its schema and registers.
async fn check_and_register(
    db: &Database,
    identity: &Identity,
    state: &PodState,
) -> Result<Arc<Registration>, PodError> {
    let mut backoff = Backoff::default();
    loop {
        match migrate::check(db.pool()).await {
            Ok(()) => break,
            Err(SchemaError::Database(error)) if schema::connect::is_outage(&error) => {
                backoff.wait(&error.to_string()).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    loop {
        let registered = register(db.pool(), identity);
        match state.activities.note(REGISTER_POD, registered).await {
            Ok(registration) => {
                backoff.reset();
                return Ok(registration);
            }
            Err(error) if schema::connect::is_outage(&error) => {
                backoff.wait(&error.to_string()).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}
