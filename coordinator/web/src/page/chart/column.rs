//! A column for each day.

use std::fmt::Write as _;

use super::{BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, ticks::number_ticks};
use crate::page::{format::grouped, svg::escape};

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Label below it.
    pub label: String,
    /// Text of its tooltip.
    pub title: String,
    /// Its height.
    pub value: f64,
    /// Whether it may still grow.
    pub is_open: bool,
}

/// A chart of columns from zero.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnChart {
    /// What it shows, for a screen reader.
    pub label: String,
    /// The unit of the heights, above the axis.
    pub unit: String,
    /// The columns, from left to right.
    pub columns: Vec<Column>,
}

impl ColumnChart {
    /// Draws it.
    #[must_use]
    pub fn draw(&self) -> String {
        let most = self.columns.iter().map(|one| one.value).fold(0.0, f64::max);
        let y = |value: f64| {
            let share = if most > 0.0 { value / most } else { 0.0 };
            HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
        };
        let mut text = format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH:.0} {HEIGHT:.0}\" role=\"img\" aria-label=\"{}\">\
             <text x=\"4\" y=\"12\">{}</text>",
            escape(&self.label),
            escape(&self.unit)
        );
        for value in number_ticks(most) {
            let at = y(value);
            #[allow(clippy::cast_possible_truncation)]
            let number = grouped(value.round() as i64);
            write!(
                text,
                "<line class=\"{}\" x1=\"{LEFT:.0}\" x2=\"{:.0}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
                 <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{number}</text>",
                if value == 0.0 { "axis" } else { "grid" },
                WIDTH - RIGHT,
                LEFT - 6.0,
                at + 4.0
            )
            .ok();
        }
        #[allow(clippy::cast_precision_loss)]
        let slot = (WIDTH - LEFT - RIGHT) / self.columns.len().max(1) as f64;
        let width = (slot * 0.72).min(36.0);
        let every = (52.0 / slot).ceil().max(1.0);
        let mut at = 0.0;
        for column in &self.columns {
            let middle = LEFT + (at + 0.5) * slot;
            let top = y(column.value);
            write!(
                text,
                "<g><title>{}</title><rect class=\"column{}\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\" rx=\"2\"/></g>",
                escape(&column.title),
                if column.is_open { " open" } else { "" },
                middle - width / 2.0,
                HEIGHT - BOTTOM - top
            )
            .ok();
            if slot >= 36.0 {
                #[allow(clippy::cast_possible_truncation)]
                let number = grouped(column.value.round() as i64);
                write!(
                    text,
                    "<text class=\"strong\" x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{number}</text>",
                    top - 6.0
                )
                .ok();
            }
            if at % every == 0.0 {
                write!(
                    text,
                    "<text x=\"{middle:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                    HEIGHT - 8.0,
                    escape(&column.label)
                )
                .ok();
            }
            at += 1.0;
        }
        text + "</svg>"
    }
}
