//! Listings that are JSON, in one answer or in pages.

use super::*;

#[test]
fn vue_lists_sessions_in_days_in_films() {
    let known = json!({ "cinema": { "key": "10080", "timezone": LONDON } });
    let mut vue = Recorded::of("vue", known);
    let showtimes = vue.showtimes(&vue.body("showtimes/10080/1.json"));
    assert_eq!(
        showtimes.iter().map(line).collect::<Vec<_>>(),
        [
            (
                "501",
                "The Lighthouse Keeper",
                "2026-06-20T18:30:00Z".to_owned(),
                "Screen 1"
            ),
            (
                "502",
                "The Lighthouse Keeper",
                "2026-06-20T23:15:00Z".to_owned(),
                "Screen 2"
            ),
            (
                "503",
                "Low Tide",
                "2026-06-20T19:00:00Z".to_owned(),
                "Screen 3"
            ),
        ]
    );
    vue.hand_down("showtimes", &Rows::Showtimes(showtimes), 1, "prices");
    let fixed = shipped("vue").fixed("prices").unwrap();
    assert_eq!(amounts(&vue.prices(&fixed)), [("from", "12.49".to_owned())]);
}

#[test]
fn indycinema_counts_sold_and_remaining_in_one_answer() {
    let known = json!({ "cinema": { "key": "rio", "timezone": LONDON } });
    let indy = Recorded::of("indycinema", known);
    let counts = |file: &str| -> Vec<_> {
        let showtimes = indy.showtimes(&indy.body(file));
        let count = |show: Showtime| (show.key, show.seats_total, show.seats_available);
        showtimes.into_iter().map(count).collect()
    };
    assert_eq!(
        counts("showtimes/rio/1.json"),
        [
            ("7001".to_owned(), Some(60), Some(35)),
            ("7002".to_owned(), Some(60), Some(60)),
        ]
    );
    // Three more were sold than there are seats.
    assert_eq!(
        counts("showtimes/actone/1.json"),
        [("8001".to_owned(), Some(60), Some(0))]
    );
}

#[test]
fn boost_names_a_next_page_on_its_last() {
    let known = json!({ "cinema": { "key": "1", "timezone": "Europe/Paris" } });
    let boost = Recorded::of("boost", known);
    let source = shipped("boost");
    let mut rows = Vec::new();
    for page in [1, 2] {
        let body = boost.body(&format!("showtimes/1/{page}.json"));
        let read = source.extract_page("showtimes", &boost.known, &answer(&body), page - 1);
        let read = read.unwrap();
        assert_eq!(
            (read.facts.total_pages, read.facts.total_rows),
            (Some(2), Some(3))
        );
        rows.push(read.rows);
    }
    let Rows::Showtimes(all) = source.merge("showtimes", rows).unwrap().rows else {
        panic!("showtimes");
    };
    let keys: Vec<&str> = all.iter().map(|show| show.key.as_str()).collect();
    assert_eq!(keys, ["1", "2", "3"]);
    assert_eq!(
        line(&all[2]),
        ("3", "MAREE BASSE", "2026-11-22T08:00:00Z".to_owned(), "1")
    );
    assert_eq!(
        (all[1].seats_total, all[1].seats_available),
        (Some(136), Some(12))
    );
    let prices = boost.prices(&boost.body("prices/1-1-5cb0/1.json"));
    assert_eq!(
        amounts(&prices),
        [
            ("PLEIN TARIF", "8".to_owned()),
            ("REDUIT", "6.5".to_owned())
        ]
    );
}

#[test]
fn amc_pages_by_cursor() {
    let page = |key: &str, cursor: &str, more: bool| {
        let theatre = json!({
            "theatreId": key.parse::<u32>().unwrap(), "name": format!("AMC {key}"),
            "latitude": 38.9634, "longitude": -94.6075,
        });
        let info = json!({ "endCursor": cursor, "hasNextPage": more });
        let theatres = json!({ "edges": [{ "node": theatre }], "pageInfo": info });
        json!({ "data": { "viewer": { "theatres": theatres } } }).to_string()
    };
    let source = shipped("amc");
    let mut rows = Vec::new();
    for (key, cursor, more) in [("2325", "cGM6MQ==", true), ("1067", "cGM6Mg==", false)] {
        let body = page(key, cursor, more);
        let read =
            source.extract_page("cinemas", &Map::new(), &answer(body.as_bytes()), rows.len());
        let read = read.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            (read.facts.cursor.as_deref(), read.facts.more),
            (Some(cursor), Some(more))
        );
        rows.push(read.rows);
    }
    let Rows::Cinemas(all) = source.merge("cinemas", rows).unwrap().rows else {
        panic!("cinemas");
    };
    let keys: Vec<&str> = all.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(
        (keys, all[1].latitude),
        (vec!["2325", "1067"], Some(38.9634))
    );
}

#[test]
fn shaw_says_of_a_sold_seat_when_it_was_bought() {
    let known = json!({ "cinema": { "key": "LIDO", "timezone": "Asia/Singapore" }, "showtime": { "key": "P1" } });
    let shaw = Recorded::of("shaw", known);
    let body = shaw.body("seats/LIDO-P1-5d13/1.json");
    let Rows::Seats(seats) = shaw.rows("seats", &body) else {
        panic!("seats");
    };
    assert_eq!(
        states(&seats),
        [
            ("I15", Some(SeatStatus::Available)),
            ("F6", Some(SeatStatus::Sold))
        ]
    );
    let Rows::Observations(bought) = shaw.rows("purchases", &body) else {
        panic!("observations");
    };
    let read: Vec<_> = bought
        .iter()
        .map(|o: &Observation| (o.subject.as_str(), o.at))
        .collect();
    assert_eq!(
        read,
        [(
            "LIDO/P1/F6",
            Some("2026-11-18T05:12:34.193Z".parse().unwrap())
        )]
    );
}

#[test]
fn cineplex_has_statuses_apart_from_its_layout() {
    let layout = json!([
        { "id": "1_17_30", "number": "1", "row": "A", "area": "standard" },
        { "id": "1_17_31", "number": "2", "row": "A", "area": "standard" },
        { "id": "1_17_32", "number": "3", "row": "A", "area": "standard" },
    ]);
    let cineplex = Recorded::of("cineplex", json!({ "layout": { "seats": layout } }));
    let body = cineplex.body("seats/7130-4411-f4ed/2.json");
    let Rows::Seats(seats) = cineplex.rows("seats", &body) else {
        panic!("seats");
    };
    assert_eq!(
        states(&seats),
        [
            ("1_17_30", Some(SeatStatus::Available)),
            ("1_17_31", Some(SeatStatus::Sold)),
            ("1_17_32", None),
        ]
    );
}

fn states(map: &SeatMap) -> Vec<(&str, Option<SeatStatus>)> {
    map.seats
        .iter()
        .map(|seat| (&*seat.key, seat.status))
        .collect()
}
