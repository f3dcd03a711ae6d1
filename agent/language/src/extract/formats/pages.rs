//! Listings inside something else: pages, scripts, SOAP, files that others name.

use super::*;

#[test]
fn everyman_hides_its_lists_in_files_that_only_their_content_names() {
    let known = json!({ "cinema": { "key": "X0712", "timezone": LONDON } });
    let Some(mut everyman) = Recorded::of("everyman", "everyman-webedia", known) else {
        return;
    };
    everyman.take("cinemas", "site", "venue-page.html");
    assert_eq!(
        everyman.known["site"]["assets"],
        "https://cms-assets.webediamovies.pro/prod/everyman/67927682738ec21d41d059fe/public"
    );
    everyman.take("cinemas", "data", "page-data.json");
    assert_eq!(
        everyman.known["data"]["hashes"].as_array().unwrap().len(),
        40
    );

    // Of the files behind the hashes only one passes for the theaters.
    let source = shipped("everyman");
    for (file, fits) in [
        ("allAttribute", false),
        ("allMovie", false),
        ("allTheater", true),
    ] {
        let body = everyman.body(&format!("sq-{file}.json"));
        let taken = source.take("cinemas", "theaters", &everyman.known, &answer(&body));
        assert_eq!(taken.is_ok(), fits, "{file}");
    }
    everyman.take("cinemas", "theaters", "sq-allTheater.json");
    let Rows::Cinemas(cinemas) = everyman.rows("cinemas", b"null") else {
        panic!("cinemas");
    };
    let baker_street = cinemas.iter().find(|cinema| cinema.key == "X0712").unwrap();
    assert_eq!(cinemas.len(), 49);
    assert_eq!(
        (
            baker_street.name.as_str(),
            baker_street.city.as_deref(),
            baker_street.latitude
        ),
        ("Baker Street", Some("London"), Some(51.5205))
    );

    everyman.take("showtimes", "data", "page-data.json");
    assert_eq!(
        everyman.known["data"]["website"],
        "V2Vic2l0ZU1hbmFnZXJXZWJzaXRlOmIyNWQwN2RkLTczYTYtNDg1Ny1iODAzLWZiMmMyM2NiYjFkYQ=="
    );
    everyman.take("showtimes", "movies", "sq-allMovie.json");
    assert_eq!(
        everyman.known["movies"]["ids"].as_array().unwrap().len(),
        76
    );
    let showtimes = everyman.showtimes(&everyman.body("schedule-POST.json"));
    let films: std::collections::BTreeSet<_> = showtimes.iter().map(|s| &s.film_key).collect();
    assert_eq!((showtimes.len(), films.len()), (75, 10));
    let of = |key: &str| line(showtimes.iter().find(|show| show.key == key).unwrap());
    let key = "269838-2025-01-24 12:45:00-Format.Projection.Digital";
    assert_eq!(
        of(key),
        (key, "The Brutalist", "2025-01-24T12:45:00Z".to_owned(), "")
    );
    let key =
        "1000018250-2025-02-03 18:00:00-Showtime.Restriction.NoPasses,Format.Projection.Digital";
    assert_eq!(
        of(key),
        (
            key,
            "Members’ Preview: September 5",
            "2025-02-03T18:00:00Z".to_owned(),
            ""
        )
    );
}

#[test]
fn bfi_zips_names_and_values_of_a_script() {
    let known = json!({ "cinema": { "key": "imax", "timezone": LONDON } });
    let Some(mut bfi) = Recorded::of("bfi", "bfi-audienceview", known) else {
        return;
    };
    let film = bfi.showtimes(&bfi.body("a-complete-unknown.html"));
    let lines: Vec<_> = film
        .iter()
        .map(|show| (line(show).2, show.seats_available))
        .collect();
    assert_eq!(
        lines,
        [
            ("2025-01-23T17:15:00Z".to_owned(), Some(412)),
            ("2025-01-23T20:30:00Z".to_owned(), Some(406)),
        ]
    );
    // Two pages of a search, kept as two texts in a list.
    let pages: Vec<String> = serde_json::from_slice(&bfi.body("search-page.json")).unwrap();
    let source = shipped("bfi");
    let mut rows = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        let read = source.extract_page("showtimes", &bfi.known, &answer(page.as_bytes()), index);
        let read = read.unwrap();
        assert_eq!(read.facts.total_pages, Some(2));
        rows.push(read.rows);
    }
    let Rows::Showtimes(all) = source.merge("showtimes", rows).unwrap().rows else {
        panic!("showtimes");
    };
    assert_eq!(all.len(), 93);
    let (_, title, start, _) = line(&all[49]);
    assert_eq!(
        (title, start.as_str()),
        ("Preview: Becoming Led Zeppelin", "2025-02-06T20:30:00Z")
    );
    // The month before the clocks change, and after: 0 is January.
    let (_, title, start, _) = line(&all[50]);
    assert_eq!(
        (title, start.as_str()),
        (
            "Cronos + Guillermo del Toro recorded intro",
            "2025-02-09T14:30:00Z"
        )
    );
    bfi.hand_down("showtimes", &Rows::Showtimes(all), 50, "prices");
    let prices = bfi.prices(&source.fixed("prices").unwrap());
    let range = prices[0].amount_max.map(|max| max.to_string());
    assert_eq!(
        (prices[0].amount.to_string(), range),
        ("13.5".to_owned(), Some("23".to_owned()))
    );
}

#[test]
fn electric_keys_its_objects_by_number() {
    let known = json!({ "cinema": { "key": "7497", "id": 7497, "timezone": LONDON } });
    let Some(electric) = Recorded::of("electric", "electric-html", known) else {
        return;
    };
    let body = electric.body("portobello.html");
    let Rows::Cinemas(cinemas) = electric.rows("cinemas", &body) else {
        panic!("cinemas");
    };
    let names: Vec<_> = cinemas
        .iter()
        .map(|cinema| (&*cinema.key, &*cinema.name))
        .collect();
    assert_eq!(names, [("55140", "White City"), ("7497", "Portobello")]);
    let showtimes = electric.showtimes(&body);
    assert_eq!(showtimes.len(), 37);
    assert_eq!(
        line(&showtimes[0]),
        (
            "769965",
            "A Complete Unknown",
            "2025-01-23T17:15:00Z".to_owned(),
            "1"
        )
    );
    assert_eq!(
        line(&showtimes[36]),
        (
            "771116",
            "Bridget Jones: Mad About the Boy",
            "2025-02-16T19:45:00Z".to_owned(),
            "1"
        )
    );
    assert_eq!(showtimes[36].seats_available, Some(74));
}

#[test]
fn castle_speaks_to_search_engines() {
    let known = json!({ "cinema": { "key": "castle", "timezone": LONDON } });
    let Some(castle) = Recorded::of("castle", "castle-html", known) else {
        return;
    };
    let films = castle.items("films", "calendar.html");
    assert_eq!((films.len(), films[0].key.as_str()), (21, "93216"));
    let showtimes = castle.showtimes(&castle.body("programme-93216.html"));
    assert_eq!(showtimes.len(), 19);
    assert_eq!(
        line(&showtimes[0]),
        (
            "12237",
            "A Complete Unknown",
            "2025-01-23T10:45:00Z".to_owned(),
            ""
        )
    );
    assert_eq!(
        (
            showtimes[18].key.as_str(),
            showtimes[18].starts_at.to_string().as_str()
        ),
        ("12241", "2025-02-09T11:00:00Z")
    );
}

#[test]
fn cgr_wraps_json_into_soap() {
    let known = json!({ "cinema": { "key": "999", "timezone": "Europe/Paris" } });
    let Some(mut cgr) = Recorded::of("cgr", "cgr-fr-soap", known) else {
        return;
    };
    let showtimes = cgr.showtimes(&cgr.body("GetSeancesPassCulture.xml"));
    assert_eq!(
        showtimes.iter().map(line).collect::<Vec<_>>(),
        [("177182", "Venom", "2023-01-29T13:00:00Z".to_owned(), "")]
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
        "run": { "date": "2017-05-20" },
        "visit": {},
    });
    let Some(major) = Recorded::of("major-web", "major-th-vista", known) else {
        return;
    };
    let showtimes = major.showtimes(&major.body("ajax_showtime.html"));
    let of = |key: &str| line(showtimes.iter().find(|show| show.key == key).unwrap());
    assert_eq!(showtimes.len(), 6);
    assert_eq!(
        of("167904"),
        (
            "167904",
            "Chalard-Games-Goeng",
            "2017-05-20T15:30:00Z".to_owned(),
            "9"
        )
    );
    assert_eq!(of("170305").2, "2017-05-20T17:30:00Z");
}
