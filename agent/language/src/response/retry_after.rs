//! Reads the wait of a `Retry-After` header.

use std::time::Duration;

use chrono::DateTime;

/// A longer delay is cut to this: the breaker and the schedule look after the rest.
const MAX_WAIT: Duration = Duration::from_hours(1);

/// Reads the header: seconds, or a date.
///
/// A date is compared with the answer's own `Date` header, so that no clock of
/// another machine matters; without that header it counts as not sent.
pub(super) fn parse(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(MAX_WAIT));
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?;
    let said = DateTime::parse_from_rfc2822(date?).ok()?;
    let wait = (until - said).to_std().unwrap_or_default();
    Some(wait.min(MAX_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: Option<&str> = Some("Wed, 21 Oct 2015 07:28:00 GMT");

    #[test]
    fn seconds_and_dates_are_read() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(parse(" 120 ", None), seconds(120));
        assert_eq!(parse("Wed, 21 Oct 2015 07:28:30 GMT", DATE), seconds(30));
        assert_eq!(parse("Wed, 21 Oct 2015 07:27:00 GMT", DATE), seconds(0));
        assert_eq!(parse("Wed, 21 Oct 2015 07:28:30 GMT", None), None);
        assert_eq!(parse("soon", DATE), None);
    }

    #[test]
    fn nobody_makes_us_wait_for_longer_than_an_hour() {
        assert_eq!(parse("99999999999", None), Some(MAX_WAIT));
    }
}
