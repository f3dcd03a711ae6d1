//! What people do, and what their devices send of it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// Share of sessions with chosen seats that end with a purchase, with the old seat map.
pub const BASE_SHARE: f64 = 0.3;
/// The share with the new seat map, as a multiple of [`BASE_SHARE`].
pub const LIFT: f64 = 1.25;

const FILMS: [&str; 6] = [
    "Monsoon Radio",
    "The Glass Orchard",
    "Harbour Lights",
    "Paper Comets",
    "Northern Static",
    "A Small Eclipse",
];
const COUNTRIES: [&str; 4] = ["FR", "ES", "DE", "IN"];
/// Of a thousand devices: those whose clock is a day ahead.
const WRONG_CLOCKS: u32 = 30;
/// Of a thousand batches: those that a device had to keep for hours before it could send them.
const OFFLINE: u32 = 20;
/// Of a thousand events: those that no receiver can take.
const BROKEN: u32 = 5;
/// Of a thousand people: those that are programs.
const BOTS: u32 = 10;

/// Somebody who uses the app.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The id that the app sends.
    pub id: String,
    /// Country, ISO 3166.
    pub country: &'static str,
    /// Which seat map the person sees: `old` or `new`.
    pub layout: &'static str,
    /// Probability of a session on a day.
    pub habit: f64,
    /// Days ago of the first session, in a history of 60 days.
    pub joined_ago: u32,
    /// How far the clock of the device is ahead.
    pub clock_ahead: SignedDuration,
    /// Whether it is a program.
    pub is_bot: bool,
}

impl Person {
    /// The person with this number.
    #[must_use]
    pub fn of(seed: u64, number: u32) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed ^ (u64::from(number) << 20));
        let wrong = chance.random_range(0..1000) < WRONG_CLOCKS;
        Self {
            id: format!("user-{number}"),
            country: COUNTRIES[chance.random_range(0..COUNTRIES.len())],
            layout: if chance.random_bool(0.5) {
                "new"
            } else {
                "old"
            },
            habit: chance.random_range(0.02..0.4),
            joined_ago: chance.random_range(1..60),
            clock_ahead: SignedDuration::from_hours(if wrong { 24 } else { 0 }),
            is_bot: chance.random_range(0..1000) < BOTS,
        }
    }
}

/// How long until the next session.
pub(super) fn pause(seed: u64, session: u64, rate: f64) -> Duration {
    let mut chance = ChaCha8Rng::seed_from_u64(seed.wrapping_add(session) ^ 0x0070_6175_7365);
    let share: f64 = chance.random_range(0.0001..1.0);
    Duration::from_secs_f64((-share.ln() / rate.max(0.001)).min(60.0))
}

/// The events of a session that ends now, as the device of its person sends them.
pub(super) fn session(seed: u64, people: u32, session: u64) -> Vec<Value> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed.rotate_left(17) ^ session);
    let person = Person::of(seed, chance.random_range(0..people.max(1)));
    let offline = chance.random_range(0..1000) < OFFLINE;
    let ago = SignedDuration::from_hours(if offline {
        chance.random_range(1..20)
    } else {
        0
    });
    let at = Timestamp::now() + person.clock_ahead - ago;
    let sent_at = Timestamp::now() + person.clock_ahead;
    let mut events = acts(&mut chance, &person, at, false);
    for event in &mut events {
        if let Some(event) = event.as_object_mut() {
            event.insert("sentAt".to_owned(), json!(sent_at));
        }
        if chance.random_range(0..1000) < BROKEN {
            event["user_id"] = json!("undefined");
        }
    }
    events
}

/// The events of a person on a day of the past, with ids that depend on nothing else.
#[must_use]
pub fn day_of(seed: u64, person: &Person, days_ago: u32) -> Vec<Value> {
    let number: u64 = person
        .id
        .bytes()
        .fold(7, |sum, byte| sum * 31 + u64::from(byte));
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ number.rotate_left(9) ^ u64::from(days_ago));
    if days_ago > person.joined_ago || !chance.random_bool(person.habit) {
        return Vec::new();
    }
    let minutes = i64::from(days_ago) * 24 * 60 - chance.random_range(0..12 * 60);
    let at = Timestamp::now() - SignedDuration::from_mins(minutes.max(10));
    acts(&mut chance, person, at, true)
}

/// What a person does in a session: opens films, perhaps chooses seats, perhaps buys.
fn acts(
    chance: &mut ChaCha8Rng,
    person: &Person,
    at: Timestamp,
    is_historical: bool,
) -> Vec<Value> {
    let mut events = Vec::new();
    let mut add = |chance: &mut ChaCha8Rng, minutes: i64, name: &str, properties: Value| {
        let mut event = json!({
            "messageId": uuid(chance),
            "type": "track",
            "event": name,
            "userId": person.id,
            "timestamp": at + SignedDuration::from_mins(minutes),
            "properties": properties,
            "context": {
                "country": person.country,
                "userAgent": if person.is_bot { "ExampleBot/1.0 (+https://bot.example)" } else { "CinemaApp/3.2" },
            },
        });
        if is_historical {
            event["historical"] = json!(true);
        }
        events.push(event);
    };
    add(chance, -9, "app opened", json!({}));
    let film = FILMS[chance.random_range(0..FILMS.len())];
    add(chance, -8, "film opened", json!({"film": film}));
    if chance.random_bool(0.5) {
        let seconds = chance.random_range(5..140);
        add(
            chance,
            -7,
            "trailer played",
            json!({"film": film, "seconds": seconds}),
        );
    }
    if chance.random_bool(0.6) {
        add(
            chance,
            -5,
            "seats opened",
            json!({"film": film, "layout": person.layout}),
        );
        let share = if person.layout == "new" {
            BASE_SHARE * LIFT
        } else {
            BASE_SHARE
        };
        if chance.random_bool(share) {
            let seats: u32 = chance.random_range(1..5);
            let properties =
                json!({"film": film, "seats": seats, "amount": f64::from(seats) * 11.5});
            add(chance, -1, "ticket bought", properties);
        }
    }
    events
}

/// A UUID (version 4) from a seeded generator.
fn uuid(chance: &mut ChaCha8Rng) -> String {
    let number: u128 = chance.random();
    let number = (number & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{number:032x}");
    let (a, b) = (&hex[..8], &hex[8..12]);
    format!("{a}-{b}-{}-{}-{}", &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_uuids_and_differ() {
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        let all: HashSet<String> = (0..1000).map(|_| uuid(&mut chance)).collect();
        assert_eq!(all.len(), 1000);
        for id in all {
            assert_eq!((id.len(), &id[14..15]), (36, "4"), "{id}");
            assert!("89ab".contains(&id[19..20]), "{id}");
        }
    }

    #[test]
    fn a_day_of_the_past_has_the_same_ids_each_time() {
        let ids = || -> Vec<Value> {
            let person = Person {
                habit: 1.0,
                joined_ago: 60,
                ..Person::of(1, 7)
            };
            let events = day_of(1, &person, 5);
            events
                .iter()
                .map(|event| event["messageId"].clone())
                .collect()
        };
        assert!(!ids().is_empty());
        assert_eq!(ids(), ids());
    }

    #[test]
    fn those_with_the_new_seat_map_buy_more_often() {
        let mut sums = [[0_u32; 2]; 2];
        for number in 0..400 {
            let person = Person {
                habit: 1.0,
                joined_ago: 60,
                ..Person::of(1, number)
            };
            let row = usize::from(person.layout == "new");
            for event in (1..30).flat_map(|ago| day_of(1, &person, ago)) {
                match event["event"].as_str() {
                    Some("seats opened") => sums[row][0] += 1,
                    Some("ticket bought") => sums[row][1] += 1,
                    _ => {}
                }
            }
        }
        let share = |row: usize| f64::from(sums[row][1]) / f64::from(sums[row][0]);
        assert!((share(0) - BASE_SHARE).abs() < 0.03, "{}", share(0));
        assert!((share(1) - BASE_SHARE * LIFT).abs() < 0.03, "{}", share(1));
    }
}
