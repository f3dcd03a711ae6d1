//! Hand-written typed readers: the least that a program for one chain would do.
//!
//! Each writes a line for a row, with the fields that the definition names, as one would
//! hand it to `COPY`.

#![expect(
    clippy::struct_field_names,
    reason = "fields are called as in the bodies"
)]

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt::{Display, Write},
};

use serde::Deserialize;
use serde_json::Result;

mod seats;

/// Lines of fields with tabs between them.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
    /// How many there are.
    pub(super) count: u64,
}

impl Lines {
    fn push(&mut self, fields: &[&dyn Display]) {
        for field in fields {
            // Writing to a string cannot fail.
            let _ = write!(self.text, "{field}\t");
        }
        self.text.push('\n');
        self.count += 1;
    }
}

/// Reads one body.
pub(super) type Reader = fn(&[u8]) -> Result<Lines>;

/// Returns the reader of the bodies that a definition reads, if they are JSON.
pub(super) fn reader(name: &str) -> Option<Reader> {
    Some(match name {
        "bhd" => seats::bhd,
        "major" => seats::major,
        "cds" => seats::cds,
        "amc" => seats::amc,
        "shaw" => seats::shaw,
        "boost" => boost,
        "cineplex" => cineplex,
        "cineworld" => cineworld,
        "cineworld-legacy" => cineworld_legacy,
        "curzon" => curzon,
        "everyman" => everyman,
        "indycinema" => indycinema,
        "vue" => vue,
        "mentions" => mentions,
        "video-statistics" => video_statistics,
        "weather" => weather,
        _ => return None,
    })
}

/// A text of the body, which may have escapes.
type Text<'a> = Cow<'a, str>;

fn boost(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        data: Vec<Show<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Show<'a> {
        id: u64,
        #[serde(borrow)]
        show_date: Text<'a>,
        number_seats_remaining: Option<u32>,
        film: Film<'a>,
        screen: Screen<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Film<'a> {
        id: u64,
        #[serde(borrow)]
        title_cnc: Text<'a>,
    }
    #[derive(Deserialize)]
    struct Screen<'a> {
        id: u64,
        #[serde(borrow)]
        name: Text<'a>,
        capacity: Option<u32>,
    }
    let body: Body<'_> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for show in &body.data {
        lines.push(&[
            &show.id,
            &show.film.id,
            &show.film.title_cnc,
            &show.screen.id,
            &show.screen.name,
            &show.show_date,
            &show.screen.capacity.unwrap_or_default(),
            &show.number_seats_remaining.unwrap_or_default(),
        ]);
    }
    Ok(lines)
}

fn cineplex(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Theatre<'a> {
        #[serde(borrow)]
        dates: Vec<Date<'a>>,
    }
    #[derive(Deserialize)]
    struct Date<'a> {
        #[serde(borrow)]
        movies: Vec<Movie<'a>>,
    }
    #[derive(Deserialize)]
    struct Movie<'a> {
        id: u64,
        #[serde(borrow)]
        name: Text<'a>,
        experiences: Vec<Experience<'a>>,
    }
    #[derive(Deserialize)]
    struct Experience<'a> {
        #[serde(borrow)]
        sessions: Vec<Session<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Session<'a> {
        vista_session_id: u64,
        #[serde(borrow)]
        show_start_date_time_utc: Text<'a>,
        #[serde(borrow)]
        auditorium: Option<Text<'a>>,
        seats_remaining: Option<u32>,
    }
    let body: Vec<Theatre<'_>> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    let dates = body.iter().flat_map(|theatre| &theatre.dates);
    for movie in dates.flat_map(|date| &date.movies) {
        for session in movie.experiences.iter().flat_map(|one| &one.sessions) {
            lines.push(&[
                &session.vista_session_id,
                &movie.id,
                &movie.name,
                &session.auditorium.as_deref().unwrap_or_default(),
                &session.show_start_date_time_utc,
                &session.seats_remaining.unwrap_or_default(),
            ]);
        }
    }
    Ok(lines)
}

fn cineworld(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        body: Body<'a>,
    }
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        films: Vec<Film<'a>>,
        events: Vec<Event<'a>>,
    }
    #[derive(Deserialize)]
    struct Film<'a> {
        id: &'a str,
        #[serde(borrow)]
        name: Text<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Event<'a> {
        id: &'a str,
        film_id: &'a str,
        business_day: &'a str,
        event_date_time: &'a str,
        #[serde(borrow)]
        auditorium: Text<'a>,
    }
    let Answer { body } = serde_json::from_slice(body)?;
    let films: HashMap<&str, &Film<'_>> = body.films.iter().map(|film| (film.id, film)).collect();
    let mut lines = Lines::default();
    for event in &body.events {
        let film = films.get(event.film_id);
        lines.push(&[
            &event.id,
            &event.film_id,
            &film.map_or("", |film| &film.name),
            &event.auditorium,
            &event.event_date_time,
            &event.business_day,
        ]);
    }
    Ok(lines)
}

fn cineworld_legacy(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        performances: Vec<Performance<'a>>,
    }
    #[derive(Deserialize)]
    struct Performance<'a> {
        time: &'a str,
        #[serde(borrow)]
        booking_url: Text<'a>,
    }
    let body: Body<'_> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for show in &body.performances {
        let query = show.booking_url.split_once("performance=");
        let key = query.and_then(|(_, rest)| rest.split('&').next());
        lines.push(&[&key.unwrap_or_default(), &show.time]);
    }
    Ok(lines)
}

fn curzon(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        #[serde(borrow)]
        showtimes: Vec<Show<'a>>,
        related_data: Related<'a>,
    }
    #[derive(Deserialize)]
    struct Related<'a> {
        #[serde(borrow)]
        films: Vec<Film<'a>>,
        screens: Vec<Screen<'a>>,
    }
    #[derive(Deserialize)]
    struct Film<'a> {
        id: &'a str,
        #[serde(borrow)]
        title: Label<'a>,
    }
    #[derive(Deserialize)]
    struct Screen<'a> {
        id: &'a str,
        #[serde(borrow)]
        name: Label<'a>,
    }
    #[derive(Deserialize)]
    struct Label<'a> {
        #[serde(borrow)]
        text: Text<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Show<'a> {
        id: &'a str,
        film_id: &'a str,
        screen_id: &'a str,
        schedule: Schedule<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Schedule<'a> {
        starts_at: &'a str,
        business_date: &'a str,
    }
    let body: Body<'_> = serde_json::from_slice(body)?;
    let related = &body.related_data;
    let films: HashMap<_, _> = related
        .films
        .iter()
        .map(|one| (one.id, &one.title))
        .collect();
    let screens: HashMap<_, _> = related
        .screens
        .iter()
        .map(|one| (one.id, &one.name))
        .collect();
    let mut lines = Lines::default();
    for show in &body.showtimes {
        lines.push(&[
            &show.id,
            &show.film_id,
            &films.get(show.film_id).map_or("", |label| &label.text),
            &show.screen_id,
            &screens.get(show.screen_id).map_or("", |label| &label.text),
            &show.schedule.starts_at,
            &show.schedule.business_date,
        ]);
    }
    Ok(lines)
}

fn everyman(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Theater<'a> {
        #[serde(borrow)]
        schedule: BTreeMap<&'a str, BTreeMap<&'a str, Vec<Show<'a>>>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Show<'a> {
        id: &'a str,
        starts_at: &'a str,
    }
    let body: BTreeMap<&str, Theater<'_>> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for (film, days) in body.values().flat_map(|theater| &theater.schedule) {
        for show in days.values().flatten() {
            lines.push(&[&show.id, film, &show.starts_at]);
        }
    }
    Ok(lines)
}

fn indycinema(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        data: Data<'a>,
    }
    #[derive(Deserialize)]
    struct Data<'a> {
        #[serde(borrow)]
        movies: Movies<'a>,
    }
    #[derive(Deserialize)]
    struct Movies<'a> {
        #[serde(borrow)]
        data: Vec<Movie<'a>>,
    }
    #[derive(Deserialize)]
    struct Movie<'a> {
        id: &'a str,
        #[serde(borrow)]
        name: Text<'a>,
        showings: Vec<Showing<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Showing<'a> {
        id: &'a str,
        time: &'a str,
        tickets_sold: i64,
        screen_id: Option<&'a str>,
        seats_remaining: i64,
    }
    let body: Body<'_> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for movie in &body.data.movies.data {
        for show in &movie.showings {
            lines.push(&[
                &show.id,
                &movie.id,
                &movie.name,
                &show.screen_id.unwrap_or_default(),
                &show.time,
                &(show.tickets_sold + show.seats_remaining),
                &show.seats_remaining.max(0),
            ]);
        }
    }
    Ok(lines)
}

fn vue(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        result: Vec<Film<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Film<'a> {
        film_id: &'a str,
        #[serde(borrow)]
        film_title: Text<'a>,
        showing_groups: Vec<Group<'a>>,
    }
    #[derive(Deserialize)]
    struct Group<'a> {
        #[serde(borrow)]
        sessions: Vec<Session<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Session<'a> {
        session_id: &'a str,
        show_time_with_time_zone: &'a str,
        #[serde(borrow)]
        screen_name: Text<'a>,
        #[serde(borrow)]
        formatted_price: Text<'a>,
    }
    let body: Body<'_> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for film in &body.result {
        for session in film.showing_groups.iter().flat_map(|group| &group.sessions) {
            lines.push(&[
                &session.session_id,
                &film.film_id,
                &film.film_title,
                &session.screen_name,
                &session.show_time_with_time_zone,
                &session.formatted_price,
            ]);
        }
    }
    Ok(lines)
}

fn mentions(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        timeline: Vec<Series<'a>>,
    }
    #[derive(Deserialize)]
    struct Series<'a> {
        #[serde(borrow)]
        data: Vec<Point<'a>>,
    }
    #[derive(Deserialize)]
    struct Point<'a> {
        date: &'a str,
        value: f64,
        norm: Option<f64>,
    }
    let body: Body<'_> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for point in body.timeline.iter().flat_map(|series| &series.data) {
        lines.push(&[&point.date, &point.value, &point.norm.unwrap_or_default()]);
    }
    Ok(lines)
}

fn video_statistics(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        items: Vec<Video<'a>>,
    }
    #[derive(Deserialize)]
    struct Video<'a> {
        id: &'a str,
        #[serde(borrow)]
        snippet: Snippet<'a>,
        statistics: BTreeMap<&'a str, &'a str>,
    }
    #[derive(Deserialize)]
    struct Snippet<'a> {
        #[serde(borrow)]
        title: Text<'a>,
    }
    let body: Body<'_> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for video in &body.items {
        for count in ["viewCount", "likeCount", "commentCount"] {
            if let Some(value) = video.statistics.get(count) {
                lines.push(&[&video.id, &count, value, &video.snippet.title]);
            }
        }
    }
    Ok(lines)
}

fn weather(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        hourly: Hourly<'a>,
    }
    #[derive(Deserialize)]
    struct Hourly<'a> {
        #[serde(borrow)]
        time: Vec<&'a str>,
        temperature_2m: Vec<f64>,
        precipitation: Vec<f64>,
        cloud_cover: Vec<f64>,
    }
    let Body { hourly } = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for (name, values) in [
        ("temperature_celsius", &hourly.temperature_2m),
        ("precipitation_mm", &hourly.precipitation),
        ("cloud_cover_percent", &hourly.cloud_cover),
    ] {
        for (time, value) in hourly.time.iter().zip(values) {
            lines.push(&[time, &name, value]);
        }
    }
    Ok(lines)
}
