//! What was known at an origin.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use forecast::{
    Count, DayWeather, History, Holidays, Listing, Origin, Outcome, Recorded, Weather, outdoor,
    territory,
};
use sqlx::PgConnection;

use super::past::{read_past, read_past_totals};

/// Showtimes that are read at most: about 150 bytes of memory each.
pub const MAX_SHOWTIMES: i64 = 1_200_000;

/// Dated records, and what belongs to them.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The records.
    pub history: History,
    /// The latest time of a listing, a snapshot or an outcome; `None` without any.
    pub inputs_until: Option<DateTime<Utc>>,
    /// The kind of each work: 0 for a feature, 1 for an event, 2 for anything else.
    pub kinds: HashMap<i32, u8>,
}

struct FilmFacts {
    work_id: i32,
    distributor: i32,
}

/// Facts of the films of a batch.
#[derive(Default)]
struct Facts {
    films: HashMap<i32, FilmFacts>,
    released_on: HashMap<i32, NaiveDate>,
    kinds: HashMap<i32, u8>,
}

/// Reads showtimes from `window_days` before the origin to `days` after it, as they were known at
/// the origin, with weather, holidays and earlier forecasts.
///
/// # Errors
///
/// If a statement fails.
pub async fn read_inputs(
    db: &mut PgConnection,
    origin: Origin,
    window_days: i64,
    days: i64,
) -> Result<Inputs, sqlx::Error> {
    let rows = sqlx::query_file!(
        "queries/read_forecast_showtimes.sql",
        origin.at,
        origin.at - TimeDelta::days(window_days),
        origin.at + TimeDelta::days(days + 2),
        MAX_SHOWTIMES
    )
    .fetch_all(&mut *db)
    .await?;
    let mut films: Vec<i32> = rows.iter().map(|row| row.film_id).collect();
    films.sort_unstable();
    films.dedup();
    let facts = read_facts(&mut *db, &films, origin).await?;
    let mut inputs = Inputs {
        kinds: facts.kinds,
        ..Inputs::default()
    };
    let history = &mut inputs.history;
    let mut times: Vec<DateTime<Utc>> = Vec::new();
    for row in rows {
        let Some(film) = facts.films.get(&row.film_id) else {
            continue;
        };
        let showtime = row.showtime_id;
        let listing = Listing {
            showtime,
            work: film.work_id,
            cinema: row.cinema_id,
            territory: code(&row.territory),
            distributor: film.distributor,
            format: u8::from(row.is_special_format),
            released_on: facts.released_on.get(&film.work_id).copied(),
            starts_at: row.starts_at,
            on: row.business_on,
            minute: u16::try_from(row.minute).unwrap_or(0),
            seats: row.seats.and_then(|seats| u16::try_from(seats).ok()),
        };
        times.push(row.discovered_at);
        history
            .listings
            .push(Recorded::new(row.discovered_at, listing));
        if let (Some(at), Some(sold)) = (row.observed_at, row.sold) {
            let sold = u16::try_from(sold).unwrap_or(0);
            times.push(at);
            history
                .counts
                .push(Recorded::new(at, Count { showtime, sold }));
        }
        if let (Some(at), Some(admissions)) = (row.known_at, row.admissions) {
            let admissions = u16::try_from(admissions).unwrap_or(0);
            times.push(at);
            let outcome = Outcome {
                showtime,
                admissions,
            };
            history.outcomes.push(Recorded::new(at, outcome));
        }
    }
    inputs.inputs_until = times.into_iter().max();
    inputs.history.holidays = read_holidays(&mut *db, origin, window_days, days).await?;
    inputs.history.weather = read_weather(&mut *db, origin, window_days, days).await?;
    inputs.history.past = read_past(&mut *db, origin).await?;
    inputs.history.past_totals = read_past_totals(db, origin).await?;
    Ok(inputs)
}

/// The kind of a work as a number: 0 for a feature, 1 for an event, 2 for anything else.
pub(super) fn kind_code(kind: &str) -> u8 {
    match kind {
        "feature" => 0,
        "event" => 1,
        _ => 2,
    }
}

/// The number of a territory's code.
pub(super) fn code(text: &str) -> u16 {
    match text.as_bytes() {
        [a, b] => territory([*a, *b]),
        _ => 0,
    }
}

async fn read_facts(
    db: &mut PgConnection,
    films: &[i32],
    origin: Origin,
) -> Result<Facts, sqlx::Error> {
    let rows = sqlx::query_file!("queries/read_forecast_films.sql", films, origin.at)
        .fetch_all(db)
        .await?;
    let mut facts = Facts::default();
    let mut distributors: HashMap<String, i32> = HashMap::new();
    let mut first_on: HashMap<i32, NaiveDate> = HashMap::new();
    for row in rows {
        // 0 stands for one that is not known.
        let next = i32::try_from(distributors.len()).unwrap_or(0) + 1;
        let distributor = row
            .distributor
            .map_or(0, |name| *distributors.entry(name).or_insert(next));
        let earliest = |known: &mut HashMap<i32, NaiveDate>, on: Option<NaiveDate>| {
            if let Some(on) = on {
                let entry = known.entry(row.work_id).or_insert(on);
                *entry = on.min(*entry);
            }
        };
        earliest(&mut facts.released_on, row.released_on);
        earliest(&mut first_on, row.first_on);
        facts.kinds.insert(row.work_id, kind_code(&row.kind));
        let film = FilmFacts {
            work_id: row.work_id,
            distributor,
        };
        facts.films.insert(row.film_id, film);
    }
    // Where no source gives the release, the first day that is listed stands for it.
    for (work_id, on) in first_on {
        facts.released_on.entry(work_id).or_insert(on);
    }
    Ok(facts)
}

async fn read_holidays(
    db: &mut PgConnection,
    origin: Origin,
    window_days: i64,
    days: i64,
) -> Result<Holidays, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT territory, holiday_on FROM holiday WHERE holiday_on BETWEEN $1 AND $2",
        origin.on - TimeDelta::days(window_days + 1),
        origin.on + TimeDelta::days(days + 1)
    )
    .fetch_all(db)
    .await?;
    let days = rows
        .into_iter()
        .map(|row| (code(&row.territory), row.holiday_on));
    Ok(days.collect())
}

async fn read_weather(
    db: &mut PgConnection,
    origin: Origin,
    window_days: i64,
    days: i64,
) -> Result<Vec<Recorded<Weather>>, sqlx::Error> {
    let rows = sqlx::query_file!(
        "queries/read_forecast_weather.sql",
        origin.at,
        origin.on - TimeDelta::days(window_days + 1),
        origin.on + TimeDelta::days(days + 1)
    )
    .fetch_all(db)
    .await?;
    let known: Vec<DayWeather> = rows
        .iter()
        .map(|row| DayWeather {
            territory: code(&row.territory),
            on: row.day,
            temperature: row.temperature,
            precipitation: row.precipitation,
        })
        .collect();
    let until = rows.iter().map(|row| row.observed_at).max();
    let weather = outdoor(&known).into_iter();
    Ok(weather
        .zip(until.into_iter().cycle())
        .map(|(day, at)| Recorded::new(at, day))
        .collect())
}
