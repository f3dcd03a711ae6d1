//! How long the questions of the history take, when it is large.
//!
//! `JOBS` jobs of thirty days, of which twenty failed, with `LINES` log lines each. The defaults run in
//! a minute; `JOBS=6000000 LINES=10` is the size for which the statements were made, and takes some
//! 20 GB of disk and half an hour. Every question is asked several times as the web page asks it: the
//! figure is the middle one. `first` is the same in a new session, which has to learn the tables of
//! every day and to plan for them. Then the pages are asked for as a browser does.

mod pages;

use std::time::Instant;

use schema::{
    enums::Outcome,
    lineage::{job_lineage, job_requests},
    reading::{
        ReadError, Reader,
        job_list::{self, JobListFilter},
        search,
    },
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use super::{
    Measured,
    error::BenchError,
    figure::{Figure, Reach, quantile},
    scale,
    server::Server,
};

/// Name on the command line.
pub const NAME: &str = "history";

const JOBS: u32 = 300_000;
const LINES: u32 = 5;
const CONNECTIONS: u32 = 4;
/// Times that each question is asked.
const ROUNDS: u32 = 9;
/// New sessions in which each is asked.
const FIRST_ROUNDS: u32 = 3;
/// Milliseconds that each question may take in the database.
const REACH_MS: f64 = 50.0;

const MADE: &str = include_str!("history/made.sql");

/// Measures.
///
/// # Errors
///
/// If Postgres is missing or refuses.
pub async fn run() -> Measured {
    let jobs = scale::of("JOBS", JOBS).max(1_000);
    let lines = scale::of("LINES", LINES);
    let server = Server::start(CONNECTIONS).await?;
    let began = Instant::now();
    make(&server, jobs, lines).await?;
    eprintln!(
        "  {jobs} jobs with {lines} log lines each were made in {:?}",
        began.elapsed()
    );
    let mut figures = Vec::new();
    for question in Question::ALL {
        let mut took = Vec::new();
        for round in 0..ROUNDS {
            // Another job each time, from the oldest to the newest.
            let job_id = i64::from(jobs / ROUNDS * round + jobs / ROUNDS / 2).max(500);
            let began = Instant::now();
            question.ask(&server.db, job_id).await?;
            took.push(began.elapsed().as_secs_f64() * 1e3);
        }
        took.sort_by(f64::total_cmp);
        let name = format!("{NAME}.{}", question.name());
        let figure = Figure::new(NAME, name, quantile(&took, 0.5), "ms");
        figures.push(figure.reach(Reach::AtMost(REACH_MS)));
        let mut first = Vec::new();
        for _ in 0..FIRST_ROUNDS {
            let db = server.new_session()?;
            // The session, without the question.
            drop(Reader::begin(&db).await.map_err(refused)?);
            let began = Instant::now();
            question.ask(&db, i64::from(jobs / 2)).await?;
            first.push(began.elapsed().as_secs_f64() * 1e3);
            db.close().await;
        }
        first.sort_by(f64::total_cmp);
        let name = format!("{NAME}.{}.first", question.name());
        figures.push(Figure::new(NAME, name, quantile(&first, 0.5), "ms"));
    }
    figures.extend(pages::measure(&server, jobs).await?);
    Ok(figures)
}

/// A question that the page asks.
#[derive(Clone, Copy)]
enum Question {
    List,
    RareFilter,
    RareCount,
    Lineage,
    Conversation,
    FailingSteps,
    SlowPhases,
    Descendants,
    SearchNumber,
    SearchError,
    SearchAddress,
}

impl Question {
    const ALL: [Self; 11] = [
        Self::List,
        Self::RareFilter,
        Self::RareCount,
        Self::Lineage,
        Self::Conversation,
        Self::FailingSteps,
        Self::SlowPhases,
        Self::Descendants,
        Self::SearchNumber,
        Self::SearchError,
        Self::SearchAddress,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::RareFilter => "rare_filter",
            Self::RareCount => "rare_count",
            Self::Lineage => "lineage",
            Self::Conversation => "conversation",
            Self::FailingSteps => "failing_steps",
            Self::SlowPhases => "slow_phases",
            Self::Descendants => "descendants",
            Self::SearchNumber => "search_number",
            Self::SearchError => "search_error",
            Self::SearchAddress => "search_address",
        }
    }

    async fn ask(self, db: &PgPool, job_id: i64) -> Result<(), BenchError> {
        let mut reader = Reader::begin(db).await.map_err(refused)?;
        let all = JobListFilter {
            since: chrono::Utc::now() - chrono::TimeDelta::days(31),
            ..JobListFilter::default()
        };
        let failed = JobListFilter {
            outcomes: vec![Outcome::Failed],
            ..all.clone()
        };
        let found = match self {
            Self::List => job_list::list(&mut reader, &all, 50)
                .await
                .map_err(refused)?
                .len(),
            Self::RareFilter => {
                let rows = job_list::list(&mut reader, &failed, 50).await;
                rows.map_err(refused)?.len()
            }
            Self::RareCount => {
                job_list::count(&mut reader, &failed)
                    .await
                    .map_err(refused)?;
                1
            }
            Self::Lineage => job_lineage(&mut *reader, job_id).await?.len(),
            Self::Conversation => job_requests(&mut *reader, job_id).await?.len(),
            Self::FailingSteps => {
                count(&mut reader, "SELECT count(*) FROM failing_step".to_owned()).await?;
                1
            }
            Self::SlowPhases => {
                count(&mut reader, "SELECT count(*) FROM slow_phase".to_owned()).await?;
                1
            }
            Self::Descendants => {
                let listing = 21 + job_id % 400;
                let sql = format!("SELECT count(*) FROM descendants({listing})");
                count(&mut reader, sql).await?
            }
            Self::SearchNumber => {
                let hits = search::by_number(&mut reader, job_id).await;
                hits.map_err(refused)?.len()
            }
            Self::SearchError => {
                let hits = search::by_error(&mut reader, "no answer").await;
                hits.map_err(refused)?.len().max(1)
            }
            // In no address: all that the search may read is read.
            Self::SearchAddress => {
                let hits = search::by_address(&mut reader, "/nowhere?").await;
                hits.map_err(refused)?.len().max(1)
            }
        };
        if found == 0 {
            return Err(BenchError::nothing(
                "a question of the history found nothing",
            ));
        }
        Ok(())
    }
}

async fn count(db: &mut PgConnection, sql: String) -> Result<usize, BenchError> {
    let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(db).await?;
    Ok(usize::try_from(count).unwrap_or(0))
}

fn refused(error: ReadError) -> BenchError {
    match error {
        ReadError::TooSlow => BenchError::nothing("a question of the history took too long"),
        ReadError::Database(error) => error.into(),
    }
}

/// Fills the history.
async fn make(server: &Server, jobs: u32, lines: u32) -> Result<(), BenchError> {
    let sql = MADE
        .replace("$JOBS", &jobs.to_string())
        .replace("$LINES", &lines.to_string());
    let mut session = PgConnection::connect(&server.url()).await?;
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut session)
        .await?;
    // In no transaction.
    sqlx::raw_sql("VACUUM ANALYZE")
        .execute(&mut session)
        .await?;
    Ok(())
}
