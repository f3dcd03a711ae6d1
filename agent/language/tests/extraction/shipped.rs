//! Each step of each shipped definition against a body written for it.

use serde_json::{Map, json};
use source_language::{
    extract::Answer,
    rows::{Cinema, Price, Rows, Seat, SeatMap, SeatStatus, Showtime},
};

use crate::reading::{NOW, count, params, seats, shipped};

macro_rules! body {
    ($file:literal) => {
        include_bytes!(concat!("../../../sources/bodies/", $file)).as_slice()
    };
}

fn cinemas(name: &str, body: &[u8]) -> Vec<Cinema> {
    let answer = Answer {
        status: 200,
        content_type: None,
        body,
        received_at: NOW,
    };
    match shipped(name).extract("cinemas", &Map::new(), &answer) {
        Ok(Rows::Cinemas(cinemas)) => cinemas,
        other => panic!("{name}: {other:?}"),
    }
}

fn showtimes(name: &str, body: &[u8]) -> Vec<Showtime> {
    let answer = Answer {
        status: 200,
        content_type: None,
        body,
        received_at: NOW,
    };
    match shipped(name).extract("showtimes", &Map::new(), &answer) {
        Ok(Rows::Showtimes(showtimes)) => showtimes,
        other => panic!("{name}: {other:?}"),
    }
}

fn names(cinemas: &[Cinema]) -> Vec<(&str, &str)> {
    cinemas
        .iter()
        .map(|cinema| (cinema.key.as_str(), cinema.name.as_str()))
        .collect()
}

fn starts(showtimes: &[Showtime]) -> Vec<(&str, String)> {
    let start = |show: &Showtime| show.starts_at.to_string();
    showtimes
        .iter()
        .map(|show| (show.key.as_str(), start(show)))
        .collect()
}

/// Available, sold, broken and unmapped seats.
fn counts(map: &SeatMap) -> [usize; 4] {
    [
        Some(SeatStatus::Available),
        Some(SeatStatus::Sold),
        Some(SeatStatus::Broken),
        None,
    ]
    .map(|status| count(map, status))
}

fn keys(map: &SeatMap) -> Vec<&str> {
    map.seats.iter().map(|seat| seat.key.as_str()).collect()
}

fn prices(map: &SeatMap) -> Vec<(&str, &str, String)> {
    let read = |price: &Price| price.amount.to_string();
    map.prices
        .iter()
        .map(|price| (price.ticket.as_str(), price.area.as_str(), read(price)))
        .collect()
}

#[test]
fn bhd_is_read_from_lists_in_lists() {
    let cinemas = cinemas("bhd", body!("bhd/cinemas.json"));
    assert_eq!(
        names(&cinemas),
        [("0001", "Hồ Gươm"), ("0002", "Bến Thành")]
    );
    assert_eq!(
        (cinemas[0].latitude, cinemas[1].latitude),
        (Some(21.03), None)
    );
    assert_eq!(cinemas[1].territory, "VN");

    let shows = showtimes("bhd", body!("bhd/showtimes.json"));
    assert_eq!(
        starts(&shows),
        [
            ("501", "2026-11-21T12:30:00Z".to_owned()),
            ("502", "2026-11-21T17:15:00Z".to_owned()),
        ]
    );
    assert_eq!(shows[0].film_title, "The \"Last\" Reel");
    assert_eq!(shows[0].auditorium_key.as_deref(), Some("3"));
    assert_eq!(
        (shows[0].seats_total, shows[0].seats_available),
        (Some(7), Some(3))
    );

    let map = seats("bhd", &Map::new(), body!("bhd/seats.json"));
    assert_eq!(
        keys(&map),
        [
            "1-1-0", "1-1-1", "1-2-0", "1-2-1", "1-2-2", "2-0-4", "2-0-5"
        ]
    );
    assert_eq!(counts(&map), [3, 3, 0, 1]);
    assert_eq!(
        map.seats[4],
        Seat {
            key: "1-2-2".into(),
            row: "A".into(),
            number: "3".into(),
            area: "0000000007".into(),
            kind: "5".into(),
            group: "".into(),
            x: Some(2),
            y: Some(2),
            code: "9".into(),
            status: None,
        }
    );
    assert_eq!(
        (map.seats[5].group.as_str(), map.seats[6].group.as_str()),
        ("2-0-4", "2-0-4")
    );
    assert_eq!(
        prices(&map),
        [
            ("Adult", "0000000007", "90000".to_owned()),
            ("Sofa", "0000000008", "240500".to_owned()),
        ]
    );
}

#[test]
fn major_is_read_around_its_gaps() {
    let cinemas = cinemas("major", body!("major/cinemas.json"));
    assert_eq!(names(&cinemas), [("101", "ริเวอร์ไซด์"), ("102", "Old Town")]);
    let shows = showtimes("major", body!("major/showtimes.json"));
    assert_eq!(
        starts(&shows),
        [("9001", "2026-11-21T12:30:00Z".to_owned())]
    );

    let map = seats("major", &Map::new(), body!("major/seats.json"));
    assert_eq!(keys(&map), ["1-2-3", "1-2-1", "1-1-4", "1-1-2", "1-1-1"]);
    assert_eq!(counts(&map), [1, 2, 1, 1]);
    assert_eq!(
        (map.seats[4].row.as_str(), map.seats[4].code.as_str()),
        ("A", "Special")
    );
    assert_eq!(
        prices(&map),
        [
            ("Standard", "0000000004", "220".to_owned()),
            ("Student", "0000000004", "180".to_owned()),
        ]
    );
}

#[test]
fn cds_is_labelled_by_the_flags_of_the_screen() {
    assert_eq!(
        names(&cinemas("cds", body!("cds/cinemas.json"))),
        [("7", "Le Rialto"), ("8", "L'Étoile"),]
    );
    let shows = showtimes("cds", body!("cds/showtimes.json"));
    assert_eq!(
        starts(&shows),
        [
            ("4001", "2026-11-21T11:00:00Z".to_owned()),
            ("4002", "2026-07-14T19:15:00Z".to_owned()),
        ]
    );

    let seats_of = |show: &Showtime, body: &[u8]| {
        seats("cds", &params(json!({ "showtime": show.carry })), body)
    };
    let map = seats_of(&shows[0], body!("cds/seats.json"));
    assert_eq!(
        keys(&map),
        [
            "A_5", "A_3", "A_2", "A_1", "B_5", "B_3", "B_2", "B_1", "C_5", "C_4", "C_2", "C_1"
        ]
    );
    assert_eq!(counts(&map), [7, 4, 0, 1]);
    assert_eq!(
        (map.seats[4].kind.as_str(), map.seats[4].y),
        ("wheelchair", Some(2))
    );
    assert_eq!(
        prices(&map),
        [
            ("Plein tarif", "", "11.5".to_owned()),
            ("Réduit", "", "8".to_owned()),
        ]
    );

    let mirrored = seats_of(&shows[1], body!("cds/seats.json"));
    assert_eq!(
        keys(&mirrored),
        [
            "C_1", "C_2", "C_3", "C_4", "B_1", "B_2", "B_3", "B_4", "A_1", "A_2", "A_3", "A_4"
        ]
    );
    assert_eq!(prices(&mirrored), []);

    let text = String::from_utf8(body!("cds/seats.json").to_vec()).unwrap();
    let in_a_string = serde_json::to_vec(&text).unwrap();
    assert_eq!(seats_of(&shows[0], &in_a_string), map);
}

#[test]
fn amc_is_read_by_tuples_of_fields() {
    let cinemas = cinemas("amc", body!("amc/cinemas.json"));
    assert_eq!(names(&cinemas), [("11", "Harbor 8"), ("12", "Pier 4")]);
    assert_eq!(cinemas[1].timezone, "America/Los_Angeles");
    assert_eq!(cinemas[1].carry.get("id"), Some(&json!(12)));
    let shows = showtimes("amc", body!("amc/showtimes.json"));
    assert_eq!(
        starts(&shows),
        [("900100", "2026-11-22T03:30:00Z".to_owned())]
    );

    let map = seats("amc", &Map::new(), body!("amc/seats.json"));
    assert_eq!(keys(&map), ["1-2", "1-3", "2-1", "2-2", "2-3", "2-4"]);
    assert_eq!(counts(&map), [3, 2, 0, 1]);
    assert_eq!(map.seats[4].code, "false|Blocked|CanReserve");
    assert_eq!(
        (map.seats[2].row.as_str(), map.seats[2].number.as_str()),
        ("B", "4")
    );
    assert_eq!(
        prices(&map),
        [
            ("Adult", "", "17.49".to_owned()),
            ("Child", "", "13".to_owned())
        ]
    );
}

#[test]
fn megabox_is_read_from_attributes_and_classes() {
    assert_eq!(
        names(&cinemas("megabox", body!("megabox/cinemas.html"))),
        [("1351", "강변"), ("1352", "시청 & 광장"),]
    );
    let shows = showtimes("megabox", body!("megabox/showtimes.html"));
    assert_eq!(
        starts(&shows),
        [
            ("2611210001", "2026-11-21T10:30:00Z".to_owned()),
            ("2611210002", "2026-11-21T16:30:00Z".to_owned()),
        ]
    );
    let days: Vec<_> = shows
        .iter()
        .map(|show| show.business_on.map(|d| d.to_string()))
        .collect();
    assert_eq!(days, [None, Some("2026-11-21".to_owned())]);

    let map = seats("megabox", &Map::new(), body!("megabox/seats.html"));
    assert_eq!(
        keys(&map),
        ["00100101", "00100201", "00100301", "00200101", "00200201"]
    );
    assert_eq!(counts(&map), [2, 2, 0, 1]);
    assert_eq!(
        (map.seats[2].kind.as_str(), map.seats[2].code.as_str()),
        ("wheelchair", "disabled")
    );
    assert_eq!(
        (map.seats[3].x, map.seats[3].y, map.seats[3].area.as_str()),
        (Some(30), Some(30), "PRIME_ZONE")
    );
}

#[test]
fn cgv_kr_finds_the_row_of_a_seat() {
    assert_eq!(
        names(&cinemas("cgv-kr", body!("cgv-kr/cinemas.html"))),
        [("0056", "강남 역"), ("0057", "서면"),]
    );
    let shows = showtimes("cgv-kr", body!("cgv-kr/showtimes.html"));
    assert_eq!(
        starts(&shows),
        [
            ("S1", "2026-11-21T10:30:00Z".to_owned()),
            ("S2", "2026-11-21T15:10:00Z".to_owned()),
        ]
    );

    let map = seats("cgv-kr", &Map::new(), body!("cgv-kr/seats.html"));
    assert_eq!(keys(&map), ["A-1", "A-2", "B-1", "B-2", "B-3"]);
    assert_eq!(counts(&map), [2, 3, 0, 0]);
    assert_eq!(
        (map.seats[3].code.as_str(), map.seats[3].y),
        ("reserved|handicap", Some(16))
    );
    assert_eq!(
        (map.seats[2].area.as_str(), map.seats[4].area.as_str()),
        ("prime", "")
    );
}

#[test]
fn cgv_id_takes_prices_from_seats() {
    assert_eq!(
        names(&cinemas("cgv-id", body!("cgv-id/cinemas.html"))),
        [("001", "Dago"), ("002", "Kota Lama"),]
    );
    let shows = showtimes("cgv-id", body!("cgv-id/showtimes.html"));
    assert_eq!(
        starts(&shows),
        [("88001", "2026-11-21T12:30:00Z".to_owned())]
    );

    let map = seats("cgv-id", &Map::new(), body!("cgv-id/seats.html"));
    assert_eq!(keys(&map), ["B1", "B2", "A1", "A2"]);
    assert_eq!(counts(&map), [3, 1, 0, 0]);
    let places = map.seats.iter().map(|seat| seat.x.zip(seat.y));
    let places: Vec<_> = places.flatten().collect();
    assert_eq!(places, [(1, 0), (2, 0), (0, 1), (2, 1)]);
    assert_eq!(
        prices(&map),
        [
            ("", "Regular", "50000".to_owned()),
            ("", "Sweetbox", "125000".to_owned()),
        ]
    );
}
