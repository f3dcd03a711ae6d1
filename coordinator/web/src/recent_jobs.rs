//! Adds up the jobs that ended in the last five minutes, so that a sample reads only the last seconds.
//!
//! Jobs are counted by spans of [`SPAN_SECONDS`]. A span is read again until it is
//! [`SETTLED_SECONDS`] old, because a job counts from the beginning of the transaction that stores
//! it, and is seen when that ends. What is stored later still is missing here, and nowhere else.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use schema::{
    fleet_status::EndedJobs,
    reading::recent_jobs::{EndedInSpan, SPAN_SECONDS},
    source::CountedJobs,
};

use crate::number::{float, whole};

/// How far back jobs are counted.
const KEPT_SECONDS: i64 = 5 * 60;
/// Age from which a span changes no more.
const SETTLED_SECONDS: i64 = 10;

/// The jobs of the last five minutes.
#[derive(Debug, Default)]
pub(crate) struct RecentJobs {
    spans: BTreeMap<i64, Vec<EndedInSpan>>,
    read_at: Option<DateTime<Utc>>,
}

impl RecentJobs {
    /// Says from when on jobs have to be read at `now`: the beginning of a span.
    pub(crate) fn since(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let oldest = now - TimeDelta::seconds(KEPT_SECONDS);
        let from = self.read_at.map_or(oldest, |at| {
            oldest.max(at - TimeDelta::seconds(SETTLED_SECONDS))
        });
        begin_of(span_of(from))
    }

    /// Takes what ended from [`Self::since`] on, read at `now`.
    pub(crate) fn take(&mut self, now: DateTime<Utc>, rows: Vec<EndedInSpan>) {
        let oldest = span_of(now - TimeDelta::seconds(KEPT_SECONDS));
        let again = span_of(self.since(now));
        self.spans.retain(|span, _| (oldest..again).contains(span));
        for row in rows {
            self.spans.entry(row.span).or_default().push(row);
        }
        self.read_at = Some(now);
    }

    /// Counts the jobs of the last `window`, which is shorter than five minutes, at `now`. Whole
    /// spans are counted, and scaled to the window.
    pub(crate) fn of_window(&self, now: DateTime<Utc>, window: Duration) -> EndedJobs {
        let window = TimeDelta::from_std(window).unwrap_or(TimeDelta::MAX);
        let first = span_of(now - window);
        let covered = now - begin_of(first);
        let share = window.as_seconds_f64() / covered.as_seconds_f64().max(1.0);
        let rows = || self.spans.range(first..).flat_map(|(_, rows)| rows);
        let scaled =
            |of: fn(&EndedInSpan) -> i64| whole(float(rows().map(of).sum::<i64>()) * share);
        EndedJobs {
            jobs: scaled(|row| row.ended),
            failed: scaled(|row| row.failed),
            snapshots: scaled(|row| row.snapshots),
            seat_records: scaled(|row| row.seat_records),
        }
    }

    /// Counts the jobs of each source.
    pub(crate) fn of_sources(&self) -> Vec<CountedJobs> {
        let mut counted: HashMap<i32, CountedJobs> = HashMap::new();
        for row in self.spans.values().flatten() {
            let source = counted.entry(row.source_id).or_insert(CountedJobs {
                source_id: row.source_id,
                ended: 0,
                succeeded: 0,
                failed: 0,
                last_success_at: None,
            });
            source.ended += row.ended;
            source.succeeded += row.succeeded;
            source.failed += row.failed;
            source.last_success_at = source.last_success_at.max(row.last_success_at);
        }
        counted.into_values().collect()
    }
}

fn span_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(i64::from(SPAN_SECONDS))
}

fn begin_of(span: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(span * i64::from(SPAN_SECONDS), 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000 + seconds, 0).unwrap()
    }

    /// `count` jobs of a source that ended in the span of a time, a tenth of which failed.
    fn ended(source_id: i32, when: DateTime<Utc>, count: i64) -> EndedInSpan {
        EndedInSpan {
            source_id,
            span: span_of(when),
            ended: count,
            succeeded: count - count / 10,
            failed: count / 10,
            snapshots: count,
            seat_records: 100 * count,
            last_success_at: Some(when),
        }
    }

    #[test]
    fn the_first_read_takes_five_minutes_and_the_next_the_last_seconds() {
        let mut recent = RecentJobs::default();
        assert_eq!(recent.since(at(0)), at(-300));
        recent.take(at(0), vec![]);
        assert_eq!(recent.since(at(2)), at(-10));
        // After a pause, what happened meanwhile.
        assert_eq!(recent.since(at(60)), at(-10));
        assert_eq!(recent.since(at(3600)), at(3300));
    }

    #[test]
    fn what_is_read_again_counts_once_and_what_is_old_not_at_all() {
        let mut recent = RecentJobs::default();
        recent.take(at(0), vec![ended(1, at(-250), 10), ended(1, at(-2), 20)]);
        recent.take(at(2), vec![ended(1, at(-2), 30), ended(2, at(1), 40)]);
        let mut sources = recent.of_sources();
        sources.sort_by_key(|source| source.source_id);
        assert_eq!((sources[0].ended, sources[0].failed), (40, 4));
        assert_eq!(sources[0].last_success_at, Some(at(-2)));
        assert_eq!(sources[1].ended, 40);
        recent.take(at(100), vec![ended(1, at(-2), 30), ended(2, at(1), 40)]);
        assert_eq!(recent.of_sources().len(), 2);
        recent.take(at(310), vec![]);
        assert!(recent.of_sources().is_empty());
    }

    #[test]
    fn a_rate_is_that_of_the_window() {
        let mut recent = RecentJobs::default();
        let spans = (-60..=0).map(|n| ended(1, at(n * 5), 50)).collect();
        recent.take(at(4), spans);
        // Thirteen spans cover 64 seconds.
        let minute = recent.of_window(at(4), Duration::from_mins(1));
        assert_eq!(minute.jobs, 609);
        assert_eq!(minute.seat_records, 60_938);
        assert_eq!(recent.of_window(at(200), Duration::from_mins(1)).jobs, 0);
    }
}
