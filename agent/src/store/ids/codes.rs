//! The status codes of a source, as a pod knows them, and what they make of a map.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use schema::{
    finish::Counts,
    seat::SeatCodes,
    word::{LogLevel, SeatStatus},
};
use source_language::rows::Seat;

use crate::pack;

/// How long codes are believed; one that got another meaning since is counted again by the
/// statement that stores the snapshot.
const KEPT: Duration = Duration::from_secs(30);

/// The codes of one source as they were at one moment.
#[derive(Debug)]
pub(super) struct Codes {
    /// Counts how often a known code got another meaning.
    pub(super) version: i32,
    loaded_at: Instant,
    by_code: HashMap<String, (u8, Option<SeatStatus>)>,
}

/// What a look-up of all seats gives: the index of each one's code, and the counters.
pub(super) type Indexed = (Vec<u8>, Counts);

impl Codes {
    /// Takes them as they were read.
    pub(super) fn of(known: SeatCodes) -> Self {
        let indexed = known.codes.into_iter().filter_map(|code| {
            let index = u8::try_from(code.code_index).ok()?;
            Some((code.code, (index, code.status)))
        });
        Self {
            version: known.version,
            loaded_at: Instant::now(),
            by_code: indexed.collect(),
        }
    }

    /// Gives seats without a meaning the one that is known here.
    pub(super) fn resolve(&self, seats: &mut [Seat]) {
        for seat in seats.iter_mut().filter(|seat| seat.status.is_none()) {
            let known = self.by_code.get(seat.code.as_str());
            seat.status = known.and_then(|(_, status)| *status);
        }
    }

    /// Whether they should be read again.
    pub(super) fn are_old(&self) -> bool {
        self.loaded_at.elapsed() >= KEPT
    }

    /// How many are known.
    pub(super) fn len(&self) -> usize {
        self.by_code.len()
    }

    /// Whether the code is known, whatever it means.
    pub(super) fn knows(&self, code: &str) -> bool {
        self.by_code.contains_key(code)
    }

    /// Whether the code is known with all that the definition says of it.
    pub(super) fn has(&self, code: &str, status: Option<SeatStatus>) -> bool {
        self.by_code
            .get(code)
            .is_some_and(|(_, known)| known.is_some() || status.is_none())
    }
}

/// The index of each seat's code, if all codes are known with what the definition says of
/// them. Counters follow the database, as the view `seat_record` does: where the definition
/// of this job maps a code otherwise, another one is in force by now.
pub(super) fn look_up(codes: &Codes, seats: &[Seat]) -> Option<Indexed> {
    let mut indexes = Vec::with_capacity(seats.len());
    let mut statuses = Vec::with_capacity(seats.len());
    for seat in seats {
        let (index, known) = codes.by_code.get(seat.code.as_str())?;
        if known.is_none() && seat.status.is_some() {
            return None;
        }
        indexes.push(*index);
        statuses.push(*known);
    }
    Some((indexes, pack::count(statuses.into_iter())))
}

/// One line for each code that nothing maps, with how many seats have it.
pub(super) fn unmapped(codes: &Codes, seats: &[Seat], counts: Counts) -> Vec<(LogLevel, String)> {
    if counts.unmapped == 0 {
        return Vec::new();
    }
    let is_unmapped = |seat: &&Seat| {
        let known = codes.by_code.get(seat.code.as_str());
        known.is_none_or(|(_, status)| status.is_none())
    };
    let mut seats_by_code: BTreeMap<&str, usize> = BTreeMap::new();
    for seat in seats.iter().filter(is_unmapped) {
        *seats_by_code.entry(&seat.code).or_default() += 1;
    }
    seats_by_code
        .into_iter()
        .map(|(code, seats)| {
            let line = format!("status code {code:?} of {seats} seats is not mapped");
            (LogLevel::Warn, line)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::seat::SeatCode;

    fn seat(key: &str, code: &str, status: Option<SeatStatus>) -> Seat {
        Seat {
            key: key.into(),
            code: code.into(),
            status,
            ..Seat::default()
        }
    }

    fn codes() -> Codes {
        let known = |code_index, code: &str, status| SeatCode {
            code_index,
            code: code.to_owned(),
            status,
        };
        Codes::of(SeatCodes {
            version: 3,
            codes: vec![
                known(0, "free", Some(SeatStatus::Available)),
                known(1, "odd", None),
                known(2, "by command", Some(SeatStatus::House)),
            ],
        })
    }

    #[test]
    fn a_code_that_was_mapped_since_is_told_to_the_database() {
        let seats = [
            seat("1", "free", Some(SeatStatus::Available)),
            seat("2", "odd", None),
        ];
        let indexed = look_up(&codes(), &seats);
        assert_eq!(indexed.map(|(indexes, _)| indexes), Some(vec![0, 1]));
        let mapped = [seat("2", "odd", Some(SeatStatus::Sold))];
        assert_eq!(look_up(&codes(), &mapped), None);
    }

    /// Counters and the view must never disagree.
    #[test]
    fn counters_follow_what_the_database_knows() {
        let seats = [
            seat("1", "by command", None),
            seat("2", "free", Some(SeatStatus::Sold)),
        ];
        let (_, counts) = look_up(&codes(), &seats).unwrap_or_default();
        assert_eq!(
            (counts.house, counts.available, counts.sold, counts.unmapped),
            (1, 1, 0, 0)
        );
    }

    #[test]
    fn a_seat_means_what_a_person_said_of_its_code() {
        let mut seats = [seat("1", "by command", None), seat("2", "odd", None)];
        codes().resolve(&mut seats);
        assert_eq!(
            (seats[0].status, seats[1].status),
            (Some(SeatStatus::House), None)
        );
    }

    #[test]
    fn unmapped_codes_are_flagged_once_each() {
        let seats = [
            seat("1", "odd", None),
            seat("2", "odd", None),
            seat("3", "free", Some(SeatStatus::Sold)),
            seat("4", "by command", None),
        ];
        let codes = codes();
        let counts = look_up(&codes, &seats).unwrap_or_default().1;
        let lines = unmapped(&codes, &seats, counts);
        assert_eq!(
            lines,
            [(
                LogLevel::Warn,
                "status code \"odd\" of 2 seats is not mapped".to_owned()
            )]
        );
    }
}
