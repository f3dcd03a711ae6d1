//! One showtime.

use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Json, Path, Query},
};
use chrono::{DateTime, NaiveDate, Utc};
use flate2::Compression;
use schema::{
    enums::SeatStatus,
    reading::{
        Reader,
        attributes::{ShowtimeAttribute, listed_title, of_showtime},
        sale,
        seats::{Look, SeatLayout},
        showtimes,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{super::list::response_of, storable};
use crate::{
    compression::gzip,
    problem::{Problem, WebError},
    sale::{Sale, series::Series},
    state::WebState,
};

response_of! {
    /// A showtime with its cinema, film and status.
    ShowtimeDetail from showtimes::ShowtimeFacts {
        /// Its number.
        showtime_id: i32,
        /// The key of the source.
        key: String,
        /// Name of its source.
        source: String,
        /// Its cinema.
        cinema_id: i32,
        /// Name of the cinema.
        cinema: String,
        /// Town of the cinema.
        city: Option<String>,
        /// ISO 3166 code.
        territory: String,
        /// IANA zone of the cinema.
        timezone: String,
        /// Name of the auditorium.
        auditorium: Option<String>,
        /// Its film.
        film_id: i32,
        /// Title of the film.
        film: String,
        /// When it starts.
        starts_at: DateTime<Utc>,
        /// Business day of the cinema.
        business_on: NaiveDate,
        /// When it was stored first.
        discovered_at: DateTime<Utc>,
        /// The job that saw it first.
        discovered_by: i64,
        /// The job that saw its listing change last.
        changed_by: i64,
        /// Seats of its last snapshot, or of its listing.
        seats: Option<i32>,
        /// Seats sold in its last snapshot.
        sold: Option<i32>,
        /// The job that saw its last stored state.
        job_id: Option<i64>,
        /// When its seats or prices were stored last.
        observed_at: Option<DateTime<Utc>>,
        /// Whether its listing says that it is sold out.
        sold_out: Option<bool>,
        /// `scheduled`, `over`, `unlisted` or `cancelled`.
        status: String,
    }
}

/// A showtime with what its source says of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShowtimeInDepth {
    /// The showtime, its cinema, film and status.
    #[serde(flatten)]
    showtime: ShowtimeDetail,
    /// What its source says of it: format, language, audience and the like.
    attributes: Vec<ShowtimeAttribute>,
    /// The name of its film when it was listed last, where the film has another now.
    listed_title: Option<String>,
}

/// Reads a showtime.
#[utoipa::path(
    tag = "showtimes",
    params(("id" = i32, Path, description = "The showtime")),
    responses(
        (status = 200, body = ShowtimeInDepth),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/showtimes/{id}")]
pub async fn showtime(
    state: Data<WebState>,
    id: Path<i32>,
) -> Result<Json<ShowtimeInDepth>, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    Ok(Json(ShowtimeInDepth {
        showtime: found(&mut reader, *id).await?.into(),
        attributes: of_showtime(&mut reader, *id).await?,
        listed_title: listed_title(&mut reader, *id).await?,
    }))
}

async fn found(reader: &mut Reader, id: i32) -> Result<showtimes::ShowtimeFacts, WebError> {
    showtimes::showtime(reader, id)
        .await?
        .ok_or_else(|| WebError::no("showtime", id))
}

/// At which time.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AtParams {
    /// The last snapshot at or before this time; the last of all by default.
    at: Option<DateTime<Utc>>,
}

/// The seats of a showtime as one snapshot has them.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatMapState {
    /// The showtime.
    showtime_id: i32,
    /// When it was seen; null if its seats were not seen yet.
    observed_at: Option<DateTime<Utc>>,
    /// The job that saw it.
    job_id: Option<i64>,
    /// The layout.
    layout_id: Option<i32>,
    /// The seats, in the order of the layout.
    seats: Vec<Seat>,
}

/// A seat.
#[derive(Debug, Serialize, ToSchema)]
pub struct Seat {
    /// Its key, unique in the layout.
    seat_key: String,
    /// Row as displayed.
    row_label: String,
    /// Number as displayed.
    seat_number: String,
    /// Area or price zone; empty for none.
    area: String,
    /// Kind of seat; empty for none.
    kind: String,
    /// Seats that are sold together share a group; empty for none.
    seat_group: String,
    /// Position from the left, in the unit of the source.
    x: Option<i32>,
    /// Position from the screen, in the unit of the source.
    y: Option<i32>,
    /// What its code means now; null while the code is not mapped.
    status: Option<SeatStatus>,
    /// The code as it came.
    code: String,
}

/// Reads the seat map of a showtime, the last one or that of a time.
#[utoipa::path(
    tag = "showtimes",
    params(("id" = i32, Path, description = "The showtime"), AtParams),
    responses(
        (status = 200, body = SeatMapState),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/showtimes/{id}/seats")]
pub async fn seats(
    request: HttpRequest,
    state: Data<WebState>,
    id: Path<i32>,
    params: Query<AtParams>,
) -> Result<HttpResponse, WebError> {
    let at = params.at.map(storable).transpose()?;
    let mut reader = Reader::begin(&state.db).await?;
    let sale = Sale::read(&mut reader, *id)
        .await?
        .ok_or_else(|| WebError::no("showtime", *id))?;
    let snapshot = sale
        .position_at(at)
        .and_then(|position| sale.snapshots.get(position));
    let layout = snapshot.and_then(|snapshot| sale.layout(snapshot));
    let seats = match (snapshot, layout) {
        (Some(snapshot), Some(layout)) => sale
            .codes_of(snapshot)
            .into_iter()
            .enumerate()
            .map(|(seat, code)| seat_of(&sale, layout, seat, code))
            .collect(),
        _ => Vec::new(),
    };
    compressed(
        &request,
        &SeatMapState {
            showtime_id: *id,
            observed_at: snapshot.map(|one| one.observed_at),
            job_id: snapshot.map(|one| one.job_id),
            layout_id: snapshot.map(|one| one.layout_id),
            seats,
        },
    )
}

fn seat_of(sale: &Sale, layout: &SeatLayout, seat: usize, code: u8) -> Seat {
    let text = |of: &Vec<String>| of.get(seat).cloned().unwrap_or_default();
    let known = sale
        .codes
        .iter()
        .find(|known| known.code_index == i32::from(code));
    Seat {
        seat_key: text(&layout.seat_key),
        row_label: text(&layout.row_label),
        seat_number: text(&layout.seat_number),
        area: text(&layout.area),
        kind: text(&layout.kind),
        seat_group: text(&layout.seat_group),
        x: layout.x.get(seat).copied().flatten(),
        y: layout.y.get(seat).copied().flatten(),
        status: sale.state(code).meaning(),
        code: known.map_or_else(String::new, |known| known.code.clone()),
    }
}

/// Reads the whole sale of a showtime: layouts, the first state, and what each snapshot changed.
///
/// The last 2,000 snapshots at most. A snapshot has `seats`, the code of every seat, or `changes`,
/// pairs of a seat and its new code.
#[utoipa::path(
    tag = "showtimes",
    params(("id" = i32, Path, description = "The showtime")),
    responses(
        (status = 200, body = Series),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/showtimes/{id}/series")]
pub async fn series(
    request: HttpRequest,
    state: Data<WebState>,
    id: Path<i32>,
) -> Result<HttpResponse, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let sale = Sale::read(&mut reader, *id)
        .await?
        .ok_or_else(|| WebError::no("showtime", *id))?;
    drop(reader);
    compressed(&request, &Series::of(&sale))
}

/// Answers with JSON, compressed where the client takes that.
fn compressed(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse, WebError> {
    let text = serde_json::to_vec(body).map_err(|error| WebError::Internal(Box::new(error)))?;
    let mut response = HttpResponse::Ok();
    response
        .content_type("application/json")
        .insert_header(("Vary", "Accept-Encoding"));
    Ok(match gzip(request, &text, Compression::default()) {
        Some(small) => response
            .insert_header(("Content-Encoding", "gzip"))
            .body(small),
        None => response.body(text),
    })
}

response_of! {
    /// A price of a ticket, from when it was seen first.
    Price from sale::TicketPrice {
        /// When it was seen first.
        observed_at: DateTime<Utc>,
        /// The job that saw it.
        job_id: i64,
        /// Ticket type.
        ticket: String,
        /// Area; empty if it holds in all areas.
        area: String,
        /// Amount in major units, as text, so that no digit is lost.
        amount: String,
        /// Upper end of the amount, where the source gives a range.
        amount_max: Option<String>,
        /// Booking fee on top of it.
        fee: Option<String>,
        /// ISO 4217 code.
        currency: String,
    }
}

/// Lists the prices of a showtime over time, the newest first; the last 500.
#[utoipa::path(
    tag = "showtimes",
    params(("id" = i32, Path, description = "The showtime")),
    responses(
        (status = 200, body = [Price]),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/showtimes/{id}/prices")]
pub async fn prices(state: Data<WebState>, id: Path<i32>) -> Result<Json<Vec<Price>>, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    found(&mut reader, *id).await?;
    let rows = sale::prices(&mut reader, *id).await?;
    Ok(Json(rows.into_iter().map(Price::from).collect()))
}

response_of! {
    /// A look at the seats of a showtime.
    LookItem from Look {
        /// When the answer was complete.
        observed_at: DateTime<Utc>,
        /// The job.
        job_id: i64,
        /// Whether the seats differed from the stored ones.
        changed: bool,
        /// Seats sold, by the mapping of codes at that time.
        sold: Option<i32>,
        /// Microseconds from request sent to body complete.
        fetch_micros: Option<i32>,
        /// Bytes of the body.
        response_bytes: Option<i32>,
        /// Status code of the answer.
        http_status: Option<i16>,
    }
}

/// Lists the looks at a showtime, with or without a change, the oldest first; the last 2,000.
#[utoipa::path(
    tag = "showtimes",
    params(("id" = i32, Path, description = "The showtime")),
    responses(
        (status = 200, body = [LookItem]),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/showtimes/{id}/looks")]
pub async fn looks(state: Data<WebState>, id: Path<i32>) -> Result<Json<Vec<LookItem>>, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let of = found(&mut reader, *id).await?;
    let rows = schema::reading::seats::looks(&mut reader, &of).await?;
    Ok(Json(rows.into_iter().map(LookItem::from).collect()))
}
