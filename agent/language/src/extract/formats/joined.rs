//! Listings whose films stand beside their showtimes.

use super::*;

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
