//! One job: a claim from the request to what is stored of its answer.
//!
//! Takes a [`Run`], gives an [`Ended`] to the store, and the slot back to the
//! claimer. Keeps nothing. Whatever happens to it, a job ends once: succeeded,
//! failed with a class, or returned unrun.

mod ask;
mod baseline;
mod deadline;
mod evidence;
mod held;
mod judge;
mod read;
pub mod talk;
mod listing;
mod prices;
pub mod reading;
mod report;
mod seldom;
pub mod sources;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix::prelude::*;
use liveness::vital::Vital;
use schema::{
    cap::Capped,
    catalogue::SeenBy,
    queue::Claim,
    word::{ErrorClass, LogLevel},
};
use source_fetch::{Fetcher, limit::Limits, memory_budget::MemoryBudget};
use source_language::{
    response::FetchError,
    rows::Rows,
    source::{Memory, SecretRules, Source},
    wording::with_causes,
};
use tokio::sync::watch;
use tracing::{error, info};

use crate::{
    claim::{Claimer, Freed},
    config,
    database::Database,
    heart::Registration,
    metrics::Metrics,
    store::{
        Backlog, Ended, Keep, Pause, Store,
        caps::Caps,
        catalogue::Writers,
        ids::{IdError, Ids},
    },
};
use deadline::Phase;
pub use held::HeldConversation;
use reading::{Reading, TO_LEARN};
use report::Report;
use seldom::Seldom;
use sources::Sources;
use talk::{Conversations, Turn};

/// The pause that a 429 means when it does not say.
const PAUSE: Duration = Duration::from_secs(5);
/// Time between two lines of the process log about failures of one source.
const FAILURE_EVERY: Duration = Duration::from_secs(10);

/// A claim and what it needs to run.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Run {
    /// The claim.
    pub claim: Claim,
    /// No request is sent after this.
    pub deadline: Instant,
    /// Under which it was claimed.
    pub registration: Arc<Registration>,
    /// The slot that is free when it has ended.
    pub slot: usize,
}

/// What all agents of a pod share.
#[derive(Debug)]
pub struct Shared {
    /// The database.
    pub db: Database,
    /// Definitions, compiled.
    pub sources: Sources,
    /// Layouts, codes, tariffs.
    pub ids: Ids,
    /// Conversations that wait for their next job.
    pub conversations: Conversations,
    /// How much a source may have.
    pub caps: Caps,
    /// Turns to store listings.
    pub writers: Writers,
    /// What sources said that may be used again.
    pub memory: Arc<Memory>,
    /// Guards of the limit keys.
    pub limits: Limits,
    /// Memory for answers.
    pub memory_budget: MemoryBudget,
    /// What is counted.
    pub metrics: Metrics,
    /// How long a job may take beside its requests.
    pub processing_timeout: Duration,
    /// How to reach the operator, for the user agent.
    pub contact: String,
    /// Turns true when jobs that wait or fetch shall be given back.
    pub cancelled: watch::Receiver<bool>,
    failures: Seldom,
    sample: evidence::Sample,
}

impl Shared {
    /// Shares these; nothing is cached yet.
    #[must_use]
    pub fn new(
        db: Database,
        metrics: Metrics,
        settings: &config::Agent,
        rules: SecretRules,
        cancelled: watch::Receiver<bool>,
    ) -> Self {
        Self {
            memory_budget: MemoryBudget::new(
                settings.memory_budget(),
                metrics.memory_taken.clone(),
                metrics.memory_refused.clone(),
            ),
            processing_timeout: settings.processing_timeout,
            sources: Sources::new(db.clone(), rules),
            ids: Ids::new(db.clone(), settings.max_layouts_per_source),
            conversations: Conversations::new(metrics.conversations.clone()),
            caps: Caps::new(db.clone(), settings, metrics.over_cap.clone()),
            writers: Writers::default(),
            memory: Arc::default(),
            limits: Limits::default(),
            failures: Seldom::every(FAILURE_EVERY),
            sample: evidence::Sample::default(),
            db,
            metrics,
            contact: settings.contact.clone(),
            cancelled,
        }
    }
}

/// What an agent works with.
#[derive(Debug, Clone)]
pub struct Tools {
    /// What it shares with all others.
    pub shared: Arc<Shared>,
    /// What it shares with those on its thread.
    pub fetcher: Fetcher,
    /// Likewise.
    pub reading: Reading,
    /// Room in the store.
    pub backlog: Backlog,
    /// Takes what became of its jobs.
    pub store: Addr<Store>,
    /// Gives it the next one.
    pub claimer: Addr<Claimer>,
}

/// An agent: runs one job at a time.
#[derive(Debug)]
pub struct Agent {
    tools: Tools,
    _vital: Vital,
}

impl Agent {
    /// Makes an agent.
    #[must_use]
    pub fn new(tools: Tools) -> Self {
        Self {
            tools,
            _vital: Vital::new("agent"),
        }
    }
}

impl Actor for Agent {
    type Context = Context<Self>;
}

impl Handler<Run> for Agent {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, job: Run, _: &mut Self::Context) -> Self::Result {
        let tools = self.tools.clone();
        let work = async move {
            let slot = job.slot;
            if let Some(ended) = run(&tools, job).await {
                // Where the database is away, a result waits here, and its slot is not free.
                let room = tools.backlog.room(&ended).await;
                if tools.store.send(Keep(ended, room)).await.is_err() {
                    error!("the store is gone; its pod ends");
                }
            }
            if tools.claimer.send(Freed(slot)).await.is_err() {
                error!("the claimer is gone; its pod ends");
            }
        };
        Box::pin(work.into_actor(self))
    }
}

/// How a job ended other than well.
#[derive(Debug)]
enum Trouble {
    /// Given back.
    Returned(String),
    /// It failed.
    Failed(FetchError),
}

impl Trouble {
    fn failed(class: ErrorClass, message: impl Into<String>) -> Self {
        Self::Failed(FetchError::new(class, message))
    }
}

/// Runs a job; returns what is to be stored of it, unless it is stored already.
async fn run(tools: &Tools, job: Run) -> Option<Ended> {
    let mut report = Report::new(&job);
    match deadline::within(tools, &job, &mut report).await {
        Ok(Done::Keep) => Some(report.succeeded()),
        Ok(Done::Continued) => Some(report.continued()),
        Ok(Done::Stored) => None,
        Err(Trouble::Returned(reason)) => {
            tools.shared.metrics.permit_returned.inc();
            Some(report.returned(reason))
        }
        Err(Trouble::Failed(mut failure)) => {
            evidence::quarantine(&tools.shared, &job.claim, &mut failure, &mut report).await;
            failure.message = report.mask().text(&failure.message);
            let claim = &job.claim;
            if tools.shared.failures.may(claim.source_id) {
                info!(
                    job = claim.job_id,
                    task = claim.task_id,
                    source = claim.source_id,
                    step = claim.step,
                    class = failure.class.label(),
                    error = failure.message,
                    "a job failed; the database has the others of this source"
                );
            }
            // What the head of the answer asked for is known already.
            let pause = report.pause().or_else(|| pause_key(tools, claim, &failure));
            Some(report.failed(&failure, pause))
        }
    }
}

/// Pauses the limit key in this pod, if the failure asks for that; returns the pause to report to
/// the fleet.
fn pause_key(tools: &Tools, claim: &Claim, failure: &FetchError) -> Option<Pause> {
    let pause = pause_of(failure)?;
    tools.shared.limits.pause(claim.limit_key_id, pause);
    Some(Pause {
        limit_key_id: claim.limit_key_id,
        until: Instant::now() + pause,
    })
}

/// How long the fleet leaves a source alone after this failure.
fn pause_of(failure: &FetchError) -> Option<Duration> {
    let pause = match failure.class {
        ErrorClass::Throttled => failure.retry_after.unwrap_or(PAUSE),
        ErrorClass::Unavailable => failure.retry_after?,
        ErrorClass::Timeout
        | ErrorClass::Unreachable
        | ErrorClass::Refused
        | ErrorClass::Missing
        | ErrorClass::Rejected
        | ErrorClass::Redirected
        | ErrorClass::Oversized
        | ErrorClass::Malformed
        | ErrorClass::Unexpected
        | ErrorClass::Forbidden
        | ErrorClass::Definition => return None,
    };
    (!pause.is_zero()).then_some(pause)
}

/// Who stores a job that succeeded.
enum Done {
    /// The store shall.
    Keep,
    /// The store shall, and another job goes on where this one ends.
    Continued,
    /// It is stored, or its lease had ended.
    Stored,
}

async fn work(
    tools: &Tools,
    job: &Run,
    source: &Arc<Source>,
    report: &mut Report,
) -> Result<Done, Trouble> {
    let (conversation, mut rows) = match talk::turn(tools, job, source, report).await? {
        Turn::Done(conversation, rows) => (conversation, rows),
        Turn::Continued => return Ok(Done::Continued),
    };
    let gaps = conversation.gaps();
    report.lacks(gaps);
    tools
        .shared
        .metrics
        .extract_gaps
        .inc_by(gaps.missing as u64);
    if let (rows @ 1.., left_out) = conversation.counts()
        && left_out >= rows
    {
        report.log(LogLevel::Info, &format!("`where` left out all {rows} rows"));
    }
    report.enters(Phase::Stores);
    let judged = judge::rows(&tools.shared, source, &job.claim, &mut rows, report).await?;
    match rows {
        Rows::Seats(map) => {
            let Some(showtime_id) = job.claim.subject_id else {
                let message =
                    "the task names no showtime: a step that gives seats must be for each showtime";
                return Err(Trouble::failed(ErrorClass::Definition, message));
            };
            tools
                .shared
                .metrics
                .extract_seats
                .inc_by(map.seats.len() as u64);
            let ids = &tools.shared.ids;
            let shape = match judged.shape {
                Some(shape) => shape,
                None => ids.shape(&map.seats).await,
            };
            let snapshot = ids.snapshot(seen_by(&job.claim), showtime_id, map, shape);
            let snapshot = match report.take_turn() {
                Some(mut turn) => turn.spend(TO_LEARN, snapshot).await,
                None => snapshot.await,
            };
            if let Err(IdError::TooManyLayouts { found, cap }) = &snapshot {
                let (source_id, found, cap) = (job.claim.source_id, *found, *cap);
                let caps = &tools.shared.caps;
                caps.note(source_id, Capped::Layouts, found, cap).await;
            }
            let (snapshot, logs) = snapshot.map_err(|error| malformed(report, &error))?;
            report.saw(snapshot, logs);
            Ok(Done::Keep)
        }
        Rows::Prices(prices) => {
            prices::saw(&tools.shared, &job.claim, &prices, report).await?;
            Ok(Done::Keep)
        }
        Rows::Observations(rows) => {
            report.saw_observations(rows);
            Ok(Done::Keep)
        }
        rows @ (Rows::Cinemas(_) | Rows::Showtimes(_) | Rows::Items(_)) => {
            let listed = listing::Listed {
                rows,
                is_whole: conversation.gaps().is_whole(),
                conversation,
                fields: judged.fields,
            };
            listing::store(&tools.shared, source, job, listed, report).await
        }
    }
}

fn seen_by(claim: &Claim) -> SeenBy {
    SeenBy {
        source_id: claim.source_id,
        job_id: claim.job_id,
    }
}

/// An answer that cannot be used: a failure, and a line of the job's log.
fn malformed(report: &mut Report, error: &(dyn std::error::Error + 'static)) -> Trouble {
    let message = with_causes(error);
    report.log(LogLevel::Error, &message);
    Trouble::failed(ErrorClass::Malformed, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(class: ErrorClass, retry_after: Option<u64>) -> FetchError {
        FetchError {
            class,
            http_status: None,
            retry_after: retry_after.map(Duration::from_secs),
            message: String::new(),
        }
    }

    #[test]
    fn a_source_that_asks_for_a_pause_gets_it() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(
            pause_of(&failure(ErrorClass::Throttled, Some(60))),
            seconds(60)
        );
        assert_eq!(pause_of(&failure(ErrorClass::Throttled, None)), seconds(5));
        assert_eq!(
            pause_of(&failure(ErrorClass::Unavailable, Some(7))),
            seconds(7)
        );
        assert_eq!(pause_of(&failure(ErrorClass::Unavailable, None)), None);
        assert_eq!(pause_of(&failure(ErrorClass::Refused, Some(7))), None);
    }
}
