//! The present state of the fleet, read once for all viewers.
//!
//! A task of the coordinator reads the state every two seconds while somebody looks at a page (up to
//! six where a read takes long), and every 15 s otherwise, so that the trends have no gaps. Pages and
//! the API show the last sample and its age: a further viewer adds no query. If the database does not
//! answer, the last sample stays, with its age and the reason.

use std::{
    collections::VecDeque,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use schema::{
    alert::overview::{AlertCounts, counts},
    fleet_status::{EndedJobs, FleetLoad, RecentError, fleet_load, recent_errors},
    limit::{self, LimitStatus},
    reading::{
        ReadError, Reader,
        fleet::{Leader, PassStatus, PodStatus, QueueAge, leader, passes, pods, queue_age},
        recent_jobs::{active_tasks, ended_since},
    },
    source::{SourceStatus, statuses_of_counted},
};
use sqlx::PgPool;
use tokio::{
    sync::{Mutex, Notify},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::{
    cached::{BUDGET_PARTS, Cached, ReadBudget},
    number::float,
    recent_jobs::RecentJobs,
};

/// Rates are over this.
pub const WINDOW: Duration = Duration::from_mins(1);
/// Least time between two samples while somebody looks.
const EVERY: Duration = Duration::from_secs(2);
/// Most time between two samples while somebody looks, where each takes long.
const SLOW_EVERY: Duration = Duration::from_secs(6);
/// Time between two samples while nobody looks.
const IDLE_EVERY: Duration = Duration::from_secs(15);
/// A page that was opened this long ago still counts as a viewer.
const VIEWED_FOR: Duration = Duration::from_secs(30);
/// Points of a trend, one for every 15 s: the last 15 minutes.
const TREND_POINTS: usize = 60;
/// Counts of tasks are kept this long, or longer where there are many.
const TASKS_FOR: Duration = Duration::from_secs(10);
/// Pods that are listed.
const MAX_PODS: i64 = 200;

/// The fleet at one moment.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// When it was read, by the database's clock.
    pub at: DateTime<Utc>,
    /// Queue and agents.
    pub load: FleetLoad,
    /// Jobs of the last [`WINDOW`].
    pub ended: EndedJobs,
    /// The longest wait in the queue.
    pub queue: QueueAge,
    /// Who leads.
    pub leader: Option<Leader>,
    /// Every source.
    pub sources: Vec<SourceStatus>,
    /// Every limit key.
    pub limits: Vec<LimitStatus>,
    /// Pods that run, then those that ended within the last hour.
    pub pods: Vec<PodStatus>,
    /// The last run of every background pass.
    pub passes: Vec<PassStatus>,
    /// The last failures.
    pub errors: Vec<RecentError>,
    /// Open alerts.
    pub alerts: AlertCounts,
}

/// One point of the trends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrendPoint {
    /// Jobs that ended, per minute.
    pub jobs: f64,
    /// Share of agents that are busy.
    pub busy: f64,
    /// Tasks in the queue.
    pub queued: f64,
    /// Longest wait in the queue, in seconds.
    pub wait_seconds: f64,
    /// Snapshots stored, per minute.
    pub snapshots: f64,
}

#[derive(Debug, Default)]
struct Kept {
    sample: Option<(Instant, Arc<Sample>)>,
    trend: VecDeque<(Instant, TrendPoint)>,
    viewed: Option<Instant>,
    failure: Option<String>,
}

/// The tasks of each source, which are counted less often.
#[derive(Debug)]
struct TaskCounts(Cached<Vec<(i32, i64)>>);

impl Default for TaskCounts {
    fn default() -> Self {
        Self(Cached::new(TASKS_FOR, &ReadBudget::default()))
    }
}

/// The last sample and the trends; cloning it is cheap.
#[derive(Debug, Clone, Default)]
pub struct Sampler {
    kept: Arc<RwLock<Kept>>,
    /// What samples add up; one is read at a time.
    recent: Arc<Mutex<RecentJobs>>,
    tasks: Arc<TaskCounts>,
    /// Somebody looks again, after nobody did.
    viewer: Arc<Notify>,
}

/// What a viewer sees.
#[derive(Debug, Clone)]
pub struct FleetNow {
    /// The last sample.
    pub sample: Arc<Sample>,
    /// How old it is.
    pub age: Duration,
    /// Why the sample after it could not be read.
    pub failure: Option<String>,
    /// The points of the last 15 minutes, the oldest first.
    pub trend: Vec<TrendPoint>,
}

impl Sampler {
    /// Returns the last sample, and counts as a viewer. Reads one if there is none yet.
    ///
    /// # Errors
    ///
    /// If there is none and the database does not answer.
    pub async fn now(&self, db: &PgPool) -> Result<FleetNow, ReadError> {
        if let Some(now) = self.view() {
            return Ok(now);
        }
        self.store(self.read(db).await?);
        let now = self.view();
        now.ok_or_else(|| ReadError::Database(sqlx::Error::WorkerCrashed))
    }

    /// Returns the open alerts of the last sample; none before the first. Does not count as a viewer.
    #[must_use]
    pub fn alerts(&self) -> AlertCounts {
        let kept = self.kept.read().ok();
        let sample = kept.and_then(|kept| kept.sample.clone());
        sample.map_or_else(AlertCounts::default, |(_, sample)| sample.alerts)
    }

    fn view(&self) -> Option<FleetNow> {
        let mut kept = self.kept.write().ok()?;
        if kept.viewed.is_none_or(|at| at.elapsed() >= VIEWED_FOR) {
            self.viewer.notify_one();
        }
        kept.viewed = Some(Instant::now());
        let (at, sample) = kept.sample.clone()?;
        Some(FleetNow {
            sample,
            age: at.elapsed(),
            failure: kept.failure.clone(),
            trend: kept.trend.iter().map(|(_, point)| *point).collect(),
        })
    }

    fn store(&self, sample: Sample) {
        let Ok(mut kept) = self.kept.write() else {
            return;
        };
        let now = Instant::now();
        let is_due = kept
            .trend
            .back()
            .is_none_or(|(last, _)| last.elapsed() + EVERY / 2 >= IDLE_EVERY);
        if is_due {
            kept.trend.push_back((now, point(&sample)));
            if kept.trend.len() > TREND_POINTS {
                kept.trend.pop_front();
            }
        }
        kept.sample = Some((now, Arc::new(sample)));
        kept.failure = None;
    }

    fn is_viewed(&self) -> bool {
        let viewed = self.kept.read().ok().and_then(|kept| kept.viewed);
        viewed.is_some_and(|at| at.elapsed() < VIEWED_FOR)
    }

    async fn read(&self, db: &PgPool) -> Result<Sample, ReadError> {
        let mut recent = self.recent.lock().await;
        let (tasks, _) = self
            .tasks
            .0
            .get(async { active_tasks(&mut *Reader::begin(db).await?).await })
            .await?;
        let mut reader = Reader::begin_repeated(db).await?;
        let queue = queue_age(&mut reader).await?;
        let ended = ended_since(&mut reader, recent.since(queue.now)).await?;
        recent.take(queue.now, ended);
        Ok(Sample {
            at: queue.now,
            load: fleet_load(&mut *reader).await?,
            ended: recent.of_window(queue.now, WINDOW),
            leader: leader(&mut reader).await?,
            sources: statuses_of_counted(&mut *reader, &tasks, &recent.of_sources()).await?,
            limits: limit::statuses(&mut *reader, None).await?,
            pods: pods(&mut reader, MAX_PODS).await?,
            passes: passes(&mut reader).await?,
            errors: recent_errors(&mut *reader, 10).await?,
            alerts: counts(&mut reader).await?,
            queue,
        })
    }

    /// Samples until `stop`.
    pub async fn run(self, db: PgPool, stop: CancellationToken) {
        loop {
            let begun = Instant::now();
            let read = self.read(&db).await;
            let pause = (begun.elapsed() * BUDGET_PARTS).clamp(EVERY, SLOW_EVERY);
            match read {
                Ok(sample) => self.store(sample),
                Err(error) => {
                    debug!(%error, "the fleet could not be sampled for the web page");
                    if let Ok(mut kept) = self.kept.write() {
                        kept.failure = Some(error.to_string());
                    }
                }
            }
            let wait = async {
                sleep(pause).await;
                if !self.is_viewed() {
                    // A viewer who came meanwhile is not waited for.
                    let rest = IDLE_EVERY.saturating_sub(pause);
                    timeout(rest, self.viewer.notified()).await.ok();
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = wait => {}
            }
        }
    }
}

fn point(sample: &Sample) -> TrendPoint {
    let minutes = WINDOW.as_secs_f64() / 60.0;
    let (load, ended) = (&sample.load, &sample.ended);
    TrendPoint {
        jobs: float(ended.jobs) / minutes,
        busy: float(load.agents_busy) / float(load.agents.max(1)),
        queued: float(load.queued),
        wait_seconds: sample.queue.longest_wait_seconds,
        snapshots: float(ended.snapshots) / minutes,
    }
}
