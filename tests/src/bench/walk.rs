//! A tool's walk through all that analysts may read, as Metabase makes it when it is connected.
//!
//! The sparse set of [`storage`](super::storage) is stored, with prices and changes, half of it
//! sealed and all rollups filled. Then an analyst whose statements end after 30 seconds counts
//! each view of `analytics` and each rollup, reads its first 2,000 rows, and asks for the least,
//! the greatest and the number of different values of each column; of `analytics_detail` the
//! same for one showtime. `SHOWTIMES` gives another size.

use std::{
    cmp::Reverse,
    time::{Duration, Instant},
};

use coordinator::background::rollups::refresh_marked;
use schema::{
    access::{grant_analyst, prepare},
    connect::{is_refused_with, sqlstate},
    seal::Pass,
};
use sqlx::{
    AssertSqlSafe, Connection as _, Executor, PgConnection, PgPool, postgres::PgConnectOptions,
};
use tokio_util::sync::CancellationToken;

use super::{
    Measured,
    error::BenchError,
    figure::{Figure, Reach, number},
    scale,
    server::Server,
    storage::made::{self, Set},
};

/// Name on the command line.
pub const NAME: &str = "walk";

const SHOWTIMES: u32 = 4_000;
const CONNECTIONS: u32 = 4;
const LOGIN: &str = "a_tool";
/// As `coordinator access analyst` grants it.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How many statements are printed, the slowest first.
const PRINTED: usize = 10;

/// What the set lacks: more cinemas, prices of every showtime, a change of every tenth, values
/// in addition to the seats.
const MORE: &str = "
    INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
    SELECT source_id, 1, 1, territory, 'more ' || n, 'A cinema', timezone
    FROM cinema CROSS JOIN generate_series(2, (SELECT count(*) / 25 FROM showtime)) AS n;
    UPDATE showtime SET cinema_id = 1 + showtime_id % (SELECT count(*) FROM cinema);
    INSERT INTO tariff (source_id, discovered_by, content_hash, currency, amount, amount_max, fee, tax_included, ticket, area)
    SELECT source_id, 1, gen_random_uuid(), 'EUR', ARRAY[8 + n, 6 + n], '{NULL,NULL}', '{NULL,NULL}', '{NULL,NULL}', '{adult,child}', '{\"\",\"\"}'
    FROM source CROSS JOIN generate_series(1, 5) AS n;
    INSERT INTO showtime_tariff (observed_at, job_id, showtime_id, tariff_id)
    SELECT starts_at - interval '1 day', 1, showtime_id, 1 + showtime_id % 5 FROM showtime;
    INSERT INTO showtime_change (at, job_id, showtime_id, event, before, after)
    SELECT starts_at - interval '1 hour', 1, showtime_id, 'moved', starts_at::text, starts_at::text
    FROM showtime WHERE showtime_id % 10 = 0;
    INSERT INTO observation (value, at, observed_at, job_id, source_id, subject, metric)
    SELECT n, now() - n * interval '1 minute', now(), 1, source_id, 'a film', 'views' FROM source CROSS JOIN generate_series(1, 10000) AS n";

/// Every view with each of its columns, as the login sees them; whether a column has a least
/// value; and of views with a row per seat, the condition that names a showtime, or its job.
const VIEWS: &str = "
    SELECT
        format('%I.%I', listed.table_schema, listed.table_name),
        quote_ident(listed.column_name),
        pg_type.typcategory IN ('A', 'D', 'E', 'N', 'S', 'T') AND listed.udt_name NOT IN ('jsonb', 'json'),
        CASE
            WHEN listed.table_schema <> 'analytics_detail' THEN ''
            WHEN listed.table_name IN ('job_ancestor', 'job_request') THEN ' WHERE of_job_id = ' || named.job_id
            WHEN listed.table_name = 'job_phase' THEN ' WHERE job_id = ' || named.job_id
            ELSE ' WHERE showtime_id = ' || named.showtime_id
        END
    FROM information_schema.columns AS listed
    INNER JOIN pg_namespace ON pg_namespace.nspname = listed.udt_schema
    INNER JOIN pg_type ON pg_type.typname = listed.udt_name AND pg_type.typnamespace = pg_namespace.oid
    CROSS JOIN (
        SELECT showtime_id, job_id FROM showtime_profile ORDER BY sold DESC NULLS LAST, showtime_id LIMIT 1
    ) AS named
    WHERE listed.table_schema IN ('analytics', 'analytics_detail', 'fullhouse')
    ORDER BY listed.table_schema, listed.table_name, listed.ordinal_position";

/// Measures.
///
/// # Errors
///
/// If Postgres is missing or refuses, or a statement fails otherwise than by its timeout.
pub async fn run() -> Measured {
    let server = Server::start(CONNECTIONS).await?;
    make(&server.db).await?;
    let mut analyst = login(&server).await?;
    let statements = statements(&mut analyst).await?;
    eprintln!("  {} statements are asked", statements.len());
    let (mut took, mut cancelled) = (Vec::new(), 0);
    for statement in statements {
        let began = Instant::now();
        let asked = analyst.fetch_all(AssertSqlSafe(statement.clone())).await;
        took.push((began.elapsed(), statement));
        match asked {
            Ok(_) => {}
            Err(error) if is_refused_with(&error, sqlstate::QUERY_CANCELED) => cancelled += 1,
            Err(error) => {
                let statement = took.pop().map(|(_, statement)| statement);
                return Err(BenchError::nothing(format!("{statement:?}: {error}")));
            }
        }
    }
    took.sort_by_key(|(took, _)| Reverse(*took));
    for (took, statement) in took.iter().take(PRINTED) {
        eprintln!("  {:7.3} s  {statement}", took.as_secs_f64());
    }
    let slowest = took.first().map_or(Duration::ZERO, |(took, _)| *took);
    let total: Duration = took.iter().map(|(took, _)| *took).sum();
    let figure = |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
    Ok(vec![
        figure("slowest", slowest.as_secs_f64(), "s").reach(Reach::AtMost(TIMEOUT.as_secs_f64())),
        figure("cancelled", number(cancelled), "statements").reach(Reach::AtMost(0.0)),
        figure("statements", number(took.len() as u64), "statements"),
        figure("total", total.as_secs_f64(), "s"),
    ])
}

/// Stores the set, seals half of it and fills the rollups.
async fn make(db: &PgPool) -> Result<(), BenchError> {
    made::partitions(db).await?;
    let set = Set {
        name: "sparse",
        showtimes: scale::of("SHOWTIMES", SHOWTIMES).max(50),
        looks: 2..=8,
        is_half_logged: false,
    };
    eprintln!("  {} showtimes go through the store", set.showtimes);
    made::load(db, &set).await?;
    db.execute(MORE).await?;
    let half = sqlx::query_scalar("SELECT showtime_id FROM showtime WHERE showtime_id % 2 = 0");
    let mut sealing = Pass::of(half.fetch_all(db).await?);
    while sealing.batch(db).await? {}
    refresh_marked(db, None, &CancellationToken::new()).await?;
    db.execute("REFRESH MATERIALIZED VIEW film_run").await?;
    db.execute("VACUUM ANALYZE").await?;
    Ok(())
}

/// Logs in as a tool does.
async fn login(server: &Server) -> Result<PgConnection, BenchError> {
    prepare(&server.db).await?;
    grant_analyst(&server.db, LOGIN, TIMEOUT).await?;
    let options: PgConnectOptions = server.url_of(LOGIN).await?.parse()?;
    Ok(PgConnection::connect_with(&options).await?)
}

/// What the tool asks of each view and each column.
async fn statements(tool: &mut PgConnection) -> Result<Vec<String>, BenchError> {
    let columns: Vec<(String, String, bool, String)> =
        sqlx::query_as(VIEWS).fetch_all(tool).await?;
    if columns.is_empty() {
        return Err(BenchError::nothing("the tool sees no view"));
    }
    let mut statements = Vec::new();
    let mut before = None;
    for (view, column, is_ordered, named) in &columns {
        if before.replace(view) != Some(view) {
            statements.push(format!("SELECT count(*) FROM {view}{named}"));
            statements.push(format!("SELECT * FROM {view}{named} LIMIT 2000"));
        }
        let ends = if *is_ordered {
            format!("min({column}), max({column}), ")
        } else {
            String::new()
        };
        statements.push(format!(
            "SELECT {ends}count(DISTINCT {column}) FROM {view}{named}"
        ));
    }
    Ok(statements)
}
