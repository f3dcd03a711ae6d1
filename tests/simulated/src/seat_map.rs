//! Seat maps: a layout rendered once in a shape, with a hole wherever the state of a seat stands.
//!
//! Serving a seat map is then copying a few hundred pieces into one buffer.

use std::fmt;

use super::{layout::Layout, shape::Shape};

pub mod amc;
pub mod bhd;
pub mod cds;
pub mod cgv_id;
pub mod cgv_kr;
pub mod major;
pub mod megabox;

/// A layout in a shape, rendered but for the states of its seats.
#[derive(Debug)]
pub struct Plan {
    /// The layout.
    pub layout: Layout,
    /// The key of every seat as the shipped definition makes it, in layout order.
    pub keys: Vec<String>,
    fixed: String,
    holes: Vec<Hole>,
}

#[derive(Debug)]
struct Hole {
    end: usize,
    seat: usize,
    table: usize,
}

impl Plan {
    /// Renders a layout in a shape.
    #[must_use]
    pub fn of(shape: Shape, layout: Layout) -> Self {
        let mut plan = Self {
            layout: Layout {
                seats: Vec::new(),
                height: layout.height,
                width: layout.width,
            },
            keys: Vec::new(),
            fixed: String::new(),
            holes: Vec::new(),
        };
        plan.keys = match shape {
            Shape::Bhd => bhd::seats(&layout, &mut plan),
            Shape::Major => major::seats(&layout, &mut plan),
            Shape::Cds => cds::seats(&layout, &mut plan),
            Shape::Amc => amc::seats(&layout, &mut plan),
            Shape::Megabox => megabox::seats(&layout, &mut plan),
            Shape::CgvKr => cgv_kr::seats(&layout, &mut plan),
            Shape::CgvId => cgv_id::seats(&layout, &mut plan),
        };
        plan.layout = layout;
        plan
    }

    /// Adds text that is the same in every state.
    pub fn text(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = fmt::write(&mut self.fixed, text);
    }

    /// Adds a hole for the state of `seat`, filled from the table with this number.
    pub fn hole(&mut self, seat: usize, table: usize) {
        self.holes.push(Hole {
            end: self.fixed.len(),
            seat,
            table,
        });
    }

    /// Renders the page: `head`, then the plan with its holes filled.
    #[must_use]
    pub fn render(&self, head: &str, tables: &[&[&str]], symbols: &[u8]) -> Vec<u8> {
        let mut page = Vec::with_capacity(head.len() + self.fixed.len() + 32 * self.holes.len());
        page.extend_from_slice(head.as_bytes());
        let mut begin = 0;
        for hole in &self.holes {
            page.extend_from_slice(&self.fixed.as_bytes()[begin..hole.end]);
            let fragment = tables[hole.table][usize::from(symbols[hole.seat])];
            page.extend_from_slice(fragment.as_bytes());
            begin = hole.end;
        }
        page.extend_from_slice(&self.fixed.as_bytes()[begin..]);
        page
    }
}

/// Returns what stands in the holes of a shape's pages: a table per kind of hole, by symbol.
#[must_use]
pub const fn fragments(shape: Shape) -> &'static [&'static [&'static str]] {
    match shape {
        Shape::Bhd => bhd::FRAGMENTS,
        Shape::Major => major::FRAGMENTS,
        Shape::Cds => cds::FRAGMENTS,
        Shape::Amc => amc::FRAGMENTS,
        Shape::Megabox => megabox::FRAGMENTS,
        Shape::CgvKr => cgv_kr::FRAGMENTS,
        Shape::CgvId => cgv_id::FRAGMENTS,
    }
}
