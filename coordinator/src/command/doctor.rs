//! `coordinator doctor`: prints what is wrong with the database, and what to do.

use std::fmt::Write as _;

use anyhow::bail;
use sqlx::PgPool;

use crate::doctor::{Finding, Gravity, examine};

/// Prints the findings, the gravest first: as text, three lines for each problem and the names
/// of the checks that found none; or everything as JSON.
///
/// # Errors
///
/// If a finding is grave, or the database cannot be asked.
pub async fn print(db: &PgPool, as_json: bool) -> anyhow::Result<()> {
    let findings = examine(db).await?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        print!("{}", report(&findings));
    }
    let count = |gravity| findings.iter().filter(|one| one.gravity == gravity).count();
    let (grave, warn) = (count(Gravity::Grave), count(Gravity::Warn));
    if grave > 0 {
        bail!("grave: {grave}, warnings: {warn}");
    }
    Ok(())
}

/// Formats findings as text. A remedy stays on one line, however long, so that it can be copied.
fn report(findings: &[Finding]) -> String {
    let (fine, amiss): (Vec<_>, Vec<_>) = findings
        .iter()
        .partition(|finding| finding.gravity == Gravity::Fine);
    let mut text = String::new();
    for finding in amiss {
        let Finding {
            gravity,
            what,
            is,
            means,
            remedy,
        } = finding;
        let word = gravity.word();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{word:<6}{what}: {is}\n      {means}\n      do: {remedy}\n\n"
        );
    }
    let names: Vec<String> = fine
        .iter()
        .map(|finding| format!("{} ({})", finding.what, finding.is))
        .collect();
    let _ = writeln!(text, "fine: {}", names.join(", "));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_stands_on_one_line_of_its_own() {
        let finding = |gravity, what: &str| Finding {
            gravity,
            what: what.to_owned(),
            is: "2 GB".to_owned(),
            means: "checkpoints come often".to_owned(),
            remedy: "ALTER SYSTEM SET max_wal_size = '8GB'; SELECT pg_reload_conf();".to_owned(),
        };
        let text = report(&[
            finding(Gravity::Warn, "max_wal_size"),
            finding(Gravity::Fine, "work_mem"),
        ]);
        assert_eq!(
            text,
            "warn  max_wal_size: 2 GB\n      checkpoints come often\n      \
             do: ALTER SYSTEM SET max_wal_size = '8GB'; SELECT pg_reload_conf();\n\n\
             fine: work_mem (2 GB)\n"
        );
    }
}
