//! Codes: what each shape says of a seat, as its shipped definition extracts it.
//!
//! A page and the witness name a code by its symbol, the index in the shape's table. The
//! last one is never said but after a redesign, and no definition maps it; shapes that say
//! `sold` by a class of the page have no word for it then.
//!
//! The real chains say more than their recordings show, so a shipped definition cannot map
//! all of these. What a simulated chain means is known: [`meanings`] complete its definition,
//! but for one code of one shape, which shows what becomes of a code that nothing maps.

use super::{booking::SeatState, layout::Kind, shape::Shape};

const BHD: &[&str] = &["0", "1", "2", "3", "4", "5", "9"];
const MAJOR: &[&str] = &["Empty", "Reserved", "Sold", "House", "Broken", "Taken"];
const CDS: &[&str] = &["1", "3", "11", "13", "7"];
const AMC: &[&str] = &[
    "true|Available|CanReserve",
    "false|Sold|CanReserve",
    "false|Held|CanReserve",
    "false|Blocked|CanReserve",
    "true|Unblocked|Wheelchair",
    "false|Sold|Wheelchair",
    "false|Held|Wheelchair",
    "false|Blocked|Wheelchair",
    "true|Available|Companion",
    "false|Sold|Companion",
    "false|Held|Companion",
    "false|Blocked|Companion",
    "false|Taken|CanReserve",
];
const MEGABOX: &[&str] = &["common", "finish", "disabled", ""];
const CGV_KR: &[&str] = &["", "reserved", "handicap", "reserved|handicap", ""];
const CGV_ID: &[&str] = &["", "disabled", ""];

/// Returns the source codes of a shape; a symbol is an index in it.
#[must_use]
pub const fn codes(shape: Shape) -> &'static [&'static str] {
    match shape {
        Shape::Bhd => BHD,
        Shape::Major => MAJOR,
        Shape::Cds => CDS,
        Shape::Amc => AMC,
        Shape::Megabox => MEGABOX,
        Shape::CgvKr => CGV_KR,
        Shape::CgvId => CGV_ID,
    }
}

/// Returns what the codes of a simulated chain mean that its shipped definition does not map,
/// in the words of definitions.
///
/// `House` of [`Shape::Major`] is left out: it is there to be seen and mapped by a person.
#[must_use]
pub const fn meanings(shape: Shape) -> &'static [(&'static str, &'static str)] {
    match shape {
        Shape::Bhd => &[
            ("2", "held"),
            ("3", "house"),
            ("4", "broken"),
            ("5", "blocked"),
        ],
        Shape::Major => &[("Sold", "sold")],
        Shape::Amc => &[("false|Held|*", "held"), ("false|Blocked|*", "blocked")],
        Shape::Cds | Shape::Megabox | Shape::CgvKr | Shape::CgvId => &[],
    }
}

/// Returns the symbol of the code that is said of sold seats after a redesign only.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "a dozen")]
pub const fn new_symbol(shape: Shape) -> u8 {
    (codes(shape).len() - 1) as u8
}

/// Returns the symbol with which a shape says the state of a seat of this kind.
///
/// Shapes with few words say `sold` of all that cannot be had, as the real ones do.
#[must_use]
pub const fn symbol(shape: Shape, kind: Kind, state: SeatState) -> u8 {
    let free = matches!(state, SeatState::Free);
    match shape {
        Shape::Bhd => match state {
            SeatState::Free => 0,
            SeatState::Sold => 1,
            SeatState::Held => 2,
            SeatState::House => 3,
            SeatState::Broken => 4,
            SeatState::Blocked => 5,
        },
        Shape::Major => match state {
            SeatState::Free => 0,
            SeatState::Held | SeatState::Blocked => 1,
            SeatState::Sold => 2,
            SeatState::House => 3,
            SeatState::Broken => 4,
        },
        Shape::Cds => match (kind, free) {
            (Kind::Wheelchair, true) => 2,
            (Kind::Wheelchair, false) => 3,
            (_, true) => 0,
            (_, false) => 1,
        },
        Shape::Amc => {
            let state = match state {
                SeatState::Free => 0,
                SeatState::Sold => 1,
                SeatState::Held => 2,
                SeatState::Blocked | SeatState::Broken | SeatState::House => 3,
            };
            match kind {
                Kind::Wheelchair => 4 + state,
                Kind::Companion => 8 + state,
                Kind::Standard | Kind::SofaLeft | Kind::SofaRight => state,
            }
        }
        Shape::Megabox => match (kind, free) {
            (Kind::Wheelchair, true) => 2,
            (_, true) => 0,
            (_, false) => 1,
        },
        Shape::CgvKr => {
            !free as u8
                + if matches!(kind, Kind::Wheelchair) {
                    2
                } else {
                    0
                }
        }
        Shape::CgvId => !free as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_has_a_code() {
        const STATES: [SeatState; 6] = [
            SeatState::Free,
            SeatState::Held,
            SeatState::Sold,
            SeatState::Blocked,
            SeatState::Broken,
            SeatState::House,
        ];
        for shape in Shape::ALL {
            for kind in [
                Kind::Standard,
                Kind::SofaLeft,
                Kind::Wheelchair,
                Kind::Companion,
            ] {
                for state in STATES {
                    let symbol = symbol(shape, kind, state);
                    assert!(usize::from(symbol) < codes(shape).len());
                }
            }
        }
    }
}
