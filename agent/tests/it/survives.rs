//! A whole pod and sources that answer with too much, all at once, beside others that do not.
//!
//! The shapes are those of answers that were met: a window of a gigabyte, a file of fifty
//! thousand rules, a bomb, a listing of a hundred thousand rows, one of 450,000 in pages, and
//! an answer that grows large and then stalls.

use std::{
    fmt::Write as _,
    io::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use agent::{config::Settings, pod};
use flate2::{Compression, write::GzEncoder};
use schema::{
    leader::{self, Term},
    queue::{self, Ready},
    schedule::{self, EndedJob},
    scratch::Scratch,
    source::{self, NewDefinition, NewLimit, NewStep},
    word::{ErrorClass, Outcome, Yields},
};
use serde_json::json;
use sqlx::PgPool;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::yield_now,
};
use uuid::Uuid;

use crate::hostile::peak_bytes;

/// Nothing here takes so long unless it hangs.
const BOUND: Duration = Duration::from_mins(15);
/// What a pod may take that has so much.
const MAX_BYTES: u64 = 512 << 20;
/// Rows of the listing, and of each page of the one in pages.
const ROWS: usize = 100_000;
const PAGE_ROWS: usize = 90_000;
const PAGES: usize = 5;
/// Sources that answer as they should.
const NEIGHBOURS: usize = 20;

/// What a source does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Window,
    Rules,
    Bomb,
    Listing,
    Pages,
    Stalls,
    Neighbour,
}

const HOSTILE: [Manner; 6] = [
    Manner::Window,
    Manner::Rules,
    Manner::Bomb,
    Manner::Listing,
    Manner::Pages,
    Manner::Stalls,
];

impl Manner {
    /// The head of the answer to a request for `path`, and its body.
    fn answer(self, path: &str) -> (&'static str, Vec<u8>) {
        match self {
            Self::Window => (
                "Content-Encoding: br\r\n",
                vec![0x11, 0x1e, 0x5b, 0xff, 0xff],
            ),
            Self::Bomb => ("Content-Encoding: gzip\r\n", bomb()),
            Self::Rules if path == "/robots.txt" => ("", rules()),
            Self::Listing => ("", rows(0, ROWS)),
            Self::Pages => ("", page(path)),
            Self::Stalls => ("", vec![b' '; 8 << 20]),
            Self::Rules | Self::Neighbour => ("", rows(0, 3)),
        }
    }

    fn definition(self, name: &str, address: SocketAddr) -> String {
        let access = if self == Self::Rules {
            "public"
        } else {
            "permitted"
        };
        let (query, pages) = match self {
            Self::Pages => ("?page={{ page.number }}", "pages = { until_empty = true }"),
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
}

fn rows(from: usize, count: usize) -> Vec<u8> {
    let mut text = String::from("[");
    for row in from..from + count {
        let comma = if row > from { "," } else { "" };
        let film = row % 500;
        write!(
            text,
            r#"{comma}{{"id":"{row}","f":"f{film}","t":"Film {film}","s":{row}}}"#
        )
        .unwrap();
    }
    text.push(']');
    text.into_bytes()
}

fn page(path: &str) -> Vec<u8> {
    let number = path
        .rsplit('=')
        .next()
        .and_then(|number| number.parse().ok());
    let number: usize = number.unwrap_or(0);
    rows(
        number * PAGE_ROWS,
        if number < PAGES { PAGE_ROWS } else { 0 },
    )
}

fn rules() -> Vec<u8> {
    let mut file = "User-agent: *\n".to_owned();
    let mut rule = 0;
    while file.len() < 499_000 {
        writeln!(file, "Disallow:/{rule:x}").unwrap();
        rule += 1;
    }
    file.into_bytes()
}

fn bomb() -> Vec<u8> {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..64 {
        bomb.write_all(&blanks).unwrap();
    }
    bomb.finish().unwrap()
}

/// A source that was asked so often; one that stalls goes on when it is released.
struct Served {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

async fn serve(manner: Manner, released: watch::Receiver<bool>) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(answer(socket, manner, released.clone()));
        }
    });
    Served { address, asked }
}

async fn answer(mut socket: TcpStream, manner: Manner, mut released: watch::Receiver<bool>) {
    let mut request = [0; 4096];
    let Ok(length) = socket.read(&mut request).await else {
        return;
    };
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let made = tokio::task::spawn_blocking(move || manner.answer(&path));
    let (head, body) = made.await.unwrap();
    let more = usize::from(manner == Manner::Stalls);
    let head = format!(
        "HTTP/1.1 200 OK\r\n{head}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len() + more
    );
    // A pod that has read enough hangs up.
    let _ = socket.write_all(head.as_bytes()).await;
    let _ = socket.write_all(&body).await;
    if manner == Manner::Stalls {
        let _ = released.wait_for(|&released| released).await;
    }
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
        let all = HOSTILE.into_iter().chain([Manner::Neighbour; NEIGHBOURS]);
        for (index, manner) in all.enumerate() {
            let name = format!("source-{index}");
            let source = serve(manner, released.clone()).await;
            apply(&db, &name, &manner.definition(&name, source.address)).await;
            if manner == Manner::Neighbour {
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
            while served
                .iter()
                .any(|source| source.asked.load(Ordering::Relaxed) == 0)
            {
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
        for (manner, job) in HOSTILE.iter().zip(&ended) {
            println!(
                "{manner:?}: {:?} {:?} {:?}",
                job.outcome, job.row_count, job.error
            );
        }
        let peak = peak_bytes();
        println!("{before} bytes before, {peak} bytes at most, servers and test included");
        let classes: Vec<_> = ended.iter().map(|job| job.error_class).collect();
        assert_eq!(classes[0], Some(ErrorClass::Malformed));
        assert_eq!(classes[1], None, "{:?}", ended[1].error);
        assert_eq!(classes[2], Some(ErrorClass::Oversized));
        assert_eq!(ended[3].row_count, Some(i32::try_from(ROWS).unwrap()));
        assert_eq!(classes[4], Some(ErrorClass::Oversized));
        assert!(classes[5].is_some());
        assert!(peak < MAX_BYTES, "{peak} bytes");
        stop.send(()).await.unwrap();
        pod.await.unwrap().unwrap();
    });
}
