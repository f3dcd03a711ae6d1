//! A seat map against what was seen last of its showtime, or of its auditorium.

use std::collections::{BTreeMap, HashMap};

use super::{
    Baseline, FEW, LabelUse, MIN_SEAT_SHARE, MIN_SEATS, NEARLY_ALL, NEARLY_NONE, Unexpected, share,
    unexpected,
};
use crate::rows::{Seat, SeatMap, SeatStatus};

/// Share of unmapped seats above which a seat map is not judged.
const MAX_UNMAPPED_SHARE: f64 = 0.5;
/// The share of sold seats that does not vanish in one look.
const SOLD: f64 = 0.2;
/// Codes that a sentence names.
const NAMED: usize = 3;
/// The labels of a seat: each with its bit in the baseline, its name and its value.
type Label = (i16, &'static str, fn(&Seat) -> &str);
const FIELDS: [Label; 4] = [
    (1, "row", |seat| &seat.row),
    (2, "number", |seat| &seat.number),
    (4, "area", |seat| &seat.area),
    (8, "kind", |seat| &seat.kind),
];

/// Returns what is to be known of the labels of a layout.
#[must_use]
pub fn count_labels(seats: &[Seat]) -> LabelUse {
    let mut fields = 0;
    for (bit, _, value) in FIELDS {
        if share(count_with(seats, value), seats.len()) >= NEARLY_ALL {
            fields |= bit;
        }
    }
    let repeated = repeated_labels(seats)
        .map(|(_, seats)| seats)
        .sum::<usize>();
    LabelUse {
        repeated: i16::try_from(repeated).unwrap_or(i16::MAX),
        fields,
    }
}

/// Compares a seat map with what is known; `is_ahead` says that the showtime has not started.
///
/// # Errors
///
/// [`Unexpected`] if seats are missing or too many, if labels are not what they were, or if
/// statuses changed in a way in which tickets are not sold.
pub fn check_seats(
    map: &SeatMap,
    labels: LabelUse,
    known: &Baseline,
    is_ahead: bool,
) -> Result<(), Unexpected> {
    let seats = map.seats.len();
    if let Some(before) = known.seat_count.filter(|before| *before > 0) {
        let ratio = share(seats, before);
        if !(MIN_SEAT_SHARE..=MIN_SEAT_SHARE.recip()).contains(&ratio) {
            return unexpected(format!("the map has {seats} seats where it had {before}"));
        }
    }
    check_labels(map, labels, known)?;
    check_statuses(map, known, is_ahead)
}

/// Compares what seats are called with what the last layout called them: the key, and row and
/// number, of each of its seats.
///
/// # Errors
///
/// [`Unexpected`] if more than a few of the seats that it had are called otherwise: a row
/// letter that comes twice, or labels that moved by one.
pub fn check_names<'b>(
    seats: &[Seat],
    before: impl Iterator<Item = (&'b str, (&'b str, &'b str))>,
) -> Result<(), Unexpected> {
    let known: HashMap<&str, (&str, &str)> = before.collect();
    let (mut same, mut renamed, mut example) = (0_usize, 0_usize, None);
    for seat in seats {
        let now = (seat.row.as_str(), seat.number.as_str());
        match known.get(seat.key.as_str()) {
            Some(name) if *name != now => {
                renamed += 1;
                example.get_or_insert((*name, now));
            }
            Some(_) => same += 1,
            None => {}
        }
    }
    match example {
        Some(((row, number), (new_row, new_number))) if share(renamed, same + renamed) > FEW => {
            unexpected(format!(
                "{renamed} seats are called otherwise, such as {row} {number} now \
                 {new_row} {new_number}: does a row letter come twice?"
            ))
        }
        _ => Ok(()),
    }
}

fn check_labels(map: &SeatMap, labels: LabelUse, known: &Baseline) -> Result<(), Unexpected> {
    let Some(before) = known.labels else {
        return Ok(());
    };
    if before.repeated == 0
        && labels.repeated > 0
        && let Some(((row, number, _), _)) = repeated_labels(&map.seats).next()
    {
        return unexpected(format!(
            "{} seats share row, number and area with another, such as {row} {number}: \
             does a row letter come twice?",
            labels.repeated
        ));
    }
    let lost = before.fields & !labels.fields;
    for (bit, name, value) in FIELDS {
        let (with, all) = (count_with(&map.seats, value), map.seats.len());
        if lost & bit != 0 && share(with, all) <= NEARLY_NONE {
            return unexpected(format!(
                "{with} of {all} seats have a value for `{name}`, which nearly all had before"
            ));
        }
    }
    Ok(())
}

fn check_statuses(map: &SeatMap, known: &Baseline, is_ahead: bool) -> Result<(), Unexpected> {
    let (Some(before), Some(sold), Some(unmapped)) = (
        known.seat_count.filter(|seats| *seats >= MIN_SEATS),
        known.sold,
        known.unmapped,
    ) else {
        return Ok(());
    };
    let all = map.seats.len();
    let now = |status| {
        map.seats
            .iter()
            .filter(|seat| seat.status == status)
            .count()
    };
    let now_unmapped = now(None);
    if share(unmapped, before) < NEARLY_NONE && share(now_unmapped, all) > MAX_UNMAPPED_SHARE {
        return unexpected(format!(
            "{now_unmapped} of {all} seats have a status code that is not mapped, {unmapped} had before: {}",
            unmapped_codes(&map.seats)
        ));
    }
    if is_ahead && share(sold, before) > SOLD && now(Some(SeatStatus::Sold)) == 0 {
        let codes = if now_unmapped > unmapped {
            format!("; not mapped are {}", unmapped_codes(&map.seats))
        } else {
            String::new()
        };
        return unexpected(format!(
            "no seat of {all} is sold where {sold} of {before} were, and the showtime has not started{codes}"
        ));
    }
    Ok(())
}

/// The codes that nothing maps, those of most seats first.
fn unmapped_codes(seats: &[Seat]) -> String {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for seat in seats.iter().filter(|seat| seat.status.is_none()) {
        *times.entry(&seat.code).or_default() += 1;
    }
    let mut times: Vec<_> = times.into_iter().collect();
    times.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let named: Vec<String> = times
        .iter()
        .take(NAMED)
        .map(|(code, seats)| format!("`{code}` of {seats}"))
        .collect();
    named.join(", ")
}

fn count_with(seats: &[Seat], value: fn(&Seat) -> &str) -> usize {
    seats.iter().filter(|seat| !value(seat).is_empty()).count()
}

/// Labels that more than one seat has, and how many have each.
fn repeated_labels(seats: &[Seat]) -> impl Iterator<Item = ((&str, &str, &str), usize)> {
    let mut times: HashMap<(&str, &str, &str), usize> = HashMap::with_capacity(seats.len());
    let labelled = |seat: &&Seat| !seat.row.is_empty() && !seat.number.is_empty();
    for seat in seats.iter().filter(labelled) {
        *times
            .entry((&seat.row, &seat.number, &seat.area))
            .or_default() += 1;
    }
    let mut times: Vec<_> = times.into_iter().filter(|(_, times)| *times > 1).collect();
    times.sort_unstable();
    times.into_iter()
}
