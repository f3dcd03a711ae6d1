//! The status codes of a source as a pod has read them: indexes, counters, unmapped codes.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use schema::{
    enums::{LogLevel, SeatStatus},
    finish::{Counts, NewLogLine},
    seat::SeatCodes,
};
use serde_json::json;
use source_language::rows::Seat;

use crate::pack;

/// How long codes are used after they were read. Where a code was mapped differently meanwhile,
/// the statement that stores the snapshot counts again.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);

/// Codes of one source: the index of a code is a byte.
pub(super) const MAX_CODES: usize = 256;

/// The codes of one source as they were at one moment.
#[derive(Debug)]
pub(super) struct StatusCodes {
    /// Counts how often the mapping of a known code was changed.
    pub(super) version: i32,
    loaded_at: Instant,
    by_code: HashMap<String, (u8, Option<SeatStatus>)>,
}

/// The index of the code of each seat, and the counters.
pub(super) type CodeIndexes = (Vec<u8>, Counts);

impl StatusCodes {
    /// Indexes codes that were read just now.
    pub(super) fn new(known: SeatCodes) -> Self {
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

    /// Sets the status of seats whose code the definition does not map.
    pub(super) fn map_seats(&self, seats: &mut [Seat]) {
        for seat in seats.iter_mut().filter(|seat| seat.status.is_none()) {
            let known = self.by_code.get(seat.code.as_str());
            seat.status = known.and_then(|(_, status)| *status);
        }
    }

    /// Whether they should be read again.
    pub(super) fn are_old(&self) -> bool {
        self.loaded_at.elapsed() >= TIME_TO_LIVE
    }

    /// Returns how many codes are known.
    pub(super) fn len(&self) -> usize {
        self.by_code.len()
    }

    /// Whether the code is known, mapped or not.
    pub(super) fn knows(&self, code: &str) -> bool {
        self.by_code.contains_key(code)
    }

    /// Whether the code is known, and mapped if the definition maps it.
    pub(super) fn has(&self, code: &str, status: Option<SeatStatus>) -> bool {
        self.by_code
            .get(code)
            .is_some_and(|(_, known)| known.is_some() || status.is_none())
    }

    /// Returns the index of the code of each seat, if all codes are known with the mapping of
    /// the definition. Counters follow the database, as the view `seat_record` does: where the
    /// definition of this job maps a code otherwise, another definition is in force by now.
    pub(super) fn index(&self, seats: &[Seat]) -> Option<CodeIndexes> {
        let mut indexes = Vec::with_capacity(seats.len());
        let mut statuses = Vec::with_capacity(seats.len());
        for seat in seats {
            let (index, known) = self.by_code.get(seat.code.as_str())?;
            if known.is_none() && seat.status.is_some() {
                return None;
            }
            indexes.push(*index);
            statuses.push(*known);
        }
        Some((indexes, pack::count(statuses.into_iter())))
    }

    /// Returns a log line for each code that nothing maps, with how many seats have it.
    pub(super) fn unmapped_lines(&self, seats: &[Seat], counts: Counts) -> Vec<NewLogLine> {
        if counts.unmapped == 0 {
            return Vec::new();
        }
        let is_unmapped = |seat: &&Seat| {
            let known = self.by_code.get(seat.code.as_str());
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
                NewLogLine::new(LogLevel::Warn, line).with(json!({ "code": code, "seats": seats }))
            })
            .collect()
    }
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

    fn codes() -> StatusCodes {
        let known = |code_index, code: &str, status| SeatCode {
            code_index,
            code: code.to_owned(),
            status,
        };
        StatusCodes::new(SeatCodes {
            version: 3,
            codes: vec![
                known(0, "free", Some(SeatStatus::Available)),
                known(1, "odd", None),
                known(2, "by command", Some(SeatStatus::House)),
            ],
        })
    }

    #[test]
    fn a_mapping_that_the_database_lacks_is_reported_to_it() {
        let seats = [
            seat("1", "free", Some(SeatStatus::Available)),
            seat("2", "odd", None),
        ];
        let indexed = codes().index(&seats);
        assert_eq!(indexed.map(|(indexes, _)| indexes), Some(vec![0, 1]));
        let mapped = [seat("2", "odd", Some(SeatStatus::Sold))];
        assert_eq!(codes().index(&mapped), None);
    }

    /// Counters and the view must never disagree.
    #[test]
    fn counters_follow_the_mapping_of_the_database() {
        let seats = [
            seat("1", "by command", None),
            seat("2", "free", Some(SeatStatus::Sold)),
        ];
        let (_, counts) = codes().index(&seats).unwrap_or_default();
        assert_eq!(
            (counts.house, counts.available, counts.sold, counts.unmapped),
            (1, 1, 0, 0)
        );
    }

    #[test]
    fn an_operators_mapping_of_a_code_sets_the_status_of_its_seats() {
        let mut seats = [seat("1", "by command", None), seat("2", "odd", None)];
        codes().map_seats(&mut seats);
        assert_eq!(
            (seats[0].status, seats[1].status),
            (Some(SeatStatus::House), None)
        );
    }

    #[test]
    fn unmapped_codes_are_logged_once_each() {
        let seats = [
            seat("1", "odd", None),
            seat("2", "odd", None),
            seat("3", "free", Some(SeatStatus::Sold)),
            seat("4", "by command", None),
        ];
        let codes = codes();
        let counts = codes.index(&seats).unwrap_or_default().1;
        let lines = codes.unmapped_lines(&seats, counts);
        assert_eq!(
            lines,
            [NewLogLine::new(
                LogLevel::Warn,
                "status code \"odd\" of 2 seats is not mapped"
            )
            .with(json!({ "code": "odd", "seats": 2 }))]
        );
    }
}
