//! Listings that are JSON, in one answer or in pages.

use super::*;

#[test]
fn vue_lists_sessions_in_days_in_films() {
    let cinema = json!({ "cinema": { "key": "10080", "timezone": LONDON } });
    let Some(mut vue) = Recorded::of("vue", "vue-microservice", cinema) else {
        return;
    };
    let body = vue.body("showings-cinema-10080-films.json");
    let showtimes = vue.showtimes(&body);
    assert_eq!(showtimes.len(), 144);
    assert_eq!(
        line(&showtimes[0]),
        (
            "89864",
            "A Complete Unknown",
            "2025-01-24T14:20:00Z".to_owned(),
            "Screen 4"
        )
    );
    assert_eq!(
        line(&showtimes[143]),
        (
            "89968",
            "Vermiglio",
            "2025-01-30T18:00:00Z".to_owned(),
            "Screen 2"
        )
    );
    vue.hand_down("showtimes", &Rows::Showtimes(showtimes), 143, "prices");
    let fixed = shipped("vue").fixed("prices").unwrap();
    assert_eq!(amounts(&vue.prices(&fixed)), [("from", "9.99".to_owned())]);
}

#[test]
fn indycinema_counts_sold_and_remaining_in_one_answer() {
    let known = json!({ "cinema": { "key": "rio", "timezone": LONDON } });
    let Some(indy) = Recorded::of("indycinema", "indycinema-graphql", known) else {
        return;
    };
    for (file, shows, total, available, first) in [
        (
            "movies-rio.json",
            118,
            6_266 + 11_137,
            11_137,
            (
                "257838",
                "PINK PALACE: BUDDIES",
                "2025-01-23T19:30:00Z".to_owned(),
                "122",
            ),
        ),
        (
            "movies-actone.json",
            297,
            3_745 + 13_895,
            13_900,
            (
                "259009",
                "A COMPLETE UNKNOWN",
                "2025-01-17T12:00:00Z".to_owned(),
                "141",
            ),
        ),
    ] {
        let showtimes = indy.showtimes(&indy.body(file));
        assert_eq!(showtimes.len(), shows);
        assert_eq!(line(&showtimes[0]), first);
        let sum = |count: fn(&Showtime) -> Option<u32>| -> u32 {
            showtimes.iter().filter_map(count).sum()
        };
        assert_eq!(sum(|show| show.seats_total), total);
        assert_eq!(sum(|show| show.seats_available), available);
    }
}

#[test]
fn boost_names_a_next_page_on_its_last() {
    let known = json!({ "cinema": { "key": "1", "timezone": "Europe/Paris" } });
    let Some(boost) = Recorded::of("boost", "boost-fr-paged", known) else {
        return;
    };
    let source = shipped("boost");
    let mut rows = Vec::new();
    for page in [1, 2] {
        let body = boost.body(&format!("showtimes-page{page}.json"));
        let read = source.extract_page("showtimes", &boost.known, &answer(&body), page - 1);
        let read = read.unwrap();
        assert_eq!(
            (read.facts.total_pages, read.facts.total_rows),
            (Some(2), Some(4))
        );
        rows.push(read.rows);
    }
    let Rows::Showtimes(all) = source.merge("showtimes", rows).unwrap().rows else {
        panic!("showtimes");
    };
    let keys: Vec<&str> = all.iter().map(|show| show.key.as_str()).collect();
    assert_eq!(keys, ["34709", "34772", "34877", "34926"]);
    assert_eq!(
        line(&all[3]),
        (
            "34926",
            "LE NOUVEAU JOUET",
            "2022-10-17T07:40:00Z".to_owned(),
            all[3].auditorium_key.as_deref().unwrap()
        )
    );
    assert_eq!(
        (all[3].seats_total, all[3].seats_available),
        (Some(174), Some(174))
    );
    let prices = boost.prices(&boost.body("showtime-details.excerpt.json"));
    assert_eq!(
        amounts(&prices),
        [
            ("PASS CULTURE", "6".to_owned()),
            ("PLEIN TARIF", "8".to_owned())
        ]
    );
}

#[test]
fn amc_pages_by_cursor() {
    let Some(amc) = Recorded::of("amc", "amc-graphql", json!({})) else {
        return;
    };
    let source = shipped("amc");
    let mut rows = Vec::new();
    for (file, cursor, more) in [
        ("theatres-page1.json", "cGM6MToxOjI=", true),
        ("theatres-page2.json", "cGM6MToxOjM=", false),
    ] {
        let page = source.extract_page("cinemas", &amc.known, &answer(&amc.body(file)), rows.len());
        let page = page.unwrap();
        assert_eq!(
            (page.facts.cursor.as_deref(), page.facts.more),
            (Some(cursor), Some(more))
        );
        rows.push(page.rows);
    }
    let Rows::Cinemas(all) = source.merge("cinemas", rows).unwrap().rows else {
        panic!("cinemas");
    };
    assert_eq!(all.len(), 3);
    assert_eq!(
        (&*all[2].name, all[2].latitude),
        ("AMC Ward Parkway 14", Some(38.9634))
    );
}

#[test]
fn shapes_of_documentation_are_read_too() {
    let known = json!({ "cinema": { "key": "LIDO", "timezone": "Asia/Singapore" }, "showtime": { "key": "P1" } });
    let Some(shaw) = Recorded::of("shaw", "shape-only", known) else {
        return;
    };
    let Rows::Seats(seats) = shaw.rows("seats", &shaw.body("shaw-seats.json")) else {
        panic!("seats");
    };
    assert_eq!(
        states(&seats),
        [
            ("I15", Some(SeatStatus::Available)),
            ("F6", Some(SeatStatus::Sold))
        ]
    );
    let Rows::Observations(bought) = shaw.rows("purchases", &shaw.body("shaw-seats.json")) else {
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
            Some("2020-01-18T05:12:34.193Z".parse().unwrap())
        )]
    );

    let layout = json!([
        { "id": "1_17_30", "number": "1", "row": "A", "area": "standard" },
        { "id": "1_17_31", "number": "2", "row": "A", "area": "standard" },
        { "id": "1_17_32", "number": "3", "row": "A", "area": "standard" },
    ]);
    let known = json!({ "layout": { "seats": layout } });
    let Some(cineplex) = Recorded::of("cineplex", "shape-only", known) else {
        return;
    };
    let Rows::Seats(seats) =
        cineplex.rows("seats", &cineplex.body("cineplex-seat-availability.json"))
    else {
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
