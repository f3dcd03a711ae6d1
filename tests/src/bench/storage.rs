//! What seats take on disk, live and sealed, how fast they are sealed, and how fast both answer.
//!
//! Two sets go through queue, claim and store as a pod's do: sparse, 4,000 showtimes with about
//! five snapshots each, and dense, an eighth of the showtimes with about 45. Their looks lie
//! five days back, so all can be sealed; as the leader does, the keys of these days are packed,
//! and the partitions that sealing empties are dropped. `SHOWTIMES` gives another size; 48,000
//! make 100 M seat records.

mod ask;
pub(super) mod made;

use std::time::{Duration, Instant};

use schema::{partition, seal::Pass};
use sqlx::{Executor, PgPool};

use self::made::{Loaded, Set};
use super::{
    Measured,
    error::BenchError,
    figure::{Figure, Reach, number, signed},
    server::Server,
};

/// Name on the command line.
pub const NAME: &str = "storage";

const CONNECTIONS: u32 = 4;
/// All looks are older.
const QUIET: Duration = Duration::from_hours(24);

/// Sealed rows, and the partitions that hold something: the empty ones are of other days.
const SNAPSHOT_BYTES: &str =
    "SELECT coalesce(sum(pg_total_relation_size(part.relid)), 0)::bigint FROM (
    SELECT relid FROM pg_partition_tree('snapshot') WHERE isleaf
    UNION ALL SELECT 'sealed_showtime'::regclass) AS part WHERE NOT is_empty(part.relid)";

/// What every showtime has beside its snapshots.
const SIDE_BYTES: &str = "SELECT sum(pg_total_relation_size(name::regclass))::bigint
    FROM unnest(ARRAY['layout', 'seat_code', 'showtime_latest', 'showtime_change']) AS name";

/// Measures.
///
/// # Errors
///
/// If Postgres is missing or refuses, or something was not sealed.
pub async fn run() -> Measured {
    let [sparse, dense] = made::sets();
    let mut figures = measure(&sparse, 0.3).await?;
    figures.extend(measure(&dense, 0.15).await?);
    Ok(figures)
}

/// Loads a set, seals it, and asks it before and after.
async fn measure(set: &Set, reach_sealed: f64) -> Measured {
    let server = Server::start(CONNECTIONS).await?;
    let db = &server.db;
    made::partitions(db).await?;
    let side = bytes(db, SIDE_BYTES).await?;
    eprintln!(
        "  {}: {} showtimes go through the store",
        set.name, set.showtimes
    );
    let loaded = made::load(db, set).await?;
    retire(db).await?;
    db.execute("VACUUM ANALYZE").await?;
    let per_record = |bytes: i64| signed(bytes) / number(loaded.seat_records);
    let figure = |name: &str, value, unit| {
        Figure::new(NAME, format!("{NAME}.{}.{name}", set.name), value, unit)
    };
    let live = per_record(bytes(db, SNAPSHOT_BYTES).await?);
    let mut figures = vec![
        figure("records", number(loaded.seat_records), "seat records"),
        figure("store", loaded.snapshots_per_second(), "snapshots/s"),
        figure("live", live, "B/record").reach(Reach::AtMost(1.1)),
    ];
    figures.extend(ask::all(db, &format!("{}.live", set.name)).await?);

    eprintln!("  {} seat records are sealed", loaded.seat_records);
    let rate = seal(db, &loaded).await?;
    retire(db).await?;
    db.execute("VACUUM ANALYZE").await?;
    let sealed = per_record(bytes(db, SNAPSHOT_BYTES).await?);
    let beside = per_record(bytes(db, SIDE_BYTES).await? - side);
    figures.extend([
        figure("sealed", sealed, "B/record")
            .reach(Reach::AtMost(reach_sealed))
            .beside("live", live),
        figure("beside", beside, "B/record"),
        figure("seal", rate, "records/s").reach(Reach::AtLeast(1e6)),
    ]);
    figures.extend(ask::all(db, &format!("{}.sealed", set.name)).await?);
    Ok(figures)
}

/// Seals everything; returns seat records per second. Client and server take turns, so this
/// is what one core does.
async fn seal(db: &PgPool, loaded: &Loaded) -> Result<f64, BenchError> {
    let began = Instant::now();
    let mut pass = Pass::new(QUIET);
    while pass.batch(db).await? {}
    let seconds = began.elapsed().as_secs_f64();
    if pass.done().seat_records != loaded.seat_records {
        return Err(BenchError::nothing(format!(
            "{:?} of {} seat records were sealed",
            pass.done(),
            loaded.seat_records
        )));
    }
    Ok(number(loaded.seat_records) / seconds)
}

/// Drops and packs the partitions of days that are over, as the leader does.
async fn retire(db: &PgPool) -> Result<(), sqlx::Error> {
    for name in partition::due(db).await? {
        partition::retire(db, &name).await?;
    }
    Ok(())
}

async fn bytes(db: &PgPool, of: &'static str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(of).fetch_one(db).await
}
