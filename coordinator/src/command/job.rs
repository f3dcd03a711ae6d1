//! `coordinator job`: a job, the requests of its conversation with their phases, the jobs that led
//! to it, and their log lines.

use std::{fmt::Write as _, io::Write as _};

use anyhow::{Context as _, bail};
use body_archive::{Archive, ArchiveSettings, BodyHash};
use schema::lineage::{JobRequest, LineageJob, job_lineage, job_requests};
use serde_json::Value;
use sqlx::PgPool;
use telemetry::{FoundTrace, TelemetrySettings};

/// Prints the lineage of a job, the job itself first, and its requests.
///
/// # Errors
///
/// If the history does not have it, or the database cannot be asked.
pub async fn print_lineage(
    db: &PgPool,
    job_id: i64,
    telemetry: &TelemetrySettings,
) -> anyhow::Result<()> {
    let story = job_lineage(db, job_id).await?;
    if story.is_empty() {
        bail!(
            "job {job_id} is not in the history; it may be queued or running: SELECT * FROM running_job"
        );
    }
    let requests = job_requests(db, job_id).await?;
    for line in &story {
        print!("{}", describe(line));
        if line.generation == 0 {
            print!("{}", describe_requests(&requests, job_id));
            print!(
                "{}",
                telemetry
                    .trace_of(job_id)
                    .map_or_else(String::new, describe_trace)
            );
        }
    }
    Ok(())
}

/// Writes the archived body of the answer of a job to standard output.
///
/// # Errors
///
/// If the body is not archived, or the database or the archive cannot be asked.
pub async fn print_body(
    db: &PgPool,
    job_id: i64,
    settings: &ArchiveSettings,
) -> anyhow::Result<()> {
    let Some(to) = &settings.to else {
        bail!("no archive is set: archive.to names its directory or bucket");
    };
    let story = job_lineage(db, job_id).await?;
    let Some(job) = story.first() else {
        bail!("job {job_id} is not in the history");
    };
    let Some(hash) = &job.body_hash else {
        bail!(
            "the body of job {job_id} is not archived: only answers of failed jobs are, and those \
             of sources in archive.successes"
        );
    };
    let archive = Archive::open(to, &settings.store).context("archive.to cannot be used")?;
    let hash = BodyHash::try_from(hash.as_slice())?;
    let body = archive.get(hash).await?;
    std::io::stdout().write_all(&body)?;
    Ok(())
}

// Writing to a string does not fail.
fn describe(line: &LineageJob) -> String {
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
    if let Some(url) = &line.request_url {
        let _written = writeln!(text, "{indent}  {url}{}", answer(line));
    }
    if let Some(error) = &line.error {
        let _written = writeln!(text, "{indent}  error: {error}");
    }
    if let Some(hash) = &line.body_hash {
        let _written = writeln!(text, "{indent}  body: {}", hex(hash));
    }
    for log in line.log.as_array().into_iter().flatten() {
        let _written = writeln!(text, "{indent}  {}", describe_log(log));
    }
    text
}

fn answer(line: &LineageJob) -> String {
    let status = line.http_status.map(|status| format!(", status {status}"));
    let bytes = line.response_bytes.map(|bytes| format!(", {bytes} bytes"));
    [status, bytes].into_iter().flatten().collect()
}

/// A log line with its fields, as in `warn: status code "x" of 2 seats is not mapped [code="x" seats=2]`.
fn describe_log(log: &Value) -> String {
    let word = |name: &str| log.get(name).and_then(Value::as_str).unwrap_or_default();
    let fields = log.get("fields").and_then(Value::as_object);
    let fields: Vec<String> = fields
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let fields = match fields.as_slice() {
        [] => String::new(),
        some => format!(" [{}]", some.join(" ")),
    };
    format!("{}: {}{fields}", word("level"), word("message"))
}

fn describe_requests(requests: &[JobRequest], job_id: i64) -> String {
    let mut text = String::new();
    if requests.len() > 1 {
        let _written = writeln!(text, "  conversation of {} requests", requests.len());
    }
    for request in requests {
        let mark = if request.job_id == job_id {
            "this job"
        } else {
            "job"
        };
        let _written = writeln!(
            text,
            "  {}. {mark} {}: {}, {}{}{}",
            request.position,
            request.job_id,
            request.kind.as_deref().unwrap_or("no request"),
            request.outcome,
            match request.cache_result.as_deref() {
                Some(cache) => format!(", cache: {cache}"),
                None => String::new(),
            },
            match request.first_hits {
                Some(1) => ", 1 earlier request answered from the cache".to_owned(),
                Some(hits) => format!(", {hits} earlier requests answered from the cache"),
                None => String::new(),
            }
        );
        let phases: Vec<String> = request
            .phases()
            .map(|(name, micros)| format!("{name} {}", duration(micros)))
            .collect();
        let _written = writeln!(text, "     {}", phases.join(", "));
    }
    text
}

fn describe_trace(trace: FoundTrace) -> String {
    if !trace.is_kept {
        return format!(
            "  trace {}: not kept, telemetry.sample drops it\n",
            trace.id
        );
    }
    match trace.view {
        Some(view) => format!("  trace {}: {view}\n", trace.id),
        None => format!("  trace {}\n", trace.id),
    }
}

fn duration(micros: i64) -> String {
    let tenths = (micros + 50) / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _written = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_log_line_is_shown_with_its_fields() {
        let log = json!({ "level": "warn", "message": "a code is new", "fields": { "code": "x", "seats": 2 } });
        assert_eq!(
            describe_log(&log),
            "warn: a code is new [code=\"x\" seats=2]"
        );
        let log = json!({ "level": "info", "message": "plain", "fields": null });
        assert_eq!(describe_log(&log), "info: plain");
    }

    #[test]
    fn a_duration_is_in_milliseconds() {
        assert_eq!(duration(1249), "1.2 ms");
        assert_eq!(duration(60), "0.1 ms");
    }
}
