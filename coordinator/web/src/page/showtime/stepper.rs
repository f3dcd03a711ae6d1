//! The way from one snapshot to another: the slider, the strip above it, and links.

use std::fmt::Write as _;

use super::{Choice, parts::ShownTime};
use crate::{number::float, page::Zone, sale::Sale};

/// The slider and the links that do the same without script.
pub(super) struct Stepper {
    pub(super) position: usize,
    pub(super) last: usize,
    pub(super) value_text: String,
    pub(super) strip: String,
    pub(super) links: Vec<(&'static str, Option<String>)>,
}

impl Stepper {
    pub(super) fn of(sale: &Sale, position: usize, choice: &Choice, zone: Zone) -> Self {
        let last = sale.snapshots.len().saturating_sub(1);
        let link = |to: Option<usize>| {
            to.filter(|to| *to != position)
                .and_then(|to| sale.snapshots.get(to))
                .map(|snapshot| choice.at_link(&snapshot.observed_at))
        };
        let value_text = sale
            .snapshots
            .get(position)
            .map_or_else(String::new, |one| {
                let moment = ShownTime::of(&one.observed_at, &sale.showtime, zone);
                format!("{}, {} sold", moment.text, one.sold)
            });
        Self {
            position,
            last,
            value_text,
            strip: strip(sale),
            links: vec![
                ("First", link(Some(0))),
                ("Previous", link(position.checked_sub(1))),
                ("Next", link(Some(position + 1))),
                ("Last", link(Some(last))),
            ],
        }
    }
}

/// How many seats each snapshot changed, as a line for each, above the slider.
fn strip(sale: &Sale) -> String {
    let states: Vec<(i32, Vec<u8>)> = sale
        .snapshots
        .iter()
        .map(|one| (one.layout_id, sale.codes_of(one)))
        .collect();
    let changed: Vec<usize> = states
        .windows(2)
        .map(|pair| {
            if pair[0].0 != pair[1].0 {
                return pair[1].1.len();
            }
            let both = pair[0].1.iter().zip(&pair[1].1);
            both.filter(|(was, becomes)| was != becomes).count()
        })
        .collect();
    let most = changed.iter().copied().max().unwrap_or(1).max(1);
    let mut path = String::new();
    for (place, seats) in changed.iter().enumerate() {
        let x = float(place + 1) * 1000.0 / float(changed.len());
        let height = 2.0 + 18.0 * (float(*seats) / float(most)).sqrt();
        write!(path, "M{x:.1} 20v-{height:.1}").ok();
    }
    format!(
        "<svg class=\"strip\" viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <path d=\"{path}\"/></svg>"
    )
}
