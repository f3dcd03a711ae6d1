//! A whole pod and sources that answer with too much, all at once, beside others that do not.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use agent::{config::Settings, pod};
use schema::{
    enums::{ErrorClass, Outcome, Yields},
    leader::{self, Term},
    queue::{self, Ready},
    schedule::{self, EndedJob},
    scratch::Scratch,
    source::{self, NewDefinition, NewLimit, NewStep},
};
use serde_json::json;
use sqlx::PgPool;
use tokio::{
    sync::{mpsc, watch},
    task::yield_now,
};
use uuid::Uuid;

use crate::{
    hostile::peak_bytes,
    oversized::{Body, Oversized, ROWS},
};

/// Nothing here takes so long unless it hangs.
const BOUND: Duration = Duration::from_mins(15);
/// What a pod may take that has so much.
const MAX_BYTES: u64 = 512 << 20;
/// Sources that answer as they should.
const NEIGHBOURS: usize = 20;

fn definition(kind: Body, name: &str, address: SocketAddr) -> String {
    let access = if kind == Body::Rules {
        "public"
    } else {
        "permitted"
    };
    let (query, pages) = match kind {
        Body::Pages | Body::PagedListing => {
            ("?page={{ page.number }}", "pages = { until_empty = true }")
        }
        _ => ("", ""),
    };
    format!(
        r#"
        name = "{name}"
        title = "{name}"
        access = "{access}"
        territory = "GB"
        timezone = "Europe/London"
        currency = "GBP"
        limit = {{ key = "{name}", rate = 100.0, burst = 100 }}
        [steps.cinemas]
        every = "1d"
        yields = "cinemas"
        request = {{ url = "http://{address}/rows{query}", timeout = "5m" }}
        {pages}
        rows = ".[]"
        fields = {{ key = ".id", name = ".t" }}
        [steps.showtimes]
        for_each = "cinemas"
        every = "1h"
        yields = "showtimes"
        request = {{ url = "http://{address}/shows/{{{{ cinema.key }}}}" }}
        rows = ".[]"
        fields = {{ key = ".id", film_key = ".f", film_title = ".t", starts_at = {{ path = ".s", formats = ["epoch_seconds"], zone = "utc" }} }}
        "#
    )
}

async fn apply(db: &PgPool, name: &str, body: &str) {
    let step = |name, parent, yields| NewStep {
        name,
        parent,
        every: Duration::from_hours(1),
        timeout: Duration::from_mins(5),
        priority: 1,
        yields,
        limit: None,
        days: None,
    };
    let new = NewDefinition {
        name,
        title: name,
        body,
        blocked: None,
        limit: NewLimit {
            key: name,
            rate_per_second: 100.0,
            burst: 100,
            concurrency: None,
            per_day: None,
            hours: None,
            zone: None,
        },
        steps: vec![
            step("cinemas", None, Yields::Cinemas),
            step("showtimes", Some("cinemas"), Yields::Showtimes),
        ],
    };
    source::apply(db, &new).await.unwrap();
}

/// Queues the root tasks of these sources; gives their jobs in the same order.
async fn enqueue(db: &PgPool, term: Term, names: &[String]) -> Vec<i64> {
    let steps = schedule::steps(db).await.unwrap();
    let tasks = schedule::tasks(db).await.unwrap();
    let mut jobs = Vec::new();
    for name in names {
        let is_root = |step: &&schedule::Step| step.source == *name && step.name == "cinemas";
        let step = steps.iter().find(is_root).unwrap();
        let task = tasks.iter().find(|task| task.step_id == step.step_id);
        let ready = Ready {
            task_id: task.unwrap().task_id,
            limit_key_id: step.limit_key_id,
            permits: 10,
            attempt: 1,
            expires_at: schedule::clock(db).await.unwrap() + BOUND,
            pod_id: None,
        };
        let placed = queue::enqueue(db, term, &[ready]).await.unwrap();
        jobs.push(placed[0].job_id);
    }
    jobs
}

async fn ended(db: &PgPool, jobs: &[i64]) -> Vec<EndedJob> {
    let all = async {
        loop {
            let mut ended = schedule::find_ended(db, jobs).await.unwrap();
            if ended.len() == jobs.len() {
                ended.sort_by_key(|job| jobs.iter().position(|id| *id == job.job_id));
                return ended;
            }
            yield_now().await;
        }
    };
    tokio::time::timeout(BOUND, all).await.unwrap()
}

/// Invariant 10: whatever its sources answer, a pod lives within its memory, and the jobs of
/// their neighbours end.
#[test]
fn a_pod_survives_all_bad_sources_at_once() {
    pod::system().unwrap().block_on(async {
        let Scratch { db, url } = Scratch::new().await.unwrap();
        let term = leader::lead(&db, Uuid::nil(), "test", BOUND).await;
        let term = term.unwrap().unwrap();
        let (release, released) = watch::channel(false);
        let (mut hostile, mut neighbours, mut served) = (Vec::new(), Vec::new(), Vec::new());
        let all = Body::TOO_MUCH.into_iter().chain([Body::Few; NEIGHBOURS]);
        for (index, kind) in all.enumerate() {
            let name = format!("source-{index}");
            let source = Oversized::start(kind, released.clone()).await.unwrap();
            apply(&db, &name, &definition(kind, &name, source.address)).await;
            if kind == Body::Few {
                neighbours.push(name);
            } else {
                hostile.push(name);
                served.push(source);
            }
        }
        let settings: Settings = serde_json::from_value(json!({
            "database": { "url": url },
            "agent": {
                "count": 50,
                "listen": "127.0.0.1:0",
                "allow_private": true,
                "memory": "256MiB",
                "memory_wait": "1m",
                "processing_timeout": "10m",
            },
        }))
        .unwrap();
        settings.check().unwrap();
        let (stop, stopped) = mpsc::channel(1);
        let pod = actix::spawn(pod::run(settings, stopped));

        let before = peak_bytes();
        let hostile = enqueue(&db, term, &hostile).await;
        let asked = async {
            while served.iter().any(|source| source.asked() == 0) {
                yield_now().await;
            }
        };
        tokio::time::timeout(BOUND, asked).await.unwrap();
        let began_at = Instant::now();
        let neighbours = enqueue(&db, term, &neighbours).await;
        for job in ended(&db, &neighbours).await {
            assert_eq!(job.outcome, Outcome::Succeeded, "{:?}", job.error);
        }
        println!(
            "{NEIGHBOURS} neighbours ended after {:?}",
            began_at.elapsed()
        );
        // One of the others stalls still: nobody waited for it.
        release.send(true).unwrap();

        let ended = ended(&db, &hostile).await;
        for (kind, job) in Body::TOO_MUCH.iter().zip(&ended) {
            println!(
                "{kind:?}: {:?} {:?} {:?}",
                job.outcome, job.row_count, job.error
            );
        }
        let peak = peak_bytes();
        println!("{before} bytes before, {peak} bytes at most, servers and test included");
        let classes: Vec<_> = ended.iter().map(|job| job.error_class).collect();
        assert_eq!(classes[0], Some(ErrorClass::Malformed));
        assert_eq!(classes[1], None, "{:?}", ended[1].error);
        assert_eq!(classes[2], Some(ErrorClass::Oversized));
        for listing in &ended[3..5] {
            assert_eq!(listing.row_count, Some(i32::try_from(ROWS).unwrap()));
        }
        assert_eq!(classes[5], Some(ErrorClass::Oversized));
        assert!(classes[6].is_some());
        assert!(peak < MAX_BYTES, "{peak} bytes");
        stop.send(()).await.unwrap();
        pod.await.unwrap().unwrap();
    });
}
