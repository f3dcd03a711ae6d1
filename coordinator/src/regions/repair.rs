//! Repair: what receivers lack is written again.

use schema::events::region::sent::{self, ClientHour, SentFile, Which};
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    MAX_REPORT_BYTES, RegionError,
    hour::{EventIds, FileRange},
    ledger::Ledger,
    report::{self, ReceiverReport},
};

/// Files that a pass writes again at most.
pub const MAX_REWRITTEN: i64 = 100;
/// Files of a report that are looked at in a pass.
const MAX_CHECKED: usize = 100;

/// What receivers lack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportedGap {
    /// How many files.
    pub files: i32,
    /// The first, and who lacks it.
    pub first: Option<String>,
}

/// Reads the reports of receivers, and marks what they lack and is not whole at the place.
///
/// # Errors
///
/// If a report cannot be used, the place does not serve, or the database cannot be asked.
pub async fn read_reports(ledger: &Ledger<'_>) -> Result<ReportedGap, RegionError> {
    let mut reported = ReportedGap::default();
    for receiver in &ledger.region.receivers {
        let name = report::name(receiver);
        let read = ledger
            .place
            .read(&name, MAX_REPORT_BYTES)
            .await
            .map_err(RegionError::at(ledger.place.address()))?;
        let Some((content, _)) = read else { continue };
        let report: ReceiverReport =
            serde_json::from_slice(&content).map_err(|error| RegionError::Object {
                name: name.clone(),
                why: error.to_string(),
            })?;
        // One of another sender that used the place before.
        if report.identity != ledger.manifest.identity {
            continue;
        }
        let mut lost = Vec::new();
        for lacking in report.missing.iter().take(MAX_CHECKED) {
            // A path that is not listed any more was written again meanwhile.
            let listed = ledger.manifest.file(lacking.sequence);
            let Some(listed) = listed.filter(|file| file.path == lacking.path) else {
                continue;
            };
            reported.files += 1;
            reported.first.get_or_insert_with(|| {
                format!(
                    "{} ({}, says {receiver})",
                    lacking.path,
                    lacking.state.word()
                )
            });
            if ledger.lines(listed).await?.is_none() {
                lost.push(lacking.sequence);
            }
        }
        sent::mark_stale(ledger.db, ledger.region.region_id, &lost).await?;
    }
    Ok(reported)
}

/// What a file of an hour holds: of a file of late events, these; of another, all but these.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn range_of(
    db: &PgPool,
    region_id: i32,
    of: ClientHour,
    row: &SentFile,
) -> Result<FileRange, RegionError> {
    let text = |id: &Uuid| id.simple().to_string();
    let ids = if let Some(ids) = &row.late_ids {
        EventIds::Only(ids.iter().map(text).collect())
    } else {
        let files = sent::files(db, region_id, Which::Of(of)).await?;
        let late = files.iter().filter_map(|file| file.late_ids.as_ref());
        EventIds::Without(late.flatten().map(text).collect())
    };
    // An hour of late events is read as a whole: their ids say which they are.
    let is_late = row.late_ids.is_some();
    Ok(FileRange {
        after: row.after.filter(|_| !is_late),
        until: row.until.filter(|_| !is_late),
        ids,
        is_one_file: true,
    })
}
