//! Why a pod does not run.

use std::io;

use actix::MailboxError;
use body_archive::LocationError;
use schema::migrate::SchemaError;
use settings::ConfigError;
use source_fetch::FetcherError;
use telemetry::TelemetryError;
use thiserror::Error;

/// Why a pod did not start, or did not end as it should.
#[derive(Debug, Error)]
pub enum PodError {
    /// The metrics could not be registered.
    #[error("the metrics could not be set up")]
    Metrics(#[from] prometheus::Error),
    /// The address of the database cannot be read.
    #[error(
        "database.url cannot be read; it should be like postgres://user:password@host:5432/database"
    )]
    Address(#[source] sqlx::Error),
    /// The address for probes and metrics cannot be listened on.
    #[error("agent.listen ({address}) cannot be listened on; choose another address or port 0")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// The schema of the database is not for this program.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The HTTP client could not be set up.
    #[error(transparent)]
    Fetcher(#[from] FetcherError),
    /// A setting cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Traces cannot be sent.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The archive of bodies cannot be opened.
    #[error("archive.to cannot be used")]
    Archive(#[from] LocationError),
    /// An actor has ended.
    #[error("an actor of the pod has ended")]
    ActorEnded(#[from] MailboxError),
    /// The database refused the pod.
    #[error("the database refused the pod")]
    Database(#[from] sqlx::Error),
    /// Not everything was stored before the pod ended.
    #[error(
        "{jobs} jobs were not stored before the grace period ended, because the database did not answer; \
         their leases run out and they run again"
    )]
    NotDrained {
        /// How many.
        jobs: usize,
    },
    /// A second signal stopped the pod before it had drained.
    #[error("a second signal stopped the pod at once; its leases run out and its jobs run again")]
    StoppedAtOnce,
}
