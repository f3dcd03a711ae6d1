//! Spans of time in which nobody looked at a showtime.

use chrono::{DateTime, Utc};

/// A span between two looks counts as a gap if it is this many times the usual one around it.
const TIMES_USUAL: i64 = 5;
/// Looks on each side from which the usual span is taken.
const AROUND: usize = 8;

/// A span of time in which nobody looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The look before it.
    pub from_at: DateTime<Utc>,
    /// The look after it, or the time until which one was due.
    pub until_at: DateTime<Utc>,
}

/// The gaps between looks (the oldest first), and from the last of them until `until_at`.
///
/// Looks become denser towards the start, so a span is compared with those around it: a gap is five
/// times the median of up to 16 neighbours, and longer than a minute.
#[must_use]
pub fn gaps(looked_at: &[DateTime<Utc>], until_at: DateTime<Utc>) -> Vec<Gap> {
    let mut times = looked_at.to_vec();
    if times.last().is_some_and(|last| *last < until_at) {
        times.push(until_at);
    }
    let spans: Vec<i64> = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).num_milliseconds())
        .collect();
    spans
        .iter()
        .enumerate()
        .filter(|(place, span)| **span > (TIMES_USUAL * usual(&spans, *place)).max(60_000))
        .map(|(place, _)| Gap {
            from_at: times[place],
            until_at: times[place + 1],
        })
        .collect()
}

/// The median of the spans around a place, without that one; with too few of them, no span is long.
fn usual(spans: &[i64], place: usize) -> i64 {
    let from = place.saturating_sub(AROUND);
    let until = (place + AROUND + 1).min(spans.len());
    let mut around: Vec<i64> = (from..until)
        .filter(|other| *other != place)
        .map(|other| spans[other])
        .collect();
    if around.len() < 3 {
        return i64::MAX / TIMES_USUAL;
    }
    around.sort_unstable();
    around[around.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(of: &[i64]) -> Vec<DateTime<Utc>> {
        of.iter()
            .filter_map(|minute| DateTime::from_timestamp(minute * 60, 0))
            .collect()
    }

    #[test]
    fn a_span_much_longer_than_its_neighbours_is_a_gap() {
        let looks = minutes(&[0, 5, 10, 15, 20, 80, 85, 90, 95]);
        let found = gaps(&looks, looks[8]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].from_at, looks[4]);
        assert_eq!(found[0].until_at, looks[5]);
    }

    #[test]
    fn looks_that_become_denser_leave_no_gap() {
        let looks = minutes(&[
            0, 240, 480, 600, 720, 780, 840, 870, 900, 915, 930, 935, 940,
        ]);
        assert_eq!(gaps(&looks, looks[12]), []);
    }

    #[test]
    fn the_time_since_the_last_look_may_be_a_gap() {
        let looks = minutes(&[0, 5, 10, 15, 20]);
        let found = gaps(&looks, minutes(&[120])[0]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].from_at, looks[4]);
    }
}
