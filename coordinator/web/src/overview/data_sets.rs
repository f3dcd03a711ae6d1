//! Why a day of a data set is or is not built, in words, down to what everything waits for.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, NaiveDate, Utc};
use schema::reading::{
    ReadError, Reader,
    data_sets::{self, DataSet, DataSetBuild, DataSetDay, DataSetDefinition},
    deliveries::{DataSetDelivery, deliveries},
    loads::{self, DataSetFiles},
};
use sqlx::{PgConnection, PgPool};

use super::Overview;
use crate::cached::{CachedByKey, ReadBudget};

/// Days of an input that are named, where a data set reads all of its days.
const MAX_NAMED: usize = 3;
/// Days of an input that are looked through for these.
const MAX_DAYS: i64 = 4_000;
/// Data sets that are explained at most.
const MAX_EXPLAINED: usize = 50;

/// Days, builds, files, errors and deliveries of a data set that are listed, and the most data sets of a
/// graph.
const MAX_LISTED_DAYS: i64 = 31;
const MAX_BUILDS: i64 = 20;
const MAX_FILES: i64 = 100;
const MAX_ERRORS: i64 = 50;
const MAX_DELIVERIES: i64 = 50;
const MAX_DATA_SETS: i64 = 1_000;
/// Reads are shown for so long.
const KEPT_FOR: Duration = Duration::from_secs(5);
/// Data sets of a page.
const MAX_OF_PAGE: usize = 200;

/// A data set in depth.
#[derive(Debug)]
pub struct OneDataSet {
    /// Its state and freshness.
    pub data_set: DataSet,
    /// Its query, check and file.
    pub definition: DataSetDefinition,
    /// Its last days, the newest first.
    pub days: Vec<DataSetDay>,
    /// Its last builds, the newest first.
    pub builds: Vec<DataSetBuild>,
    /// Its files, if it is read from files.
    pub files: DataSetFiles,
    /// What destinations have of it, those that need a look first.
    pub deliveries: Vec<DataSetDelivery>,
    /// It, what it reads, and what reads it.
    pub near: Vec<DataSet>,
    /// Why its last day is or is not built.
    pub explanation: Vec<String>,
}

impl OneDataSet {
    /// Reads a data set; `None` if there is none with this name.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn read(db: &PgPool, name: &str) -> Result<Option<Self>, ReadError> {
        let mut reader = Reader::begin(db).await?;
        let all = data_sets::list(&mut reader, None, MAX_DATA_SETS).await?;
        let Some(data_set) = all.iter().find(|one| one.name == name).cloned() else {
            return Ok(None);
        };
        let Some(definition) = data_sets::definition(&mut reader, name).await? else {
            return Ok(None);
        };
        let is_near = |one: &DataSet| {
            one.name == name
                || data_set.inputs.contains(&one.name)
                || one.inputs.iter().any(|input| input == name)
        };
        let mut near: Vec<DataSet> = all.iter().filter(|one| is_near(one)).cloned().collect();
        // What those read that it reads, or that read it, is not shown.
        let shown: BTreeSet<String> = near.iter().map(|one| one.name.clone()).collect();
        for one in near.iter_mut().filter(|one| one.name != name) {
            one.inputs.retain(|input| shown.contains(input));
        }
        Ok(Some(Self {
            definition,
            days: data_sets::days(&mut reader, name, None, MAX_LISTED_DAYS, None).await?,
            builds: data_sets::builds(&mut reader, name, MAX_BUILDS).await?,
            files: loads::files(&mut reader, name, MAX_FILES, MAX_ERRORS).await?,
            deliveries: deliveries(&mut reader, name, MAX_DELIVERIES).await?,
            explanation: explain(&mut reader, name, None).await?.unwrap_or_default(),
            data_set,
            near,
        }))
    }
}

/// The cached reads of data sets.
#[derive(Debug)]
pub(super) struct DataSetReads {
    list: CachedByKey<(Vec<DataSet>, bool)>,
    one: CachedByKey<Option<OneDataSet>>,
}

impl DataSetReads {
    pub(super) fn new(budget: &ReadBudget) -> Self {
        Self {
            list: CachedByKey::new(KEPT_FOR, budget),
            one: CachedByKey::new(KEPT_FOR, budget),
        }
    }

    pub(super) fn forget(&self) {
        self.list.forget();
        self.one.forget();
    }
}

impl Overview {
    /// Reads data sets by name behind `after`, and whether there are more; `key` is the address of the
    /// page.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn data_sets(
        &self,
        db: &PgPool,
        key: &str,
        after: Option<&str>,
    ) -> Result<Arc<(Vec<DataSet>, bool)>, ReadError> {
        let read = async {
            let mut reader = Reader::begin(db).await?;
            let most = i64::try_from(MAX_OF_PAGE).unwrap_or(i64::MAX);
            let mut found = data_sets::list(&mut reader, after, most + 1).await?;
            let has_more = found.len() > MAX_OF_PAGE;
            found.truncate(MAX_OF_PAGE);
            Ok((found, has_more))
        };
        self.data_sets.list.get(key, read).await
    }

    /// Reads a data set; `None` if there is none with this name.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn data_set(
        &self,
        db: &PgPool,
        name: &str,
    ) -> Result<Arc<Option<OneDataSet>>, ReadError> {
        self.data_sets
            .one
            .get(name, OneDataSet::read(db, name))
            .await
    }
}

/// Explains a day of a data set, or its last one; `None` if there is no such data set.
///
/// # Errors
///
/// If a statement fails or takes too long.
pub async fn explain(
    db: &mut PgConnection,
    name: &str,
    day: Option<NaiveDate>,
) -> Result<Option<Vec<String>>, ReadError> {
    let Some(one) = data_sets::one(db, name).await? else {
        return Ok(None);
    };
    let found = data_sets::days(db, name, day, 1, None).await?;
    let found = found
        .into_iter()
        .find(|found| day.is_none() || found.day.is_none() || found.day == day);
    let Some(found) = found else {
        return Ok(Some(vec![no_such_day(&one, day)]));
    };
    let mut lines = sentences(name, &found);
    let mut explained = BTreeSet::from([name.to_owned()]);
    let mut open: Vec<(String, Option<NaiveDate>, usize)> = waits(&found, found.day, 1);
    while let Some((input, of_day, depth)) = open.pop() {
        if explained.len() >= MAX_EXPLAINED || !explained.insert(input.clone()) {
            continue;
        }
        for day in days_of_input(db, &input, of_day).await? {
            let indented = sentences(&input, &day)
                .into_iter()
                .map(|line| format!("{}{line}", "  ".repeat(depth)));
            lines.extend(indented);
            open.extend(waits(&day, day.day, depth + 1));
        }
    }
    Ok(Some(lines))
}

fn waits(
    day: &DataSetDay,
    of_day: Option<NaiveDate>,
    depth: usize,
) -> Vec<(String, Option<NaiveDate>, usize)> {
    let inputs = day.waiting_for.iter().rev();
    inputs.map(|input| (input.clone(), of_day, depth)).collect()
}

/// The day of an input for which a day waits; of an input that is read as a whole, the last days that are
/// not built.
async fn days_of_input(
    db: &mut PgConnection,
    input: &str,
    day: Option<NaiveDate>,
) -> Result<Vec<DataSetDay>, ReadError> {
    if day.is_some() {
        return data_sets::days(db, input, day, 1, None).await;
    }
    let all = data_sets::days(db, input, None, MAX_DAYS, None).await?;
    let missing = all.into_iter().filter(|day| day.state != "built");
    Ok(missing.take(MAX_NAMED).collect())
}

fn no_such_day(one: &DataSet, day: Option<NaiveDate>) -> String {
    let name = &one.name;
    match (day, one.since, one.last_day) {
        (Some(day), Some(since), _) if day < since => {
            format!("{name} begins on {since}; an earlier day is not built")
        }
        (Some(day), _, Some(last)) => format!(
            "{name}: {day} is not complete yet; the last complete day is {last} ({})",
            one.zone
        ),
        _ => format!("{name} has no complete day yet"),
    }
}

/// Says how a day stands, a sentence a line.
#[must_use]
pub fn sentences(name: &str, day: &DataSetDay) -> Vec<String> {
    let what = day
        .day
        .map_or_else(|| name.to_owned(), |day| format!("{name} of {day}"));
    let mut lines = vec![match day.state.as_str() {
        "built" => format!(
            "{what} is built: {} rows, {}",
            day.row_count.unwrap_or_default(),
            at(day.built_at)
        ),
        "building" => format!("{what} is being built, since {}", at(day.building_since)),
        "waiting" => match &day.error {
            Some(error) => format!(
                "{what} waits for {}, which could not be listed {}: {error}",
                day.waiting_for.join(", "),
                at(day.tried_at)
            ),
            None => format!("{what} waits for {}", day.waiting_for.join(", ")),
        },
        "failed" if day.tries == 0 => format!(
            "{what} waits for {}, and listing fails, last {}; it is tried again: {}",
            day.waiting_for.join(", "),
            at(day.tried_at),
            day.error.as_deref().unwrap_or("no reason is known")
        ),
        "failed" => format!(
            "{what} failed {} times, last {}, and is not tried again until an input or its query changes, or \
             `coordinator data-set build {name}`: {}",
            day.tries,
            at(day.tried_at),
            day.error.as_deref().unwrap_or("no reason is known")
        ),
        "retrying" => format!(
            "{what} failed {}, for the {} time of 3, and is tried again {}: {}",
            at(day.tried_at),
            if day.tries == 1 { "first" } else { "second" },
            at(day.next_try_at),
            day.error.as_deref().unwrap_or("no reason is known")
        ),
        _ => match day.next_try_at {
            Some(next) => format!("{what} is due, and is built again from {}", at(Some(next))),
            None => format!("{what} is due: the leader builds it next"),
        },
    }];
    if day.state != "built" && day.revision > 0 {
        let changed = if day.changed_inputs.is_empty() {
            "a person asked to build it again".to_owned()
        } else {
            format!("since then changed: {}", day.changed_inputs.join(", "))
        };
        lines.push(format!(
            "its last good result, {}, can be read; {changed}",
            at(day.built_at)
        ));
    }
    if day.state != "built"
        && let Some(due_by) = day.due_by
    {
        let word = if day.is_late { "it is late: it" } else { "it" };
        lines.push(format!("{word} must be built by {}", at(Some(due_by))));
    }
    lines
}

fn at(moment: Option<DateTime<Utc>>) -> String {
    moment.map_or_else(
        || "at an unknown time".to_owned(),
        |moment| moment.format("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(state: &str) -> DataSetDay {
        DataSetDay {
            day: NaiveDate::from_ymd_opt(2026, 11, 30),
            state: state.to_owned(),
            waiting_for: Vec::new(),
            changed_inputs: Vec::new(),
            revision: 0,
            built_at: None,
            took_seconds: None,
            row_count: None,
            bytes: None,
            tries: 0,
            error: None,
            tried_at: None,
            next_try_at: None,
            building_since: None,
            due_by: None,
            is_late: false,
        }
    }

    #[test]
    fn a_day_that_waits_names_for_whom_and_by_when() {
        let late = DataSetDay {
            waiting_for: vec!["a".to_owned(), "b".to_owned()],
            due_by: DateTime::from_timestamp(1_780_000_000, 0),
            is_late: true,
            ..day("waiting")
        };
        assert_eq!(
            sentences("c", &late),
            [
                "c of 2026-11-30 waits for a, b",
                "it is late: it must be built by 2026-05-28 20:26 UTC"
            ]
        );
    }

    #[test]
    fn a_late_day_says_what_changed_and_what_can_be_read() {
        let changed = DataSetDay {
            changed_inputs: vec!["rollup/cinema_day".to_owned()],
            revision: 1,
            built_at: DateTime::from_timestamp(1_780_000_000, 0),
            ..day("due")
        };
        let lines = sentences("c", &changed);
        assert_eq!(
            lines[0],
            "c of 2026-11-30 is due: the leader builds it next"
        );
        assert!(
            lines[1].ends_with("can be read; since then changed: rollup/cinema_day"),
            "{}",
            lines[1]
        );
    }
}
