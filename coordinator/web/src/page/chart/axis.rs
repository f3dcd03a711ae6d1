//! What the charts have in common: the frame, the axis of values, and the labels of columns.

use std::fmt::Write as _;

use super::{BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, ticks::number_ticks};
use crate::{
    number::float,
    page::{format::rounded, svg::escape},
};

/// Width of the label of a column.
const LABEL_WIDTH: f64 = 52.0;
/// Width of a column from which on its value stands above it.
const MIN_VALUE_WIDTH: f64 = 36.0;

/// Begins a chart that is described by a label, with the unit of its values above the axis.
pub(super) fn begin(label: &str, unit: &str) -> String {
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH:.0} {HEIGHT:.0}\" role=\"img\" aria-label=\"{}\">\
         <text x=\"4\" y=\"12\">{}</text>",
        escape(label),
        escape(unit)
    )
}

/// Where a value is drawn, if the axis ends at `most`.
pub(super) fn y(value: f64, most: f64) -> f64 {
    let share = if most > 0.0 {
        (value / most).clamp(0.0, 1.0)
    } else {
        0.0
    };
    HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
}

/// Draws the line and the label of a value.
pub(super) fn draw_value(text: &mut String, value: f64, y: f64) {
    write!(
        text,
        "<line class=\"{}\" x1=\"{LEFT:.0}\" x2=\"{:.0}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
         <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        if value == 0.0 { "axis" } else { "grid" },
        WIDTH - RIGHT,
        LEFT - 6.0,
        y + 4.0,
        rounded(value)
    )
    .ok();
}

/// Draws round values from 0 to `most`.
pub(super) fn draw_values(text: &mut String, most: f64) {
    for value in number_ticks(most) {
        draw_value(text, value, y(value, most));
    }
}

/// Where a column is drawn.
pub(super) struct Slot {
    /// Number of the column, from the left.
    place: f64,
    /// Space that it has.
    space: f64,
}

impl Slot {
    /// The places of `count` columns, from left to right.
    pub(super) fn all(count: usize) -> impl Iterator<Item = Self> {
        let space = (WIDTH - LEFT - RIGHT) / float(count.max(1));
        (0..count).map(move |place| Self {
            place: float(place),
            space,
        })
    }

    /// The middle of the column.
    pub(super) fn middle(&self) -> f64 {
        LEFT + (self.place + 0.5) * self.space
    }

    /// The width of the column.
    pub(super) fn width(&self) -> f64 {
        (self.space * 0.72).min(36.0)
    }

    /// Draws the value of the column above its top and its label below, where there is room.
    pub(super) fn draw_labels(&self, text: &mut String, value: f64, top: f64, label: &str) {
        let middle = self.middle();
        if self.space >= MIN_VALUE_WIDTH {
            write!(
                text,
                "<text class=\"strong\" x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                top - 6.0,
                rounded(value)
            )
            .ok();
        }
        if self.place % (LABEL_WIDTH / self.space).ceil().max(1.0) == 0.0 {
            write!(
                text,
                "<text x=\"{middle:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                HEIGHT - 8.0,
                escape(label)
            )
            .ok();
        }
    }
}
