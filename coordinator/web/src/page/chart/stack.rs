//! A column for each day, of parts that add up.

use std::fmt::Write as _;

use super::{BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, ticks::number_ticks};
use crate::page::{format::grouped, svg::escape};

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
        let heights = self.columns.iter().map(|one| one.parts.iter().sum());
        let most: f64 = heights.fold(0.0, f64::max);
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
            write!(
                text,
                "<line class=\"{}\" x1=\"{LEFT:.0}\" x2=\"{:.0}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
                 <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                if value == 0.0 { "axis" } else { "grid" },
                WIDTH - RIGHT,
                LEFT - 6.0,
                at + 4.0,
                whole(value)
            )
            .ok();
        }
        #[allow(clippy::cast_precision_loss)]
        let slot = (WIDTH - LEFT - RIGHT) / self.columns.len().max(1) as f64;
        let every = (52.0 / slot).ceil().max(1.0);
        let mut at = 0.0;
        for column in &self.columns {
            let middle = LEFT + (at + 0.5) * slot;
            draw_column(&mut text, column, middle, (slot * 0.72).min(36.0), y);
            if slot >= 36.0 {
                let height: f64 = column.parts.iter().sum();
                write!(
                    text,
                    "<text class=\"strong\" x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                    y(height) - 6.0,
                    whole(height)
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

fn draw_column(
    text: &mut String,
    column: &StackColumn,
    middle: f64,
    width: f64,
    y: impl Fn(f64) -> f64,
) {
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
        let (bottom, top) = (y(below), y(below + part));
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
            "<rect class=\"series{}\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>",
            series % MAX_SERIES,
            middle - width / 2.0,
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

#[allow(clippy::cast_possible_truncation)]
fn whole(value: f64) -> String {
    grouped(value.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

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
