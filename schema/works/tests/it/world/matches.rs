//! Pairs of films compared, as the leader takes them.

use std::collections::BTreeSet;

use works::{Candidate, Link, Twin, Verdict, compare};

/// What rules say of pairs.
#[derive(Default)]
pub(crate) struct Matches {
    pub(crate) links: Vec<Link>,
    pub(crate) twins: Vec<Twin>,
    /// Pairs that are the same or unclear, with their scores.
    pub(crate) doubts: Vec<(usize, usize, f64)>,
}

impl Matches {
    /// Compares pairs of films, which are known by position.
    pub(crate) fn of<'a>(
        pairs: &BTreeSet<(usize, usize)>,
        film: impl Fn(usize) -> &'a Candidate,
    ) -> Self {
        let mut matches = Self::default();
        for (a, b) in pairs {
            matches.add((*a, *b), film(*a), film(*b));
        }
        matches
    }

    /// Compares two films; returns whether rules take them for one work.
    pub(crate) fn add(
        &mut self,
        (a, b): (usize, usize),
        one: &Candidate,
        other: &Candidate,
    ) -> bool {
        let found = compare(one, other);
        if let Some(is_sure) = found.is_listed_apart() {
            let source = &one.film().listing.as_ref().unwrap().source;
            self.twins.push(Twin {
                a,
                b,
                source: source.bytes().map(i32::from).sum(),
                is_sure,
            });
        }
        if found.verdict != Verdict::Different {
            self.doubts.push((a, b, found.score));
        }
        if found.verdict == Verdict::Same {
            self.links.push(Link {
                a,
                b,
                score: found.score,
                facts: found.facts(),
                is_proven: found.is_proven(),
            });
        }
        found.verdict == Verdict::Same
    }
}
