//! Readers of listings: cinemas and showtimes.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Result;

use super::{Lines, Text};

pub(super) fn boost(body: &[u8]) -> Result<Lines> {
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

pub(super) fn cineplex(body: &[u8]) -> Result<Lines> {
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

pub(super) fn cineworld(body: &[u8]) -> Result<Lines> {
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

pub(super) fn cineworld_legacy(body: &[u8]) -> Result<Lines> {
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

pub(super) fn curzon(body: &[u8]) -> Result<Lines> {
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

pub(super) fn everyman(body: &[u8]) -> Result<Lines> {
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

pub(super) fn indycinema(body: &[u8]) -> Result<Lines> {
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

pub(super) fn vue(body: &[u8]) -> Result<Lines> {
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
