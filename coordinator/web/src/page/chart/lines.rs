//! Numbers by day as lines, each with its name at its end.

use std::fmt::Write as _;

use super::{
    BOTTOM, HEIGHT, LEFT, WIDTH,
    axis::{begin, draw_value, y},
    ticks::number_ticks,
};
use crate::{number::float, page::svg::escape};

/// Space for the names of the lines.
const NAMES: f64 = 56.0;
/// Height of a name.
const NAME_HEIGHT: f64 = 14.0;
/// Width of the label of a day.
const LABEL_WIDTH: f64 = 72.0;
/// Lines that have a look of their own.
const MAX_LINES: usize = 3;

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedLine {
    /// Its name, in a few letters.
    pub name: String,
    /// The value of each day.
    pub values: Vec<f64>,
}

/// A chart of up to three lines from zero.
#[derive(Debug, Clone, PartialEq)]
pub struct LineChart {
    /// What it shows, for a screen reader.
    pub label: String,
    /// The unit of the numbers, above the axis.
    pub unit: String,
    /// The label of each day.
    pub days: Vec<String>,
    /// The lines, with a value for each day.
    pub lines: Vec<NamedLine>,
}

impl LineChart {
    fn x(&self, place: usize) -> f64 {
        let last = float(self.days.len().max(2) - 1);
        LEFT + float(place) / last * (WIDTH - LEFT - NAMES)
    }

    /// Draws it.
    #[must_use]
    pub fn draw(&self) -> String {
        let values = self.lines.iter().flat_map(|line| &line.values);
        let most = values.copied().fold(0.0, f64::max);
        let mut text = begin(&self.label, &self.unit);
        for value in number_ticks(most) {
            draw_value(&mut text, value, y(value, most));
        }
        self.draw_days(&mut text);
        for (place, line) in self.lines.iter().enumerate() {
            let mut path = String::new();
            for (day, value) in line.values.iter().enumerate() {
                let letter = if day == 0 { 'M' } else { 'L' };
                write!(path, "{letter}{:.1} {:.1}", self.x(day), y(*value, most)).ok();
            }
            write!(
                text,
                "<path class=\"users{}\" d=\"{path}\"><title>{}</title></path>",
                place % MAX_LINES,
                escape(&line.name)
            )
            .ok();
        }
        self.draw_names(&mut text, most);
        text + "</svg>"
    }

    fn draw_days(&self, text: &mut String) {
        let space = (WIDTH - LEFT - NAMES) / float(self.days.len().max(2) - 1);
        for (place, day) in self.days.iter().enumerate() {
            if float(place) % (LABEL_WIDTH / space).ceil().max(1.0) != 0.0 {
                continue;
            }
            write!(
                text,
                "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                self.x(place),
                HEIGHT - 8.0,
                escape(day)
            )
            .ok();
        }
    }

    /// Writes each name beside the end of its line, and none over another.
    fn draw_names(&self, text: &mut String, most: f64) {
        let mut names: Vec<(f64, &str)> = self
            .lines
            .iter()
            .filter_map(|line| Some((y(*line.values.last()?, most), line.name.as_str())))
            .collect();
        names.sort_by(|one, other| one.0.total_cmp(&other.0));
        // Down from the top, then up again from the axis.
        let mut above = 0.0;
        for (at, _) in &mut names {
            *at = at.max(above);
            above = *at + NAME_HEIGHT;
        }
        let mut below = HEIGHT - BOTTOM;
        for (at, _) in names.iter_mut().rev() {
            *at = at.min(below);
            below = *at - NAME_HEIGHT;
        }
        for (at, name) in names {
            write!(
                text,
                "<text class=\"strong\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                WIDTH - NAMES + 6.0,
                at + 4.0,
                escape(name)
            )
            .ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_lines_that_meet_do_not_cover_each_other() {
        let line = |name: &str, last: f64| NamedLine {
            name: name.to_owned(),
            values: vec![10.0, last],
        };
        for last in [[9.0, 9.0, 10.0], [0.0, 0.0, 0.1]] {
            let names = ["1 day", "7 days", "<b>"];
            let svg = LineChart {
                label: "<i>".to_owned(),
                unit: "users".to_owned(),
                days: vec!["1 Nov".to_owned(), "2 Nov".to_owned()],
                lines: names
                    .into_iter()
                    .zip(last)
                    .map(|(name, last)| line(name, last))
                    .collect(),
            }
            .draw();
            let places: Vec<f64> = svg
                .split("<text class=\"strong\"")
                .skip(1)
                .filter_map(|name| name.split(" y=\"").nth(1)?.split('"').next()?.parse().ok())
                .collect();
            assert_eq!(places.len(), 3, "{svg}");
            let gaps: Vec<f64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(gaps.iter().all(|gap| *gap >= 13.9), "{places:?}");
            assert!(!svg.contains("<b>") && !svg.contains("<i>"));
        }
    }

    #[test]
    fn a_chart_of_one_day_has_no_infinite_numbers() {
        let svg = LineChart {
            label: String::new(),
            unit: String::new(),
            days: vec![String::new()],
            lines: vec![NamedLine {
                name: String::new(),
                values: vec![0.0],
            }],
        }
        .draw();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
