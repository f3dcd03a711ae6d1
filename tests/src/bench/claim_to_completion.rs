//! From the queue to the history without HTTP: claims and ends of jobs that did nothing.
//!
//! One leader enqueues, pods claim and finish in batches, through the functions of
//! `schema` only; every commit is synced. Beside it, in the same run on the same server,
//! the least SQL that moves a row from a queue to a history in the same batches, and our own
//! again through `PgBouncer`, where there is one that knows prepared statements.

mod plain;
mod pooled;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use schema::{
    catalogue::{Discovered, SeenBy, store_tasks},
    enums::{Outcome, Yields},
    finish::{Finished, Trace, finish},
    leader::{Term, lead},
    pod::{NewPod, register},
    queue::{Claim, Ready, claim, enqueue},
    schedule::{Step, clock, steps, tasks},
    source::{NewDefinition, NewLimit, NewStep, apply},
};
use serde_json::json;
use sqlx::PgPool;
use tokio::{task::JoinSet, time::sleep};
use uuid::Uuid;

use super::{
    Measured,
    error::BenchError,
    figure::{Figure, Reach, signed},
    server::{Server, Wal},
};

/// Name on the command line.
pub const NAME: &str = "claim_to_completion";

/// Name of the source; such names have no underscore.
const SOURCE: &str = "bench";
const PODS: usize = 4;
const BATCH: u32 = 100;
/// Tasks that wait or run at a time, and those that one statement of the leader places.
const AHEAD: i64 = 4_000;
const ENQUEUED: usize = 1_000;
/// Tasks in all: more than wait or run, so that none is placed twice.
const TASKS: i32 = 20_000;
const WARM_UP: Duration = Duration::from_secs(3);
const DURATION: Duration = Duration::from_secs(12);
/// How often a pod looks from the start of the queue.
const SWEEP: Duration = Duration::from_secs(1);
const LEASE: Duration = Duration::from_mins(5);
/// What an idle loop waits before it looks again.
const IDLE: Duration = Duration::from_millis(1);

/// Measures.
///
/// # Errors
///
/// If Postgres is missing or refuses.
pub async fn run() -> Measured {
    let server = Server::start(u32::try_from(PODS).unwrap_or(1) + 4).await?;
    eprintln!("  {PODS} pods claim and finish in batches of {BATCH} for {DURATION:?}");
    let ours = fleet(&server.db).await?;
    eprintln!("  plain SQL does the same");
    let peer = plain::fleet(&server.db).await?;
    let pooled = pooled::run(&server).await?;
    let bytes = |rate: &Rate| rate.wal_bytes;
    let mut figures = vec![
        Figure::new(NAME, NAME, ours.jobs_per_second, "jobs/s")
            .reach(Reach::AtLeast(100_000.0))
            .beside("plain SQL", peer.jobs_per_second),
        Figure::new(NAME, format!("{NAME}.wal"), bytes(&ours), "B/job")
            .beside("plain SQL", bytes(&peer)),
    ];
    figures.extend(pooled.map(|pooled| {
        Figure::new(
            NAME,
            format!("{NAME}.pgbouncer"),
            pooled.jobs_per_second,
            "jobs/s",
        )
        .beside("direct", ours.jobs_per_second)
    }));
    Ok(figures)
}

/// What was measured of one way.
#[derive(Debug, Clone, Copy)]
struct Rate {
    jobs_per_second: f64,
    wal_bytes: f64,
}

/// How many jobs were placed, and how many ended.
#[derive(Debug, Default)]
struct Counters {
    placed: AtomicI64,
    ended: AtomicI64,
}

impl Counters {
    fn outstanding(&self) -> i64 {
        self.placed.load(Ordering::Relaxed) - self.ended.load(Ordering::Relaxed)
    }
}

/// Lets `loops` run, warms up, and counts for [`DURATION`].
async fn measure(
    db: &PgPool,
    counters: &Counters,
    mut loops: JoinSet<Result<(), sqlx::Error>>,
) -> Result<Rate, BenchError> {
    let measuring = async {
        sleep(WARM_UP).await;
        let (wal, ended) = (Wal::read(db).await?, counters.ended.load(Ordering::Relaxed));
        let began = Instant::now();
        sleep(DURATION).await;
        let jobs = signed(counters.ended.load(Ordering::Relaxed) - ended);
        let seconds = began.elapsed().as_secs_f64();
        let wal_bytes = signed(Wal::read(db).await?.bytes - wal.bytes) / jobs.max(1.0);
        Ok(Rate {
            jobs_per_second: jobs / seconds,
            wal_bytes,
        })
    };
    let measured = tokio::select! {
        measured = measuring => measured,
        Some(ended) = loops.join_next() => {
            match ended {
                Ok(Err(error)) => Err(error.into()),
                Ok(Ok(())) => Err(BenchError::nothing("a loop ended by itself")),
                Err(panic) => Err(BenchError::Panicked(panic)),
            }
        }
    };
    loops.shutdown().await;
    measured
}

async fn fleet(db: &PgPool) -> Result<Rate, BenchError> {
    let task_ids = prepare(db).await?;
    let term = lead(db, Uuid::from_u128(1), NAME, LEASE).await?;
    let term = term.ok_or_else(|| BenchError::nothing("another leads the fresh database"))?;
    let counters = Arc::new(Counters::default());
    let mut loops = JoinSet::new();
    loops.spawn(leader(db.clone(), term, task_ids, counters.clone()));
    for _ in 0..PODS {
        let pod = NewPod {
            name: NAME,
            version: env!("CARGO_PKG_VERSION"),
            agents: BATCH.cast_signed(),
            lease: LEASE,
        };
        let pod_id = register(db, &pod).await?;
        loops.spawn(work(db.clone(), pod_id, counters.clone()));
    }
    measure(db, &counters, loops).await
}

/// Makes a source with one limit key; returns its step that reads seats.
pub(super) async fn source(db: &PgPool) -> Result<Step, BenchError> {
    let step = |name, parent, yields| NewStep {
        name,
        parent,
        every: LEASE,
        timeout: LEASE,
        priority: 10,
        yields,
        limit: None,
        days: None,
    };
    let definition = NewDefinition {
        name: SOURCE,
        title: NAME,
        body: "",
        blocked: None,
        limit: NewLimit {
            key: NAME,
            rate_per_second: 1e6,
            burst: 1_000_000,
            concurrency: None,
            per_day: None,
            hours: None,
            zone: None,
        },
        steps: vec![
            step("showtimes", None, Yields::Showtimes),
            step("seats", Some("showtimes"), Yields::Seats),
        ],
    };
    apply(db, &definition).await?;
    let known = steps(db).await?;
    let seats = known.into_iter().find(|step| step.yields == Yields::Seats);
    seats.ok_or_else(|| BenchError::nothing("the source has no step"))
}

/// Makes a source and [`TASKS`] tasks; returns their ids.
async fn prepare(db: &PgPool) -> Result<Vec<i64>, BenchError> {
    let seats = source(db).await?;
    let discovered: Vec<Discovered> = (0..TASKS).map(discovered).collect();
    let by = SeenBy {
        source_id: seats.source_id,
        job_id: 0,
    };
    for chunk in discovered.chunks(5_000) {
        store_tasks(db, by, chunk).await?;
    }
    let all = tasks(db).await?;
    let of_step = all.iter().filter(|task| task.step_id == seats.step_id);
    Ok(of_step.map(|task| task.task_id).collect())
}

/// A task as a listing of a real size leaves it.
fn discovered(number: i32) -> Discovered {
    Discovered {
        step: "seats".to_owned(),
        key: format!("0001/{number}"),
        params: json!({
                "cinema": {"key": "0001", "name": "Star Hà Nội 1", "timezone": "Asia/Ho_Chi_Minh"},
                "showtime": {"key": number.to_string(), "starts_at": "2030-01-01T12:30:00Z"},
        }),
        subject_id: Some(number),
        starts_at: None,
        gate: None,
    }
}

async fn leader(
    db: PgPool,
    term: Term,
    task_ids: Vec<i64>,
    counters: Arc<Counters>,
) -> Result<(), sqlx::Error> {
    let mut next = task_ids.iter().copied().cycle();
    loop {
        if counters.outstanding() > AHEAD {
            sleep(IDLE).await;
            continue;
        }
        let expires_at = clock(&db).await? + LEASE;
        let ready: Vec<Ready> = next
            .by_ref()
            .take(ENQUEUED)
            .map(|task_id| Ready {
                task_id,
                limit_key_id: 1,
                permits: 1,
                attempt: 1,
                expires_at,
                pod_id: None,
            })
            .collect();
        let placed = enqueue(&db, term, &ready).await?.len();
        let placed = i64::try_from(placed).unwrap_or(0);
        counters.placed.fetch_add(placed, Ordering::Relaxed);
    }
}

async fn work(db: PgPool, pod_id: i32, counters: Arc<Counters>) -> Result<(), sqlx::Error> {
    let (mut from_job_id, mut swept_at) = (0, Instant::now());
    loop {
        let is_sweep = swept_at.elapsed() > SWEEP;
        if is_sweep {
            swept_at = Instant::now();
        }
        let claims = claim(&db, pod_id, if is_sweep { 0 } else { from_job_id }, BATCH).await?;
        let Some(highest) = claims.iter().map(|claim| claim.job_id).max() else {
            sleep(IDLE).await;
            continue;
        };
        from_job_id = from_job_id.max(highest + 1);
        let jobs: Vec<Finished> = claims.iter().map(finished).collect();
        let ended = finish(&db, pod_id, &jobs).await?.len();
        let ended = i64::try_from(ended).unwrap_or(0);
        counters.ended.fetch_add(ended, Ordering::Relaxed);
    }
}

/// A job that succeeded and saw nothing that is stored.
pub(super) fn finished(claim: &Claim) -> Finished {
    Finished {
        job_id: claim.job_id,
        task_id: claim.task_id,
        parent_job_id: claim.parent_job_id,
        observed_ago: Some(Duration::from_millis(5)),
        fetch: Some(Duration::from_millis(30)),
        response_bytes: Some(31_000),
        row_count: Some(198),
        missing: None,
        retry_after: None,
        outcome: Outcome::Succeeded,
        error_class: None,
        http_status: Some(200),
        requests: 1,
        request_url: None,
        error: None,
        seats: None,
        prices: None,
        observations: Vec::new(),
        quarantined: None,
        logs: Vec::new(),
        trace: Trace::default(),
    }
}
