//! Readers of seat maps.

use serde::Deserialize;
use serde_json::Result;

use super::{Lines, Text};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Position {
    area_number: u16,
    column_index: u16,
    row_index: u16,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (area, row, column) = (self.area_number, self.row_index, self.column_index);
        write!(f, "{area}-{row}-{column}")
    }
}

pub(super) fn bhd(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Body<'a> {
        #[serde(borrow)]
        seat_layout_data: Layout<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Layout<'a> {
        #[serde(borrow)]
        areas: Vec<Area<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Area<'a> {
        area_category_code: &'a str,
        #[serde(borrow)]
        rows: Vec<Row<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row<'a> {
        #[serde(borrow)]
        physical_name: Option<Text<'a>>,
        #[serde(borrow)]
        seats: Vec<Seat<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Seat<'a> {
        #[serde(borrow)]
        id: Text<'a>,
        position: Position,
        seat_style: u8,
        #[serde(default)]
        seats_in_group: Option<Vec<Position>>,
        status: u8,
    }
    let body: Body<'_> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for area in &body.seat_layout_data.areas {
        for row in &area.rows {
            for seat in &row.seats {
                let group = seat.seats_in_group.as_ref().and_then(|group| group.first());
                lines.push(&[
                    &seat.position,
                    &row.physical_name.as_deref().unwrap_or_default(),
                    &seat.id,
                    &area.area_category_code,
                    &seat.seat_style,
                    &group.map(ToString::to_string).unwrap_or_default(),
                    &seat.position.column_index,
                    &seat.position.row_index,
                    &seat.status,
                ]);
            }
        }
    }
    Ok(lines)
}

pub(super) fn major(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        result: Map<'a>,
    }
    #[derive(Deserialize)]
    struct Map<'a> {
        #[serde(borrow)]
        seats: Vec<Row<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row<'a> {
        #[serde(borrow)]
        name: Text<'a>,
        columns: Vec<Cell<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Cell<'a> {
        #[serde(borrow)]
        Seat(Seat<'a>),
        Gap([u8; 0]),
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Seat<'a> {
        #[serde(borrow)]
        id: Text<'a>,
        area_category_code: &'a str,
        position: Texts<'a>,
        status: &'a str,
        seat_style: &'a str,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Texts<'a> {
        area_number: &'a str,
        column_index: &'a str,
        row_index: &'a str,
    }
    let body: Body<'_> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for row in &body.result.seats {
        for cell in &row.columns {
            let Cell::Seat(seat) = cell else { continue };
            let at = &seat.position;
            lines.push(&[
                &format_args!("{}-{}-{}", at.area_number, at.row_index, at.column_index),
                &row.name,
                &seat.id,
                &seat.area_category_code,
                &seat.seat_style,
                &at.column_index,
                &at.row_index,
                &seat.status,
            ]);
        }
    }
    Ok(lines)
}

/// Reads the states alone, without the names of rows and seats.
pub(super) fn cds(body: &[u8]) -> Result<Lines> {
    let body: Vec<Vec<u8>> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for (y, row) in body.iter().enumerate() {
        for (x, code) in row.iter().enumerate().filter(|(_, code)| **code != 0) {
            lines.push(&[&format_args!("{y}_{x}"), &x, &y, code]);
        }
    }
    Ok(lines)
}

pub(super) fn amc(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        data: Data<'a>,
    }
    #[derive(Deserialize)]
    struct Data<'a> {
        #[serde(borrow)]
        viewer: Viewer<'a>,
    }
    #[derive(Deserialize)]
    struct Viewer<'a> {
        #[serde(borrow)]
        showtime: Showtime<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Showtime<'a> {
        #[serde(borrow)]
        seating_layout: Layout<'a>,
    }
    #[derive(Deserialize)]
    struct Layout<'a> {
        #[serde(borrow)]
        seats: Vec<Seat<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Seat<'a> {
        name: Option<&'a str>,
        row: u16,
        column: u16,
        available: bool,
        seat_status: Option<&'a str>,
        r#type: &'a str,
    }
    let body: Body<'_> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for seat in &body.data.viewer.showtime.seating_layout.seats {
        if seat.r#type == "NotASeat" {
            continue;
        }
        let name = seat.name.unwrap_or_default();
        let digits = name
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(name.len());
        let (row, number) = name.split_at(digits);
        lines.push(&[
            &format_args!("{}-{}", seat.row, seat.column),
            &row,
            &number,
            &seat.column,
            &seat.row,
            &format_args!(
                "{}|{}|{}",
                seat.available,
                seat.seat_status.unwrap_or_default(),
                seat.r#type
            ),
        ]);
    }
    Ok(lines)
}

pub(super) fn shaw(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Seat<'a> {
        seat_number: &'a str,
        seat_status: &'a str,
    }
    let body: Vec<Seat<'_>> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for seat in &body {
        let name = seat.seat_number;
        let digits = name
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(name.len());
        let (row, number) = name.split_at(digits);
        lines.push(&[&name, &row, &number, &seat.seat_status]);
    }
    Ok(lines)
}
