//! `megabox`: buttons with attributes, positions in pixels, the status among the classes.

use super::Plan;
use crate::layout::{Area, Kind, Layout, Seat};

/// What stands in the holes, by symbol: the class, then the word for readers.
pub const FRAGMENTS: &[&[&str]] = &[
    &["common", "finish", "disabled", "taken"],
    &["판매가능", "선택불가", "판매가능", "선택불가"],
];

/// Renders the seats and returns their keys: the unique number.
#[must_use]
pub fn seats(layout: &Layout, plan: &mut Plan) -> Vec<String> {
    plan.text(format_args!(
        "<div class=\"seat-legend\"><span class=\"legend common\">일반</span><span class=\"legend finish\">예매완료</span></div>\n<div id=\"seatLayout\">\n"
    ));
    let mut y = None;
    for (index, seat) in layout.seats.iter().enumerate() {
        let top = 50 + 20 * seat.y;
        if y != Some(seat.y) {
            plan.text(format_args!(
                "{}<div class='row'><button type=\"button\" class=\"btn-seat-row\" title=\"{} 행\" style=\"position:absolute; left:106px; top:{}px;\">{}</button>",
                if y.is_some() { "</div>\n" } else { "" }, seat.label, top + 2, seat.label
            ));
            y = Some(seat.y);
        }
        button(index, seat, top, plan);
    }
    plan.text(format_args!("</div>\n</div>\n</body>\n</html>\n"));
    layout.seats.iter().map(unique).collect()
}

fn unique(seat: &Seat) -> String {
    format!("{:03}{:03}01", seat.y + 1, seat.x + 1)
}

fn button(index: usize, seat: &Seat, top: u16, plan: &mut Plan) {
    let (class, kind) = match seat.kind {
        Kind::Wheelchair => ("DISABLED_CLS", "장애인석"),
        Kind::Standard | Kind::SofaLeft | Kind::SofaRight | Kind::Companion => ("GERN_CLS", "일반"),
    };
    let zone = match seat.area {
        Area::Plain => "GERN_ZONE",
        Area::Premium | Area::Couple => "PRIME_ZONE",
    };
    let (label, number) = (seat.label, seat.number);
    plan.text(format_args!(
        r#"<button type="button" title="{label}{number} (스탠다드/{kind})" class="jq-tooltip seat-condition standard "#
    ));
    plan.hole(index, 0);
    plan.text(format_args!(
        r#"" style="position:absolute; left:{}px; top:{top}px; width:20px;" seatclasscd="{class}" seatzonecd="{zone}" seatuniqno="{}" rownm="{label}" seatno="{number}" seatchoidircval="1" seatchoigrpno="1" seatchoigrpnm="{label}1" seatchoirowcnt="1" seatchoigrpseq="{number}" seattocnt="1"><span class="num">{number}</span><span class="kind">스탠다드</span><span class="condition">"#,
        131 + 20 * seat.x, unique(seat)
    ));
    plan.hole(index, 1);
    plan.text(format_args!(
        r#"</span><span class="rank">{kind}</span></button>"#
    ));
}
