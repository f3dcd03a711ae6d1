//! A number over time that keeps its value until it changes.

use std::fmt::Write as _;

use super::{
    BOTTOM, HEIGHT, LEFT, RIGHT, TOP, TimeTick, WIDTH, axis::draw_value, ticks::number_ticks,
};
use crate::{number::float, page::svg::escape};

/// Something that happened, drawn as a line across.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When, in seconds.
    pub at: f64,
    /// What, in a few words.
    pub label: String,
}

/// A step chart; times are in seconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StepChart {
    /// What it shows, for a screen reader.
    pub label: String,
    /// The unit of the number, above the axis.
    pub unit: String,
    /// The first and the last time.
    pub span: (f64, f64),
    /// The values, in the order of time.
    pub points: Vec<(f64, f64)>,
    /// The largest value of the axis.
    pub most: f64,
    /// Spans without knowledge, and what to call them.
    pub gaps: Vec<(f64, f64)>,
    /// What to call these spans.
    pub gap_label: String,
    /// What happened.
    pub events: Vec<Event>,
    /// Times on the axis.
    pub ticks: Vec<TimeTick>,
    /// Until when the last value holds.
    pub known_until: f64,
    /// The time that the page shows, which its script moves.
    pub cursor: Option<f64>,
    /// A label of the last value.
    pub last_label: String,
}

impl StepChart {
    fn x(&self, at: f64) -> f64 {
        let (from, until) = self.span;
        let share = (at - from) / (until - from).max(1.0);
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        let share = value / self.most.max(1.0);
        HEIGHT - BOTTOM - share.clamp(0.0, 1.0) * (HEIGHT - TOP - BOTTOM)
    }

    /// Draws it.
    #[must_use]
    pub fn draw(&self) -> String {
        let mut text = format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH:.0} {HEIGHT:.0}\" role=\"img\" aria-label=\"{}\" \
             data-from=\"{:.3}\" data-until=\"{:.3}\" data-left=\"{LEFT:.0}\" data-right=\"{:.0}\">",
            escape(&self.label),
            self.span.0,
            self.span.1,
            WIDTH - RIGHT
        );
        self.draw_gaps(&mut text);
        self.draw_axes(&mut text);
        self.draw_line(&mut text);
        self.draw_events(&mut text);
        if let Some(cursor) = self.cursor {
            let x = self.x(cursor);
            write!(
                text,
                "<line id=\"cursor\" class=\"now\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP:.0}\" y2=\"{:.0}\"/>",
                HEIGHT - BOTTOM
            )
            .ok();
        }
        text + "</svg>"
    }

    fn draw_gaps(&self, text: &mut String) {
        for (place, (from, until)) in self.gaps.iter().enumerate() {
            let (left, right) = (self.x(*from), self.x(*until));
            let width = (right - left).max(1.0);
            write!(
                text,
                "<rect class=\"gap\" x=\"{left:.1}\" y=\"{TOP:.0}\" width=\"{width:.1}\" height=\"{:.0}\"/>",
                HEIGHT - TOP - BOTTOM
            )
            .ok();
            if place == 0 && !self.gap_label.is_empty() {
                let middle = (left + width / 2.0).clamp(LEFT + 40.0, WIDTH - RIGHT - 40.0);
                write!(
                    text,
                    "<text x=\"{middle:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                    TOP + 12.0,
                    escape(&self.gap_label)
                )
                .ok();
            }
        }
    }

    fn draw_axes(&self, text: &mut String) {
        write!(
            text,
            "<text x=\"{:.0}\" y=\"12\" text-anchor=\"start\">{}</text>",
            4.0,
            escape(&self.unit)
        )
        .ok();
        let mut values = number_ticks(self.most);
        let is_far = values
            .last()
            .is_some_and(|last| self.y(*last) - self.y(self.most) > 14.0);
        if is_far {
            values.push(self.most);
        }
        for value in values {
            draw_value(text, value, self.y(value));
        }
        for tick in &self.ticks {
            let x = self.x(float(tick.at));
            write!(
                text,
                "<line class=\"axis\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.0}\" y2=\"{:.0}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                HEIGHT - BOTTOM,
                HEIGHT - BOTTOM + 4.0,
                HEIGHT - 8.0,
                escape(&tick.label)
            )
            .ok();
        }
    }

    fn draw_line(&self, text: &mut String) {
        let mut path = String::new();
        for (place, (at, value)) in self.points.iter().enumerate() {
            if place == 0 {
                write!(path, "M{:.1} {:.1}", self.x(*at), self.y(*value)).ok();
            } else {
                write!(path, "H{:.1}V{:.1}", self.x(*at), self.y(*value)).ok();
            }
        }
        let Some((_, last)) = self.points.last() else {
            return;
        };
        let (x, y) = (self.x(self.known_until), self.y(*last));
        let first = self.points.first().map_or(LEFT, |(at, _)| self.x(*at));
        write!(path, "H{x:.1}").ok();
        write!(
            text,
            "<path class=\"area\" d=\"{path}V{floor:.1}H{first:.1}Z\"/><path class=\"line\" d=\"{path}\"/>\
             <circle class=\"point\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>\
             <text class=\"strong\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{}\">{}</text>",
            if x > WIDTH - 90.0 { x - 8.0 } else { x + 8.0 },
            if y < TOP + 18.0 { y + 18.0 } else { y - 8.0 },
            if x > WIDTH - 90.0 { "end" } else { "start" },
            escape(&self.last_label),
            floor = HEIGHT - BOTTOM,
        )
        .ok();
    }

    fn draw_events(&self, text: &mut String) {
        let mut free_from = LEFT + 60.0;
        for event in &self.events {
            let x = self.x(event.at);
            let label = escape(&event.label);
            write!(
                text,
                "<g><title>{label}</title><line class=\"event\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP:.0}\" y2=\"{:.0}\"/></g>",
                HEIGHT - BOTTOM
            )
            .ok();
            // Labels that would overlap are left out; the table has them.
            let width = float(event.label.chars().count()) * 6.0;
            let (left, anchor) = if x + width > WIDTH {
                (x - width, "end")
            } else {
                (x - width / 2.0, "middle")
            };
            if left >= free_from {
                write!(
                    text,
                    "<text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{label}</text>",
                    TOP - 6.0
                )
                .ok();
                free_from = left + width + 6.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_holds_until_it_changes_and_labels_are_escaped() {
        let drawn = StepChart {
            label: "<b>".to_owned(),
            span: (0.0, 100.0),
            points: vec![(0.0, 0.0), (50.0, 10.0)],
            most: 10.0,
            gaps: vec![(10.0, 20.0)],
            gap_label: "nobody <looked>".to_owned(),
            events: vec![Event {
                at: 80.0,
                label: "<script>".to_owned(),
            }],
            known_until: 90.0,
            ..StepChart::default()
        }
        .draw();
        assert!(
            drawn.contains("d=\"M48.0 212.0H294.0V28.0H490.8\""),
            "{drawn}"
        );
        assert!(drawn.contains("class=\"gap\""));
        for tag in ["<b>", "<looked>", "<script>"] {
            assert!(!drawn.contains(tag), "{drawn}");
        }
    }
}
