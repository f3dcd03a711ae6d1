//! Archiving: keeps bodies of answers without secrets, so that a person can see later what a source said.
//!
//! Takes an answer, gives the hash under which its body is archived; `None` if it is not. Bodies of
//! jobs that failed are always archived, others where the settings say so. An archive that fails is
//! left alone for a minute: jobs go on without it, and each minute has one line in the log.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use body_archive::{Archive, ArchiveError, ArchiveSettings, BodyHash, LocationError, PackedBody};
use jiff::Timestamp;
use source_language::{
    mask::Mask,
    source::{Learnt, conversation::Response},
};
use tokio::{sync::Semaphore, time::timeout};
use tracing::warn;

use super::{quarantine::masked_body, report::Report};
use crate::metrics::Metrics;

/// How long the archive is left alone after it failed.
const REST: Duration = Duration::from_mins(1);
/// Time for one body; a job waits no longer for the archive.
const MAX_PUT_TIME: Duration = Duration::from_secs(5);
/// Time that a job waits until fewer bodies are written.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// Bodies that are written at a time; the memory of their copies is bounded by that.
const MAX_PUTS: usize = 4;
/// Time in which bytes are counted, and in which a body that comes again is not written again.
const WINDOW: Duration = Duration::from_hours(1);
/// Hashes that are remembered.
const MAX_KNOWN: usize = 100_000;

/// What a pod archives.
#[derive(Debug)]
pub(super) struct Archiving {
    archive: Option<Archive>,
    settings: ArchiveSettings,
    puts: Semaphore,
    state: Mutex<State>,
    metrics: Metrics,
}

#[derive(Debug)]
struct State {
    window_from: Instant,
    written_bytes: u64,
    known: HashSet<BodyHash>,
    rests_until: Option<Instant>,
}

impl State {
    /// Begins a new window when the last one is over.
    fn turn(&mut self) {
        if self.window_from.elapsed() >= WINDOW {
            self.window_from = Instant::now();
            self.written_bytes = 0;
            self.known.clear();
        }
    }
}

/// What became of a body, as the metric names it.
enum Outcome {
    Stored,
    Known,
    OverBudget,
    Busy,
    Unreachable,
}

impl Outcome {
    fn label(&self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Known => "known",
            Self::OverBudget => "over_budget",
            Self::Busy => "busy",
            Self::Unreachable => "unreachable",
        }
    }
}

impl Archiving {
    /// Archives nothing.
    pub(super) fn none(metrics: Metrics) -> Self {
        Self::with(None, ArchiveSettings::default(), metrics)
    }

    /// Opens the archive that the settings name, if they name one.
    ///
    /// # Errors
    ///
    /// [`LocationError`], before anything is asked over the network.
    pub(super) fn new(settings: &ArchiveSettings, metrics: Metrics) -> Result<Self, LocationError> {
        let archive = match &settings.to {
            Some(to) => Some(Archive::open(to, &settings.store)?),
            None => None,
        };
        Ok(Self::with(archive, settings.clone(), metrics))
    }

    fn with(archive: Option<Archive>, settings: ArchiveSettings, metrics: Metrics) -> Self {
        Self {
            archive,
            settings,
            puts: Semaphore::new(MAX_PUTS),
            state: Mutex::new(State {
                window_from: Instant::now(),
                written_bytes: 0,
                known: HashSet::new(),
                rests_until: None,
            }),
            metrics,
        }
    }

    /// Archives the answer of a job that succeeded or is continued, if its source is chosen.
    pub(super) async fn archive_success(&self, source: &str, report: &mut Report) {
        if self
            .settings
            .archives_successes_of(source, Timestamp::now())
        {
            self.archive_answer(report).await;
        }
    }

    /// Archives the last answer of a job, if it has a body and is not archived yet.
    pub(super) async fn archive_answer(&self, report: &mut Report) {
        let Some(archive) = &self.archive else {
            return;
        };
        let Some((answer, learnt)) = report.unarchived_response() else {
            return;
        };
        if self.rests() {
            return self.count(&Outcome::Unreachable);
        }
        let Ok(Ok(_put)) = timeout(MAX_WAIT, self.puts.acquire()).await else {
            return self.count(&Outcome::Busy);
        };
        let Some(body) = self.pack(answer, report.mask(), learnt).await else {
            return;
        };
        let hash = body.hash();
        let outcome = self.store(archive, body).await;
        self.count(&outcome);
        if matches!(outcome, Outcome::Stored | Outcome::Known) {
            report.record_body(hash);
        }
    }

    /// Removes the secrets of an answer, cuts and compresses it.
    async fn pack(&self, answer: Arc<Response>, mask: Mask, learnt: Learnt) -> Option<PackedBody> {
        let limit = self.settings.max_body_bytes;
        let pack = move || PackedBody::new(&masked_body(&answer, mask, &learnt, limit));
        tokio::task::spawn_blocking(pack).await.ok()?.ok()
    }

    async fn store(&self, archive: &Archive, body: PackedBody) -> Outcome {
        let (hash, bytes) = (body.hash(), body.bytes() as u64);
        {
            let mut state = self.state();
            state.turn();
            if state.known.contains(&hash) {
                return Outcome::Known;
            }
            if state.written_bytes + bytes > self.settings.max_bytes_per_hour {
                return Outcome::OverBudget;
            }
            state.written_bytes += bytes;
        }
        match timeout(MAX_PUT_TIME, archive.put(body)).await {
            Ok(Ok(())) => {
                let mut state = self.state();
                if state.known.len() < MAX_KNOWN {
                    state.known.insert(hash);
                }
                self.metrics.archive_bytes.inc_by(bytes);
                Outcome::Stored
            }
            Ok(Err(error)) => self.rest(archive, Some(&error)),
            Err(_) => self.rest(archive, None),
        }
    }

    /// Leaves the archive alone for a while, and says so once.
    fn rest(&self, archive: &Archive, error: Option<&ArchiveError>) -> Outcome {
        let is_first = !self.rests();
        self.state().rests_until = Some(Instant::now() + REST);
        if is_first {
            warn!(
                archive = archive.address(),
                error = error.map(|error| error as &dyn std::error::Error),
                "the archive does not take bodies: jobs go on, and their bodies are not archived \
                 for the next minute"
            );
        }
        Outcome::Unreachable
    }

    fn rests(&self) -> bool {
        let until = self.state().rests_until;
        until.is_some_and(|until| Instant::now() < until)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, outcome: &Outcome) {
        let label = [outcome.label()];
        self.metrics.archive_bodies.with_label_values(&label).inc();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn archiving(settings: &ArchiveSettings) -> Archiving {
        Archiving::new(settings, Metrics::new().unwrap()).unwrap()
    }

    fn counted(archiving: &Archiving, outcome: &str) -> u64 {
        let counter = &archiving.metrics.archive_bodies;
        counter.with_label_values(&[outcome]).get()
    }

    async fn put(archiving: &Archiving, body: &[u8]) -> Outcome {
        let archive = archiving.archive.clone().unwrap();
        let outcome = archiving
            .store(&archive, PackedBody::new(body).unwrap())
            .await;
        archiving.count(&outcome);
        outcome
    }

    #[tokio::test]
    async fn an_archive_that_cannot_be_written_rests_and_jobs_go_on() {
        let directory = tempfile::tempdir().unwrap();
        let to = directory.path().join("bodies");
        let settings = ArchiveSettings {
            to: Some(to.to_str().unwrap().to_owned()),
            ..ArchiveSettings::default()
        };
        let archiving = archiving(&settings);
        assert!(matches!(put(&archiving, b"one").await, Outcome::Stored));
        assert!(matches!(put(&archiving, b"one").await, Outcome::Known));
        // A file where the directory of the next body should be.
        let digits = BodyHash::of(b"two").to_string();
        std::fs::write(to.join(&digits[..2]), "in the way").unwrap();
        assert!(!archiving.rests());
        assert!(matches!(
            put(&archiving, b"two").await,
            Outcome::Unreachable
        ));
        assert!(archiving.rests());
        assert_eq!(counted(&archiving, "unreachable"), 1);
    }

    #[tokio::test]
    async fn what_a_pod_writes_in_an_hour_is_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let settings = ArchiveSettings {
            to: Some(directory.path().to_str().unwrap().to_owned()),
            max_bytes_per_hour: 20,
            ..ArchiveSettings::default()
        };
        let archiving = archiving(&settings);
        assert!(matches!(put(&archiving, b"one").await, Outcome::Stored));
        assert!(matches!(put(&archiving, b"two").await, Outcome::OverBudget));
        archiving.state().window_from -= WINDOW;
        assert!(matches!(put(&archiving, b"two").await, Outcome::Stored));
    }
}
