//! The seat map as SVG: the screen on top, a link for each seat, its status by fill and by mark.
//!
//! The links stand in the order of the layout, so the script of the page finds the seat of a number
//! by its place. Each refers to one of eight drawings of a status; a step of the replay changes one
//! attribute of the seats that changed, and nothing else.

mod geometry;

use std::fmt::Write as _;

use schema::reading::seats::SeatLayout;

use self::geometry::{Plan, plan};
use super::{address::encode, svg::escape};
use crate::sale::{SeatState, seat_name};

/// Width and height of a cell; a seat fills three quarters of it.
const CELL: f64 = 24.0;
const SEAT: f64 = 18.0;
/// Space for the labels of rows on each side, for the screen above, and below.
const SIDE: f64 = 34.0;
const ABOVE: f64 = 46.0;
const BELOW: f64 = 8.0;

/// What each state looks like, in the order of [`SeatState::all`].
const DRAWINGS: [&str; 8] = [
    "<rect class=\"k-box\" x=\".6\" y=\".6\" width=\"16.8\" height=\"16.8\" rx=\"4.5\"/>",
    "<rect class=\"k-sold\" width=\"18\" height=\"18\" rx=\"4.5\"/>",
    "<rect class=\"k-held\" width=\"18\" height=\"18\" rx=\"4.5\"/><path class=\"k-on\" d=\"M5 13 13 5\"/>",
    "<rect class=\"k-off\" x=\".6\" y=\".6\" width=\"16.8\" height=\"16.8\" rx=\"4.5\"/><path class=\"k-sign\" d=\"M5.5 5.5 12.5 12.5M12.5 5.5 5.5 12.5\"/>",
    "<rect class=\"k-off\" x=\".6\" y=\".6\" width=\"16.8\" height=\"16.8\" rx=\"4.5\"/><path class=\"k-sign\" d=\"M5 9H13\"/>",
    "<rect class=\"k-off\" x=\".6\" y=\".6\" width=\"16.8\" height=\"16.8\" rx=\"4.5\"/><circle class=\"k-sign\" cx=\"9\" cy=\"9\" r=\"3.2\"/>",
    "<rect class=\"k-odd\" x=\".6\" y=\".6\" width=\"16.8\" height=\"16.8\" rx=\"4.5\"/><path class=\"k-warn\" d=\"M6.6 6.8a2.4 2.4 0 1 1 2.4 2.6v1.4M9 12.6v.9\"/>",
    "<rect class=\"k-odd\" x=\".6\" y=\".6\" width=\"16.8\" height=\"16.8\" rx=\"4.5\"/><path class=\"k-warn\" d=\"M9 4.6v5.4M9 12.3v1.1\"/>",
];

/// A seat map.
#[derive(Debug)]
pub struct SeatMap<'a> {
    /// The seats.
    pub layout: &'a SeatLayout,
    /// The state of each, in the order of the layout.
    pub states: &'a [SeatState],
    /// The seat whose history is shown.
    pub chosen: Option<&'a str>,
    /// The rest of the address of a seat's link, behind its key: empty, or `&at=…`.
    pub query: &'a str,
    /// What the map shows, for a screen reader.
    pub label: &'a str,
}

impl SeatMap<'_> {
    /// Draws it.
    #[must_use]
    pub fn draw(&self) -> String {
        let plan = plan(self.layout);
        let width = 2.0 * SIDE + plan.columns * CELL;
        let height = ABOVE + plan.rows * CELL + BELOW;
        let mut text = String::with_capacity(96 * plan.places.len() + 4096);
        // A class says how wide it is, for the style sheet: nothing may be styled inline.
        let bucket = (width / 100.0).ceil().clamp(2.0, 20.0);
        write!(
            text,
            "<svg class=\"seats w{bucket:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"group\" aria-label=\"{}\">",
            escape(self.label)
        )
        .ok();
        text.push_str(&drawings());
        screen(&mut text, width);
        labels(&mut text, &plan, width);
        for [from, to] in plan.joints() {
            let (left, right) = (corner(&plan, from), corner(&plan, to));
            write!(
                text,
                "<rect class=\"joint\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"8\"/>",
                left.0 + SEAT / 2.0,
                left.1 + 5.0,
                right.0 - left.0
            )
            .ok();
        }
        self.seats(&mut text, &plan);
        text.push_str("</svg>");
        text
    }

    fn seats(&self, text: &mut String, plan: &Plan) {
        for seat in 0..plan.places.len() {
            let (x, y) = corner(plan, seat);
            let key = self.layout.seat_key.get(seat).map_or("", String::as_str);
            let state = self
                .states
                .get(seat)
                .copied()
                .unwrap_or(SeatState::UNMAPPED);
            if self.chosen == Some(key) {
                write!(
                    text,
                    "<rect id=\"chosen\" class=\"k-chosen\" x=\"{:.1}\" y=\"{:.1}\" width=\"24\" height=\"24\" rx=\"7\"/>",
                    x - 3.0,
                    y - 3.0
                )
                .ok();
            }
            write!(
                text,
                "<a href=\"?seat={}{}\" aria-label=\"{}, {}\"><use href=\"#k{}\" x=\"{x}\" y=\"{y}\"/></a>",
                encode(key),
                escape(self.query),
                escape(&seat_name(self.layout, seat)),
                state.label(),
                state.index(),
                x = Short(x),
                y = Short(y),
            )
            .ok();
        }
    }
}

/// A state of the legend, drawn as on the map.
#[must_use]
pub fn legend_mark(state: SeatState) -> String {
    format!(
        "<svg viewBox=\"0 0 18 18\" aria-hidden=\"true\"><use href=\"#k{}\"/></svg>",
        state.index()
    )
}

/// A coordinate without needless zeros.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.1}", self.0);
        formatter.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}

fn corner(plan: &Plan, seat: usize) -> (f64, f64) {
    let inset = (CELL - SEAT) / 2.0;
    let (x, y) = plan.places.get(seat).copied().unwrap_or_default();
    (SIDE + x * CELL + inset, ABOVE + y * CELL + inset)
}

fn drawings() -> String {
    let mut text = String::from("<defs>");
    for (index, drawing) in DRAWINGS.iter().enumerate() {
        write!(text, "<g id=\"k{index}\">{drawing}</g>").ok();
    }
    text + "</defs>"
}

fn screen(text: &mut String, width: f64) {
    let (left, right, middle) = (SIDE + 12.0, width - SIDE - 12.0, width / 2.0);
    write!(
        text,
        "<path class=\"screen\" d=\"M{left:.0} 14Q{middle:.0} -4 {right:.0} 14\"/>\
         <text x=\"{middle:.0}\" y=\"28\" text-anchor=\"middle\">screen</text>"
    )
    .ok();
}

fn labels(text: &mut String, plan: &Plan, width: f64) {
    for label in &plan.labels {
        let y = ABOVE + (label.y + 0.5) * CELL + 4.0;
        write!(
            text,
            "<text class=\"row\" x=\"{:.0}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>\
             <text class=\"row\" x=\"{:.0}\" y=\"{y:.1}\">{}</text>",
            SIDE - 10.0,
            escape(&label.left),
            width - SIDE + 10.0,
            escape(&label.right)
        )
        .ok();
    }
}

#[cfg(test)]
mod tests {
    use schema::enums::SeatStatus;

    use super::*;

    fn sold() -> SeatState {
        SeatState::of(Some(SeatStatus::Sold))
    }

    #[test]
    fn hostile_labels_and_keys_are_escaped() {
        let hostile = "\"><script>alert(1)</script>&'";
        let texts = vec![hostile.to_owned()];
        let layout = SeatLayout {
            layout_id: 1,
            x: vec![None],
            y: vec![None],
            seat_key: texts.clone(),
            row_label: texts.clone(),
            seat_number: texts.clone(),
            area: texts.clone(),
            kind: texts.clone(),
            seat_group: texts,
        };
        let drawn = SeatMap {
            layout: &layout,
            states: &[sold()],
            chosen: Some(hostile),
            query: "&at=\"><script>",
            label: hostile,
        }
        .draw();
        assert!(!drawn.contains("<script"), "{drawn}");
        assert!(drawn.contains("href=\"?seat=%22%3E%3Cscript%3E"), "{drawn}");
        assert!(drawn.contains("id=\"chosen\""));
    }

    #[test]
    fn a_hall_of_1350_seats_is_drawn_in_150_kilobytes() {
        let text = |of: &dyn Fn(usize) -> String| (0..1_350).map(of).collect::<Vec<_>>();
        let layout = SeatLayout {
            layout_id: 1,
            x: (0..1_350).map(|n| Some(n % 45)).collect(),
            y: (0..1_350).map(|n| Some(n / 45)).collect(),
            seat_key: text(&|n| format!("{:04}{:04}", n / 45, n % 45)),
            row_label: text(&|n| format!("R{}", n / 45)),
            seat_number: text(&|n| (n % 45).to_string()),
            area: text(&|_| String::new()),
            kind: text(&|_| String::new()),
            seat_group: text(&|_| String::new()),
        };
        let drawn = SeatMap {
            layout: &layout,
            states: &[sold(); 1_350],
            chosen: None,
            query: "",
            label: "",
        }
        .draw();
        assert_eq!(drawn.matches("<a ").count(), 1_350);
        assert!(drawn.len() < 150_000, "{} bytes", drawn.len());
    }
}
