//! The tables that commands print.

use chrono::{DateTime, Utc};
use comfy_table::{ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};

/// Columns of text where there is no terminal whose width could be asked.
const WIDTH_WITHOUT_TERMINAL: u16 = 100;

/// Returns an empty table with this header, as wide as the terminal or, without one, at
/// most 100 columns; longer cells are wrapped.
pub(super) fn with_header<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if !table.is_tty() {
        table.set_width(WIDTH_WITHOUT_TERMINAL);
    }
    table.set_header(header);
    table
}

/// Writes a time (UTC) to the minute.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// Writes a time (UTC) to the minute, or `none` where there is none.
pub(super) fn time_or(at: Option<DateTime<Utc>>, none: &str) -> String {
    at.map_or_else(|| none.to_owned(), time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cell_is_wrapped_where_there_is_no_terminal() {
        let mut table = with_header(["what", "do"]);
        table.force_no_tty().set_width(WIDTH_WITHOUT_TERMINAL);
        table.add_row(["max_wal_size".to_owned(), "raise it ".repeat(40)]);
        let widest = table.lines().map(|line| line.chars().count()).max();
        assert!(widest.is_some_and(|columns| columns <= 100), "{widest:?}");
    }
}
