//! `coordinator source codes|map`: lists status codes, and maps them to statuses.

use std::io::{IsTerminal as _, Write as _, stderr};

use anyhow::bail;
use comfy_table::Table;
use schema::{
    enums::SeatStatus,
    mapping::{self, Code, Recounted},
};
use sqlx::PgPool;

use super::table;
use crate::operate;

/// A code and its status, as written on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeMapping {
    /// The code of the source.
    pub code: String,
    /// Its status.
    pub status: SeatStatus,
}

impl std::str::FromStr for CodeMapping {
    type Err = String;

    /// Reads `CODE=STATUS`; the last `=` counts, for codes may have some.
    fn from_str(text: &str) -> Result<Self, String> {
        let words = || SeatStatus::ALL.map(SeatStatus::label).join(", ");
        let (code, word) = text
            .rsplit_once('=')
            .ok_or_else(|| format!("write CODE=STATUS, where STATUS is one of {}", words()))?;
        let status = SeatStatus::ALL
            .into_iter()
            .find(|status| status.label() == word)
            .ok_or_else(|| format!("`{word}` is not a status; write one of {}", words()))?;
        Ok(Self {
            code: code.to_owned(),
            status,
        })
    }
}

/// Lists the status codes of a source.
///
/// # Errors
///
/// If there are none, or the database cannot be asked.
pub async fn list(db: &PgPool, source: &str) -> anyhow::Result<()> {
    let codes = mapping::codes(db, source).await?;
    if codes.is_empty() {
        bail!("{source} has no status codes yet, or there is no such source");
    }
    println!("{}", table(&codes));
    Ok(())
}

fn table(codes: &[Code]) -> Table {
    let mut table = table::with_header(["code", "means", "seats now", "first seen by"]);
    for code in codes {
        table.add_row([
            code.code.clone(),
            code.status
                .map_or("nothing maps it", SeatStatus::label)
                .to_owned(),
            code.seats.to_string(),
            format!("job {}", code.discovered_by),
        ]);
    }
    table
}

/// Counts the snapshots of sources again after their codes were mapped, and shows the progress.
///
/// # Errors
///
/// If the database cannot be asked; the command may be run again.
pub async fn recount(db: &PgPool, sources: &[(String, i32)]) -> anyhow::Result<()> {
    for (source, source_id) in sources {
        let (done, is_settled) = operate::source::recount(db, *source_id, progress).await?;
        if stderr().is_terminal() && done != Recounted::default() {
            eprintln!();
        }
        if !is_settled {
            eprintln!(
                "{source}: a pod has been storing for half a minute; run the command again when it \
                 has ended, or what it stores keeps its counters"
            );
        }
        println!(
            "{source}: counted {} snapshots again, of {} showtimes",
            done.snapshots, done.showtimes
        );
    }
    Ok(())
}

/// Shows the progress on a terminal.
fn progress(done: Recounted) {
    let mut out = stderr();
    if out.is_terminal() {
        // The terminal may be gone; the command continues.
        let _ = write!(
            out,
            "\r{} showtimes, {} snapshots corrected",
            done.showtimes, done.snapshots
        );
        let _ = out.flush();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_meaning_is_read_from_its_last_equals_sign() {
        let meaning: CodeMapping = "a=b|c=sold".parse().unwrap();
        assert_eq!(
            (meaning.code.as_str(), meaning.status),
            ("a=b|c", SeatStatus::Sold)
        );
        let empty: CodeMapping = "=held".parse().unwrap();
        assert_eq!(empty.code, "");
        assert!(
            "7=gone"
                .parse::<CodeMapping>()
                .unwrap_err()
                .contains("available, sold")
        );
        assert!(
            "7".parse::<CodeMapping>()
                .unwrap_err()
                .contains("CODE=STATUS")
        );
    }
}
