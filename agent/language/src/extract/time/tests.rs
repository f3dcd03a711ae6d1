#![allow(clippy::unwrap_used)]

use serde_json::Map;

use super::*;
use crate::extract::given::Defaults;

fn given<R>(timezone: &str, read: impl FnOnce(&Given<'_>) -> R) -> R {
    let (params, zone) = (Map::new(), TimeZone::get(timezone).unwrap());
    let defaults = Defaults {
        timezone: timezone.to_owned(),
        zone: zone.clone(),
        currency: "EUR".to_owned(),
        territory: "DE".to_owned(),
    };
    let now = Timestamp::constant(1_795_262_400, 0);
    read(&Given::new(&params, &zone, &defaults, now, b""))
}

/// Reads a time with these words; gives the instant and the business day.
fn read(words: &str, timezone: &str, text: &str) -> Result<(String, Option<String>), String> {
    let words: FieldTable = toml::from_str(words).unwrap();
    let plan = TimePlan::compile(&words)?;
    let moment = given(timezone, |given| plan.moment(text, given))?;
    let day = moment.business_on.map(|day| day.to_string());
    Ok((moment.at.to_string(), day))
}

fn at(words: &str, text: &str) -> String {
    read(words, "Europe/Berlin", text)
        .unwrap_or_else(|message| panic!("{text}: {message}"))
        .0
}

#[test]
fn a_wrong_offset_is_ignored_whatever_it_is() {
    let words = r#"formats = ["rfc3339"]
        zone = "ignore_offset""#;
    assert_eq!(
        at(words, "2026-12-05T20:00:00.000Z"),
        "2026-12-05T19:00:00Z"
    );
    assert_eq!(at(words, "2027-07-01T20:00:00Z"), "2027-07-01T18:00:00Z");
    assert_eq!(
        at(words, "2027-07-01T20:00:00+01:00"),
        "2027-07-01T18:00:00Z"
    );
    assert_eq!(at(words, "2027-07-01T20:00:00"), "2027-07-01T18:00:00Z");
    let written = r#"formats = ["%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%d %H:%M %Z"]
        zone = "ignore_offset""#;
    assert_eq!(
        at(written, "2027-07-01T20:00:00.5+05:00"),
        "2027-07-01T18:00:00.5Z"
    );
    assert_eq!(at(written, "2027-07-01 20:00 EST"), "2027-07-01T18:00:00Z");
}

#[test]
fn an_offset_that_contradicts_the_clock_of_the_cinema_is_told() {
    let words = r#"formats = ["rfc3339"]
        zone = "venue""#;
    assert_eq!(
        at(words, "2027-07-01T20:00:00+02:00"),
        "2027-07-01T18:00:00Z"
    );
    assert_eq!(at(words, "2027-07-01T20:00:00"), "2027-07-01T18:00:00Z");
    // The hour that comes twice: the offset tells which.
    assert_eq!(
        at(words, "2026-10-25T02:30:00+01:00"),
        "2026-10-25T01:30:00Z"
    );
    assert_eq!(
        at(words, "2026-10-25T02:30:00+02:00"),
        "2026-10-25T00:30:00Z"
    );
    for text in ["2027-07-01T20:00:00Z", "2027-07-01T20:00:00+01:00"] {
        let message = read(words, "Europe/Berlin", text).unwrap_err();
        assert!(message.contains("ignore_offset"), "{message}");
    }
    let written = "formats = [\"%Y-%m-%d %H:%M %:z\"]\nzone = \"venue\"";
    let message = read(written, "Europe/Berlin", "2027-07-01 20:00 +03:00").unwrap_err();
    assert!(message.contains("ignore_offset"), "{message}");
}

#[test]
fn the_name_of_an_offset_tells_which_hour_is_meant() {
    for zone in ["offset", "venue"] {
        let words = format!("formats = [\"%Y-%m-%d %H:%M %Z\"]\nzone = \"{zone}\"");
        for (text, instant) in [
            ("2026-12-12 20:10 CET", "2026-12-12T19:10:00Z"),
            ("2027-07-01 20:10 CEST", "2027-07-01T18:10:00Z"),
            ("2026-10-25 02:30 CEST", "2026-10-25T00:30:00Z"),
            ("2026-10-25 02:30 CET", "2026-10-25T01:30:00Z"),
        ] {
            assert_eq!(at(&words, text), instant, "{text}");
        }
        for text in [
            "2027-07-01 20:10 CET",
            "2026-12-12 20:10 JST",
            "2026-12-12 20:10",
        ] {
            let message = read(&words, "Europe/Berlin", text).unwrap_err();
            assert!(message.contains("is not"), "{message}");
        }
    }
    let words = r#"formats = ["%Y-%m-%dT%H:%M:%S%Z"]
        zone = "offset"
        offsets = { JST = "+09:00" }"#;
    assert_eq!(at(words, "2025-11-13T00:00:00JST"), "2025-11-12T15:00:00Z");
    assert_eq!(at(words, "2025-11-13T00:00:00GMT"), "2025-11-13T00:00:00Z");
    let broken = "formats = [\"%H:%M %Z\"]\noffsets = { EST = \"five\" }";
    assert!(
        read(broken, "UTC", "")
            .unwrap_err()
            .contains("is no offset")
    );
}

#[test]
fn the_business_day_starts_when_the_definition_says() {
    let words = |format: &str, zone: &str| {
        format!("formats = [\"{format}\"]\nzone = \"{zone}\"\nday_starts_at = 6")
    };
    let berlin = |words: &str, text: &str| read(words, "Europe/Berlin", text).unwrap();
    let day = |day: &str| Some(day.to_owned());
    // Half past midnight of 6 December, as an instant.
    let instant = ("2026-12-05T23:30:00Z".to_owned(), day("2026-12-05"));
    assert_eq!(
        berlin(&words("epoch_seconds", "utc"), "1796513400"),
        instant
    );
    assert_eq!(
        berlin(&words("epoch_milliseconds", "utc"), "1796513400000"),
        instant
    );
    assert_eq!(
        berlin(&words("rfc3339", "offset"), "2026-12-05T23:30:00Z"),
        instant
    );
    assert_eq!(
        berlin(&words("rfc3339", "offset"), "2026-12-06T00:30:00+01:00"),
        instant
    );
    assert_eq!(
        berlin(
            &words("%Y-%m-%d %H:%M %:z", "offset"),
            "2026-12-06 00:30 +01:00"
        ),
        instant
    );
    // The same by the clock of the house, under the date of its evening.
    assert_eq!(
        berlin(&words("rfc3339", "venue"), "2026-12-05T00:30:00"),
        instant
    );
    assert_eq!(
        berlin(&words("rfc3339", "ignore_offset"), "2026-12-05T00:30:00Z"),
        instant
    );
    assert_eq!(
        berlin(&words("%Y-%m-%d %H:%M", "venue"), "2026-12-05 00:30"),
        instant
    );
    // From six on it is the day of the date.
    let later = ("2026-12-06T05:00:00Z".to_owned(), None);
    assert_eq!(
        berlin(&words("rfc3339", "offset"), "2026-12-06T05:00:00Z"),
        later
    );
    assert_eq!(
        berlin(&words("rfc3339", "venue"), "2026-12-06T06:00:00"),
        later
    );
}

#[test]
fn the_day_of_an_instant_is_that_of_the_cinema() {
    let date = |words: &str, text: &str| {
        let words: FieldTable = toml::from_str(words).unwrap();
        let plan = TimePlan::compile(&words).unwrap();
        given("Asia/Tokyo", |given| plan.date(text, given)).map(|day| day.to_string())
    };
    let offset = "formats = [\"rfc3339\"]\nzone = \"offset\"";
    assert_eq!(
        date(offset, "2026-12-05T20:00:00Z").as_deref(),
        Ok("2026-12-06")
    );
    let venue = "formats = [\"rfc3339\"]";
    assert_eq!(
        date(venue, "2026-12-05T20:00:00Z").as_deref(),
        Ok("2026-12-05")
    );
    assert_eq!(date(venue, "2026-12-05").as_deref(), Ok("2026-12-05"));
    let early = "formats = [\"epoch_seconds\"]\nday_starts_at = 6";
    assert_eq!(date(early, "1796499000").as_deref(), Ok("2026-12-05"));
    let message = read("formats = [\"rfc3339\"]", "UTC", "2026-12-05").unwrap_err();
    assert!(message.contains("no time of day"), "{message}");
}
