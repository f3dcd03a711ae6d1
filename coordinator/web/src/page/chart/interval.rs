//! Estimates with their intervals on one axis, with a line at zero.

use std::fmt::Write as _;

use super::{WIDTH, ticks::number_ticks};
use crate::{number::float, page::svg::escape};

/// Height of a row: its name, and the interval below it.
const ROW: f64 = 44.0;
/// Space above the rows for the unit, and below them for the numbers of the axis.
const TOP: f64 = 22.0;
const BOTTOM: f64 = 24.0;
/// Space at both sides of the axis.
const SIDE: f64 = 16.0;
/// An interval is cut at so many times the largest estimate: few users give intervals so wide that
/// all others would be points.
const MAX_ESTIMATES: f64 = 5.0;
/// The axis reaches at least so far, in per cent.
const MIN_REACH: f64 = 2.0;

/// Letters of a name at most, which stands beside the numbers.
const MAX_NAME_CHARS: usize = 36;

/// How an estimate is drawn; each has a shape of its own beside its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalLook {
    /// Better: a disc.
    Good,
    /// Worse: a square.
    Bad,
    /// Nothing is shown: a ring.
    Open,
    /// Not to be trusted: a triangle.
    Doubtful,
}

/// An estimate with its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalRow {
    /// Its name.
    pub name: String,
    /// The numbers in words, at the right.
    pub words: String,
    /// The estimate, in per cent.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How it is drawn.
    pub look: IntervalLook,
}

/// Intervals below each other.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalChart {
    /// What it shows, for a screen reader.
    pub label: String,
    /// The unit of the axis.
    pub unit: String,
    /// The rows.
    pub rows: Vec<IntervalRow>,
}

/// The ends of the axis.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    fn of(rows: &[IntervalRow]) -> Self {
        let largest = rows.iter().map(|row| row.value.abs()).fold(0.0, f64::max);
        let cap = (largest * MAX_ESTIMATES).max(MIN_REACH);
        let low = rows.iter().map(|row| row.low).fold(0.0, f64::min);
        let high = rows.iter().map(|row| row.high).fold(0.0, f64::max);
        Self {
            low: low.max(-cap).min(-MIN_REACH / 2.0),
            high: high.min(cap).max(MIN_REACH / 2.0),
        }
    }

    fn x(self, value: f64) -> f64 {
        let share = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        SIDE + share * (WIDTH - 2.0 * SIDE)
    }

    /// Round values at both sides of zero.
    fn ticks(self) -> Vec<f64> {
        let ticks = number_ticks(self.high.max(-self.low));
        let below = ticks.iter().skip(1).rev().map(|tick| -tick);
        below
            .chain(ticks.iter().copied())
            .filter(|tick| (self.low..=self.high).contains(tick))
            .collect()
    }
}

impl IntervalChart {
    /// Draws it.
    #[must_use]
    pub fn draw(&self) -> String {
        let axis = Axis::of(&self.rows);
        let bottom = TOP + ROW * float(self.rows.len());
        let mut text = format!(
            "<svg class=\"chart intervals\" viewBox=\"0 0 {WIDTH:.0} {:.0}\" role=\"img\" aria-label=\"{}\">\
             <text x=\"4\" y=\"12\">{}</text>",
            bottom + BOTTOM,
            escape(&self.label),
            escape(&self.unit)
        );
        for tick in axis.ticks() {
            let x = axis.x(tick);
            let (class, words) = if tick == 0.0 {
                ("zero", "0".to_owned())
            } else {
                ("grid", signed(tick))
            };
            write!(
                text,
                "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP:.0}\" y2=\"{bottom:.1}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{words}</text>",
                bottom + 17.0
            )
            .ok();
        }
        for (place, row) in self.rows.iter().enumerate() {
            let top = TOP + ROW * float(place);
            draw_row(&mut text, row, axis, top);
        }
        text + "</svg>"
    }
}

fn draw_row(text: &mut String, row: &IntervalRow, axis: Axis, top: f64) {
    let (low, value, high) = (axis.x(row.low), axis.x(row.value), axis.x(row.high));
    let y = top + 31.0;
    let class = match row.look {
        IntervalLook::Good => "good",
        IntervalLook::Bad => "bad",
        IntervalLook::Open => "open",
        IntervalLook::Doubtful => "doubtful",
    };
    write!(
        text,
        "<g class=\"{class}\"><title>{0}: {1}</title>\
         <text class=\"strong\" x=\"4\" y=\"{2:.1}\">{4}</text>\
         <text x=\"{3:.1}\" y=\"{2:.1}\" text-anchor=\"end\">{1}</text>\
         <line class=\"interval\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>",
        escape(&row.name),
        escape(&row.words),
        top + 16.0,
        WIDTH - 4.0,
        escape(&cut(&row.name))
    )
    .ok();
    // An end that is cut is an arrow, the others are bars.
    for (end, is_cut, outward) in [
        (low, row.low < axis.low, -1.0),
        (high, row.high > axis.high, 1.0),
    ] {
        let path = if is_cut {
            format!(
                "M{:.1} {:.1}L{end:.1} {y:.1}L{:.1} {:.1}",
                end - 6.0 * outward,
                y - 5.0,
                end - 6.0 * outward,
                y + 5.0
            )
        } else {
            format!("M{end:.1} {:.1}V{:.1}", y - 5.0, y + 5.0)
        };
        write!(text, "<path class=\"end\" d=\"{path}\"/>").ok();
    }
    let estimate = match row.look {
        IntervalLook::Good | IntervalLook::Open => {
            format!("<circle class=\"estimate\" cx=\"{value:.1}\" cy=\"{y:.1}\" r=\"5\"/>")
        }
        IntervalLook::Bad => format!(
            "<rect class=\"estimate\" x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\"/>",
            value - 5.0,
            y - 5.0
        ),
        IntervalLook::Doubtful => format!(
            "<path class=\"estimate\" d=\"M{value:.1} {:.1}L{:.1} {:.1}H{:.1}Z\"/>",
            y - 6.0,
            value + 6.0,
            y + 5.0,
            value - 6.0
        ),
    };
    text.push_str(&estimate);
    text.push_str("</g>");
}

/// The begin of a name that is too long.
fn cut(name: &str) -> String {
    if name.chars().count() <= MAX_NAME_CHARS {
        return name.to_owned();
    }
    let begin: String = name.chars().take(MAX_NAME_CHARS - 1).collect();
    format!("{}…", begin.trim_end())
}

/// A tick with its sign; ticks have two decimals at most.
fn signed(tick: f64) -> String {
    let text = format!("{:.2}", tick.abs());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{}{text}", if tick < 0.0 { '−' } else { '+' })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(low: f64, value: f64, high: f64) -> IntervalRow {
        IntervalRow {
            name: "<b>".to_owned(),
            words: "+1 %".to_owned(),
            value,
            low,
            high,
            look: IntervalLook::Good,
        }
    }

    #[test]
    fn all_intervals_share_an_axis_with_zero_on_it() {
        let axis = Axis::of(&[row(2.0, 5.0, 8.0), row(-4.0, 1.0, 6.0)]);
        assert_eq!(
            axis,
            Axis {
                low: -4.0,
                high: 8.0
            }
        );
        let ticks = axis.ticks();
        assert_eq!(ticks, [-4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 8.0]);
        // All of them above zero: zero is there, with some space below it.
        let axis = Axis::of(&[row(2.0, 5.0, 8.0)]);
        assert_eq!(
            axis,
            Axis {
                low: -1.0,
                high: 8.0
            }
        );
        assert_eq!([signed(-0.25), signed(10.0)], ["−0.25", "+10"]);
        assert_eq!(cut(&"ä".repeat(40)).chars().count(), MAX_NAME_CHARS);
    }

    #[test]
    fn an_interval_that_is_too_wide_is_cut_and_said_to_be() {
        let chart = IntervalChart {
            label: "<i>".to_owned(),
            unit: "per cent".to_owned(),
            rows: vec![row(-900.0, 4.0, 12.0), row(1.0, 2.0, 3.0)],
        };
        assert_eq!(Axis::of(&chart.rows).low, -20.0);
        let svg = chart.draw();
        assert_eq!(svg.matches('L').count(), 2, "one arrow: {svg}");
        assert!(!svg.contains("<b>") && !svg.contains("<i>"));
    }

    #[test]
    fn nothing_to_compare_has_no_infinite_numbers() {
        let chart = IntervalChart {
            label: String::new(),
            unit: String::new(),
            rows: vec![row(0.0, 0.0, 0.0)],
        };
        let svg = chart.draw();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
