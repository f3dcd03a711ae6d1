//! The week as a heat map: a line for each weekday, a column for each hour.

use std::fmt::Write as _;

use crate::page::svg::escape;

/// Width and height of a cell, and space for the labels.
const CELL_WIDTH: f64 = 40.0;
const CELL_HEIGHT: f64 = 26.0;
const LEFT: f64 = 40.0;
const TOP: f64 = 22.0;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatCell {
    /// 1 is Monday, 7 is Sunday.
    pub weekday: i32,
    /// Hour of the day; 24 and above are past midnight.
    pub hour: i32,
    /// 0 to 1.
    pub share: f64,
    /// Text of its tooltip.
    pub title: String,
}

/// The heat map.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// What it shows, for a screen reader.
    pub label: String,
    /// The cells.
    pub cells: Vec<HeatCell>,
}

impl HeatMap {
    /// Draws it, from ten to midnight at least, so that two maps can be compared.
    #[must_use]
    pub fn draw(&self) -> String {
        let hours = self.cells.iter().map(|cell| cell.hour);
        let first = hours.clone().min().unwrap_or(10).min(10);
        let last = hours.max().unwrap_or(23).max(23);
        let width = LEFT + f64::from(last - first + 1) * CELL_WIDTH;
        let height = TOP + 7.0 * CELL_HEIGHT;
        let mut text = format!(
            "<svg class=\"chart heatmap\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{}\">",
            escape(&self.label)
        );
        for hour in first..=last {
            write!(
                text,
                "<text x=\"{:.0}\" y=\"12\" text-anchor=\"middle\">{}</text>",
                LEFT + (f64::from(hour - first) + 0.5) * CELL_WIDTH,
                hour % 24
            )
            .ok();
        }
        for (row, weekday) in (0u32..).zip(WEEKDAYS) {
            let y = TOP + f64::from(row) * CELL_HEIGHT;
            write!(text, "<text x=\"0\" y=\"{:.0}\">{weekday}</text>", y + 17.0).ok();
            for hour in first..=last {
                write!(
                    text,
                    "<rect class=\"gap\" x=\"{:.0}\" y=\"{:.0}\" width=\"38\" height=\"24\" rx=\"3\"/>",
                    LEFT + f64::from(hour - first) * CELL_WIDTH + 1.0,
                    y + 1.0
                )
                .ok();
            }
        }
        let most = self.cells.iter().map(|cell| cell.share).fold(0.0, f64::max);
        for cell in self
            .cells
            .iter()
            .filter(|cell| (1..=7).contains(&cell.weekday))
        {
            let x = LEFT + f64::from(cell.hour - first) * CELL_WIDTH;
            let y = TOP + f64::from(cell.weekday - 1) * CELL_HEIGHT;
            let strength = if most > 0.0 { cell.share / most } else { 0.0 };
            write!(
                text,
                "<g><title>{}</title><rect class=\"ground\" x=\"{:.0}\" y=\"{:.0}\" width=\"38\" height=\"24\" rx=\"3\"/>\
                 <rect class=\"heat\" x=\"{:.0}\" y=\"{:.0}\" width=\"{:.0}\" height=\"{:.0}\" rx=\"3\" fill-opacity=\"{:.2}\"/>\
                 <text class=\"{}\" x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{:.0}</text></g>",
                escape(&cell.title),
                x + 1.0,
                y + 1.0,
                x + 1.0,
                y + 1.0,
                CELL_WIDTH - 2.0,
                CELL_HEIGHT - 2.0,
                0.1 + 0.9 * strength,
                if strength > 0.55 { "on" } else { "strong" },
                x + CELL_WIDTH / 2.0,
                y + 17.0,
                cell.share * 100.0
            )
            .ok();
        }
        text + "</svg>"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stands_at_its_weekday_and_hour() {
        let drawn = HeatMap {
            label: "<i>".to_owned(),
            cells: vec![HeatCell {
                weekday: 3,
                hour: 20,
                share: 0.5,
                title: "<script>".to_owned(),
            }],
        }
        .draw();
        assert!(
            drawn.contains("class=\"heat\" x=\"441\" y=\"75\""),
            "{drawn}"
        );
        assert!(!drawn.contains("<script") && !drawn.contains("<i>"));
    }
}
