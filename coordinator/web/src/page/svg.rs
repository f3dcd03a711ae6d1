//! Marks, bars, sparklines and charts as SVG text.
//!
//! Every function returns markup that is safe to include: it writes numbers and fixed words only,
//! and escapes each label that it is given. A sparkline or bar stands beside its number and is
//! hidden from screen readers; a chart has a label, and a table of the same numbers beside it.

use std::fmt::Write as _;

use askama::filters::{self, Html};

use crate::number::float;

/// How something is; each state has a shape of its own beside its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it should be: a disc.
    Ok,
    /// A person should look: a triangle.
    Warn,
    /// A person must act: a square.
    Bad,
    /// Stopped on purpose: a ring.
    Off,
}

/// The mark of a state.
#[must_use]
pub fn mark(state: State) -> String {
    let (class, label, shape) = match state {
        State::Ok => ("ok", "good", "<circle cx=\"5\" cy=\"5\" r=\"4.5\"/>"),
        State::Warn => ("warn", "warning", "<path d=\"M5 .5 9.7 9.5H.3Z\"/>"),
        State::Bad => (
            "bad",
            "bad",
            "<rect x=\".5\" y=\".5\" width=\"9\" height=\"9\"/>",
        ),
        State::Off => (
            "off",
            "stopped",
            "<path d=\"M5 .5a4.5 4.5 0 1 0 .01 0Zm0 2a2.5 2.5 0 1 1-.01 0Z\"/>",
        ),
    };
    format!(
        "<svg class=\"mark {class}\" viewBox=\"0 0 10 10\" role=\"img\" aria-label=\"{label}\">{shape}</svg>"
    )
}

/// A horizontal bar of which `share` (0 to 1) is filled.
#[must_use]
pub fn bar(share: f64, is_wide: bool) -> String {
    let width = (share.clamp(0.0, 1.0) * 88.0).max(if share > 0.0 { 1.0 } else { 0.0 });
    let class = if is_wide { "bar wide" } else { "bar" };
    format!(
        "<svg class=\"{class}\" viewBox=\"0 0 88 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"ground\" width=\"88\" height=\"6\"/>\
         <rect class=\"part\" width=\"{width:.1}\" height=\"6\"/></svg>"
    )
}

/// A bar of which the part from `begins`, `long` wide (both 0 to 1), is filled in the colour of a
/// phase.
#[must_use]
pub fn span(begins: f64, long: f64, phase: usize) -> String {
    let begins = begins.clamp(0.0, 1.0) * 400.0;
    let width = (long.clamp(0.0, 1.0) * 400.0).max(1.5);
    format!(
        "<svg class=\"bar wide\" viewBox=\"0 0 400 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"ground\" width=\"400\" height=\"8\"/>\
         <rect class=\"phase{}\" x=\"{:.1}\" width=\"{width:.1}\" height=\"8\"/></svg>",
        phase % 6,
        begins.min(398.5)
    )
}

/// A sparkline from zero; a gap in the values is a gap in the line.
#[must_use]
pub fn sparkline(values: &[Option<f64>]) -> String {
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    let count = values.len().max(2) - 1;
    let x = |position: usize| float(position) * 240.0 / float(count);
    let y = |value: f64| {
        if most > 0.0 {
            26.0 - 24.0 * value / most
        } else {
            26.0
        }
    };
    let (mut line, mut area) = (String::new(), String::new());
    let mut from: Option<usize> = None;
    for position in 0..=values.len() {
        match values.get(position).copied().flatten() {
            Some(value) => {
                let letter = if from.is_none() { 'M' } else { 'L' };
                if from.is_none() {
                    write!(area, "M{:.1} 28", x(position)).ok();
                    from = Some(position);
                }
                write!(line, "{letter}{:.1} {:.1}", x(position), y(value)).ok();
                write!(area, "L{:.1} {:.1}", x(position), y(value)).ok();
            }
            None if from.take().is_some() => {
                write!(area, "L{:.1} 28Z", x(position.saturating_sub(1))).ok();
            }
            None => {}
        }
    }
    format!(
        "<svg class=\"spark\" viewBox=\"0 0 240 28\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <path class=\"area\" d=\"{area}\"/><path class=\"line\" d=\"{line}\"/></svg>"
    )
}

/// Escapes a text for markup, as the templates do.
#[must_use]
pub fn escape(text: &str) -> String {
    let Ok(escaped) = filters::escape(text, Html);
    escaped.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_in_the_values_is_a_gap_in_the_line() {
        let drawn = sparkline(&[Some(1.0), Some(2.0), None, Some(2.0)]);
        let line = drawn
            .split("class=\"line\" d=\"")
            .nth(1)
            .unwrap_or_default();
        assert_eq!(line.matches('M').count(), 2, "{drawn}");
    }

    #[test]
    fn markup_in_a_label_is_escaped() {
        assert_eq!(escape("<b a='\"'>&"), "&#60;b a=&#39;&#34;&#39;&#62;&#38;");
    }
}
