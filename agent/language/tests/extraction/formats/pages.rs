//! Listings inside something else: pages, scripts, SOAP, files that others name.

use super::*;

#[test]
fn everyman_hides_its_lists_in_files_that_only_their_content_names() {
    let known = json!({ "cinema": { "key": "X0712", "timezone": LONDON } });
    let mut everyman = Recorded::of("everyman", known);
    everyman.take("cinemas", "site", "cinemas/root/1.html");
    assert_eq!(
        everyman.known["site"]["assets"],
        "https://assets.everyman.example.org/prod/everyman/67aa01/public"
    );
    everyman.take("cinemas", "data", "cinemas/root/2.json");
    assert_eq!(
        everyman.known["data"]["hashes"],
        json!(["111", "222", "333"])
    );

    // Of the files behind the hashes only one passes for the theaters.
    let source = shipped("everyman");
    for (file, fits) in [("3", false), ("4", true)] {
        let body = everyman.body(&format!("cinemas/root/{file}.json"));
        let taken = source.take("cinemas", "theaters", &everyman.known, &answer(&body));
        assert_eq!(taken.is_ok(), fits, "{file}");
    }
    everyman.take("cinemas", "theaters", "cinemas/root/4.json");
    let Rows::Cinemas(cinemas) = everyman.rows("cinemas", b"null") else {
        panic!("cinemas");
    };
    let places: Vec<_> = cinemas
        .iter()
        .map(|row| (row.key.as_str(), row.city.as_deref(), row.latitude))
        .collect();
    assert_eq!(
        places,
        [
            ("X0712", Some("London"), Some(51.52)),
            ("X11DP", Some("Altrincham"), None),
        ]
    );

    everyman.take("showtimes", "data", "showtimes/X0712/2.json");
    assert_eq!(everyman.known["data"]["website"], "V2Vi");
    everyman.take("showtimes", "movies", "showtimes/X0712/5.json");
    let showtimes = everyman.showtimes(&everyman.body("showtimes/X0712/6.json"));
    let of = |key: &str| line(showtimes.iter().find(|show| show.key == key).unwrap());
    assert_eq!(showtimes.len(), 3);
    let key = "280195-2026-06-20 20:00:00-Digital";
    assert_eq!(
        of(key),
        (
            key,
            "The Lighthouse Keeper",
            "2026-06-20T19:00:00Z".to_owned(),
            ""
        )
    );
    let key = "999-2026-06-20 18:00:00-Digital";
    assert_eq!(of(key).1, "(unknown)", "a film that no list names");
}

#[test]
fn bfi_zips_names_and_values_of_a_script() {
    let known = json!({ "cinema": { "key": "imax", "timezone": LONDON } });
    let mut bfi = Recorded::of("bfi", known);
    let source = shipped("bfi");
    let mut rows = Vec::new();
    for index in [0, 1] {
        let body = bfi.body(&format!("showtimes/imax/{}.html", index + 1));
        let read = source.extract_page("showtimes", &bfi.known, &answer(&body), index);
        let read = read.unwrap();
        assert_eq!(read.facts.total_pages, Some(2));
        rows.push(read.rows);
    }
    let Rows::Showtimes(all) = source.merge("showtimes", rows).unwrap().rows else {
        panic!("showtimes");
    };
    let lines: Vec<_> = all
        .iter()
        .map(|show| (line(show).2, show.seats_available))
        .collect();
    // Months count from 0, and in June the clocks have changed; a membership is no showtime.
    assert_eq!(
        lines,
        [
            ("2027-01-23T17:15:00Z".to_owned(), Some(412)),
            ("2027-02-28T20:30:00Z".to_owned(), Some(7)),
            ("2027-06-28T19:30:00Z".to_owned(), None),
            ("2027-06-29T17:00:00Z".to_owned(), Some(30)),
        ]
    );
    bfi.hand_down("showtimes", &Rows::Showtimes(all), 2, "prices");
    let prices = bfi.prices(&source.fixed("prices").unwrap());
    let range = prices[0].amount_max.map(|max| max.to_string());
    assert_eq!(
        (prices[0].amount.to_string(), range),
        ("13.5".to_owned(), Some("1013.5".to_owned()))
    );
}

#[test]
fn electric_keys_its_objects_by_number() {
    let known = json!({ "cinema": { "key": "7497", "id": 7497, "timezone": LONDON } });
    let electric = Recorded::of("electric", known);
    let body = electric.body("cinemas/root/1.html");
    let Rows::Cinemas(cinemas) = electric.rows("cinemas", &body) else {
        panic!("cinemas");
    };
    let mut names: Vec<_> = cinemas
        .iter()
        .map(|cinema| (&*cinema.key, &*cinema.name))
        .collect();
    names.sort_unstable();
    assert_eq!(names, [("55140", "White City"), ("7497", "Portobello")]);
    let showtimes = electric.showtimes(&body);
    assert_eq!(
        showtimes.iter().map(line).collect::<Vec<_>>(),
        [("900", "Low Tide", "2026-06-20T16:15:00Z".to_owned(), "1")]
    );
    assert_eq!(showtimes[0].seats_available, Some(2));
}

#[test]
fn castle_speaks_to_search_engines() {
    let known = json!({ "cinema": { "key": "castle", "timezone": LONDON } });
    let castle = Recorded::of("castle", known);
    let films = castle.items("films", "films/castle/2.html");
    let keys: Vec<&str> = films.iter().map(|film| film.key.as_str()).collect();
    assert_eq!(keys, ["931", "932"], "a film of two days comes once");
    let showtimes = castle.showtimes(&castle.body("showtimes/castle-931-609f/1.html"));
    assert_eq!(
        showtimes.iter().map(line).collect::<Vec<_>>(),
        [
            ("12", "Low Tide", "2026-06-20T09:45:00Z".to_owned(), ""),
            ("13", "Low Tide", "2026-06-21T20:00:00Z".to_owned(), ""),
        ]
    );
}

#[test]
fn cgr_wraps_json_into_soap() {
    let known = json!({ "cinema": { "key": "999", "timezone": "Europe/Paris" } });
    let mut cgr = Recorded::of("cgr", known);
    let showtimes = cgr.showtimes(&cgr.body("showtimes/999/1.xml"));
    assert_eq!(
        showtimes.iter().map(line).collect::<Vec<_>>(),
        [
            ("177", "Marée basse", "2026-11-21T13:00:00Z".to_owned(), ""),
            ("178", "Marée basse", "2026-11-21T19:30:00Z".to_owned(), ""),
        ]
    );
    assert_eq!(showtimes[0].seats_available, Some(99));
    cgr.hand_down("showtimes", &Rows::Showtimes(showtimes), 0, "prices");
    let prices = cgr.prices(&shipped("cgr").fixed("prices").unwrap());
    assert_eq!(amounts(&prices), [("Pass Culture", "6.9".to_owned())]);
    assert_eq!(prices[0].tax_included, Some(true));
}

#[test]
fn major_lists_half_past_midnight_behind_the_evening() {
    let known = json!({
        "cinema": { "key": "24", "timezone": "Asia/Bangkok" },
        "run": { "date": "2026-11-21" },
        "visit": {},
    });
    let major = Recorded::of("major-web", known);
    let showtimes = major.showtimes(&major.body("showtimes/24/2.html"));
    assert_eq!(
        showtimes.iter().map(line).collect::<Vec<_>>(),
        [
            ("5001", "Low Tide", "2026-11-21T15:30:00Z".to_owned(), "4"),
            ("5002", "Low Tide", "2026-11-21T17:30:00Z".to_owned(), "4"),
            (
                "5003",
                "The Lighthouse Keeper",
                "2026-11-21T13:15:00Z".to_owned(),
                "9"
            ),
        ]
    );
}
