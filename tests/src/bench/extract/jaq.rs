//! jq alone: the same rows by one filter for each definition, run by `jaq`.
//!
//! Texts and numbers stay as they come: labels of a bare matrix, times, money, and what a
//! status means are nothing that jq knows of.

use jaq_core::{
    Compiler, Ctx, Filter, Vars, data,
    load::{Arena, File, Loader},
    unwrap_valr,
};
use jaq_json::{Val, read};

use crate::bench::error::BenchError;

/// A filter, compiled.
pub(super) struct Jaq(Filter<data::JustLut<Val>>);

impl Jaq {
    /// Compiles the filter that reads what a definition reads, if that is JSON.
    pub(super) fn of(name: &str) -> Result<Option<Self>, BenchError> {
        text(name).map(Self::compile).transpose()
    }

    /// Compiles `text`.
    pub(super) fn compile(text: &str) -> Result<Self, BenchError> {
        let defs = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs());
        let funs = jaq_core::funs()
            .chain(jaq_std::funs())
            .chain(jaq_json::funs());
        let arena = Arena::default();
        let file = File {
            code: text,
            path: (),
        };
        let broken = || BenchError::nothing(format!("`{text}` is not jq"));
        let modules = Loader::new(defs).load(&arena, file).map_err(|_| broken())?;
        let compiled = Compiler::default().with_funs(funs).compile(modules);
        Ok(Self(compiled.map_err(|_| broken())?))
    }

    /// Parses a body and returns every output for it.
    pub(super) fn run(&self, body: &[u8]) -> Result<Vec<Val>, BenchError> {
        let failed = |error: &dyn std::fmt::Display| BenchError::nothing(format!("jq: {error}"));
        let input = read::parse_single(body).map_err(|error| failed(&error))?;
        let context = Ctx::<data::JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        let outputs = self.0.id.run((context, input)).map(unwrap_valr);
        outputs
            .map(|output| output.map_err(|error| failed(&error)))
            .collect()
    }
}

/// The filter that gives the rows of a definition.
fn text(name: &str) -> Option<&'static str> {
    Some(match name {
        "bhd" => {
            r#".SeatLayoutData.Areas[] | .AreaCategoryCode as $area | .Rows[] | .PhysicalName as $row
            | .Seats[] | .Position as $at
            | { key: "\($at.AreaNumber)-\($at.RowIndex)-\($at.ColumnIndex)", row: $row, number: .Id,
                area: $area, kind: .SeatStyle, x: $at.ColumnIndex, y: $at.RowIndex, code: .Status,
                group: ((.SeatsInGroup // [])[0]
                  | if . then "\(.AreaNumber)-\(.RowIndex)-\(.ColumnIndex)" else null end) }"#
        }
        "major" => {
            r#".result.seats[] | .Name as $row | .Columns[] | select(length > 0) | .Position as $at
            | { key: "\($at.AreaNumber)-\($at.RowIndex)-\($at.ColumnIndex)", row: $row, number: .Id,
                area: .AreaCategoryCode, kind: .SeatStyle, x: $at.ColumnIndex, y: $at.RowIndex,
                code: .Status }"#
        }
        "cds" => {
            r#"if type == "string" then fromjson else . end | to_entries[] | .key as $y | .value
            | to_entries[] | select(.value != 0)
            | { key: "\($y)_\(.key)", x: .key, y: $y, code: .value }"#
        }
        "amc" => {
            r#".data.viewer.showtime.seatingLayout.seats[] | select(.type != "NotASeat")
            | { key: "\(.row)-\(.column)", x: .column, y: .row, kind: .type,
                row: (.name // "" | [match("^([A-Z]+)").string][0]),
                number: (.name // "" | [match("([0-9]+)$").string][0]),
                code: "\(.available)|\(.seatStatus)|\(.type)" }"#
        }
        "shaw" => {
            r#".[] | { key: .seat_number, code: .seat_status,
                row: (.seat_number | [match("^([A-Z]+)").string][0]),
                number: (.seat_number | [match("([0-9]+)$").string][0]) }"#
        }
        "boost" => {
            ".data[] | { key: .id, film: .film.id, title: .film.titleCnc, screen: .screen.id, \
             name: .screen.name, at: .showDate, total: .screen.capacity, left: .numberSeatsRemaining }"
        }
        "cineplex" => {
            ".[].dates[].movies[] | .id as $film | .name as $title | .experiences[].sessions[] \
             | { key: .vistaSessionId, film: $film, title: $title, screen: .auditorium, \
             at: .showStartDateTimeUtc, left: .seatsRemaining }"
        }
        "cineworld" => {
            ".body | (.films | map({ key: .id, value: .name }) | from_entries) as $films | .events[] \
             | { key: .id, film: .filmId, title: $films[.filmId], screen: .auditorium, \
             at: .eventDateTime, on: .businessDay }"
        }
        "cineworld-legacy" => {
            r#".performances[] | { key: (.booking_url | [match("performance=([0-9]+)").captures[0].string][0]),
                at: .time }"#
        }
        "curzon" => {
            "(.relatedData.films | map({ key: .id, value: .title.text }) | from_entries) as $films \
             | (.relatedData.screens | map({ key: .id, value: .name.text }) | from_entries) as $screens \
             | .showtimes[] | { key: .id, film: .filmId, title: $films[.filmId], screen: .screenId, \
             name: $screens[.screenId], at: .schedule.startsAt, on: .schedule.businessDate }"
        }
        "everyman" => {
            ".[].schedule | to_entries[] | .key as $film | .value[][] \
             | { key: .id, film: $film, at: .startsAt }"
        }
        "indycinema" => {
            ".data.movies.data[] | .id as $film | .name as $title | .showings[] \
             | { key: .id, film: $film, title: $title, screen: .screenId, at: .time, \
             total: (.ticketsSold + .seatsRemaining), left: ([.seatsRemaining, 0] | max) }"
        }
        "vue" => {
            ".result[] | .filmId as $film | .filmTitle as $title | .showingGroups[].sessions[] \
             | { key: .sessionId, film: $film, title: $title, screen: .screenName, \
             at: .showTimeWithTimeZone, price: .formattedPrice }"
        }
        "mentions" => ".timeline[].data[] | { at: .date, value: .value, of_all: .norm }",
        "video-statistics" => {
            ".items[] | .id as $id | .snippet.title as $title | .statistics \
             | (.viewCount, .likeCount, .commentCount) | values | { subject: $id, value: ., title: $title }"
        }
        "weather" => {
            ".hourly | .time as $times | (.temperature_2m, .precipitation, .cloud_cover) \
             | to_entries[] | { at: $times[.key], value: .value }"
        }
        _ => return None,
    })
}
