//! Counts over time as areas that stand on each other.

use std::fmt::Write as _;

use super::{
    BOTTOM, HEIGHT, LEFT, MAX_SERIES, RIGHT, TimeTick, WIDTH,
    axis::{begin, draw_values, y},
};
use crate::{number::float, page::svg::escape};

/// A series of counts, one for each span of the chart.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaSeries {
    /// Text of its tooltip.
    pub title: String,
    /// The count of each span, from the first.
    pub values: Vec<f64>,
}

/// A chart of areas from zero, of [`MAX_SERIES`] series at most; the first one is at the bottom.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaChart {
    /// What it shows, for a screen reader.
    pub label: String,
    /// The unit of the heights, above the axis.
    pub unit: String,
    /// The first time and the end of the last span, in seconds.
    pub span: (i64, i64),
    /// The series, with as many values each as there are spans.
    pub series: Vec<AreaSeries>,
    /// Times on the axis.
    pub ticks: Vec<TimeTick>,
}

impl AreaChart {
    /// Draws it.
    #[must_use]
    pub fn draw(&self) -> String {
        let spans = self.series.first().map_or(0, |one| one.values.len());
        let mut tops = vec![0.0; spans];
        for series in &self.series {
            for (top, value) in tops.iter_mut().zip(&series.values) {
                *top += value;
            }
        }
        let most = tops.iter().copied().fold(0.0, f64::max);
        let mut text = begin(&self.label, &self.unit);
        draw_values(&mut text, most);
        self.draw_ticks(&mut text);
        let mut below = vec![0.0; spans];
        for (place, series) in self.series.iter().enumerate() {
            let above: Vec<f64> = below
                .iter()
                .zip(&series.values)
                .map(|(below, value)| below + value)
                .collect();
            write!(
                text,
                "<path class=\"series{}\" d=\"{}\"><title>{}</title></path>",
                place % MAX_SERIES,
                outline(&below, &above, most),
                escape(&series.title)
            )
            .ok();
            below = above;
        }
        text + "</svg>"
    }

    fn draw_ticks(&self, text: &mut String) {
        let (from, until) = self.span;
        for tick in &self.ticks {
            let share = float(tick.at - from) / float((until - from).max(1));
            let x = LEFT + share * (WIDTH - LEFT - RIGHT);
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
}

/// The way around the area between two lines of steps; nothing where both are the same.
fn outline(below: &[f64], above: &[f64], most: f64) -> String {
    let width = (WIDTH - LEFT - RIGHT) / float(above.len().max(1));
    let x = |place: usize| LEFT + float(place) * width;
    let mut path = String::new();
    let mut place = 0;
    while place < above.len() {
        if below[place] >= above[place] {
            place += 1;
            continue;
        }
        let first = place;
        while place < above.len() && below[place] < above[place] {
            place += 1;
        }
        write!(path, "M{:.1} {:.1}", x(first), y(below[first], most)).ok();
        for (step, value) in (first..place).zip(&above[first..place]) {
            write!(path, "V{:.1}H{:.1}", y(*value, most), x(step + 1)).ok();
        }
        for (step, value) in (first..place).zip(&below[first..place]).rev() {
            write!(path, "V{:.1}H{:.1}", y(*value, most), x(step)).ok();
        }
        path.push('Z');
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_stand_on_each_other_and_a_span_of_nothing_is_a_gap() {
        let series = |values: &[f64]| AreaSeries {
            title: "<script>".to_owned(),
            values: values.to_vec(),
        };
        let svg = AreaChart {
            label: "<b>".to_owned(),
            unit: "events".to_owned(),
            span: (0, 900),
            series: vec![series(&[2.0, 0.0, 2.0]), series(&[2.0, 4.0, 0.0])],
            ticks: Vec::new(),
        }
        .draw();
        let paths: Vec<&str> = svg
            .split(" d=\"")
            .skip(1)
            .map(|path| path.split('"').next().unwrap_or_default())
            .collect();
        // The lower one has a gap in the middle, the upper one ends before the last span.
        assert_eq!(paths[0].matches('M').count(), 2, "{svg}");
        assert_eq!(paths[1].matches('M').count(), 1, "{svg}");
        assert!(paths[1].starts_with("M48.0 120.0V28.0"), "{svg}");
        assert!(!svg.contains("<script") && !svg.contains("<b>"));
    }

    #[test]
    fn a_chart_of_nothing_has_no_infinite_numbers() {
        let chart = AreaChart {
            label: String::new(),
            unit: String::new(),
            span: (0, 0),
            series: Vec::new(),
            ticks: Vec::new(),
        };
        assert!(!chart.draw().contains("NaN"));
    }
}
