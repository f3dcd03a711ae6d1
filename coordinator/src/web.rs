//! The HTTP API and the web page: starts their server, and does for it what only a coordinator
//! can do.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::dev::ServerHandle;
use body_archive::{Archive, ArchiveSettings, BodyHash};
use fleet_web::{
    operations::{Finding, Operation, OperationError, Operations},
    sampler::Sampler,
    server,
    state::WebState,
};
use schema::connect::{Connect, pool};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{config::Settings, doctor, explain::explain, policy::Policy};

/// Connections of the web server: so many requests read at once, the others wait.
const CONNECTIONS: u32 = 4;
/// The longest wait for one of them.
const MAX_WAIT: Duration = Duration::from_secs(3);

/// The server, until it is stopped.
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    handle: ServerHandle,
}

impl Serving {
    /// Stops to listen, after the requests under way.
    pub async fn stop(self) {
        self.handle.stop(true).await;
    }
}

/// Starts the server; `stop` ends its sampler.
///
/// # Errors
///
/// If the address of the database is wrong, or the one to listen on is taken.
pub fn serve(
    settings: &Settings,
    listen: SocketAddr,
    stop: CancellationToken,
) -> io::Result<Serving> {
    let db = pool(&Connect {
        url: settings.database.url.expose(),
        application: &format!("web {}", settings.coordinator.name),
        most_connections: CONNECTIONS,
        wait: MAX_WAIT,
    })
    .map_err(io::Error::other)?;
    let sampler = Sampler::default();
    let state = WebState {
        db: db.clone(),
        settings: Arc::new(settings.web.clone()),
        sampler: sampler.clone(),
        overview: Arc::default(),
        operations: Arc::new(CoordinatorOperations {
            db: db.clone(),
            policy: settings.coordinator.policy,
            archive: settings.archive.clone(),
        }),
    };
    let (address, server) = server::start(listen, state)?;
    let handle = server.handle();
    tokio::spawn(server);
    tokio::spawn(sampler.run(db, stop));
    Ok(Serving { address, handle })
}

/// What a coordinator does for a request.
struct CoordinatorOperations {
    db: PgPool,
    policy: Policy,
    archive: ArchiveSettings,
}

impl Operations for CoordinatorOperations {
    fn examine(&self) -> Operation<'_, Vec<Finding>> {
        Box::pin(async move {
            let findings = doctor::examine(&self.db).await?;
            Ok(findings
                .into_iter()
                .map(|finding| Finding {
                    gravity: finding.gravity.word(),
                    what: finding.what,
                    is: finding.is,
                    means: finding.means,
                    remedy: finding.remedy,
                })
                .collect())
        })
    }

    fn explain_task(&self, task_id: i64) -> Operation<'_, String> {
        Box::pin(async move {
            let explained = explain(&self.db, &task_id.to_string(), self.policy).await;
            explained.map_err(|error| OperationError::Refused(format!("{error:#}")))
        })
    }

    fn archived_body(&self, hash: Vec<u8>) -> Operation<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            let Some(to) = &self.archive.to else {
                return Ok(None);
            };
            let refused = |error: &dyn std::fmt::Display| {
                OperationError::Refused(format!("the archive cannot be read: {error}"))
            };
            let archive =
                Archive::open(to, &self.archive.store).map_err(|error| refused(&error))?;
            let hash = BodyHash::try_from(hash.as_slice()).map_err(|error| refused(&error))?;
            let body = archive.get(hash).await.map_err(|error| refused(&error))?;
            Ok(Some(body.to_vec()))
        })
    }

    fn apply_definition(&self, _text: String) -> Operation<'_, String> {
        Box::pin(async { Err(OperationError::Refused("not yet".to_owned())) })
    }
}
