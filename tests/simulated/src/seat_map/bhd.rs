//! `bhd`: numeric status in areas, rows and seats on one grid, sofas as groups.

use super::Plan;
use crate::{
    codes,
    layout::{Area, Kind, Layout},
    shape::Shape,
};

/// What stands in the holes, by symbol: the code itself.
pub const FRAGMENTS: &[&[&str]] = &[codes::codes(Shape::Bhd)];

/// Returns how the chain writes a price area.
#[must_use]
pub const fn category(area: Area) -> (&'static str, &'static str, u8) {
    match area {
        Area::Plain => ("0000000000", "Standard", 3),
        Area::Premium => ("0000000001", "VIP", 1),
        Area::Couple => ("0000000002", "Couple", 4),
    }
}

/// Renders the seats and returns their keys.
#[must_use]
pub fn seats(layout: &Layout, plan: &mut Plan) -> Vec<String> {
    plan.text(format_args!(r#""SeatLayoutData":{{"AreaCategories":["#));
    for (index, area) in Area::ALL.into_iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        plan.text(format_args!(
            r#"{comma}{{"AreaCategoryCode":"{}","IsInSeatDeliveryEnabled":false,"SeatsAllocatedCount":0,"SeatsNotAllocatedCount":0,"SeatsToAllocate":0,"SelectedSeats":[]}}"#,
            category(area).0
        ));
    }
    plan.text(format_args!(r#"],"Areas":["#));
    let used = Area::ALL
        .into_iter()
        .filter(|area| layout.seats.iter().any(|seat| seat.area == *area));
    for (index, area) in used.enumerate() {
        let (code, name, number) = category(area);
        let (width, height) = (layout.width, layout.height);
        let count = layout.seats.iter().filter(|seat| seat.area == area).count();
        let comma = if index == 0 { "" } else { "," };
        plan.text(format_args!(
            r#"{comma}{{"AreaCategoryCode":"{code}","ColumnCount":{width},"Description":"{name}","DescriptionAlt":"","HasSofaSeatingEnabled":false,"Height":10,"IsAllocatedSeating":true,"Left":0,"Number":{number},"NumberOfSeats":{count},"RowCount":{height},"Rows":["#
        ));
        for y in (0..height).rev() {
            row(layout, area, y, plan);
        }
        plan.text(format_args!(r#"],"Top":90,"Width":10}}"#));
    }
    plan.text(format_args!(
        r#"],"BoundaryLeft":-0.2,"BoundaryRight":10,"BoundaryTop":90,"ScreenStart":-0.2,"ScreenWidth":10.6}}}}"#
    ));
    let key = |seat: &crate::layout::Seat| {
        format!(
            "{}-{}-{}",
            category(seat.area).2,
            layout.height - seat.y,
            seat.x
        )
    };
    layout.seats.iter().map(key).collect()
}

/// Renders one row of one area, as the rows of the back come first; without seats it has no name.
fn row(layout: &Layout, area: Area, y: u16, plan: &mut Plan) {
    let number = category(area).2;
    let index = layout.height - y;
    let comma = if index == 1 { "" } else { "," };
    let own: Vec<usize> = layout
        .row(y)
        .filter(|seat| layout.seats[*seat].area == area)
        .collect();
    let Some(first) = own.first() else {
        plan.text(format_args!(r#"{comma}{{"PhysicalName":null,"Seats":[]}}"#));
        return;
    };
    plan.text(format_args!(
        r#"{comma}{{"PhysicalName":"{}","Seats":["#,
        layout.seats[*first].label
    ));
    for (place, seat_index) in own.into_iter().enumerate() {
        let seat = &layout.seats[seat_index];
        let comma = if place == 0 { "" } else { "," };
        let (style, pair) = match seat.kind {
            Kind::SofaLeft => (3, Some((seat.x, seat.x + 1))),
            Kind::SofaRight => (1, Some((seat.x - 1, seat.x))),
            Kind::Standard | Kind::Wheelchair | Kind::Companion => (0, None),
        };
        let position =
            |x: u16| format!(r#"{{"AreaNumber":{number},"ColumnIndex":{x},"RowIndex":{index}}}"#);
        let group = pair.map_or("null".to_owned(), |(left, right)| {
            format!("[{},{}]", position(left), position(right))
        });
        plan.text(format_args!(
            r#"{comma}{{"Id":"{}","OriginalStatus":0,"Position":{},"Priority":3,"SeatStyle":{style},"SeatsInGroup":{group},"Status":"#,
            seat.number,
            position(seat.x)
        ));
        plan.hole(seat_index, 0);
        plan.text(format_args!("}}"));
    }
    plan.text(format_args!("]}}"));
}
