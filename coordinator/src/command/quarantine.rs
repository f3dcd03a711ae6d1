//! `coordinator source quarantine`: answers that could not be used.

use std::{
    fs,
    io::{Write as _, stdout},
    path::Path,
};

use anyhow::{Context as _, bail};
use comfy_table::Table;
use schema::quarantine::{self, Body, Held};
use sqlx::PgPool;

use super::table;
use crate::operate::quarantined::decompressed;

/// Lists the answers of a source in quarantine.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn list(db: &PgPool, source: &str) -> anyhow::Result<()> {
    let held = quarantine::of_source(db, source).await?;
    if held.is_empty() {
        println!("{source}: no answer is in quarantine");
        return Ok(());
    }
    println!("{}", table(&held));
    println!("--show JOB prints a body, --save JOB FILE writes it");
    Ok(())
}

fn table(held: &[Held]) -> Table {
    let mut table = table::with_header(["job", "at (UTC)", "step", "bytes", "why"]);
    for answer in held {
        table.add_row([
            answer.job_id.to_string(),
            answer.at.format("%m-%d %H:%M:%S").to_string(),
            answer.step.clone(),
            answer.body_bytes.to_string(),
            answer.reason.clone(),
        ]);
    }
    table
}

/// Prints the body of an answer, and a description of it on stderr.
///
/// # Errors
///
/// If it is not in quarantine, or the database cannot be asked.
pub async fn show(db: &PgPool, source: &str, job_id: i64) -> anyhow::Result<()> {
    let body = find(db, source, job_id).await?;
    eprintln!(
        "job {job_id}, step {}, {}, {} bytes as it came: {}",
        body.step,
        body.content_type.as_deref().unwrap_or("no content type"),
        body.body_bytes,
        body.reason
    );
    stdout().write_all(&decompressed(&body)?)?;
    Ok(())
}

/// Writes the body of an answer into a file.
///
/// # Errors
///
/// If it is not in quarantine, or the file cannot be written.
pub async fn save(db: &PgPool, source: &str, job_id: i64, file: &Path) -> anyhow::Result<()> {
    let body = decompressed(&find(db, source, job_id).await?)?;
    fs::write(file, &body).with_context(|| format!("cannot write {}", file.display()))?;
    println!("{}: {} bytes", file.display(), body.len());
    Ok(())
}

async fn find(db: &PgPool, source: &str, job_id: i64) -> anyhow::Result<Body> {
    let mut found = quarantine::bodies(db, source, Some(job_id), 1).await?;
    match found.pop() {
        Some(body) => Ok(body),
        None => bail!(
            "no answer of {source} to job {job_id} is in quarantine; a sample is kept, which \
             `coordinator source quarantine {source}` lists"
        ),
    }
}
