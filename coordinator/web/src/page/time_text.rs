//! Instants on a page: an element `time` with its text.

use chrono::{DateTime, Utc};

use super::format;

/// An instant as a page shows it; see the macro `time` of `parts.html`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeText {
    /// For the attribute `datetime`.
    pub machine: String,
    /// As it is shown.
    pub text: String,
    /// In full, where the text is an age.
    pub full: String,
    /// Whether the text is an age, which no zone changes.
    pub is_age: bool,
}

impl TimeText {
    /// Shows how long ago an instant was.
    #[must_use]
    pub fn ago(at: &DateTime<Utc>, now: &DateTime<Utc>) -> Self {
        Self {
            machine: format::machine(at),
            text: format::ago(at, now),
            full: format!("{} UTC", format::utc(at)),
            is_age: true,
        }
    }

    /// Shows how long ago an instant was, or how far ahead it is.
    #[must_use]
    pub fn distance(at: &DateTime<Utc>, now: &DateTime<Utc>) -> Self {
        let mut moment = Self::ago(at, now);
        if at > now {
            let seconds = (*at - *now).as_seconds_f64();
            moment.text = format!("in {}", format::span(seconds.floor().max(1.0)));
        }
        moment
    }

    /// Shows an instant in full, in UTC.
    #[must_use]
    pub fn utc(at: &DateTime<Utc>) -> Self {
        Self {
            machine: format::machine(at),
            text: format::utc(at),
            full: String::new(),
            is_age: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_ahead_is_not_shown_as_past() {
        let now: DateTime<Utc> = "2026-11-30T05:00:00Z".parse().unwrap();
        let ahead = TimeText::distance(&(now + chrono::Duration::minutes(3)), &now);
        assert_eq!((ahead.text.as_str(), ahead.is_age), ("in 3 min", true));
        assert_eq!(TimeText::distance(&now, &now).text, "now");
    }
}
