//! Times that are wrong, ambiguous, or beyond their day.

use super::*;

fn start(source: &Source, time: &str) -> Option<String> {
    let body = json!({ "shows": [{ "id": 1, "at": time }] }).to_string();
    match read(source, "showtimes", &body) {
        Ok(Rows::Showtimes(shows)) => shows.first().map(|show| show.starts_at.to_string()),
        _ => None,
    }
}

#[test]
fn a_clock_change_is_resolved_as_it_is_said() {
    let at = |fold: &str| {
        showtimes_with(&format!(
            r#"{{ path = ".at", formats = ["%Y-%m-%d %H:%M"], zone = "venue", fold = "{fold}" }}"#
        ))
    };
    // In Berlin 02:30 came twice on 25 October 2026, and never on 29 March.
    let (twice, never) = ("2026-10-25 02:30", "2026-03-29 02:30");
    let (early, late) = (Some("2026-10-25T00:30:00Z"), Some("2026-10-25T01:30:00Z"));
    assert_eq!(start(&at("compatible"), twice).as_deref(), early);
    assert_eq!(start(&at("later"), twice).as_deref(), late);
    assert_eq!(start(&at("error"), twice), None);
    assert_eq!(
        start(&at("compatible"), never).as_deref(),
        Some("2026-03-29T01:30:00Z")
    );
    assert_eq!(
        start(&at("earlier"), never).as_deref(),
        Some("2026-03-29T00:30:00Z")
    );
}

#[test]
fn an_offset_counts_or_is_ignored() {
    let at = |zone: &str| {
        showtimes_with(&format!(
            r#"{{ path = ".at", formats = ["rfc3339"], zone = "{zone}" }}"#
        ))
    };
    let summer = "2026-07-01T20:00:00+01:00";
    assert_eq!(
        start(&at("offset"), summer).as_deref(),
        Some("2026-07-01T19:00:00Z")
    );
    assert_eq!(
        start(&at("ignore_offset"), summer).as_deref(),
        Some("2026-07-01T18:00:00Z")
    );
    let broken = showtimes_with(
        r#"{ path = ".at", formats = ["%Y-%m-%dT%H:%M:%S%.fZ-03:00"], zone = "venue" }"#,
    );
    let wild = "2026-07-01T20:00:00.000Z-03:00";
    assert_eq!(
        start(&broken, wild).as_deref(),
        Some("2026-07-01T18:00:00Z")
    );
    assert_eq!(start(&broken, "soon"), None);
}

#[test]
fn hours_past_midnight_end_at_48() {
    let source = showtimes_with(
        r#"{ path = ".at", formats = ["%Y-%m-%d %H:%M"], zone = "venue", past_midnight = true }"#,
    );
    assert_eq!(
        start(&source, "2026-11-30 25:10").as_deref(),
        Some("2026-12-01T00:10:00Z")
    );
    assert_eq!(start(&source, "2026-11-30 48:10"), None);
}
