//! The HTTP API and the web page: starts their server, and does for it what only a coordinator
//! can do.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::dev::ServerHandle;
use body_archive::{Archive, ArchiveSettings, BodyHash};
use fleet_web::{
    operations::{
        Action, Actor, Done, Finding, Operation, OperationError, Operations, Trial, TrialResult,
        alert::{AlertReceiver, AlertRunbook, RunbookStep},
    },
    sampler::Sampler,
    server,
    state::WebState,
};
use schema::connect::{Connect, pool};
use source_language::source::SecretRules;
use sqlx::PgPool;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    alert::{condition, runbook::Step, settings::AlertSettings},
    config::Settings,
    doctor,
    explain::explain,
    operate::{act::act, source, trial::attempt},
    policy::Policy,
};

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

/// Starts the server; definitions may name the secrets that `rules` allow, and `stop` ends its
/// sampler.
///
/// # Errors
///
/// If the address of the database is wrong, or the one to listen on is taken.
pub fn serve(
    settings: &Settings,
    listen: SocketAddr,
    rules: SecretRules,
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
        telemetry: settings.telemetry.clone(),
        sampler: sampler.clone(),
        overview: Arc::default(),
        operations: Arc::new(CoordinatorOperations {
            db: db.clone(),
            policy: settings.coordinator.policy,
            archive: settings.archive.clone(),
            rules,
            receivers: receivers(&settings.alerts),
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
    rules: SecretRules,
    receivers: Vec<AlertReceiver>,
}

/// The receivers of the settings, without what is secret of them.
fn receivers(settings: &AlertSettings) -> Vec<AlertReceiver> {
    let receivers = settings.receivers.iter();
    receivers
        .map(|(name, receiver)| AlertReceiver {
            name: name.clone(),
            kind: receiver.kind(),
            severity: receiver.severity().word(),
        })
        .collect()
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
            Ok(Some(body))
        })
    }

    fn act(&self, actor: Actor, action: Action) -> Operation<'_, Done> {
        Box::pin(async move {
            let report = act(&self.db, &self.rules, &actor, action).await?;
            info!(
                who = actor.who,
                how = actor.how.word(),
                done = report.sentences.join("; "),
                "a person changed something"
            );
            if !report.recounts.is_empty() {
                tokio::spawn(recount(self.db.clone(), report.recounts));
            }
            let mut sentences = report.sentences;
            sentences.extend(report.warnings);
            Ok(Done {
                sentences,
                audit_id: report.audit_id,
                made_key: report.made_key,
            })
        })
    }

    fn alert_receivers(&self) -> &[AlertReceiver] {
        &self.receivers
    }

    fn alert_runbook(&self, condition: &str, subject: &str) -> Option<AlertRunbook> {
        let condition = condition::all().find(|known| known.name == condition)?;
        let steps = |steps: &[Step]| steps.iter().map(|step| shown(step, subject)).collect();
        Some(AlertRunbook {
            look: steps(condition.look),
            act: steps(condition.act),
        })
    }

    fn try_definition(&self, trial: Trial) -> Operation<'_, TrialResult> {
        let rules = self.rules.clone();
        Box::pin(async move {
            // Of a thread that no request waits for: reading may take a second of it.
            let read = spawn_blocking(move || attempt(&trial, &rules)).await;
            read.map_err(|error| OperationError::Invalid(format!("the trial failed: {error}")))
        })
    }
}

/// A step of the runbook for a subject.
fn shown(step: &Step, subject: &str) -> RunbookStep {
    RunbookStep {
        what: step.what.replace("{subject}", subject),
        code: step.code().map(|code| code.replace("{subject}", subject)),
    }
}

/// Counts the snapshots of sources again, after the request that mapped their codes was answered.
async fn recount(db: PgPool, sources: Vec<(String, i32)>) {
    for (source, source_id) in sources {
        match source::recount(&db, source_id, |_| {}).await {
            Ok((done, is_settled)) => {
                info!(
                    source,
                    snapshots = done.snapshots,
                    showtimes = done.showtimes,
                    "the snapshots are counted by the new meanings"
                );
                if !is_settled {
                    warn!(
                        source,
                        "a pod has been storing for half a minute by the old meanings; map the \
                         codes again when it has ended"
                    );
                }
            }
            Err(error) => warn!(
                source,
                error = &error as &dyn std::error::Error,
                "the snapshots could not be counted again; map the codes again"
            ),
        }
    }
}
