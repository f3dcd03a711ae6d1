//! The store against a real database: what is written once, and what never.

mod refusals;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix::{Actor, Addr};
use agent::{
    database::Database,
    metrics::Metrics,
    pause_sync, pod,
    registration::{Identity, Registration, register},
    store::{
        Backlog, JobResult, Pause, RefusalBounds, Store, StoreResult,
        reference_cache::ReferenceCache,
    },
};
use liveness::watchdog::Watchdogs;
use schema::{
    catalogue::SeenBy,
    enums::{Outcome, Yields},
    finish::{self, Counts, Finished, Labels, Snapshot, Trace},
    leader, limit,
    queue::{self, Claim, Ready},
    schedule,
    scratch::Scratch,
    seat,
    source::{self, NewDefinition, NewLimit, NewStep},
};
use source_fetch::limit::{Denied, Limits, Rate};
use source_language::rows::{Seat, SeatMap};
use sqlx::PgPool;
use uuid::Uuid;

/// Nothing here takes so long unless it hangs.
const BOUND: Duration = Duration::from_mins(1);

/// One source with one task, a pod that is registered, and a store.
struct Bench {
    db: PgPool,
    url: String,
    registration: Arc<Registration>,
    backlog: Backlog,
    metrics: Metrics,
    store: Addr<Store>,
}

impl Bench {
    async fn new() -> Self {
        Self::with_bounds(RefusalBounds::default()).await
    }

    /// Retries refusals within `bounds`.
    async fn with_bounds(bounds: RefusalBounds) -> Self {
        let Scratch { db, url } = Scratch::new().await.unwrap();
        let step = NewStep {
            name: "seats",
            parent: None,
            every: Duration::from_mins(1),
            timeout: Duration::from_secs(5),
            priority: 1,
            yields: Yields::Seats,
            limit: None,
            days: None,
        };
        let new = NewDefinition {
            name: "test",
            title: "Test",
            body: "",
            blocked: None,
            limit: NewLimit {
                key: "test",
                rate_per_second: 1.0,
                burst: 1,
                concurrency: None,
                per_day: None,
                hours: None,
                zone: None,
            },
            steps: vec![step],
        };
        source::apply(&db, &new).await.unwrap();
        let identity = Identity {
            name: "test".to_owned(),
            agents: 1,
            lease: BOUND,
        };
        let registration = register(&db, &identity).await.unwrap();
        let (backlog, metrics) = (Backlog::new(10, 1 << 20), Metrics::new().unwrap());
        let watchdog = Watchdogs::default().add("store");
        let store = Store::new(db.clone(), 10, backlog.clone(), metrics.clone(), watchdog);
        let store = store.with_refusal_bounds(bounds).start();
        Self {
            db,
            url,
            registration,
            backlog,
            metrics,
            store,
        }
    }

    /// Queues the one task and claims it.
    async fn claim(&self) -> Claim {
        let term = leader::lead(&self.db, Uuid::nil(), "test", BOUND)
            .await
            .unwrap()
            .unwrap();
        let task = schedule::tasks(&self.db).await.unwrap()[0];
        let key = &schedule::limit_keys(&self.db).await.unwrap()[0];
        let ready = Ready {
            task_id: task.task_id,
            limit_key_id: key.limit_key_id,
            permits: 1,
            attempt: 1,
            expires_at: schedule::clock(&self.db).await.unwrap() + BOUND,
            pod_id: None,
        };
        let placed = queue::enqueue(&self.db, term, &[ready]).await.unwrap();
        assert_eq!(placed.len(), 1);
        let claims = queue::claim(&self.db, self.registration.pod_id, 0, 1).await;
        claims.unwrap().remove(0)
    }

    /// Hands a seat map to the store and waits until it has dealt with it.
    async fn keep(&self, claim: &Claim, packed: u8) {
        let result = seats(self.registration.clone(), claim, packed);
        let space = self.backlog.reserve(&result).await;
        self.store.send(StoreResult(result, space)).await.unwrap();
        let dealt = async {
            while !self.backlog.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(BOUND, dealt).await.unwrap();
    }

    async fn ended(&self, claim: &Claim) -> schedule::EndedJob {
        let ended = schedule::find_ended(&self.db, &[claim.job_id]).await;
        let mut ended = ended.unwrap();
        assert_eq!(ended.len(), 1, "a claim ends once");
        ended.remove(0)
    }
}

fn seats(registration: Arc<Registration>, claim: &Claim, packed: u8) -> JobResult {
    JobResult {
        registration,
        observed_at: Some(Instant::now()),
        completed_at: Instant::now(),
        job: Finished {
            job_id: claim.job_id,
            task_id: claim.task_id,
            parent_job_id: None,
            observed_ago: None,
            fetch: Some(Duration::from_millis(1)),
            response_bytes: Some(1),
            row_count: Some(1),
            missing: None,
            retry_after: None,
            outcome: Outcome::Succeeded,
            error_class: None,
            http_status: Some(200),
            requests: 1,
            request_url: None,
            error: None,
            seats: Some(Snapshot {
                showtime_id: 1,
                layout_id: 1,
                tariff_id: None,
                state_hash: agent::pack::state_hash(&[packed]),
                packed: vec![packed],
                counts: Counts {
                    sold: 1,
                    ..Counts::default()
                },
                codes_version: 0,
                labels: Labels::default(),
                price_median: None,
            }),
            prices: None,
            observations: Vec::new(),
            quarantined: None,
            logs: Vec::new(),
            trace: Trace::default(),
        },
        pause: None,
        tag: agent::trace::JobTag::default(),
    }
}

/// Invariant 5: what did not change is an observation, not a gap.
#[test]
fn an_unchanged_answer_is_an_observation_without_a_snapshot() {
    pod::system().unwrap().block_on(async {
        let bench = Bench::new().await;
        for (packed, changed) in [(1, true), (1, false), (2, true)] {
            let claim = bench.claim().await;
            bench.keep(&claim, packed).await;
            let ended = bench.ended(&claim).await;
            assert_eq!(
                (ended.outcome, ended.changed),
                (Outcome::Succeeded, Some(changed))
            );
        }
        assert_eq!(bench.metrics.store_seats.get(), 2);
    });
}

/// Invariant 1: a late writer is refused and changes nothing.
#[test]
fn a_result_that_comes_after_its_lease_is_refused() {
    pod::system().unwrap().block_on(async {
        let bench = Bench::new().await;
        let claim = bench.claim().await;
        schema::pod::end(&bench.db, bench.registration.pod_id)
            .await
            .unwrap();
        assert_eq!(schema::pod::rescue(&bench.db, 3).await.unwrap().claims, 1);
        bench.keep(&claim, 1).await;
        assert_eq!(bench.ended(&claim).await.outcome, Outcome::Lost);
        assert_eq!(bench.metrics.store_refused.get(), 1);
        assert_eq!(bench.metrics.store_seats.get(), 0);
    });
}

/// An answer of the database that is lost leaves in doubt what was written: the
/// same result may be sent again.
#[test]
fn a_result_that_was_written_already_is_not_written_again() {
    pod::system().unwrap().block_on(async {
        let bench = Bench::new().await;
        let claim = bench.claim().await;
        let mut first = seats(bench.registration.clone(), &claim, 1).job;
        first.observed_ago = Some(Duration::ZERO);
        let pod_id = bench.registration.pod_id;
        finish::finish(&bench.db, pod_id, &[first]).await.unwrap();
        bench.keep(&claim, 1).await;
        assert_eq!(bench.ended(&claim).await.outcome, Outcome::Succeeded);
        let written = finish::in_history(&bench.db, pod_id, &[claim.job_id]).await;
        assert_eq!(written.unwrap(), [claim.job_id]);
    });
}

/// Codes are never removed, so an answer with too many adds none.
#[test]
fn an_answer_with_too_many_codes_spoils_nothing() {
    pod::system().unwrap().block_on(async {
        let bench = Bench::new().await;
        let settings = serde_json::json!({ "url": bench.url });
        let settings: settings::DatabaseSettings = serde_json::from_value(settings).unwrap();
        let references = ReferenceCache::new(Database::open(&settings, "test").unwrap(), 1_000);
        let seats = (0..300).map(|number| Seat {
            key: number.to_string().into(),
            code: format!("seat {number}").into(),
            ..Seat::default()
        });
        let map = SeatMap {
            seats: seats.collect(),
            ..SeatMap::default()
        };
        let by = SeenBy {
            source_id: 1,
            job_id: 1,
        };
        let layout = references.summarize_layout(&map.seats).await;
        let refused = references.snapshot(by, 1, map, layout).await.unwrap_err();
        assert!(
            refused.to_string().contains("300 different status codes"),
            "{refused}"
        );
        let known = seat::seat_codes(&bench.db, by.source_id).await.unwrap();
        assert_eq!(known.codes.len(), 0);
    });
}

/// Invariant 3: a pause does not wait for the result that brought it.
#[test]
fn a_pause_is_published_before_its_result_is_stored() {
    pod::system().unwrap().block_on(async {
        let bench = Bench::new().await;
        let claim = bench.claim().await;
        let mut slow = bench.db.begin().await.unwrap();
        sqlx::query("LOCK TABLE job IN EXCLUSIVE MODE")
            .execute(&mut *slow)
            .await
            .unwrap();
        let ended = |pause| JobResult {
            pause,
            ..seats(bench.registration.clone(), &claim, 1)
        };
        let pause = Pause {
            limit_key_id: claim.limit_key_id,
            until: Instant::now() + BOUND,
        };
        // The second waits until the first, of the same showtime, is stored.
        for (later, pause) in [(0, None), (1, Some(pause))] {
            let mut ended = ended(pause);
            ended.job.job_id += later;
            let space = bench.backlog.reserve(&ended).await;
            bench.store.send(StoreResult(ended, space)).await.unwrap();
        }
        let heard = async {
            while limit::paused(&bench.db).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(BOUND, heard).await.unwrap();
        assert_eq!(bench.backlog.len(), 2);
        slow.commit().await.unwrap();
    });
}

/// Invariant 3: what one pod was asked to wait, another waits as well, for what it has
/// claimed already.
#[actix::test]
async fn a_pause_that_another_pod_met_denies_what_waits_here() {
    let bench = Bench::new().await;
    let key = schedule::limit_keys(&bench.db).await.unwrap()[0].limit_key_id;
    let limits = Limits::default();
    let rate = Rate {
        per_second: 1.0,
        burst: 10,
    };
    let deadline = Instant::now() + BOUND;
    limits.pass(key, rate, deadline).await.unwrap();
    pause_sync::refresh(&bench.db, &limits).await.unwrap();
    limits.pass(key, rate, deadline).await.unwrap();
    limit::pause(&bench.db, key, 2 * BOUND, "asked to wait")
        .await
        .unwrap();
    pause_sync::refresh(&bench.db, &limits).await.unwrap();
    let denied = limits.pass(key, rate, deadline).await;
    assert_eq!(denied, Err(Denied::Paused));
}
