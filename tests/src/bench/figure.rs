//! Figures: what was measured, as a table for people and as JSON for programs.

use comfy_table::{CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};
use serde::Serialize;

/// One value that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The benchmark's name, and what of it after a dot if there is more than one.
    pub name: String,
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What is to be reached, if anything is.
    pub reach: Option<Reach>,
    /// Whether it was reached.
    pub met: Option<bool>,
    /// What else did the same in the same run.
    pub peer: Option<Peer>,
    /// Value over the peer's.
    pub ratio: Option<f64>,
    /// What repeats it.
    pub command: String,
}

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

/// Something that did the same, measured in the same run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Peer {
    /// What it is.
    pub name: String,
    /// Its value, in the same unit.
    pub value: f64,
}

impl Figure {
    /// A value of `benchmark`, which stands alone or has a part named by `name` after a dot.
    #[must_use]
    pub fn new(benchmark: &str, name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            reach: None,
            met: None,
            peer: None,
            ratio: None,
            command: format!("make bench ONLY={benchmark}"),
        }
    }

    /// Says what is to be reached.
    #[must_use]
    pub fn reach(mut self, reach: Reach) -> Self {
        self.met = Some(match reach {
            Reach::AtLeast(least) => self.value >= least,
            Reach::AtMost(most) => self.value <= most,
        });
        self.reach = Some(reach);
        self
    }

    /// Puts a peer beside it.
    #[must_use]
    pub fn beside(mut self, name: &str, value: f64) -> Self {
        self.ratio = (value > 0.0).then(|| self.value / value);
        self.peer = Some(Peer {
            name: name.to_owned(),
            value,
        });
        self
    }
}

/// Lays figures out for people.
#[must_use]
pub fn table(figures: &[Figure]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header(["figure", "value", "unit", "reach", "met", "peer", "ratio"]);
    for figure in figures {
        let reach = figure.reach.map(|reach| match reach {
            Reach::AtLeast(least) => format!("≥ {}", readable(least)),
            Reach::AtMost(most) => format!("≤ {}", readable(most)),
        });
        let met = figure.met.map(|met| if met { "yes" } else { "no" });
        let peer = figure.peer.as_ref();
        let peer = peer.map(|peer| format!("{} {}", peer.name, readable(peer.value)));
        table.add_row([
            figure.name.clone(),
            readable(figure.value),
            figure.unit.to_owned(),
            reach.unwrap_or_default(),
            met.unwrap_or_default().to_owned(),
            peer.unwrap_or_default(),
            figure
                .ratio
                .map(|ratio| format!("{ratio:.2}"))
                .unwrap_or_default(),
        ]);
    }
    for column in [1, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Three digits that count, and thousands apart.
#[must_use]
pub fn readable(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text.as_str(), ""), |parts| parts);
    let mut grouped = String::new();
    let length = whole.len();
    for (index, character) in whole.chars().enumerate() {
        if index > 0
            && character.is_ascii_digit()
            && (length - index).is_multiple_of(3)
            && !grouped.ends_with('-')
        {
            grouped.push(',');
        }
        grouped.push(character);
    }
    if fraction.is_empty() {
        grouped
    } else {
        format!("{grouped}.{fraction}")
    }
}

/// A count as a number to reckon with; exact up to 2⁵³.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "no count here reaches 2^53")]
pub fn number(count: u64) -> f64 {
    count as f64
}

/// As [`number`], for the counts of the database; what is below zero counts as none.
#[must_use]
pub fn signed(count: i64) -> f64 {
    number(u64::try_from(count).unwrap_or(0))
}

/// The value below which `share` of `sorted` lie; zero of nothing.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a length is an index"
)]
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let index = (number(last as u64) * share).round() as usize;
    sorted.get(index.min(last)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_met_on_the_right_side_of_its_reach() {
        let figure = |value| Figure::new("b", "b", value, "/s");
        assert_eq!(figure(9.0).reach(Reach::AtLeast(10.0)).met, Some(false));
        assert_eq!(figure(10.0).reach(Reach::AtLeast(10.0)).met, Some(true));
        assert_eq!(figure(9.0).reach(Reach::AtMost(10.0)).met, Some(true));
        assert_eq!(figure(11.0).reach(Reach::AtMost(10.0)).met, Some(false));
    }

    #[test]
    fn the_ratio_is_to_the_peer() {
        assert_eq!(
            Figure::new("b", "b", 3.0, "/s").beside("peer", 4.0).ratio,
            Some(0.75)
        );
        assert_eq!(
            Figure::new("b", "b", 3.0, "/s").beside("peer", 0.0).ratio,
            None
        );
    }

    #[test]
    fn values_are_grouped_by_thousands() {
        assert_eq!(readable(1_234_567.0), "1,234,567");
        assert_eq!(readable(123.4), "123");
        assert_eq!(readable(1.25), "1.25");
        assert_eq!(readable(0.0123), "0.012");
    }

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let sorted: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(quantile(&sorted, 0.5).to_bits(), 50.0_f64.to_bits());
        assert_eq!(quantile(&sorted, 0.99).to_bits(), 99.0_f64.to_bits());
        assert_eq!(quantile(&[], 0.5).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn the_json_says_which_side_is_good() {
        let figure = Figure::new("b", "b.wal", 3.0, "B").reach(Reach::AtMost(4.0));
        let json = serde_json::to_value(&figure).unwrap_or_default();
        assert_eq!(json["reach"]["at_most"], 4.0);
        assert_eq!(json["met"], true);
        assert_eq!(json["peer"], serde_json::Value::Null);
    }
}
