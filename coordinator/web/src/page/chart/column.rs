//! A column for each day.

use std::fmt::Write as _;

use super::{
    BOTTOM, HEIGHT,
    axis::{Slot, begin, draw_values, y},
};
use crate::page::svg::escape;

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
        let mut text = begin(&self.label, &self.unit);
        draw_values(&mut text, most);
        for (slot, column) in Slot::all(self.columns.len()).zip(&self.columns) {
            let (top, width) = (y(column.value, most), slot.width());
            write!(
                text,
                "<g><title>{}</title><rect class=\"column{}\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\" rx=\"2\"/></g>",
                escape(&column.title),
                if column.is_open { " open" } else { "" },
                slot.middle() - width / 2.0,
                HEIGHT - BOTTOM - top
            )
            .ok();
            slot.draw_labels(&mut text, column.value, top, &column.label);
        }
        text + "</svg>"
    }
}
