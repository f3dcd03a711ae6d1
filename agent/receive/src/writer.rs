//! Stores the events of many requests in few transactions.
//!
//! Takes the events of a request, gives what became of each after the commit. Events of a client wait
//! some milliseconds for others, or while all transactions are busy; then those that have waited
//! longest are stored together. The events of a request are never parted, so that a client whose
//! request fails sends it again as a whole.

mod batch;
mod numbers;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use liveness::watchdog::{ExitOnPanic, Watchdog};
use tokio::{
    sync::{mpsc, oneshot},
    task::{JoinHandle, JoinSet},
    time::{self, Instant},
};

use self::batch::Store;
pub(crate) use self::numbers::Numbers;
use crate::{
    check::PendingEvent, config::ReceiveSettings, database::Database, keys::ClientFacts,
    memory::Reservation, metrics::Metrics, usage::Usage,
};

/// Requests that wait to be seen by the writer. Their bytes are bounded, this is for the queue itself.
const QUEUE: usize = 16_384;
/// The writer shows that it runs at least so often.
const FEED: Duration = Duration::from_secs(2);

/// The events of a request, to be stored.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) client: Arc<ClientFacts>,
    pub(crate) key_id: i32,
    pub(crate) events: Vec<PendingEvent>,
    /// What they take of the memory.
    pub(crate) memory: Reservation,
    pub(crate) reply: oneshot::Sender<Vec<Fate>>,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is committed.
    Stored,
    /// It was committed before.
    Duplicate,
    /// The database does not take its values, and will not.
    Refused(String),
    /// It is not known to be committed.
    Failed,
}

/// Where submissions go; the writer ends when all of these are dropped and all is stored.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Submission>,
}

impl Writer {
    /// Starts it on the runtime of the connections.
    pub(crate) fn start(
        settings: &ReceiveSettings,
        database: Database,
        metrics: Metrics,
        usage: Arc<Usage>,
        watchdog: Watchdog,
    ) -> (Self, JoinHandle<()>) {
        let (queue, submissions) = mpsc::channel(QUEUE);
        let running = Loop {
            store: Arc::new(Store::new(database, metrics, usage)),
            waiting: HashMap::new(),
            running: JoinSet::new(),
            batch: settings.batch,
            linger: settings.linger,
            transactions: usize::try_from(settings.transactions).unwrap_or(1),
            watchdog,
        };
        (Self { queue }, tokio::spawn(running.run(submissions)))
    }

    /// Hands over the events of a request; `false` if the writer has ended.
    pub(crate) async fn submit(&self, submission: Submission) -> bool {
        self.queue.send(submission).await.is_ok()
    }
}

/// The requests of one client that wait.
struct Waiting {
    since: Instant,
    events: usize,
    requests: VecDeque<(Instant, Submission)>,
}

struct Loop {
    store: Arc<Store>,
    waiting: HashMap<i16, Waiting>,
    running: JoinSet<()>,
    batch: usize,
    linger: Duration,
    transactions: usize,
    watchdog: Watchdog,
}

impl Loop {
    async fn run(mut self, mut submissions: mpsc::Receiver<Submission>) {
        let _exit = ExitOnPanic::new("writer");
        let mut is_open = true;
        while is_open || !self.waiting.is_empty() || !self.running.is_empty() {
            self.watchdog.feed();
            while let Some(client_id) = self.ripe(!is_open) {
                self.begin(client_id);
            }
            let wake_at = self.next_ripe_at();
            tokio::select! {
                submission = submissions.recv(), if is_open => match submission {
                    Some(submission) => {
                        self.add(submission);
                        while let Ok(submission) = submissions.try_recv() {
                            self.add(submission);
                        }
                    }
                    None => is_open = false,
                },
                // A batch that panicked drops its replies, which says that nothing is known.
                Some(_) = self.running.join_next(), if !self.running.is_empty() => {}
                () = time::sleep_until(wake_at) => {}
            }
        }
    }

    fn add(&mut self, submission: Submission) {
        let now = Instant::now();
        self.store
            .metrics
            .backlog
            .add(count(submission.events.len()));
        let client_id = submission.client.client_id;
        let waiting = self.waiting.entry(client_id).or_insert_with(|| Waiting {
            since: now,
            events: 0,
            requests: VecDeque::new(),
        });
        waiting.events += submission.events.len();
        waiting.requests.push_back((now, submission));
    }

    /// Returns the client that has waited longest, if it has waited enough and a transaction is free.
    fn ripe(&self, is_last: bool) -> Option<i16> {
        if self.running.len() >= self.transactions {
            return None;
        }
        let (client_id, waiting) = self.waiting.iter().min_by_key(|(_, one)| one.since)?;
        let is_ripe =
            is_last || waiting.events >= self.batch || waiting.since.elapsed() >= self.linger;
        if is_ripe {
            return Some(*client_id);
        }
        // A full batch need not wait for an older one.
        let full = self
            .waiting
            .iter()
            .find(|(_, one)| one.events >= self.batch);
        full.map(|(client_id, _)| *client_id)
    }

    /// When to look again, if nothing happens before.
    fn next_ripe_at(&self) -> Instant {
        let latest = Instant::now() + FEED;
        if self.running.len() >= self.transactions {
            return latest;
        }
        let oldest = self.waiting.values().map(|one| one.since).min();
        oldest.map_or(latest, |since| (since + self.linger).min(latest))
    }

    /// Stores requests of a client until the batch is full.
    fn begin(&mut self, client_id: i16) {
        let Some(waiting) = self.waiting.get_mut(&client_id) else {
            return;
        };
        let (mut taken, mut events) = (Vec::new(), 0);
        while events < self.batch
            && let Some((_, submission)) = waiting.requests.pop_front()
        {
            events += submission.events.len();
            taken.push(submission);
        }
        waiting.events -= events;
        match waiting.requests.front() {
            Some((since, _)) => waiting.since = *since,
            None => {
                self.waiting.remove(&client_id);
            }
        }
        let store = self.store.clone();
        self.running.spawn(async move {
            store.store(taken).await;
            store.metrics.backlog.sub(count(events));
        });
    }
}

fn count(events: usize) -> i64 {
    i64::try_from(events).unwrap_or(i64::MAX)
}
