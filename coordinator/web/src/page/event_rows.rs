//! The rows of the page of received events.

use chrono::{DateTime, Utc};
use schema::reading::{
    event_rejects::RejectRow,
    events::{ClientRow, KeyRow, NameRow, SchemaRow},
};

use super::{
    address::encode,
    format,
    svg::{State, mark},
    time_text::TimeText,
};

/// The days of a week, from Monday on.
const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
/// Origins and events of a key that are named; of more, their number is given.
const MAX_NAMED: usize = 3;

/// The day on which the week of a client begins.
pub(super) fn weekday(week_start: i16) -> &'static str {
    let place = usize::try_from(week_start - 1).unwrap_or(0);
    WEEKDAYS.get(place).copied().unwrap_or("Monday")
}

/// A client.
pub(super) struct ClientLine {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) is_chosen: bool,
    pub(super) zone: String,
    pub(super) week: &'static str,
    pub(super) window: String,
    pub(super) keys: i64,
}

impl ClientLine {
    pub(super) fn of(row: &ClientRow, chosen: Option<&str>) -> Self {
        Self {
            href: format!("events/{}", encode(&row.name)),
            is_chosen: chosen == Some(row.name.as_str()),
            name: row.name.clone(),
            zone: row.time_zone.clone(),
            week: weekday(row.week_start),
            window: format::span(crate::number::float(row.duplicate_window_seconds)),
            keys: row.keys_in_force,
        }
    }
}

/// A key and what came with it; never its text.
pub(super) struct KeyLine {
    pub(super) mark: String,
    pub(super) state: &'static str,
    pub(super) name: String,
    pub(super) number: i32,
    pub(super) client: String,
    pub(super) may: String,
    pub(super) mode: String,
    pub(super) rate: String,
    pub(super) accepted: String,
    pub(super) duplicates: String,
    pub(super) rejected: String,
    pub(super) limited: String,
    pub(super) used: Option<TimeText>,
}

impl KeyLine {
    pub(super) fn of(row: &KeyRow, now: &DateTime<Utc>) -> Self {
        let is_trouble = row.rejected > 0 || row.limited > 0;
        let (state, word) = if row.revoked_at.is_some() {
            (State::Off, "revoked")
        } else if !row.is_in_force {
            (State::Off, "ended")
        } else if is_trouble {
            (State::Warn, "in force")
        } else {
            (State::Ok, "in force")
        };
        let may = if row.is_public {
            let mut may = format!("public, from {}", listed(&row.origins, "origins"));
            if !row.events.is_empty() {
                may = format!("{may}: {}", listed(&row.events, "events"));
            }
            may
        } else {
            "secret, all events".to_owned()
        };
        Self {
            mark: mark(state),
            state: word,
            name: row.name.clone(),
            number: row.key_id,
            client: row.client.clone(),
            may,
            mode: row.schema_mode.clone(),
            rate: format::grouped(i64::from(row.events_per_second)),
            accepted: format::grouped(row.accepted),
            duplicates: format::grouped(row.duplicates),
            rejected: format::grouped(row.rejected),
            limited: format::grouped(row.limited),
            used: row.last_used_at.map(|at| TimeText::ago(&at, now)),
        }
    }
}

/// A few texts by themselves, more by their number.
fn listed(texts: &[String], what: &str) -> String {
    if texts.len() <= MAX_NAMED {
        texts.join(", ")
    } else {
        format!("{} {what}", texts.len())
    }
}

/// A rejected event.
pub(super) struct RejectLine {
    pub(super) number: i64,
    pub(super) at: TimeText,
    pub(super) client: String,
    pub(super) key: String,
    pub(super) key_number: i32,
    pub(super) event: Option<String>,
    pub(super) schema: Option<String>,
    pub(super) pointer: String,
    pub(super) reason: String,
    pub(super) body: String,
    pub(super) is_cut: bool,
    pub(super) tried: Option<TimeText>,
    pub(super) replayed: Option<(TimeText, String)>,
}

impl RejectLine {
    pub(super) fn of(row: &RejectRow, now: &DateTime<Utc>) -> Self {
        Self {
            number: row.reject_id,
            at: TimeText::ago(&row.rejected_at, now),
            client: row.client.clone(),
            key: row.key.clone(),
            key_number: row.key_id,
            event: row.event.clone(),
            schema: row.schema.clone(),
            pointer: row.pointer.clone(),
            reason: row.reason.clone(),
            body: visible(&row.body),
            is_cut: row.is_cut,
            tried: row.tried_at.map(|at| TimeText::ago(&at, now)),
            replayed: row.replayed_at.map(|at| {
                (
                    TimeText::ago(&at, now),
                    row.replayed_by.clone().unwrap_or_default(),
                )
            }),
        }
    }
}

/// A text whose control characters are shown by their pictures: a page may not hold them.
fn visible(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\n' | '\t' => letter,
            '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or(' '),
            '\u{7f}' => '\u{2421}',
            letter if letter.is_control() => '\u{fffd}',
            letter => letter,
        })
        .collect()
}

/// A version of a schema.
pub(super) struct SchemaLine {
    pub(super) client: String,
    pub(super) event: String,
    pub(super) version: String,
    pub(super) created: TimeText,
    pub(super) document: String,
}

impl SchemaLine {
    pub(super) fn of(row: &SchemaRow, now: &DateTime<Utc>) -> Self {
        Self {
            client: row.client.clone(),
            event: row.event.clone(),
            version: format!("{}-{}-{}", row.model, row.revision, row.addition),
            created: TimeText::ago(&row.created_at, now),
            document: serde_json::to_string_pretty(&row.document).unwrap_or_default(),
        }
    }
}

/// A name of events.
pub(super) struct NameLine {
    pub(super) client: String,
    pub(super) received: String,
    pub(super) canonical: String,
    pub(super) is_renamed: bool,
    pub(super) first: TimeText,
}

impl NameLine {
    pub(super) fn of(row: &NameRow, now: &DateTime<Utc>) -> Self {
        Self {
            client: row.client.clone(),
            received: row.received.clone(),
            is_renamed: row.received != row.canonical,
            canonical: row.canonical.clone(),
            first: TimeText::ago(&row.first_at, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_of_a_body_can_be_seen() {
        assert_eq!(
            visible("a\u{1}\u{7f}\u{85}\n\tb"),
            "a\u{2401}\u{2421}\u{fffd}\n\tb"
        );
    }

    #[test]
    fn a_key_says_what_it_may_do_and_whether_it_may() {
        let now = DateTime::<Utc>::default();
        let key = KeyRow {
            key_id: 3,
            client: "app".to_owned(),
            name: "page".to_owned(),
            is_public: true,
            schema_mode: "warn".to_owned(),
            events_per_second: 1_000,
            origins: vec!["https://a.example".to_owned()],
            events: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
            created_at: now,
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
            is_in_force: true,
            accepted: 5,
            duplicates: 0,
            rejected: 0,
            limited: 0,
        };
        let shown = KeyLine::of(&key, &now);
        assert_eq!(shown.may, "public, from https://a.example: 4 events");
        assert_eq!(shown.state, "in force");
        let revoked = KeyRow {
            revoked_at: Some(now),
            is_in_force: false,
            ..key.clone()
        };
        assert_eq!(KeyLine::of(&revoked, &now).state, "revoked");
        let ended = KeyRow {
            is_in_force: false,
            ..key
        };
        assert_eq!(KeyLine::of(&ended, &now).state, "ended");
        assert_eq!(
            (weekday(1), weekday(7), weekday(9)),
            ("Monday", "Sunday", "Monday")
        );
    }
}
