//! Groups the cinemas of a neighbourhood, and says what is stored of them.

use std::collections::BTreeMap;

use schema::{pair::PairDoubt, venue::PlacedCinema};

use super::neighbourhood::VenueNeighbourhood;
use crate::background::matching::Reasons;

/// What is stored of a neighbourhood.
#[derive(Debug, Default)]
pub(super) struct VenuePlacement {
    /// The cinemas of each venue, sorted.
    pub groups: Vec<Vec<i32>>,
    /// Each explored cinema with its venue.
    pub placed: Vec<PlacedCinema>,
    /// Pairs on which a person should decide.
    pub doubts: Vec<PairDoubt>,
}

impl VenuePlacement {
    /// Groups the explored cinemas.
    pub(super) fn of(found: &VenueNeighbourhood) -> Self {
        let groups = found.seen.groups(&BTreeMap::new());
        let reasons = Reasons::of(&found.seen, &groups);
        let mut placed = Vec::new();
        for members in &groups {
            let Some(first) = members.first() else {
                continue;
            };
            for cinema in members {
                let why = reasons.why(*cinema);
                placed.push(PlacedCinema {
                    cinema_id: *cinema,
                    of_cinema_id: *first,
                    rule: why.rule,
                    score: why.score,
                    reason: why.reason,
                    is_shared: members.len() > 1,
                });
            }
        }
        Self {
            placed,
            doubts: found.seen.doubts(&groups),
            groups,
        }
    }
}
