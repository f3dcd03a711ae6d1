//! `amc`: GraphQL over POST; availability, status and type together are the code.

use super::Plan;
use crate::layout::{Kind, Layout};

const FREE: &str = r#""available":true,"seatStatus":"Available""#;
const SOLD: &str = r#""available":false,"seatStatus":"Sold""#;
const TAKEN: &str = r#""available":false,"seatStatus":"Taken""#;
const HELD: &str = r#""available":false,"seatStatus":"Held""#;
const BLOCKED: &str = r#""available":false,"seatStatus":"Blocked""#;
const UNBLOCKED: &str = r#""available":true,"seatStatus":"Unblocked""#;

/// What stands in the holes, by symbol.
pub const FRAGMENTS: &[&[&str]] = &[&[
    FREE, SOLD, HELD, BLOCKED, UNBLOCKED, SOLD, HELD, BLOCKED, FREE, SOLD, HELD, BLOCKED, TAKEN,
]];

/// Renders the seats and returns their keys: row and column of the grid, from 1.
#[must_use]
pub fn seats(layout: &Layout, plan: &mut Plan) -> Vec<String> {
    plan.text(format_args!(
        r#""seatingLayout":{{"rows":{},"columns":{},"seats":["#,
        layout.height, layout.width
    ));
    for y in 0..layout.height {
        for x in 0..layout.width {
            let comma = if (y, x) == (0, 0) { "" } else { "," };
            let (row, column) = (y + 1, x + 1);
            let Some(index) = layout.row(y).find(|seat| layout.seats[*seat].x == x) else {
                plan.text(format_args!(
                    r#"{comma}{{"name":"","row":{row},"column":{column},"available":false,"seatStatus":"","type":"NotASeat","shouldDisplay":false}}"#
                ));
                continue;
            };
            let seat = &layout.seats[index];
            let kind = match seat.kind {
                Kind::Wheelchair => "Wheelchair",
                Kind::Companion => "Companion",
                Kind::Standard | Kind::SofaLeft | Kind::SofaRight => "CanReserve",
            };
            plan.text(format_args!(
                r#"{comma}{{"name":"{}{}","row":{row},"column":{column},"#,
                seat.label, seat.number
            ));
            plan.hole(index, 0);
            plan.text(format_args!(r#","type":"{kind}","shouldDisplay":true}}"#));
        }
    }
    plan.text(format_args!("]}}}}}}}}}}"));
    layout
        .seats
        .iter()
        .map(|seat| format!("{}-{}", seat.y + 1, seat.x + 1))
        .collect()
}
