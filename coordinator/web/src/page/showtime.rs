//! One showtime: its seats, its sale over time, and where both come from.

mod curve;
mod stepper;
mod parts;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use chrono::{DateTime, SecondsFormat, Utc};
use schema::{
    enums::SeatStatus,
    lineage::{LineageJob, job_lineage},
    reading::{
        Reader,
        attributes::{ShowtimeAttribute, listed_title, of_showtime},
        sale::{DefinitionChange, ShowtimeChange, TicketPrice, changes, definitions, prices},
        seats::{Gap, Look, gaps, looks},
        showtimes::ShowtimeFacts,
    },
};
use serde::Deserialize;

use self::{
    parts::{
        AttributeTag, ChangeRow, GapRow, JobRow, LegendRow, PriceRow, SeatCard, ShownTime,
        SnapshotRow,
    },
    stepper::Stepper,
};
use super::{
    Frame, Zone,
    address::{encode, query},
    format, render,
    seat_map::SeatMap,
};
use crate::{
    assets,
    problem::WebError,
    sale::{Sale, SeatState},
    state::WebState,
};

/// Snapshots that the table lists; the others are in the API.
const MAX_TABLE_ROWS: usize = 100;

#[derive(Template)]
#[template(path = "showtime.html")]
struct ShowtimePage {
    frame: Frame,
    script: String,
    showtime: ShowtimeFacts,
    head: Head,
    attributes: Vec<AttributeTag>,
    listed_title: Option<String>,
    seats: Option<SeatPart>,
    chart: String,
    snapshots: Vec<SnapshotRow>,
    snapshots_left_out: usize,
    looks: usize,
    gaps: Vec<GapRow>,
    seat: Option<SeatCard>,
    prices: Vec<PriceRow>,
    changes: Vec<ChangeRow>,
    jobs: Vec<JobRow>,
}

/// The sentence below the title.
struct Head {
    when: String,
    machine: String,
    place: String,
    utc: String,
    relative: String,
    counts: String,
    last_look: Option<(String, i64)>,
    tags: Vec<(&'static str, String)>,
}

/// The seat map and what belongs to it.
struct SeatPart {
    map: String,
    shown: ShownTime,
    job_id: i64,
    legend: Vec<LegendRow>,
    stepper: Stepper,
}

/// What the reader asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Choice {
    at: Option<DateTime<Utc>>,
    seat: Option<String>,
    zone: Option<String>,
}

impl Choice {
    /// The address of the same page at another time.
    fn at_link(&self, at: &DateTime<Utc>) -> String {
        let at = exact(at);
        query(&[
            ("at", Some(&at)),
            ("seat", self.seat.as_deref()),
            ("zone", self.zone.as_deref()),
        ])
    }

    /// What stands behind the key in the address of a seat.
    fn behind_seat(&self) -> String {
        let mut text = String::new();
        if let Some(at) = &self.at {
            text = format!("&at={}", encode(&exact(at)));
        }
        if let Some(zone) = &self.zone {
            text.push_str("&zone=");
            text.push_str(&encode(zone));
        }
        text
    }
}

/// An instant to the microsecond, as the database has it.
fn exact(at: &DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// All that is read for the page.
struct Read {
    sale: Sale,
    looks: Vec<Look>,
    gaps: Vec<Gap>,
    changes: Vec<ShowtimeChange>,
    versions: Vec<DefinitionChange>,
    prices: Vec<TicketPrice>,
    lineage: Vec<LineageJob>,
    attributes: Vec<ShowtimeAttribute>,
    listed_title: Option<String>,
    /// The snapshot that is shown.
    position: Option<usize>,
}

async fn read(state: &WebState, id: i32, choice: &Choice) -> Result<Read, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let sale = Sale::read(&mut reader, id)
        .await?
        .ok_or_else(|| WebError::no("showtime", id))?;
    let showtime = &sale.showtime;
    let looks = looks(&mut reader, showtime).await?;
    let from_at = sale.snapshots.first().map(|first| first.observed_at);
    let versions = match from_at {
        Some(at) => definitions(&mut reader, showtime.source_id, at, showtime.now).await?,
        None => Vec::new(),
    };
    let position = sale.position_at(choice.at);
    let shown = position.and_then(|position| sale.snapshots.get(position));
    let seen_by = shown.map_or(showtime.changed_by, |snapshot| snapshot.job_id);
    Ok(Read {
        gaps: gaps(&mut reader, id).await?,
        changes: changes(&mut reader, id).await?,
        prices: prices(&mut reader, id).await?,
        lineage: job_lineage(&mut *reader, seen_by).await?,
        attributes: of_showtime(&mut reader, id).await?,
        listed_title: listed_title(&mut reader, id).await?,
        looks,
        versions,
        position,
        sale,
    })
}

/// `GET /showtimes/{id}`.
///
/// # Errors
///
/// If there is no such showtime, or the database does not answer.
pub async fn showtime(
    request: HttpRequest,
    state: Data<WebState>,
    id: Path<i32>,
    choice: Query<Choice>,
) -> Result<HttpResponse, WebError> {
    let choice = choice.into_inner();
    let read = read(&state, id.into_inner(), &choice).await?;
    let sale = &read.sale;
    let frame = Frame::of(&request, &state, &sale.showtime.film, "showtimes");
    let zone = frame.zone;
    let shown = read.position.and_then(|at| sale.snapshots.get(at));
    let page = ShowtimePage {
        script: assets::path("showtime.js"),
        head: head(&read),
        attributes: parts::attribute_tags(&read.attributes),
        listed_title: read.listed_title.clone(),
        seats: read
            .position
            .and_then(|position| seat_part(sale, position, &choice, zone)),
        chart: curve::draw(&read, shown.map(|one| one.observed_at), zone),
        snapshots: parts::snapshot_rows(sale, &choice, zone, MAX_TABLE_ROWS),
        snapshots_left_out: sale.snapshots.len().saturating_sub(MAX_TABLE_ROWS),
        looks: read.looks.len(),
        gaps: parts::gap_rows(&read, zone),
        seat: choice
            .seat
            .as_deref()
            .map(|key| SeatCard::of(&read, key, &choice, zone)),
        prices: parts::price_rows(&read, zone),
        changes: parts::change_rows(&read, zone),
        jobs: read.lineage.iter().map(JobRow::of).collect(),
        showtime: sale.showtime.clone(),
        frame,
    };
    render(&request, &page)
}

fn head(read: &Read) -> Head {
    let (sale, looks) = (&read.sale, &read.looks);
    let showtime = &sale.showtime;
    let last = sale.snapshots.last();
    let counts = match last {
        Some(last) => {
            let seats = last.available + last.sold + last.held + last.other;
            format!(
                "{} of {} seats sold, {} held",
                format::grouped(last.sold.into()),
                format::grouped(seats.into()),
                format::grouped(last.held.into())
            )
        }
        None => "its seats were not seen yet".to_owned(),
    };
    let looked = looks
        .last()
        .map(|look| (look.observed_at, look.job_id))
        .or_else(|| last.map(|last| (last.observed_at, last.job_id)));
    let mut tags = Vec::new();
    match showtime.status.as_str() {
        "cancelled" => tags.push(("bad", "cancelled".to_owned())),
        "unlisted" => tags.push(("warn", "no longer listed".to_owned())),
        "over" => tags.push(("", "started".to_owned())),
        _ => tags.push(("ok", "on sale".to_owned())),
    }
    if showtime.sold_out == Some(true) {
        tags.push(("warn", "sold out, by its listing".to_owned()));
    }
    Head {
        when: format::in_zone(
            &showtime.starts_at,
            Some(&showtime.timezone),
            "%A %-d %B, %H:%M",
        ),
        machine: format::machine(&showtime.starts_at),
        place: format::place(&showtime.timezone),
        utc: format::in_zone(&showtime.starts_at, None, "%H:%M"),
        relative: format::relative(&showtime.starts_at, &showtime.now),
        counts,
        last_look: looked.map(|(at, job)| (format::ago(&at, &showtime.now), job)),
        tags,
    }
}

fn seat_part(sale: &Sale, position: usize, choice: &Choice, zone: Zone) -> Option<SeatPart> {
    let snapshot = sale.snapshots.get(position)?;
    let layout = sale.layout(snapshot)?;
    let known = sale.states();
    let states: Vec<SeatState> = sale
        .codes_of(snapshot)
        .into_iter()
        .map(|code| known[usize::from(code)])
        .collect();
    let shown = ShownTime::of(&snapshot.observed_at, &sale.showtime, zone);
    let sold = SeatState::of(Some(SeatStatus::Sold));
    let label = format!(
        "Seat map at {}: {} of {} seats sold",
        shown.text,
        states.iter().filter(|state| **state == sold).count(),
        states.len()
    );
    let map = SeatMap {
        layout,
        states: &states,
        chosen: choice.seat.as_deref(),
        query: &choice.behind_seat(),
        label: &label,
    };
    Some(SeatPart {
        map: map.draw(),
        legend: parts::legend(&states, sale),
        stepper: Stepper::of(sale, position, choice, zone),
        job_id: snapshot.job_id,
        shown,
    })
}
