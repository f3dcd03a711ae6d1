//! How many events a receiver stores in a second, how long it takes to acknowledge them, and what an
//! event takes in the log and on disk, live and sealed.
//!
//! A private server, `agent receive`, and clients in this process share the machine. Each client sends
//! its next request when it has the answer; then at half of that rate, by the clock, and the time of an
//! acknowledgement is measured from when the request was due. Message ids are random, the worst for the
//! index; `EVENT_IDS=ordered` gives them the time in front. `EVENT_SECONDS` is how long each part takes.

mod clients;
pub(super) mod sealed;

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use coordinator::export::table::DataSet;
use schema::{
    events::{
        client,
        key::{self, NewKey},
    },
    secret::{Secret, SecretKind},
};
use sqlx::{Executor as _, PgPool};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use self::clients::{Clients, Load, Sent};
use super::{
    Measured, cpu,
    error::BenchError,
    export::export,
    figure::{Figure, Reach, number, quantile, signed},
    server::{Server, Wal, postmaster},
};
use crate::harness::{
    error::HarnessError,
    process::{Process, Start},
};

/// Name on the command line.
pub const NAME: &str = "events";

const CONNECTIONS: u32 = 4;
/// Time for the receiver to get ready.
const START: Duration = Duration::from_secs(30);
/// Requests of 100 events, and of one.
const BATCHES: Load = Load {
    connections: 24,
    events: 100,
};
const SINGLES: Load = Load {
    connections: 96,
    events: 1,
};

/// Heap and index of the events, without what is empty.
const EVENT_BYTES: &str = "SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint
    FROM pg_partition_tree('event') WHERE isleaf AND NOT is_empty(relid)";

/// Measures.
///
/// # Errors
///
/// If Postgres or the receiver does not start, or an event is not acknowledged.
pub async fn run() -> Measured {
    let seconds = std::env::var("EVENT_SECONDS").ok();
    let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(15);
    let lasts = Duration::from_secs(seconds);
    let server = Server::start(CONNECTIONS).await?;
    let (receiver, clients) = start_receiver(&server).await?;
    let db = &server.db;
    clients.send(BATCHES, Duration::from_secs(3), None).await?;

    let batches = measure(db, &receiver, &clients, BATCHES, lasts).await?;
    db.execute("VACUUM (FREEZE, ANALYZE) event").await?;
    let live = bytes_of_an_event(db).await?;
    let batches_paced = clients
        .send(BATCHES, lasts, Some(batches.sent.rate() / 2.0))
        .await?;
    let singles = measure(db, &receiver, &clients, SINGLES, lasts).await?;
    let singles_paced = clients
        .send(SINGLES, lasts, Some(singles.sent.rate() / 2.0))
        .await?;
    drop(receiver);
    sealed::make_partitions(db).await?;
    sealed::age(db).await?;
    let sealed = sealed::seal(db).await?;
    let exported = export(db, DataSet::Events, sealed.events).await?;

    let figure = |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
    let percentile = |sent: &Sent, share| quantile(&sent.milliseconds, share);
    Ok(vec![
        figure("batches", batches.sent.rate() * 100.0, "events/s").reach(Reach::AtLeast(20_000.0)),
        figure("batches.p50", percentile(&batches_paced, 0.5), "ms"),
        figure("batches.p99", percentile(&batches_paced, 0.99), "ms").reach(Reach::AtMost(250.0)),
        figure("batches.wal", batches.wal, "B/event").reach(Reach::AtMost(450.0)),
        figure("batches.receiver_cpu", batches.receiver_cpu, "µs/event"),
        figure("batches.postgres_cpu", batches.postgres_cpu, "µs/event"),
        figure("live", live, "B/event").reach(Reach::AtMost(270.0)),
        figure(
            "sealed",
            signed(sealed.bytes) / number(sealed.events),
            "B/event",
        )
        .reach(Reach::AtMost(22.0))
        .beside("live", live),
        figure("seal", sealed.rate, "events/s"),
        figure(
            "parquet",
            number(exported.bytes) / number(sealed.events),
            "B/event",
        )
        .reach(Reach::AtMost(12.0)),
        figure(
            "export",
            number(sealed.events) / exported.took.as_secs_f64(),
            "events/s",
        ),
        figure("singles", singles.sent.rate(), "requests/s").reach(Reach::AtLeast(3_000.0)),
        figure("singles.p50", percentile(&singles_paced, 0.5), "ms"),
        figure("singles.p99", percentile(&singles_paced, 0.99), "ms").reach(Reach::AtMost(250.0)),
        figure("singles.wal", singles.wal, "B/event"),
        figure("singles.receiver_cpu", singles.receiver_cpu, "µs/event"),
        figure("singles.postgres_cpu", singles.postgres_cpu, "µs/event"),
    ])
}

/// One load at full speed.
struct FullSpeed {
    sent: Sent,
    wal: f64,
    receiver_cpu: f64,
    postgres_cpu: f64,
}

async fn measure(
    db: &PgPool,
    receiver: &Running,
    clients: &Clients,
    load: Load,
    lasts: Duration,
) -> Result<FullSpeed, BenchError> {
    db.execute("CHECKPOINT").await?;
    let postmaster = postmaster(db).await?;
    let own = || cpu::of_process(receiver.process.id());
    let (wal, receiver_used, postgres_used) =
        (Wal::read(db).await?, own(), cpu::of_family(postmaster));
    let sent = clients.send(load, lasts, None).await?;
    let events = number(sent.milliseconds.len() as u64 * load.events as u64);
    let micros = |after: Duration, before: Duration| {
        after.saturating_sub(before).as_secs_f64() * 1e6 / events
    };
    Ok(FullSpeed {
        wal: signed(Wal::read(db).await?.bytes - wal.bytes) / events,
        receiver_cpu: micros(own(), receiver_used),
        postgres_cpu: micros(cpu::of_family(postmaster), postgres_used),
        sent,
    })
}

async fn bytes_of_an_event(db: &PgPool) -> Result<f64, BenchError> {
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM event")
        .fetch_one(db)
        .await?;
    let bytes: i64 = sqlx::query_scalar(EVENT_BYTES).fetch_one(db).await?;
    Ok(signed(bytes) / signed(events))
}

/// A receiver in a process of its own.
struct Running {
    process: Process,
    _logs: TempDir,
}

async fn start_receiver(server: &Server) -> Result<(Running, Clients), BenchError> {
    let client_id = client::put(
        &server.db,
        "bench",
        "Europe/Paris",
        1,
        Duration::from_hours(24),
    )
    .await?;
    let secret = Secret::generate(SecretKind::EventKey);
    let key = NewKey {
        client_id,
        name: "bench",
        hash: &secret.hash(),
        is_public: false,
        schema_mode: "off",
        events_per_second: 1_000_000,
        origins: &[],
        events: &[],
        expires_in: None,
    };
    key::create(&server.db, &key).await?;
    let (listen, probes) = (free_address()?, free_address()?);
    let logs = tempfile::tempdir().map_err(BenchError::file(std::env::temp_dir()))?;
    let url = server.url();
    let (listen_text, probes_text) = (listen.to_string(), probes.to_string());
    let start = Start::new("agent", "receiver");
    let args = [
        "receive",
        "--database-url",
        &url,
        "--listen",
        &listen_text,
        "--probes",
        &probes_text,
    ];
    let process = start.args(args).spawn(logs.path())?;
    let clients = Clients::new(listen, secret)?;
    let deadline = Instant::now() + START;
    while !clients.is_ready(probes).await {
        if Instant::now() > deadline {
            return Err(BenchError::nothing("the receiver did not get ready"));
        }
        sleep(Duration::from_millis(50)).await;
    }
    let running = Running {
        process,
        _logs: logs,
    };
    Ok((running, clients))
}

/// An address that is free now.
fn free_address() -> Result<SocketAddr, BenchError> {
    let listener = TcpListener::bind("127.0.0.1:0");
    let address = listener.and_then(|listener| listener.local_addr());
    address.map_err(|source| HarnessError::file("a free port")(source).into())
}
