//! Listings whose films stand beside their showtimes.

use super::*;

#[test]
fn curzon_has_a_token_in_a_script_and_names_its_films_beside_the_showtimes() {
    let known = json!({ "cinema": { "key": "ALD1", "timezone": LONDON, "page": "aldgate" } });
    let mut curzon = Recorded::of("curzon", known);
    curzon.take("dates", "token", "dates/ALD1/1.html");
    assert_eq!(curzon.known["token"]["value"], "aaa.bbb.ccc");
    let dates = curzon.items("dates", "dates/ALD1/2.json");
    let keys: Vec<&str> = dates.iter().map(|date| date.key.as_str()).collect();
    assert_eq!(keys, ["2026-06-20", "2026-06-21"]);

    let showtimes = curzon.showtimes(&curzon.body("showtimes/ALD1-2026-06-20-45c5/4.json"));
    assert_eq!(
        showtimes.iter().map(line).collect::<Vec<_>>(),
        [
            (
                "ALD1-900",
                "The Lighthouse Keeper",
                "2026-06-20T17:00:00Z".to_owned(),
                "ALD1-4"
            ),
            (
                "ALD1-901",
                "Low Tide",
                "2026-06-20T23:10:00Z".to_owned(),
                "ALD1-9"
            ),
        ]
    );
    assert_eq!(showtimes[0].auditorium_name.as_deref(), Some("Screen 4"));
    assert_eq!(
        showtimes[1].auditorium_name, None,
        "a screen without a name"
    );
}

#[test]
fn cineworld_joins_films_and_events_of_a_day() {
    let known = json!({ "cinema": { "key": "027", "timezone": LONDON } });
    let cineworld = Recorded::of("cineworld", known);
    let dates = cineworld.items("dates", "dates/027/1.json");
    assert_eq!((dates.len(), dates[1].key.as_str()), (2, "2026-06-21"));
    let body = cineworld.body("showtimes/027-2026-06-20-9f7f/1.json");
    let showtimes = cineworld.showtimes(&body);
    assert_eq!(
        showtimes.iter().map(line).collect::<Vec<_>>(),
        [
            ("162099", "Low Tide", "2026-06-20T16:30:00Z".to_owned(), "5"),
            ("162100", "Low Tide", "2026-06-20T23:20:00Z".to_owned(), "6"),
        ]
    );
    // After midnight belongs to the evening before.
    let day = |show: &Showtime| show.business_on.map(|day| day.to_string());
    assert_eq!(day(&showtimes[1]), Some("2026-06-20".to_owned()));
}

#[test]
fn cineworld_once_said_only_the_time_of_day() {
    let known = json!({
        "cinema": { "key": "1", "timezone": LONDON },
        "film": { "key": "39625", "title": "2D - Low Tide" },
        "day": { "date": "2026-06-20", "offset": 0 },
    });
    let legacy = Recorded::of("cineworld-legacy", known);
    let cinemas = legacy.rows("cinemas", &legacy.body("cinemas/root/1.json"));
    let Rows::Cinemas(cinemas) = cinemas else {
        panic!("cinemas");
    };
    let cities: Vec<_> = cinemas.iter().map(|row| row.city.as_deref()).collect();
    assert_eq!(cities, [Some("Aberdeen"), Some("Aldershot")]);
    let films = legacy.items("films", "films/1/1.json");
    assert_eq!(films[0].carry["title"], "2D - Low Tide");

    let showtimes = legacy.showtimes(&legacy.body("showtimes/1-39625--0-556c/1.json"));
    // Summer time: an hour ahead of UTC.
    assert_eq!(
        showtimes.iter().map(line).collect::<Vec<_>>(),
        [
            (
                "1016198",
                "2D - Low Tide",
                "2026-06-20T11:15:00Z".to_owned(),
                ""
            ),
            (
                "1016199",
                "2D - Low Tide",
                "2026-06-20T19:15:00Z".to_owned(),
                ""
            ),
        ]
    );
    let attributes = legacy.items("attributes", "attributes/root/1.xml");
    let keys: Vec<&str> = attributes.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["2D", "gn:drama"]);
}
