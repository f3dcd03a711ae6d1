//! `major`: a two-dimensional array with `[]` for gaps; every number is a string.

use super::Plan;
use crate::{
    codes,
    layout::{Area, Kind, Layout},
    shape::Shape,
};

/// What stands in the holes, by symbol: the code itself.
pub const FRAGMENTS: &[&[&str]] = &[codes::codes(Shape::Major)];

/// Returns how the chain writes a price area.
#[must_use]
pub const fn category(area: Area) -> u8 {
    match area {
        Area::Plain => 15,
        Area::Premium => 16,
        Area::Couple => 17,
    }
}

/// Renders the seats and returns their keys.
#[must_use]
pub fn seats(layout: &Layout, plan: &mut Plan) -> Vec<String> {
    for y in (0..layout.height).rev() {
        let comma = if y + 1 == layout.height { "" } else { "," };
        let name = layout.row(y).next().map(|seat| layout.seats[seat].label);
        let name = name.map_or(String::new(), String::from);
        plan.text(format_args!(r#"{comma}{{"Name":"{name}","Columns":["#));
        for x in (0..layout.width).rev() {
            if x + 1 < layout.width {
                plan.text(format_args!(","));
            }
            let Some(index) = layout.row(y).find(|seat| layout.seats[*seat].x == x) else {
                plan.text(format_args!("[]"));
                continue;
            };
            let seat = &layout.seats[index];
            let style = match seat.kind {
                Kind::SofaLeft => "SofaLeft",
                Kind::SofaRight => "SofaRight",
                Kind::Standard | Kind::Wheelchair | Kind::Companion => "Normal",
            };
            plan.text(format_args!(
                r#"{{"Position":{{"AreaNumber":"1","RowIndex":"{}","ColumnIndex":"{}"}},"Priority":"1","Id":"{}","Status":""#,
                y + 1, x + 1, seat.number
            ));
            plan.hole(index, 0);
            plan.text(format_args!(
                r#"","SeatStyle":"{style}","AreaCategoryCode":"00000000{}"}}"#,
                category(seat.area)
            ));
        }
        plan.text(format_args!("]}}"));
    }
    plan.text(format_args!("]}}}}"));
    let key = |seat: &crate::layout::Seat| format!("1-{}-{}", seat.y + 1, seat.x + 1);
    layout.seats.iter().map(key).collect()
}
