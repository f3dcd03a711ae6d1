//! How long it takes to count users and to erase one, among many users and events.
//!
//! Active users: 300,000 users of three clients over 90 days. Retention: a million users of one client
//! over 90 days. Erasure: `EVENTS` events of 100,000 users are sealed, and their blocks are stored
//! `CLONES` times more, each time as those of further events; so the user that is erased has events in
//! as many more blocks. 99 clones of a million are 100 M events, and take some 2 GB of disk.

use std::time::Instant;

use schema::events::erasure;
use sqlx::{AssertSqlSafe, Executor as _, PgPool};

use super::{
    Measured,
    error::BenchError,
    events::sealed,
    figure::{Figure, Reach, number, quantile, signed},
    scale,
    server::Server,
};

/// Name on the command line.
pub const NAME: &str = "event_users";

const CONNECTIONS: u32 = 2;
const EVENTS: u32 = 1_000_000;
const CLONES: u32 = 24;
/// Times that each question is asked.
const ROUNDS: u32 = 3;

const MADE: &str = include_str!("event_users/made.sql");

/// Measures.
///
/// # Errors
///
/// If Postgres is missing or refuses.
pub async fn run() -> Measured {
    let server = Server::start(CONNECTIONS).await?;
    let db = &server.db;
    let figure = |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
    db.execute(MADE).await?;
    // As autovacuum does with days that are over.
    db.execute("VACUUM (ANALYZE) user_day").await?;
    let actives = seconds(
        db,
        "SELECT sum(users) FROM (VALUES ('one'), ('two'), ('three')) AS client (name)
        CROSS JOIN LATERAL active_users(client.name, current_date - 89, current_date, 28)",
    )
    .await?;
    let retention = seconds(
        db,
        "SELECT sum(users) FROM retention('large', current_date - 89, current_date)",
    )
    .await?;
    let mut figures = vec![
        figure("actives", actives, "s").reach(Reach::AtMost(1.5)),
        figure("retention", retention, "s").reach(Reach::AtMost(2.0)),
    ];
    figures.extend(erase(db, &figure).await?);
    Ok(figures)
}

/// The middle time of a question.
async fn seconds(db: &PgPool, question: &'static str) -> Result<f64, BenchError> {
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        db.execute(question).await?;
        took.push(began.elapsed().as_secs_f64());
    }
    took.sort_by(f64::total_cmp);
    Ok(quantile(&took, 0.5))
}

async fn erase(
    db: &PgPool,
    figure: impl Fn(&str, f64, &'static str) -> Figure,
) -> Result<Vec<Figure>, BenchError> {
    let (events, clones) = (scale::of("EVENTS", EVENTS), scale::of("CLONES", CLONES));
    sealed::make_partitions(db).await?;
    db.execute(AssertSqlSafe(format!(
        "INSERT INTO event_user (client_id, is_anonymous, external_id)
        SELECT 1, false, 'user ' || one FROM generate_series(1, 100000) AS one;
        INSERT INTO event (received_at, occurred_at, message_key, user_id, name_id, place_id, properties)
        SELECT now() - one * interval '2 milliseconds', now() - one * interval '2 milliseconds', gen_random_uuid(),
            1 + (hashint4(one) & 65535), 1 + one % 8, 1,
            jsonb_build_object('film', 'film-' || abs(hashint4(one + 1)) % 400, 'screen', one % 17, 'seat', abs(hashint4(one + 2)) % 600)
        FROM generate_series(1, {events}) AS one"
    )))
    .await?;
    sealed::age(db).await?;
    let sealed = sealed::seal(db).await?;
    db.execute(AssertSqlSafe(format!(
        "INSERT INTO event_block (received_day, base_at, name_id, events, users, numbers, offsets, keys, dictionary)
        SELECT received_day, base_at, name_id, events, users, numbers, offsets, keys, dictionary
        FROM event_block CROSS JOIN generate_series(1, {clones})"
    )))
    .await?;
    // Alone: several statements of one text are a transaction.
    db.execute("VACUUM (ANALYZE) event_block").await?;
    let all: i64 = sqlx::query_scalar("SELECT sum(events)::bigint FROM event_block")
        .fetch_one(db)
        .await?;
    let mut transaction = db.begin().await?;
    let began = Instant::now();
    let erased = erasure::erase(&mut transaction, 1, "user 4711").await?;
    transaction.commit().await?;
    let took = began.elapsed().as_secs_f64();
    let erased = erased.map_or(0, |one| one.events);
    if erased == 0 {
        return Err(BenchError::nothing("the user has no events"));
    }
    Ok(vec![
        figure(
            "sealed",
            signed(sealed.bytes) / number(sealed.events),
            "B/event",
        ),
        figure("seal", sealed.rate, "events/s"),
        figure("erase.among", signed(all), "events"),
        figure("erase.of_user", signed(erased), "events"),
        figure("erase", took, "s").reach(Reach::AtMost(60.0)),
    ])
}
