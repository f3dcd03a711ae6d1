//! The bare loop: what a program would do that scrapes these two chains and nothing else.
//!
//! One process, one HTTP client with a fixed number of requests in flight, a typed reader
//! for each shape, and COPY into an ordinary table with the columns of a snapshot. No
//! schedule, no limits, no leases, no history, no comparison with what was stored last:
//! the floor under the fleet's cost, on the same chains and the same server.

mod copy;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::Client;
use serde_json::Value;
use sqlx::PgPool;
use tokio::{sync::mpsc, task::JoinSet, time::sleep};

use super::{
    error::BenchError,
    figure::{number, signed},
    server::Wal,
    typed::{self, Packed},
};
use simulated_chains::shape::Shape;

/// Requests in flight.
const IN_FLIGHT: usize = 64;
/// Snapshots in one COPY.
const BATCH: usize = 500;
const WARM_UP: Duration = Duration::from_secs(3);

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub struct BareLoop {
    /// Snapshots stored per second.
    pub snapshots_per_second: f64,
    /// Bytes of log per snapshot.
    pub wal_bytes: f64,
    /// Seats of a snapshot in the mean.
    pub seats: f64,
}

/// A seat map, as it is stored.
#[derive(Debug)]
struct Row {
    observed_at: Timestamp,
    job_id: i64,
    showtime_id: i32,
    packed: Packed,
}

/// Where the seats of a showtime are.
#[derive(Debug)]
struct Page {
    url: String,
    shape: Shape,
}

/// Measures for `duration`; `base` is where bhd-1 and cds-1 are served.
///
/// # Errors
///
/// If the chains or the database do not answer.
pub async fn run(db: &PgPool, base: &str, duration: Duration) -> Result<BareLoop, BenchError> {
    let client = Client::builder().timeout(Duration::from_secs(30)).build()?;
    let pages = Arc::new(pages(&client, base).await?);
    sqlx::query(copy::TABLE).execute(db).await?;
    eprintln!("  the bare loop asks for {} showtimes in turn", pages.len());
    let (rows, stored) = mpsc::channel(4 * BATCH);
    let counters = Arc::new(Counters::default());
    let mut loops = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        loops.spawn(ask(
            client.clone(),
            pages.clone(),
            counters.clone(),
            rows.clone(),
        ));
    }
    drop(rows);
    loops.spawn(store(db.clone(), stored, counters.clone()));
    let measuring = measure(db, &counters, duration);
    let measured = tokio::select! {
        measured = measuring => measured,
        Some(ended) = loops.join_next() => Err(match ended {
            Ok(Err(error)) => error,
            Ok(Ok(())) => BenchError::nothing("a loop ended by itself"),
            Err(panic) => BenchError::Panicked(panic),
        }),
    };
    loops.shutdown().await;
    measured
}

#[derive(Debug, Default)]
struct Counters {
    next: AtomicUsize,
    snapshots: AtomicUsize,
    seats: AtomicUsize,
}

async fn measure(
    db: &PgPool,
    counters: &Counters,
    duration: Duration,
) -> Result<BareLoop, BenchError> {
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    sleep(WARM_UP).await;
    let wal = Wal::read(db).await?;
    let (snapshots, seats) = (count(&counters.snapshots), count(&counters.seats));
    let began = Instant::now();
    sleep(duration).await;
    let snapshots = number((count(&counters.snapshots) - snapshots) as u64);
    let seats = number((count(&counters.seats) - seats) as u64);
    let seconds = began.elapsed().as_secs_f64();
    Ok(BareLoop {
        snapshots_per_second: snapshots / seconds,
        wal_bytes: signed(Wal::read(db).await?.bytes - wal.bytes) / snapshots.max(1.0),
        seats: seats / snapshots.max(1.0),
    })
}

/// Asks for one page after the other, reads it and hands it on.
async fn ask(
    client: Client,
    pages: Arc<Vec<Page>>,
    counters: Arc<Counters>,
    rows: mpsc::Sender<Row>,
) -> Result<(), BenchError> {
    loop {
        let number = counters.next.fetch_add(1, Ordering::Relaxed);
        let index = number % pages.len();
        let page = &pages[index];
        let answer = client.get(&page.url).send().await?.error_for_status()?;
        let body = answer.bytes().await?;
        let observed_at = Timestamp::now();
        let read = typed::reader(page.shape)
            .ok_or_else(|| BenchError::nothing("no typed reader was written for the shape"))?;
        let row = Row {
            observed_at,
            job_id: i64::try_from(number).unwrap_or(0),
            showtime_id: i32::try_from(index).unwrap_or(0),
            packed: read(&body)?,
        };
        if rows.send(row).await.is_err() {
            return Ok(());
        }
    }
}

/// Stores what comes, in batches.
async fn store(
    db: PgPool,
    mut rows: mpsc::Receiver<Row>,
    counters: Arc<Counters>,
) -> Result<(), BenchError> {
    let mut batch = Vec::with_capacity(BATCH);
    while rows.recv_many(&mut batch, BATCH).await > 0 {
        // A batch that is not full waits once for more.
        if batch.len() < BATCH {
            sleep(Duration::from_millis(10)).await;
            while batch.len() < BATCH
                && let Ok(row) = rows.try_recv()
            {
                batch.push(row);
            }
        }
        copy::copy(&db, &batch).await?;
        counters.snapshots.fetch_add(batch.len(), Ordering::Relaxed);
        let seats = batch.iter().map(|row| usize::from(row.packed.seats)).sum();
        counters.seats.fetch_add(seats, Ordering::Relaxed);
        batch.clear();
    }
    Ok(())
}

/// Lists the seat pages of both chains.
async fn pages(client: &Client, base: &str) -> Result<Vec<Page>, BenchError> {
    let mut pages = Vec::new();
    let bhd = format!("{base}/bhd-1/cinemas");
    for cinema in keys(&get(client, &bhd).await?, "/Cinemas", "ID") {
        let sessions = get(client, &format!("{bhd}/{cinema}/sessions")).await?;
        pages.extend(
            keys(&sessions, "/Sessions", "SessionId").map(|session| Page {
                url: format!("{bhd}/{cinema}/sessions/{session}/seat-plan"),
                shape: Shape::Bhd,
            }),
        );
    }
    let cds = format!("{base}/cds-1");
    for cinema in keys(&get(client, &format!("{cds}/cinemas")).await?, "", "id") {
        let shows = get(client, &format!("{cds}/cinemas/{cinema}/shows")).await?;
        pages.extend(keys(&shows, "", "id").map(|show| Page {
            url: format!("{cds}/shows/{show}/seatmap"),
            shape: Shape::Cds,
        }));
    }
    if pages.is_empty() {
        return Err(BenchError::nothing("the chains list no showtime"));
    }
    Ok(pages)
}

async fn get(client: &Client, url: &str) -> Result<Value, BenchError> {
    let body = client
        .get(url)
        .send()
        .await?
        .error_for_status()?
        .bytes()
        .await?;
    Ok(serde_json::from_slice(&body)?)
}

/// The field `name` of every item of the list at `place`, as text.
fn keys(document: &Value, place: &str, name: &str) -> impl Iterator<Item = String> {
    let items = document.pointer(place).and_then(Value::as_array);
    let key = |item: &Value| match item.get(name)? {
        Value::String(key) => Some(key.clone()),
        Value::Number(key) => Some(key.to_string()),
        _ => None,
    };
    let keys: Vec<String> = items.into_iter().flatten().filter_map(key).collect();
    keys.into_iter()
}
