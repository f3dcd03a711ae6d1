//! A column for each day, of parts that add up.

use std::fmt::Write as _;

use super::axis::{Slot, begin, draw_values, y};
use crate::page::svg::escape;

/// Parts of a column that have a look of their own.
pub const MAX_SERIES: usize = 5;

/// A column of parts.
#[derive(Debug, Clone, PartialEq)]
pub struct StackColumn {
    /// Label below it.
    pub label: String,
    /// Text of its tooltip.
    pub title: String,
    /// The height of each part, from the bottom, as many as there are series.
    pub parts: Vec<f64>,
    /// Whether it may still grow.
    pub is_open: bool,
}

impl StackColumn {
    fn height(&self) -> f64 {
        self.parts.iter().sum()
    }
}

/// A chart of columns from zero, each of the parts of [`MAX_SERIES`] series at most.
#[derive(Debug, Clone, PartialEq)]
pub struct StackChart {
    /// What it shows, for a screen reader.
    pub label: String,
    /// The unit of the heights, above the axis.
    pub unit: String,
    /// The columns, from left to right.
    pub columns: Vec<StackColumn>,
}

impl StackChart {
    /// Draws it.
    #[must_use]
    pub fn draw(&self) -> String {
        let heights = self.columns.iter().map(StackColumn::height);
        let most = heights.fold(0.0, f64::max);
        let mut text = begin(&self.label, &self.unit);
        draw_values(&mut text, most);
        for (slot, column) in Slot::all(self.columns.len()).zip(&self.columns) {
            draw_column(&mut text, column, &slot, most);
            let height = column.height();
            slot.draw_labels(&mut text, height, y(height, most), &column.label);
        }
        text + "</svg>"
    }
}

fn draw_column(text: &mut String, column: &StackColumn, slot: &Slot, most: f64) {
    write!(
        text,
        "<g{}><title>{}</title>",
        if column.is_open {
            " class=\"open\""
        } else {
            ""
        },
        escape(&column.title)
    )
    .ok();
    let mut below = 0.0;
    for (series, part) in column.parts.iter().enumerate() {
        let (bottom, top) = (y(below, most), y(below + part, most));
        below += part;
        if bottom - top < 0.05 {
            continue;
        }
        // A thin line of the ground between two parts, where there is room for it.
        let gap = if bottom - top > 3.0 && below > *part {
            1.0
        } else {
            0.0
        };
        write!(
            text,
            "<rect class=\"series{}\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            series % MAX_SERIES,
            slot.middle() - slot.width() / 2.0,
            slot.width(),
            bottom - top - gap
        )
        .ok();
    }
    text.push_str("</g>");
}

/// The mark of a series in a legend.
#[must_use]
pub fn series_mark(series: usize) -> String {
    format!(
        "<svg viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect class=\"series{}\" width=\"12\" height=\"12\" rx=\"2\"/></svg>",
        series % MAX_SERIES
    )
}

#[cfg(test)]
mod tests {
    use super::{
        super::{BOTTOM, HEIGHT, TOP},
        *,
    };

    #[test]
    fn parts_stand_on_each_other_and_the_highest_column_fills_the_chart() {
        let column = |parts: &[f64]| StackColumn {
            label: "5 <b>".to_owned(),
            title: "<script>".to_owned(),
            parts: parts.to_vec(),
            is_open: parts.len() == 1,
        };
        let svg = StackChart {
            label: "label".to_owned(),
            unit: "unit".to_owned(),
            columns: vec![column(&[60.0, 0.0, 40.0]), column(&[50.0])],
        }
        .draw();
        let rects: Vec<(f64, f64)> = svg
            .split("<rect class=\"series")
            .skip(1)
            .map(|rect| {
                let number = |name: &str| -> f64 {
                    let value = rect.split(&format!(" {name}=\"")).nth(1).unwrap();
                    value.split('"').next().unwrap().parse().unwrap()
                };
                (number("y"), number("height"))
            })
            .collect();
        let full = HEIGHT - TOP - BOTTOM;
        assert_eq!(rects.len(), 3, "a part of nothing is not drawn");
        assert!((rects[0].1 - full * 0.6).abs() < 0.1, "{rects:?}");
        assert!((rects[1].0 - TOP).abs() < 0.1, "{rects:?}");
        assert!((rects[1].0 + rects[1].1 + 1.0 - rects[0].0).abs() < 0.2);
        assert!(svg.contains("series2") && svg.contains("class=\"open\""));
        assert!(!svg.contains("<script") && !svg.contains("<b>"));
    }

    #[test]
    fn a_chart_of_nothing_has_no_infinite_numbers() {
        let chart = StackChart {
            label: String::new(),
            unit: String::new(),
            columns: vec![StackColumn {
                label: String::new(),
                title: String::new(),
                parts: vec![0.0, 0.0],
                is_open: false,
            }],
        };
        let svg = chart.draw();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
