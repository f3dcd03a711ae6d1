//! The listings of every recorded format through its shipped definition, where the
//! recordings are at hand. The expected values were worked out from the recordings by other
//! means; seat maps are in `recorded`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::{fs, path::PathBuf};

use serde_json::{Map, Value, json};

use super::{
    Answer,
    recorded::{params, shipped},
};
use crate::rows::{Item, Observation, Price, Rows, SeatMap, Showtime, Status};

/// Returns the folder of recordings, or says that there is none.
fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/formats");
    if folder.exists() {
        return Some(folder);
    }
    println!("skipped: there are no recordings at {}", folder.display());
    None
}

/// One definition with the recordings of its source.
struct Recorded {
    name: &'static str,
    folder: PathBuf,
    known: Map<String, Value>,
}

impl Recorded {
    fn of(name: &'static str, folder: &str, known: Value) -> Option<Self> {
        Some(Self {
            name,
            folder: self::folder()?.join(folder),
            known: params(known),
        })
    }

    fn body(&self, file: &str) -> Vec<u8> {
        fs::read(self.folder.join(file)).unwrap()
    }

    fn rows(&self, step: &str, body: &[u8]) -> Rows {
        let rows = shipped(self.name).extract(step, &self.known, &answer(body));
        rows.unwrap_or_else(|error| panic!("{} {step}: {error}", self.name))
    }

    fn showtimes(&self, body: &[u8]) -> Vec<Showtime> {
        match self.rows("showtimes", body) {
            Rows::Showtimes(showtimes) => showtimes,
            other => panic!("{}: {other:?}", self.name),
        }
    }

    fn items(&self, step: &str, file: &str) -> Vec<Item> {
        match self.rows(step, &self.body(file)) {
            Rows::Items(items) => items,
            other => panic!("{}: {other:?}", self.name),
        }
    }

    fn prices(&self, body: &[u8]) -> Vec<Price> {
        match self.rows("prices", body) {
            Rows::Prices(prices) => prices,
            other => panic!("{}: {other:?}", self.name),
        }
    }

    /// Takes what the request `first` of `step` takes of a recording.
    fn take(&mut self, step: &str, first: &str, file: &str) {
        let taken = shipped(self.name).take(step, first, &self.known, &answer(&self.body(file)));
        let taken = taken.unwrap_or_else(|error| panic!("{} {first}: {error}", self.name));
        self.known.insert(first.to_owned(), Value::Object(taken));
    }

    /// Hands a row down, as the fleet would.
    fn hand_down(&mut self, step: &str, rows: &Rows, index: usize, to: &str) {
        let found = shipped(self.name).discover(step, &self.known, rows);
        let found = found
            .into_iter()
            .filter(|task| task.step == to)
            .nth(index)
            .unwrap();
        self.known = found.params;
    }
}

fn answer(body: &[u8]) -> Answer<'_> {
    Answer {
        status: 200,
        content_type: None,
        body,
        received_at: "2025-01-23T12:00:00Z".parse().unwrap(),
    }
}

/// Key, title, start in UTC, auditorium.
fn line(show: &Showtime) -> (&str, &str, String, &str) {
    (
        &show.key,
        &show.film_title,
        show.starts_at.to_string(),
        show.auditorium_key.as_deref().unwrap_or_default(),
    )
}

fn amounts(prices: &[Price]) -> Vec<(&str, String)> {
    let read = |price: &Price| price.amount.to_string();
    prices
        .iter()
        .map(|price| (price.ticket.as_str(), read(price)))
        .collect()
}

const LONDON: &str = "Europe/London";

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
fn curzon_has_a_token_in_a_script_and_names_its_films_beside_the_showtimes() {
    let known = json!({ "cinema": { "key": "ALD1", "timezone": LONDON, "page": "aldgate" } });
    let Some(mut curzon) = Recorded::of("curzon", "curzon-vista-ocapi", known) else {
        return;
    };
    curzon.take("dates", "token", "venue-page.html");
    assert_eq!(curzon.known["token"]["value"], "REDACTED.JWT.TOKEN");
    let dates = curzon.items("dates", "film-screening-dates.json");
    let keys: Vec<&str> = dates.iter().map(|date| date.key.as_str()).collect();
    assert_eq!(
        (keys.len(), keys[0], keys[25]),
        (26, "2025-01-23", "2025-05-22")
    );

    let showtimes = curzon.showtimes(&curzon.body("showtimes-2025-01-28.json"));
    assert_eq!(showtimes.len(), 16);
    assert_eq!(
        line(&showtimes[0]),
        (
            "ALD1-54278",
            "Emilia Pérez",
            "2025-01-28T11:00:00Z".to_owned(),
            "ALD1-4"
        )
    );
    assert_eq!(showtimes[0].auditorium_name.as_deref(), Some("Screen 4"));
    let far = curzon.showtimes(&curzon.body("showtimes-2025-02-27.json"));
    assert_eq!(
        far.iter().map(line).collect::<Vec<_>>(),
        [(
            "ALD1-49437",
            "RBO 2024-25: Swan Lake",
            "2025-02-27T19:15:00Z".to_owned(),
            "ALD1-4"
        )]
    );
}

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
    let Rows::Showtimes(all) = source.merge("showtimes", rows).unwrap() else {
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
    let Rows::Showtimes(all) = source.merge("showtimes", rows).unwrap() else {
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
fn cineworld_joins_films_and_events_of_a_day() {
    let known = json!({ "cinema": { "key": "027", "timezone": LONDON } });
    let Some(cineworld) = Recorded::of("cineworld", "cineworld-quickbook", known) else {
        return;
    };
    let dates = cineworld.items("dates", "dates-in-cinema.json");
    assert_eq!(
        (dates.len(), dates[0].key.as_str(), dates[34].key.as_str()),
        (35, "2025-01-23", "2025-06-03")
    );
    for (day, shows, first, last) in [
        (
            "23",
            11,
            (
                "162099",
                "Mufasa: The Lion King",
                "2025-01-23T17:30:00Z".to_owned(),
                "5",
            ),
            ("162071", "Wolf Man", "2025-01-23T20:40:00Z".to_owned(), "3"),
        ),
        (
            "24",
            30,
            ("162366", "Babygirl", "2025-01-24T13:00:00Z".to_owned(), "4"),
            ("162421", "Presence", "2025-01-24T20:40:00Z".to_owned(), "6"),
        ),
    ] {
        let showtimes =
            cineworld.showtimes(&cineworld.body(&format!("film-events-2025-01-{day}.json")));
        assert_eq!(showtimes.len(), shows);
        let (key, title, start, _) = line(&showtimes[0]);
        assert_eq!((key, title, start), (first.0, first.1, first.2));
        assert_eq!(line(&showtimes[shows - 1]), last);
        let business_on = showtimes[0].business_on.map(|day| day.to_string());
        assert_eq!(business_on, Some(format!("2025-01-{day}")));
    }
}

#[test]
fn cineworld_once_told_only_the_time_of_day() {
    let known = json!({
        "cinema": { "key": "78", "timezone": LONDON },
        "film": { "key": "39625", "title": "2D - Monsters University" },
        "day": { "date": "2013-07-21", "offset": 3 },
    });
    let Some(legacy) = Recorded::of("cineworld-legacy", "cineworld-legacy", known) else {
        return;
    };
    let Rows::Cinemas(cinemas) = legacy.rows("cinemas", &legacy.body("cinemas_full.json")) else {
        panic!("cinemas");
    };
    assert_eq!(cinemas.len(), 79);
    assert_eq!(
        (cinemas[1].key.as_str(), cinemas[1].city.as_deref()),
        ("78", Some("Aberdeen"))
    );
    assert_eq!(cinemas[2].city.as_deref(), Some("Aldershot"));
    let films = legacy.items("films", "films_full.json");
    assert_eq!((films.len(), films[0].key.as_str()), (32, "39625"));
    assert_eq!(films[31].carry["title"], "Trap For Cinderella");

    let showtimes = legacy.showtimes(&legacy.body("performances.json"));
    assert_eq!(showtimes.len(), 10);
    // Summer time: an hour ahead of UTC.
    assert_eq!(
        line(&showtimes[9]),
        (
            "1016238",
            "2D - Monsters University",
            "2013-07-21T20:15:00Z".to_owned(),
            ""
        )
    );

    for (file, count, last) in [
        ("weekly_film_times.xml", 55, "gn:unlimited-screening"),
        ("weekly_film_times_ie.xml", 30, "VIP"),
    ] {
        let attributes = legacy.items("attributes", file);
        assert_eq!(attributes.len(), count);
        assert_eq!(attributes.last().unwrap().key, last);
    }
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
    let Rows::Cinemas(all) = source.merge("cinemas", rows).unwrap() else {
        panic!("cinemas");
    };
    assert_eq!(all.len(), 3);
    assert_eq!(
        (&*all[2].name, all[2].latitude),
        ("AMC Ward Parkway 14", Some(38.9634))
    );
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
        [("I15", Some(Status::Available)), ("F6", Some(Status::Sold))]
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
            ("1_17_30", Some(Status::Available)),
            ("1_17_31", Some(Status::Sold)),
            ("1_17_32", None),
        ]
    );
}

fn states(map: &SeatMap) -> Vec<(&str, Option<Status>)> {
    map.seats
        .iter()
        .map(|seat| (&*seat.key, seat.status))
        .collect()
}
