//! What a request may ask of received events and their users, for the pages and the API alike.

use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use schema::reading::{
    ReadError, Reader,
    event_users::{self as stored, FunnelStep},
    events::ClientRow,
};

use crate::{filter::given, problem::WebError};

/// Seconds of a span of counts.
pub const FIVE_MINUTES: i64 = 300;
const HOUR: i64 = 3_600;
/// Hours of what came with a key, if the request does not say.
pub const INTAKE_HOURS: i64 = 24;
/// Cohorts of retention, if the request does not say.
pub const COHORTS: i64 = 14;
/// Steps of a funnel at least, and at most.
pub const MIN_STEPS: usize = 2;
const MAX_STEPS: usize = 10;
/// Days that a funnel looks back, if the request does not say, and at most.
const FUNNEL_DAYS: i64 = 7;
const MAX_FUNNEL_DAYS: i64 = 92;
/// Hours from the first step to the last, if the request does not say, and at most.
const WITHIN_HOURS: i64 = 24;
const MAX_WITHIN_HOURS: i64 = 24 * 92;

/// Reads a whole number from 1 to `most`.
///
/// # Errors
///
/// If it is none.
pub fn bounded(text: Option<&str>, name: &str, absent: i64, most: i64) -> Result<i64, WebError> {
    let Some(text) = given(text) else {
        return Ok(absent);
    };
    text.parse()
        .ok()
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(|| {
            WebError::BadRequest(format!("{name} `{text}` is not a number from 1 to {most}"))
        })
}

/// The begin of the first span of counts of so many hours, of which the last is not over.
#[must_use]
pub fn count_since(now: DateTime<Utc>, hours: i64, by_hour: bool) -> DateTime<Utc> {
    let span = if by_hour { HOUR } else { FIVE_MINUTES };
    let next = now.timestamp() - now.timestamp().rem_euclid(span) + span;
    DateTime::from_timestamp(next - hours * HOUR, 0).unwrap_or(now)
}

/// By what cohorts and columns of retention are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RetentionUnit {
    /// Days of the client.
    #[default]
    Day,
    /// Weeks of the client.
    Week,
}

impl RetentionUnit {
    /// Reads the word of a request; days if it is absent.
    ///
    /// # Errors
    ///
    /// If it is neither `day` nor `week`.
    pub fn parse(text: Option<&str>) -> Result<Self, WebError> {
        match given(text) {
            None | Some("day") => Ok(Self::Day),
            Some("week") => Ok(Self::Week),
            Some(other) => Err(WebError::BadRequest(format!(
                "unit `{other}` is not one of day, week"
            ))),
        }
    }

    /// The word, as a request and SQL have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    /// Days that it has.
    #[must_use]
    pub fn days(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
        }
    }

    /// The first day of the last `count` cohorts of a client, of which the last one is not over.
    #[must_use]
    pub fn first_day(self, client: &ClientRow, count: i64) -> NaiveDate {
        let into_week = match self {
            Self::Day => 0,
            Self::Week => {
                let weekday = i64::from(client.today.weekday().number_from_monday());
                (weekday - i64::from(client.week_start)).rem_euclid(7)
            }
        };
        client.today - TimeDelta::days(into_week + (count - 1) * self.days())
    }
}

/// What is asked of a funnel, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FunnelQuery {
    /// The steps, in their order.
    pub steps: Vec<String>,
    /// Days back from now.
    pub days: i64,
    /// Hours from the first step to the last at most.
    pub within_hours: i64,
}

impl FunnelQuery {
    /// Reads the parameters `step`, `days` and `within_hours`; empty steps are left out. `days` is the name
    /// of the second one.
    ///
    /// # Errors
    ///
    /// If one cannot be used; a funnel of no step at all is none yet.
    pub fn parse(pairs: &[(String, String)], days: &str) -> Result<Self, WebError> {
        let one = |name: &str| {
            let found = pairs.iter().find(|(found, _)| found == name);
            found.map(|(_, value)| value.as_str())
        };
        let steps: Vec<String> = pairs
            .iter()
            .filter(|(name, _)| name == "step")
            .filter_map(|(_, value)| given(Some(value)))
            .map(str::to_owned)
            .collect();
        if steps.len() > MAX_STEPS {
            return Err(WebError::BadRequest(format!(
                "a funnel has at most {MAX_STEPS} steps"
            )));
        }
        Ok(Self {
            steps,
            days: bounded(one(days), days, FUNNEL_DAYS, MAX_FUNNEL_DAYS)?,
            within_hours: bounded(
                one("within_hours"),
                "within_hours",
                WITHIN_HOURS,
                MAX_WITHIN_HOURS,
            )?,
        })
    }

    /// Whether it has enough steps to be one.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.steps.len() >= MIN_STEPS
    }

    /// Reads it.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn read(
        &self,
        reader: &mut Reader,
        client: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<FunnelStep>, ReadError> {
        let between = (now - TimeDelta::days(self.days), now);
        let seconds = u64::try_from(self.within_hours * HOUR).unwrap_or(0);
        let within = Duration::from_secs(seconds);
        stored::funnel(reader, client, &self.steps, between, within).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_of_hours_is_kept() {
        assert_eq!(bounded(None, "hours", 24, 168).unwrap(), 24);
        assert_eq!(bounded(Some("168"), "hours", 24, 168).unwrap(), 168);
        for wrong in ["0", "169", "x", "-1"] {
            assert!(bounded(Some(wrong), "hours", 24, 168).is_err(), "{wrong}");
        }
    }

    #[test]
    fn spans_of_counts_begin_on_their_marks() {
        let now: DateTime<Utc> = "2026-11-30T05:07:30Z".parse().unwrap();
        let since = |by_hour| count_since(now, 24, by_hour).to_rfc3339();
        assert_eq!(since(false), "2026-11-29T05:10:00+00:00");
        assert_eq!(since(true), "2026-11-29T06:00:00+00:00");
    }

    #[test]
    fn the_first_week_begins_as_the_client_says() {
        // A Monday.
        let client = |week_start| ClientRow {
            client_id: 1,
            name: "app".to_owned(),
            time_zone: "UTC".to_owned(),
            week_start,
            duplicate_window_seconds: 3_600,
            created_at: DateTime::default(),
            today: "2026-11-30".parse().unwrap(),
            keys_in_force: 0,
        };
        let first = |week_start, count| {
            RetentionUnit::Week
                .first_day(&client(week_start), count)
                .to_string()
        };
        assert_eq!(first(1, 1), "2026-11-30");
        assert_eq!(first(7, 1), "2026-11-29");
        assert_eq!(first(2, 2), "2026-11-17");
        let day = RetentionUnit::Day.first_day(&client(1), 14);
        assert_eq!(day.to_string(), "2026-11-17");
    }

    #[test]
    fn a_funnel_leaves_empty_steps_out() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let owned = pairs.iter();
            owned
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let asked = pairs(&[("step", "a"), ("step", " "), ("step", "b"), ("days", "3")]);
        let funnel = FunnelQuery::parse(&asked, "days").unwrap();
        assert!(funnel.is_complete());
        assert_eq!((funnel.steps.join(","), funnel.days), ("a,b".to_owned(), 3));
        assert!(!FunnelQuery::parse(&[], "days").unwrap().is_complete());
        let long = vec![("step".to_owned(), "a".to_owned()); MAX_STEPS + 1];
        assert!(FunnelQuery::parse(&long, "days").is_err());
        assert!(FunnelQuery::parse(&pairs(&[("within_hours", "0")]), "days").is_err());
    }
}
