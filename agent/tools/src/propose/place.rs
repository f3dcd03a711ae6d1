//! Where an element stands in a page without coordinates: in which row, and at which place
//! of it.

use std::collections::BTreeSet;

use scraper::{ElementRef, Selector};

use super::{column::Column, page::is_plain};

/// Elements that hold a row of others each.
pub(super) struct RowsAbove {
    pub(super) selector: String,
    parsed: Selector,
}

impl RowsAbove {
    pub(super) fn of<'a>(&self, element: &ElementRef<'a>) -> Option<ElementRef<'a>> {
        let mut above = element.ancestors().filter_map(ElementRef::wrap);
        above.find(|above| self.parsed.matches(above))
    }
}

/// The elements above that are several and hold several each: those with a place of their
/// own before those that are counted, and the nearest first.
pub(super) fn rows_above(elements: &[ElementRef<'_>]) -> Option<RowsAbove> {
    let middle = elements.get(elements.len() / 2)?;
    let mut best: Option<(u8, RowsAbove)> = None;
    for above in middle.ancestors().filter_map(ElementRef::wrap) {
        let Some(class) = above.value().classes().find(|class| is_plain(class)) else {
            continue;
        };
        let selector = format!("{}.{class}", above.value().name());
        let parsed = Selector::parse(&selector).ok()?;
        let rows = RowsAbove { selector, parsed };
        let found: Vec<_> = elements
            .iter()
            .filter_map(|element| rows.of(element))
            .collect();
        let distinct: BTreeSet<_> = found.iter().map(|row| row.id()).collect();
        let places: BTreeSet<_> = found.iter().map(index).collect();
        let worth = match () {
            () if distinct.len() < 2 || distinct.len() == found.len() => continue,
            () if found.iter().all(|row| px(row, "top").is_some()) => 3,
            () if places.len() > 1 => 2,
            () => 1,
        };
        if best.as_ref().is_none_or(|(known, _)| worth > *known) {
            best = Some((worth, rows));
        }
    }
    best.map(|(_, rows)| rows)
}

/// The place of an element among its siblings, from 0.
fn index(element: &ElementRef<'_>) -> usize {
    element.prev_siblings().filter_map(ElementRef::wrap).count()
}

/// What stands for the element among its siblings in the row: itself, or what it is
/// wrapped in.
fn cell<'a>(element: &ElementRef<'a>, rows: &RowsAbove) -> Option<ElementRef<'a>> {
    let row = rows.of(element)?.id();
    let above = element.ancestors().filter_map(ElementRef::wrap);
    let mut ways = std::iter::once(*element).chain(above);
    ways.find(|cell| cell.parent().is_some_and(|above| above.id() == row))
}

/// Where no coordinates are written, the place of an element and of its row are as good.
pub(super) fn places(elements: &[ElementRef<'_>], rows: &RowsAbove) -> Vec<Column> {
    let row = &rows.selector;
    let cells: Vec<_> = elements.iter().map(|element| cell(element, rows)).collect();
    let tags: BTreeSet<_> = cells
        .iter()
        .map(|cell| cell.map(|cell| cell.value().name()))
        .collect();
    let column = |word: String, name: &str, values: Vec<Option<String>>| Column {
        word,
        name: name.to_owned(),
        context: String::new(),
        own: true,
        values,
    };
    let mut found = Vec::new();
    let tops: Vec<_> = elements
        .iter()
        .map(|element| px(&rows.of(element)?, "top"))
        .collect();
    let own_top = elements.iter().all(|element| px(element, "top").is_some());
    if tops.iter().all(Option::is_some) {
        found.push(column(
            format!("{{ ancestor = \"{row}\", px = \"top\" }}"),
            "y",
            tops,
        ));
    } else if !own_top {
        let values = elements
            .iter()
            .map(|element| Some(index(&rows.of(element)?).to_string()));
        found.push(column(
            format!("{{ position = \"{row}\" }}"),
            "y",
            values.collect(),
        ));
    }
    let own_left = elements.iter().all(|element| px(element, "left").is_some());
    if let (Some(Some(tag)), 1, false) = (tags.first(), tags.len(), own_left) {
        let values = cells
            .iter()
            .map(|cell| Some(index(cell.as_ref()?).to_string()))
            .collect();
        found.push(column(format!("{{ position = \"{tag}\" }}"), "x", values));
    }
    found
}

/// Reads a length of the style in pixels.
pub(super) fn px(element: &ElementRef<'_>, name: &str) -> Option<String> {
    let style = element.attr("style")?;
    let (_, value) = style
        .split(';')
        .filter_map(|part| part.split_once(':'))
        .find(|(key, _)| key.trim() == name)?;
    Some(value.trim().strip_suffix("px")?.to_owned())
}
