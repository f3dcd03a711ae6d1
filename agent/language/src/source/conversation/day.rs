//! The day that a task is about, by the clock of its cinema.

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Map, Value, json};
use vocabulary::ErrorClass;

use super::Problem;
use crate::source::Source;

const DAY: &str = "day";

/// Completes `day`: the task of a step with `days` knows how many days after today it is,
/// those below know the date.
pub(super) fn add(
    source: &Source,
    known: &mut Map<String, Value>,
    now: Timestamp,
) -> Result<(), Problem> {
    let Some(day) = known.get(DAY) else {
        return Ok(());
    };
    let fail = |problem: &str| Problem::new(ErrorClass::Definition, problem);
    let today = today(source, known, now)?;
    let out_of_range = || fail("the day of the task is out of range");
    let (date, offset) = if let Some(date) = day.get("date").and_then(Value::as_str) {
        let date: Date = date.parse().map_err(|_| {
            fail(&format!(
                "the day `{date}` is no date; write such as 2026-12-05"
            ))
        })?;
        let since = date.since(today).map_err(|_| out_of_range())?;
        (date, i64::from(since.get_days()))
    } else {
        let offset = day.get("offset").and_then(Value::as_i64);
        let offset = offset.ok_or_else(|| {
            fail("the day of the task has neither `date` nor `offset`; set such as day.date=2026-12-05")
        })?;
        let span = Span::new().try_days(offset).map_err(|_| out_of_range())?;
        (today.checked_add(span).map_err(|_| out_of_range())?, offset)
    };
    known.insert(
        DAY.to_owned(),
        json!({ "date": date.to_string(), "offset": offset }),
    );
    Ok(())
}

/// The date at the cinema that `known` names, or else where the source is at home.
pub(super) fn today(
    source: &Source,
    known: &Map<String, Value>,
    now: Timestamp,
) -> Result<Date, Problem> {
    let zone = known
        .get("cinema")
        .and_then(|cinema| cinema.get("timezone")?.as_str());
    let zone = match zone {
        Some(name) => TimeZone::get(name)
            .map_err(|_| Problem::new(ErrorClass::Definition, "the cinema's time zone is none"))?,
        None => source.defaults.zone.clone(),
    };
    Ok(zone.to_datetime(now).date())
}

/// Leaves only the date, which is the same tomorrow: what hangs on a row of this day is
/// not another thing because a day has passed.
pub(super) fn hand_down(known: &mut Map<String, Value>) {
    if let Some(Value::Object(day)) = known.get_mut(DAY) {
        day.remove("offset");
    }
}
