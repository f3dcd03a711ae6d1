//! Searches days for anomalies.
//!
//! Takes each business day some hours after its end, with the ten weeks before it: totals of cinemas
//! and films from the rollups, special days, and what people decided. They are added up to sources,
//! territories, works and the fleet (`totals`, `works`), the package `anomalies` decides, and what
//! it finds is stored with the day.
//!
//! A day is a transaction: a pass may be stopped anywhere, and a day that failed is searched again.
//! Two leaders at a time do no harm: one of them waits for the next pass.

mod totals;
mod works;

use std::{collections::BTreeMap, panic::resume_unwind, time::Duration};

use anomalies::{HISTORY_DAYS, Run, Subject, SubjectKind, detect};
use chrono::{DateTime, Days, NaiveDate, Utc};
use schema::anomaly::{self, SpecialDay, day_number};
use sqlx::{PgConnection, PgPool};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::BackgroundPass;
use totals::CinemaTotals;
use works::WorkTotals;

/// Searches days for anomalies.
#[derive(Debug)]
pub struct AnomalySearch {
    stop: CancellationToken,
}

impl AnomalySearch {
    /// Searches until `stop`.
    #[must_use]
    pub const fn new(stop: CancellationToken) -> Self {
        Self { stop }
    }
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SearchedDays {
    /// Days that were searched.
    pub days: usize,
    /// Tests that were made.
    pub tests: usize,
    /// Anomalies that were found first.
    pub new: i64,
    /// Anomalies that were found, those that go on included.
    pub found: usize,
}

impl BackgroundPass for AnomalySearch {
    type Report = SearchedDays;
    type Error = sqlx::Error;
    const NAME: &'static str = "anomalies";
    const EVERY: Duration = Duration::from_mins(10);

    async fn pass(&mut self, db: &PgPool) -> Result<SearchedDays, sqlx::Error> {
        search(db, None, &self.stop).await
    }
}

/// Searches all days that are over and were not searched, until `stop`; `now` is for tests.
///
/// # Errors
///
/// If a statement fails; the days before are stored.
pub async fn search(
    db: &PgPool,
    now: Option<DateTime<Utc>>,
    stop: &CancellationToken,
) -> Result<SearchedDays, sqlx::Error> {
    let mut all = SearchedDays::default();
    while !stop.is_cancelled() {
        let mut transaction = db.begin().await?;
        let Some(day) = anomaly::next_day(&mut transaction, now).await? else {
            break;
        };
        let searched = search_day(&mut transaction, day).await?;
        transaction.commit().await?;
        all.days += 1;
        all.tests += searched.tests;
        all.new += searched.new;
        all.found += searched.found;
    }
    Ok(all)
}

async fn search_day(db: &mut PgConnection, day: NaiveDate) -> Result<SearchedDays, sqlx::Error> {
    let history = Days::new(u64::try_from(HISTORY_DAYS).unwrap_or_default());
    let from_on = day.checked_sub_days(history).unwrap_or(day);
    let cinemas = anomaly::cinemas(&mut *db).await?;
    let cinema_days = anomaly::cinema_days(&mut *db, from_on, day).await?;
    let film_days = anomaly::film_days(&mut *db, from_on, day).await?;
    let mut film_ids: Vec<i32> = film_days.iter().map(|one| one.film_id).collect();
    film_ids.sort_unstable();
    film_ids.dedup();
    let films = anomaly::films(&mut *db, &film_ids).await?;
    let special = anomaly::special_days(&mut *db, from_on, day).await?;

    let totals = CinemaTotals::add_up(day, cinemas, &cinema_days);
    let works = WorkTotals::add_up(day, &totals, films, &film_days);
    let mut run = Run {
        day: day_number(day),
        special_days: special_days(special),
        known: anomaly::known(&mut *db, from_on).await?,
        ..Run::default()
    };
    totals.add_series(&mut run);
    works.add_series(&mut run);
    // Some thousand series take a second or two, which other passes should not wait for.
    let report = spawn_blocking(move || detect(&run))
        .await
        .unwrap_or_else(|error| resume_unwind(error.into_panic()));
    let name = |subject: &Subject| works.name(subject).or_else(|| totals.name(subject));
    let new = anomaly::store(&mut *db, day, &report, |subject| {
        name(subject).unwrap_or_else(|| subject.to_string())
    })
    .await?;
    Ok(SearchedDays {
        days: 1,
        tests: report.tests,
        new,
        found: report.anomalies.len(),
    })
}

/// Returns the special days by their subjects.
fn special_days(days: Vec<SpecialDay>) -> BTreeMap<Subject, BTreeMap<i32, String>> {
    let mut all: BTreeMap<Subject, BTreeMap<i32, String>> = BTreeMap::new();
    for one in days {
        let subject = one.territory.map_or_else(
            || Subject::new(SubjectKind::Fleet, ""),
            |territory| Subject::new(SubjectKind::Territory, territory),
        );
        all.entry(subject)
            .or_default()
            .insert(day_number(one.day), one.name);
    }
    all
}
