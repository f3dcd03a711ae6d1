//! How long the pages take over a large history, from the request to the last byte of the answer.
//!
//! A coordinator serves them that leads nothing: another one, which does not exist, holds the lease,
//! so no background pass changes what is measured.

use std::time::Instant;

use super::{BenchError, Figure, NAME, Reach, Server, quantile};
use crate::harness::{
    process::{Process, Start},
    wait::{PATIENCE, wait_until},
};

/// Times that each page is asked for again, of which most are answered by what viewers share.
const ROUNDS: u32 = 5;
/// Milliseconds that a page may take.
const REACH_MS: f64 = 300.0;

const LEADER: &str = "INSERT INTO leader (epoch, expires_at, holder, name)
    VALUES (1, now() + interval '1 day', gen_random_uuid(), 'nobody')
    ON CONFLICT (one) DO UPDATE SET expires_at = excluded.expires_at";

/// Measures the pages of a database with `jobs` jobs.
///
/// # Errors
///
/// If the coordinator was not built, does not start, or refuses a page.
pub(super) async fn measure(server: &Server, jobs: u32) -> Result<Vec<Figure>, BenchError> {
    sqlx::query(LEADER).execute(&server.db).await?;
    let logs = tempfile::tempdir().map_err(BenchError::file(std::env::temp_dir()))?;
    let coordinator = Start::new("coordinator", "coordinator")
        .args(["run", "--listen=127.0.0.1:0"])
        .env("FULLHOUSE_DATABASE__URL", server.url())
        .env("FULLHOUSE_WEB__LISTEN", "127.0.0.1:0")
        .env("FULLHOUSE_WEB__OPEN_ON_LOOPBACK", "true")
        .env("FULLHOUSE_WEB__REQUESTS_PER_SECOND", "100000")
        .spawn(logs.path())?;
    let address = address(&coordinator).await?;
    let middle = jobs / 2;
    let pages = [
        ("fleet", String::new()),
        ("sources", "sources".to_owned()),
        ("source", "sources/chain-7".to_owned()),
        ("jobs", "jobs".to_owned()),
        ("failed_jobs", "jobs?outcome=failed&since=30d".to_owned()),
        ("job", format!("jobs/{middle}")),
        ("listing_job", "jobs/120".to_owned()),
        ("tasks", "tasks".to_owned()),
        ("task", format!("tasks/{}", 1 + jobs / 200)),
        ("cinemas", "cinemas".to_owned()),
        ("films", "films".to_owned()),
        ("showtimes", "showtimes".to_owned()),
        ("database", "database".to_owned()),
        ("explore", format!("explore?q={middle}")),
        ("explore_address", "explore?q=/nowhere%3F".to_owned()),
    ];
    // Installed already where another benchmark ran before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let mut figures = Vec::new();
    for (name, path) in pages {
        let url = format!("{address}/{path}");
        let first = read(&client, &url).await?;
        let mut again = Vec::new();
        for _ in 0..ROUNDS {
            again.push(read(&client, &url).await?);
        }
        again.sort_by(f64::total_cmp);
        let name = format!("{NAME}.page.{name}");
        let repeated = Figure::new(NAME, format!("{name}.again"), quantile(&again, 0.5), "ms");
        figures.push(Figure::new(NAME, name, first, "ms").reach(Reach::AtMost(REACH_MS)));
        figures.push(repeated);
    }
    Ok(figures)
}

/// Reads a page; returns the milliseconds to its last byte.
async fn read(client: &reqwest::Client, url: &str) -> Result<f64, BenchError> {
    let began = Instant::now();
    let answer = client.get(url).send().await?;
    answer.error_for_status()?.bytes().await?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

async fn address(coordinator: &Process) -> Result<String, BenchError> {
    let served = wait_until("the address of the page", PATIENCE, async || {
        Ok(coordinator.page_address())
    });
    Ok(served.await?)
}
