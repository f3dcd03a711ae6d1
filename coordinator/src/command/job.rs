//! `coordinator job`: a job, the jobs that led to it, and their log lines.

use anyhow::bail;
use schema::lineage::{LineageJob, job_lineage};
use sqlx::PgPool;

/// Prints the lineage of a job, the job itself first.
///
/// # Errors
///
/// If the history does not have it, or the database cannot be asked.
pub async fn print_lineage(db: &PgPool, job_id: i64) -> anyhow::Result<()> {
    let story = job_lineage(db, job_id).await?;
    if story.is_empty() {
        bail!(
            "job {job_id} is not in the history; it may be queued or running: SELECT * FROM running_job"
        );
    }
    for line in &story {
        print!("{}", describe(line));
    }
    Ok(())
}

fn describe(line: &LineageJob) -> String {
    use std::fmt::Write as _;

    let indent = "  ".repeat(usize::try_from(line.generation).unwrap_or(0));
    let mut text = format!(
        "{indent}job {} {}: {} {} {}, pod {}, definition version {}, finished {}\n",
        line.job_id,
        line.outcome,
        line.source,
        line.step,
        line.key.as_deref().unwrap_or_default(),
        line.pod.as_deref().unwrap_or("unknown"),
        line.definition_version,
        line.finished_at.format("%Y-%m-%d %H:%M:%S%.3f UTC"),
    );
    // Writing to a string does not fail.
    if let Some(url) = &line.request_url {
        let _written = writeln!(text, "{indent}  {url}");
    }
    if let Some(error) = &line.error {
        let _written = writeln!(text, "{indent}  error: {error}");
    }
    for log in &line.log {
        let _written = writeln!(text, "{indent}  {log}");
    }
    text
}
