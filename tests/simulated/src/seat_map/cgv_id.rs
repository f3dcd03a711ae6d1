//! `cgv-id`: anchors with a price each; the class `disabled` marks what is sold.

use super::Plan;
use crate::{
    layout::{Area, Layout},
    price,
    shape::Shape,
};

/// What stands in the holes, by symbol.
pub const FRAGMENTS: &[&[&str]] = &[&["", " disabled", " taken"]];

/// Renders the seats and returns their keys: row label and number.
#[must_use]
pub fn seats(layout: &Layout, plan: &mut Plan) -> Vec<String> {
    plan.text(format_args!(
        "<div class=\"audi-screen\"><span>screen</span></div>\n<div class=\"audi-seats\">\n"
    ));
    for y in (0..layout.height).rev() {
        plan.text(format_args!("<ul class=\"seat-row\">\n"));
        for x in 0..layout.width {
            let Some(index) = layout.row(y).find(|seat| layout.seats[*seat].x == x) else {
                plan.text(format_args!("<li><span>&nbsp;</span></li>\n"));
                continue;
            };
            let seat = &layout.seats[index];
            let code = format!("{}{}", seat.label, seat.number);
            let (zone, colour) = match seat.area {
                Area::Plain | Area::Premium => ("Regular", "#745012"),
                Area::Couple => ("Sweetbox", "#a01030"),
            };
            let base = Shape::CgvId.base_price();
            let price = match seat.area {
                Area::Plain | Area::Premium => base / 100,
                Area::Couple => price::in_area(base, Area::Couple) / 100,
            };
            plan.text(format_args!(
                r#"<li><a href="javascript:void(0);" class="seat_{:04}{:02}01"#,
                y + 1,
                x + 1
            ));
            plan.hole(index, 0);
            plan.text(format_args!(
                r#"" style="background-color: {colour}" attr-zone="{zone}" onclick="selectSeat('{code}');" id="{code}" attr-grp-code="" attr-grd="00" attr-trtr="00" attr-price="{price}" attr-code="{code}">{code}</a></li>"#
            ));
            plan.text(format_args!("\n"));
        }
        plan.text(format_args!("</ul>\n"));
    }
    plan.text(format_args!("</div>\n</body>\n</html>\n"));
    layout
        .seats
        .iter()
        .map(|seat| format!("{}{}", seat.label, seat.number))
        .collect()
}
