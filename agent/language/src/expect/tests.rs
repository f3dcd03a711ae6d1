#![allow(clippy::unwrap_used)]

use std::time::Duration;

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use serde_json::Map;

use super::{
    Baseline, ListingBaseline, ShowtimeBaseline, check_cinemas, check_names, check_prices,
    check_seats, check_showtimes, check_stated, count_labels, median_price, usually_filled,
};
use crate::{
    definition::{Bounds, ExpectWords},
    rows::{Cinema, FilmFacts, Price, Rows, Seat, SeatMap, SeatStatus, Showtime},
};

const NOW: i64 = 1_800_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn utc_date(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

fn seat(number: usize, status: Option<SeatStatus>) -> Seat {
    Seat {
        key: number.to_string().into(),
        row: ((b'A' + u8::try_from(number / 10).unwrap()) as char)
            .to_string()
            .into(),
        number: (number % 10).to_string().into(),
        code: status.map_or("new", |_| "known").into(),
        status,
        ..Seat::default()
    }
}

/// So many sold seats, then so many free ones, then so many with a code that nothing maps.
fn map(sold: usize, free: usize, unmapped: usize) -> SeatMap {
    let statuses = std::iter::repeat_n(Some(SeatStatus::Sold), sold)
        .chain(std::iter::repeat_n(Some(SeatStatus::Available), free))
        .chain(std::iter::repeat_n(None, unmapped));
    SeatMap {
        seats: statuses
            .enumerate()
            .map(|(number, status)| seat(number, status))
            .collect(),
        prices: Vec::new(),
    }
}

fn known(map: &SeatMap) -> Baseline {
    let count = |status| {
        let with = map.seats.iter().filter(|seat| seat.status == status);
        Some(with.count())
    };
    Baseline {
        seat_count: Some(map.seats.len()),
        sold: count(Some(SeatStatus::Sold)),
        unmapped: count(None),
        labels: Some(count_labels(&map.seats)),
        price_median: None,
    }
}

/// What is said of a map after another was seen, before the start.
fn after(before: &SeatMap, map: &SeatMap) -> Result<(), String> {
    check_seats(map, count_labels(&map.seats), &known(before), true)
        .map_err(|error| error.to_string())
}

#[test]
fn a_map_may_lose_a_fifth_of_its_seats_and_no_more() {
    let before = map(50, 50, 0);
    for (count, is_fine) in [(80, true), (125, true), (79, false), (126, false)] {
        assert_eq!(
            after(&before, &map(count / 2, count - count / 2, 0)).is_ok(),
            is_fine,
            "{count}"
        );
    }
    let said = after(&before, &map(25, 25, 0)).unwrap_err();
    assert!(said.contains("50 seats where it had 100"), "{said}");
}

#[test]
fn a_doubled_row_letter_is_named() {
    let before = map(50, 50, 0);
    let mut doubled = before.clone();
    for seat in doubled.seats.iter_mut().filter(|seat| seat.row == "D") {
        seat.row = "C".into();
    }
    let said = after(&before, &doubled).unwrap_err();
    assert!(
        said.contains("20 seats share") && said.contains("C 0"),
        "{said}"
    );
    assert_eq!(after(&doubled, &doubled), Ok(()), "so it was before");
}

#[test]
fn a_label_that_all_seats_lost_is_named() {
    let before = map(50, 50, 0);
    let mut bare = before.clone();
    for seat in &mut bare.seats {
        seat.row.clear();
    }
    let said = after(&before, &bare).unwrap_err();
    assert!(
        said.contains("0 of 100") && said.contains("`row`"),
        "{said}"
    );
}

#[test]
fn seats_that_all_turn_unmapped_are_unexpected_and_their_code_is_named() {
    let before = map(10, 90, 0);
    let said = after(&before, &map(10, 30, 60)).unwrap_err();
    assert!(said.contains("`new` of 60"), "{said}");
    assert_eq!(after(&before, &map(10, 50, 40)), Ok(()));
    assert_eq!(
        after(&map(10, 70, 20), &map(10, 30, 60)),
        Ok(()),
        "it had such before"
    );
}

#[test]
fn a_house_that_empties_at_once_is_unexpected_before_the_start_only() {
    let (before, empty) = (map(30, 70, 0), map(0, 100, 0));
    assert!(after(&before, &empty).unwrap_err().contains("30 of 100"));
    let labels = count_labels(&empty.seats);
    assert_eq!(check_seats(&empty, labels, &known(&before), false), Ok(()));
    assert_eq!(after(&map(20, 80, 0), &empty), Ok(()));
    assert_eq!(
        check_seats(&empty, labels, &Baseline::default(), true),
        Ok(())
    );
}

#[test]
fn prices_in_another_unit_are_unexpected() {
    assert!(check_prices(Some(1150.0), Some(11.5)).is_err());
    assert!(check_prices(Some(1.0), Some(10.0)).is_err());
    assert_eq!(check_prices(Some(99.0), Some(10.0)), Ok(()));
    assert_eq!(check_prices(Some(0.0), Some(10.0)), Ok(()));
    assert_eq!(check_prices(None, Some(10.0)), Ok(()));
    let amounts = ["7", "11.5", "9"].map(price);
    assert_eq!(median_price(&amounts), Some(9.0));
}

fn price(amount: &str) -> Price {
    Price {
        ticket: "adult".to_owned(),
        area: String::new(),
        amount: amount.parse().unwrap(),
        currency: "EUR".to_owned(),
        amount_max: None,
        fee: None,
        tax_included: None,
    }
}

fn showtime(key: usize, starts_in: i64) -> Showtime {
    Showtime {
        key: key.to_string(),
        film_key: "F".to_owned(),
        film_title: "A film".to_owned(),
        auditorium_key: Some("1".to_owned()),
        auditorium_name: None,
        starts_at: Timestamp::from_second(NOW + starts_in).unwrap(),
        business_on: None,
        seats_total: None,
        seats_available: None,
        sold_out: None,
        film: FilmFacts::default(),
        attributes: None,
        carry: Map::new(),
    }
}

/// So many showtimes an hour apart, moved by so many seconds.
fn listing(count: usize, moved: i64) -> Rows {
    let hour = |number: usize| i64::try_from(number).unwrap() * 3_600 + moved;
    Rows::Showtimes(
        (0..count)
            .map(|number| showtime(number, hour(number)))
            .collect(),
    )
}

fn listed(rows: &Rows) -> ListingBaseline {
    let Rows::Showtimes(showtimes) = rows else {
        panic!("not showtimes");
    };
    ListingBaseline {
        cinemas: Vec::new(),
        showtimes: showtimes
            .iter()
            .map(|row| ShowtimeBaseline {
                key: row.key.clone(),
                starts_at: row.starts_at,
                business_on: utc_date(row.starts_at),
            })
            .collect(),
        fields: usually_filled(rows),
    }
}

#[test]
fn a_list_that_lost_more_than_half_of_what_is_to_come_is_unexpected() {
    let known = listed(&listing(8, 0));
    let said = |count| {
        check_showtimes(&listing(count, 0), &known, None).map_err(|error| error.to_string())
    };
    assert_eq!(said(4), Ok(()));
    assert!(said(3).unwrap_err().contains("3 of the 8 showtimes"));
    assert!(said(0).unwrap_err().contains("0 of the 8 showtimes"));
    let few = listed(&listing(3, 0));
    assert_eq!(
        check_showtimes(&listing(0, 0), &few, None),
        Ok(()),
        "too few to tell"
    );
}

#[test]
fn only_the_day_that_was_asked_for_is_compared() {
    let known = listed(&listing(8, 0));
    let elsewhere = utc_date(now()) + 9.days();
    assert_eq!(
        check_showtimes(&listing(0, 0), &known, Some(elsewhere)),
        Ok(())
    );
}

#[test]
fn times_that_all_moved_by_the_same_are_unexpected() {
    let known = listed(&listing(8, 0));
    let said = check_showtimes(&listing(8, 7_200), &known, None)
        .unwrap_err()
        .to_string();
    assert!(said.contains("8 of 8 showtimes moved by"), "{said}");
    assert_eq!(
        check_showtimes(&listing(8, 30), &known, None),
        Ok(()),
        "rounding"
    );
    let mut some = listing(8, 0);
    if let Rows::Showtimes(rows) = &mut some {
        for row in rows.iter_mut().take(4) {
            row.starts_at += jiff::SignedDuration::from_mins(30);
        }
    }
    assert_eq!(
        check_showtimes(&some, &known, None),
        Ok(()),
        "half may move"
    );
}

#[test]
fn a_field_that_all_rows_had_is_missed() {
    let before = listing(8, 0);
    let known = listed(&before);
    assert_eq!(known.fields, ["auditorium_key"]);
    let mut bare = before.clone();
    if let Rows::Showtimes(rows) = &mut bare {
        for row in rows {
            row.auditorium_key = None;
        }
    }
    let said = check_showtimes(&bare, &known, None)
        .unwrap_err()
        .to_string();
    assert!(said.contains("`auditorium_key`"), "{said}");
}

#[test]
fn half_of_the_cinemas_must_be_found_again() {
    let rows = |count: usize| {
        let cinema = |number: usize| Cinema {
            key: number.to_string(),
            ..Cinema::default()
        };
        Rows::Cinemas((0..count).map(cinema).collect())
    };
    let known = ListingBaseline {
        cinemas: (0..6).map(|number: usize| number.to_string()).collect(),
        showtimes: Vec::new(),
        fields: Vec::new(),
    };
    assert_eq!(check_cinemas(&rows(3), &known), Ok(()));
    assert!(check_cinemas(&rows(2), &known).is_err());
}

#[test]
fn what_the_author_says_must_hold() {
    let least = |min| Bounds {
        min: Some(min),
        max: None,
    };
    let most = |max| Bounds {
        min: None,
        max: Some(max),
    };
    let words = |edit: fn(&mut ExpectWords, Bounds, Bounds)| {
        let mut words = ExpectWords::default();
        edit(&mut words, least(0.5), most(0.5));
        words
    };
    let seats = Rows::Seats(map(60, 40, 0));
    let some_sold = words(|words, least, _| {
        words.status.insert("sold".to_owned(), least);
    });
    assert_eq!(check_stated(&seats, &some_sold, now()), Ok(()));
    let few_sold = words(|words, _, most| {
        words.status.insert("sold".to_owned(), most);
    });
    assert!(
        check_stated(&seats, &few_sold, now())
            .unwrap_err()
            .to_string()
            .contains("60 of 100 seats are sold")
    );
    let areas = words(|words, _, _| {
        words.filled.insert("area".to_owned(), 0.9);
    });
    assert!(
        check_stated(&seats, &areas, now())
            .unwrap_err()
            .to_string()
            .contains("`area`")
    );
    let rows = words(|words, _, most| words.rows = Some(most));
    assert!(
        check_stated(&seats, &rows, now())
            .unwrap_err()
            .to_string()
            .contains("100 rows")
    );
    let cheap = words(|words, _, most| words.price = Some(most));
    assert!(check_stated(&Rows::Prices(vec![price("7")]), &cheap, now()).is_err());

    let times = words(|words, _, _| {
        words.starts_after = Some(Duration::from_hours(1));
        words.starts_before = Some(Duration::from_hours(4));
    });
    assert_eq!(check_stated(&listing(5, 0), &times, now()), Ok(()));
    assert!(check_stated(&listing(6, 0), &times, now()).is_err());
    assert!(check_stated(&listing(1, -3_601), &times, now()).is_err());
}

#[test]
fn seats_that_are_called_otherwise_are_told() {
    let map = map(0, 40, 0);
    let mut before: Vec<(&str, (&str, &str))> = map
        .seats
        .iter()
        .map(|seat| (seat.key.as_str(), (seat.row.as_str(), seat.number.as_str())))
        .collect();
    let said = |before: &[(&str, (&str, &str))]| check_names(&map.seats, before.iter().copied());
    assert_eq!(said(&before), Ok(()));
    // One label is a correction; a whole row is not.
    before[0].1.0 = "Z";
    assert_eq!(said(&before), Ok(()));
    for seat in &mut before[..10] {
        seat.1.0 = "Z";
    }
    let message = said(&before).unwrap_err().to_string();
    assert!(
        message.contains("10 seats are called otherwise, such as Z 0 now A 0"),
        "{message}"
    );
    // Seats that were not there before prove nothing.
    for seat in &mut before {
        seat.0 = "elsewhere";
    }
    assert_eq!(said(&before), Ok(()));
}
