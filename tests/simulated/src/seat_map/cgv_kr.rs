//! `cgv-kr`: divs whose classes are status, kind and price zone; the row label is a sibling.

use super::Plan;
use crate::layout::{Area, Kind, Layout, Seat};

/// What stands in the holes, by symbol: the class, then two words for readers.
pub const FRAGMENTS: &[&[&str]] = &[
    &["", " reserved", "", " reserved", " taken"],
    &["", " 예매완료", "", " 예매완료", " 예매완료"],
    &["", " 선택불가", "", " 선택불가", " 선택불가"],
];

/// Renders the seats and returns their keys: row label and number.
#[must_use]
pub fn seats(layout: &Layout, plan: &mut Plan) -> Vec<String> {
    plan.text(format_args!(
        "<div class=\"seats\" id=\"seats_list\" style=\"width: {}px; height: {}px;\">\n<div class=\"rows\">\n",
        16 * layout.width + 64,
        16 * layout.height
    ));
    for y in 0..layout.height {
        let seats: Vec<usize> = layout.row(y).collect();
        let Some(first) = seats.first() else { continue };
        plan.text(format_args!(
            "<div class=\"row\" style=\"top:{}px;\"><div class=\"label\">{}</div><div class=\"seat_group left\"><div class=\"group\">",
            16 * y, layout.seats[*first].label
        ));
        for (place, index) in seats.iter().enumerate() {
            let seat = &layout.seats[*index];
            if place > 0 && layout.seats[index - 1].x + 1 != seat.x {
                plan.text(format_args!(
                    "</div></div>\n<div class=\"seat_group\"><div class=\"group\">"
                ));
            }
            place_seat(*index, seat, plan);
        }
        plan.text(format_args!("</div></div></div>\n"));
    }
    plan.text(format_args!(
        "</div>\n</div>\n<div class=\"legend\"><div class=\"seat info\"><span class=\"no\">0</span></div></div>\n</body>\n</html>\n"
    ));
    layout
        .seats
        .iter()
        .map(|seat| format!("{}-{}", seat.label, seat.number))
        .collect()
}

fn place_seat(index: usize, seat: &Seat, plan: &mut Plan) {
    let (class, word) = match (seat.kind, seat.area) {
        (Kind::Wheelchair, _) => (" handicap", "장애인석"),
        (_, Area::Plain) => (" rating_economy", "Economy"),
        (_, Area::Premium) => (" rating_comfort", "Comfort"),
        (_, Area::Couple) => (" rating_prime", "Prime"),
    };
    let left = 64 + 16 * seat.x;
    plan.text(format_args!(r#"<div class="seat"#));
    plan.hole(index, 0);
    plan.text(format_args!(
        r##"{class}" style="left:{left}px" data-left="{left}" data-left_zoom="{}"><a href="#" onclick="return false;"><span class="no">{}</span><span class="sreader">"##,
        left * 3 / 2, seat.number
    ));
    plan.hole(index, 1);
    plan.text(format_args!(r#" {word}</span><span class="sreader mod">"#));
    plan.hole(index, 2);
    plan.text(format_args!("</span></a></div>"));
}
