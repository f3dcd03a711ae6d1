//! The settings of the archive, which agents and coordinators read alike.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::Deserialize;

use crate::location::StoreOptions;

/// `[archive]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArchiveSettings {
    /// Where bodies of answers are archived, without secrets: a directory, or
    /// `s3://bucket/prefix`. None by default: nothing is archived then. The same for agents, which
    /// write, and coordinators, which read and remove.
    pub to: Option<String>,
    /// Sources of which the answers that could be used are archived as well, each with the end of
    /// that, such as `bhd = "2026-12-31T00:00:00Z"`. None by default: the answers of jobs that
    /// failed are always archived.
    pub successes: BTreeMap<String, Timestamp>,
    /// As `successes`, for all sources: the end of that. None by default.
    pub all_successes_until: Option<Timestamp>,
    /// Bytes that are kept of a body before compression, 1,000 to 67,108,864, default 2097152
    /// (2 MiB). The rest of a longer one is cut.
    pub max_body_bytes: usize,
    /// Bytes that a pod writes in an hour after compression, 1,000,000 or more, default 1000000000
    /// (1 GB). Beyond that, bodies are not archived until the hour is over.
    pub max_bytes_per_hour: u64,
    /// How long a body is kept after it last came, 1 day to 10 years, default `30days`. The leader
    /// removes older ones.
    #[serde(with = "humantime_serde")]
    pub keep_for: Duration,
    /// Settings of an S3-compatible store, as in `export.store`. Never logged.
    pub store: StoreOptions,
}

impl Default for ArchiveSettings {
    fn default() -> Self {
        Self {
            to: None,
            successes: BTreeMap::new(),
            all_successes_until: None,
            max_body_bytes: 2 << 20,
            max_bytes_per_hour: 1_000_000_000,
            keep_for: Duration::from_hours(30 * 24),
            store: StoreOptions::default(),
        }
    }
}

impl ArchiveSettings {
    /// Refuses settings that parse but cannot work.
    ///
    /// # Errors
    ///
    /// A sentence that names the setting and its bounds.
    pub fn check(&self) -> Result<(), String> {
        let body = self.max_body_bytes;
        if !(1_000..=crate::archive::MAX_BODY_BYTES).contains(&body) {
            return Err(format!(
                "archive.max_body_bytes ({body}) must be 1000 to {}",
                crate::archive::MAX_BODY_BYTES
            ));
        }
        let hour = self.max_bytes_per_hour;
        if hour < 1_000_000 {
            return Err(format!(
                "archive.max_bytes_per_hour ({hour}) must be at least 1000000"
            ));
        }
        let keep_for = self.keep_for;
        let day = Duration::from_hours(24);
        if !(day..=day * 3660).contains(&keep_for) {
            return Err(format!(
                "archive.keep_for ({keep_for:?}) must be 1 day to 10 years"
            ));
        }
        Ok(())
    }

    /// Whether answers of a source that could be used are archived at `now`.
    #[must_use]
    pub fn archives_successes_of(&self, source: &str, now: Timestamp) -> bool {
        let ends = [
            self.successes.get(source),
            self.all_successes_until.as_ref(),
        ];
        self.to.is_some() && ends.into_iter().flatten().any(|&end| now < end)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn successes_are_archived_until_the_end_that_is_set() {
        let end: Timestamp = "2026-12-31T00:00:00Z".parse().unwrap();
        let settings = ArchiveSettings {
            to: Some("bodies".to_owned()),
            successes: BTreeMap::from([("bhd".to_owned(), end)]),
            ..ArchiveSettings::default()
        };
        let before: Timestamp = "2026-12-30T23:59:59Z".parse().unwrap();
        assert!(settings.archives_successes_of("bhd", before));
        assert!(!settings.archives_successes_of("bhd", end));
        assert!(!settings.archives_successes_of("other", before));
        let all = ArchiveSettings {
            all_successes_until: Some(end),
            ..settings
        };
        assert!(all.archives_successes_of("other", before));
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        ArchiveSettings::default().check().unwrap();
        let settings = ArchiveSettings {
            keep_for: Duration::from_secs(5),
            ..ArchiveSettings::default()
        };
        assert!(
            settings
                .check()
                .unwrap_err()
                .starts_with("archive.keep_for (5s)")
        );
    }
}
