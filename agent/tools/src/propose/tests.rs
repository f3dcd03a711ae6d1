#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Map;
use source_language::{definition::Definition, extract::Answer, rows::Rows};

use super::{super::check, *};

/// Returns the rows that the proposal for `body` gives of itself.
fn rows(body: &[u8]) -> (String, Rows) {
    let body = Body {
        url: None,
        bytes: body.to_vec(),
    };
    let text = propose("proposed", &body).unwrap();
    let problems = check::problems(&text, "proposed.toml");
    assert_eq!(problems.errors, [], "{text}");
    let definition = Definition::parse(&text, "proposed.toml").unwrap();
    let step = definition.steps.keys().last().unwrap().clone();
    let source = Source::compile(definition).unwrap();
    let answer = Answer {
        status: 200,
        content_type: None,
        body: &body.bytes,
        received_at: "2026-11-21T12:00:00Z".parse().unwrap(),
    };
    let rows = source.extract(&step, &Map::new(), &answer);
    (
        text.clone(),
        rows.unwrap_or_else(|error| panic!("{error}\n{text}")),
    )
}

macro_rules! body {
    ($file:literal) => {
        include_bytes!(concat!("../../../sources/bodies/", $file)).as_slice()
    };
}

#[test]
fn the_seats_of_our_own_bodies_are_found() {
    for (name, body, seats) in [
        ("bhd", body!("bhd/seats.json"), 7),
        ("major", body!("major/seats.json"), 5),
        ("amc", body!("amc/seats.json"), 8),
        ("cds", body!("cds/seats.json"), 20),
        ("megabox", body!("megabox/seats.html"), 5),
        ("cgv-id", body!("cgv-id/seats.html"), 4),
        ("cgv-kr", body!("cgv-kr/seats.html"), 5),
    ] {
        let (text, rows) = rows(body);
        let Rows::Seats(map) = rows else {
            panic!("{name}: {text}")
        };
        assert_eq!(map.seats.len(), seats, "{name}:\n{text}");
        // What a code means is for a person to say.
        assert!(map.seats.iter().all(|seat| seat.status.is_none()), "{name}");
        assert!(map.seats.iter().any(|seat| !seat.code.is_empty()), "{name}");
    }
}

#[test]
fn every_code_that_was_seen_is_in_the_map_as_a_question() {
    let (text, _) = rows(body!("bhd/seats.json"));
    for line in [
        "# 0 = \"TODO\"   # 3 times",
        "# 1 = \"TODO\"   # 3 times",
        "# 9 = \"TODO\"   # 1 times",
    ] {
        assert!(
            text.contains(
                &line
                    .replace("# 0", "# \"0\"")
                    .replace("# 1 =", "# \"1\" =")
                    .replace("# 9", "# \"9\"")
            ),
            "{text}"
        );
    }
    assert!(text.contains("otherwise = \"unmapped\""));
}

#[test]
fn showtimes_and_cinemas_are_found() {
    let (text, found) = rows(body!("bhd/showtimes.json"));
    let Rows::Showtimes(showtimes) = found else {
        panic!("{text}")
    };
    assert_eq!(showtimes.len(), 2);
    assert_eq!(showtimes[0].key, "501");
    let (text, found) = rows(body!("bhd/cinemas.json"));
    let Rows::Cinemas(cinemas) = found else {
        panic!("{text}")
    };
    assert_eq!((cinemas.len(), cinemas[0].key.as_str()), (2, "0001"));
}

#[test]
fn json_inside_a_page_is_found() {
    let page = b"<html><script>var plan = {\"seats\": [\
        {\"id\": \"a\", \"row\": \"A\", \"number\": 1, \"status\": \"free\"},\
        {\"id\": \"b\", \"row\": \"A\", \"number\": 2, \"status\": \"sold\"}]};</script></html>";
    let (text, found) = rows(page);
    let Rows::Seats(map) = found else {
        panic!("{text}")
    };
    assert_eq!(map.seats[1].code, "sold");
    assert!(text.contains("decode   = [\"js:plan\"]"), "{text}");
}

#[test]
fn json_text_inside_json_is_found() {
    let body = br#"{"show": 1, "plan": {"seatmap": "[[1, 0, 1], [3, 3, 1]]"}}"#;
    let (text, found) = rows(body);
    let Rows::Seats(map) = found else {
        panic!("{text}")
    };
    assert_eq!(map.seats.len(), 6, "{text}");
    assert!(text.contains("json_string:.plan.seatmap"), "{text}");
}

#[test]
fn a_page_in_which_nothing_is_sold_still_has_seats() {
    let page = br#"<ul class="seat-row"><li><a class="seat_1" data-code="A1">A1</a></li>
        <li><a class="seat_2" data-code="A2">A2</a></li></ul>
        <ul class="seat-row"><li><a class="seat_3" data-code="B1">B1</a></li></ul>"#;
    let (text, found) = rows(page);
    let Rows::Seats(map) = found else {
        panic!("{text}")
    };
    assert_eq!(
        (map.seats.len(), map.seats[2].row.as_str()),
        (3, "B"),
        "{text}"
    );
}

#[test]
fn what_looks_like_nothing_is_told() {
    for body in [
        b"{}".as_slice(),
        b"<html></html>",
        b"",
        b"\xff\xfe",
        b"[1,2,3]",
    ] {
        let body = Body {
            url: None,
            bytes: body.to_vec(),
        };
        let error = propose("proposed", &body).unwrap_err().to_string();
        assert!(error.contains("nothing in this body"), "{error}");
    }
}

#[test]
fn an_interview_gives_a_definition_that_works() {
    let mut out = Vec::new();
    let mut answers = b"kino\nhttps://kino.example/list\nFR\nEurope/Paris\n\n".as_slice();
    interview("new-source", &mut answers, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let definition = Definition::parse(&text, "kino.toml").unwrap();
    assert_eq!(
        (definition.name.as_str(), definition.territory.as_str()),
        ("kino", "FR")
    );
    assert_eq!(
        (definition.timezone.as_str(), definition.currency.as_str()),
        ("Europe/Paris", "EUR")
    );
    assert!(interview("x", &mut b"".as_slice(), &mut Vec::new()).is_err());
}

/// Returns the proposal for a body, or why there is none.
fn proposed(body: &str) -> Result<String, String> {
    let body = Body {
        url: None,
        bytes: body.as_bytes().to_vec(),
    };
    let text = propose("proposed", &body).map_err(|error| error.to_string())?;
    assert_eq!(check::problems(&text, "proposed.toml").errors, [], "{text}");
    Ok(text)
}

/// Returns how a field is written, and whether it is marked as uncertain.
fn field(text: &str, name: &str) -> Option<(String, bool)> {
    let start = format!("{name} = ");
    // The fields of the step that was found are the last.
    let line = text.lines().rev().find(|line| line.starts_with(&start))?;
    let (word, doubt) = line.split_once("   # uncertain").unwrap_or((line, ""));
    Some((word[start.len()..].trim().to_owned(), !doubt.is_empty()))
}

/// What a draft says of a field that is not marked as uncertain.
#[expect(clippy::unnecessary_wraps, reason = "compared with an option")]
fn sure(word: &str) -> Option<(String, bool)> {
    Some((word.to_owned(), false))
}

#[test]
fn showtimes_below_their_films_take_key_and_title_of_the_film() {
    let show = |id: u32, hour: u32| {
        format!(
            r#"{{"id":"{id}","time":"2026-12-05T{hour}:00:00Z","screenId":"{}"}}"#,
            id % 2
        )
    };
    let film = |id: u32, name: &str| {
        format!(
            r#"{{"id":"{id}","name":"{name}","dcmEdiMovieId":"{}","titleClassId":"5","showings":[{},{}]}}"#,
            id + 90,
            show(id * 10, 18),
            show(id * 10 + 1, 20)
        )
    };
    let body = format!(
        r#"{{"data":{{"movies":{{"data":[{},{}]}}}}}}"#,
        film(1, "Zug"),
        film(2, "Meer")
    );
    let text = proposed(&body).unwrap();
    assert_eq!(field(&text, "key"), sure("\".id\""), "{text}");
    assert_eq!(field(&text, "film_key"), sure("\"data.id\""), "{text}");
    assert_eq!(field(&text, "film_title"), sure("\"data.name\""), "{text}");
    assert_eq!(
        field(&text, "auditorium_key"),
        sure("\".screenId\""),
        "{text}"
    );
    assert!(
        field(&text, "starts_at").unwrap().1,
        "Z may be wrong: {text}"
    );
}

#[test]
fn the_key_of_a_film_is_none_of_its_showtime() {
    let show = |id: u32, film: u32, at: &str| {
        format!(
            r#"{{"id":{id},"showDate":"{at}","showEndDate":"2026-10-17T23:00:00+02:00","film":{{"id":{film},"titleCnc":"Film {film}"}},"screen":{{"id":1,"auditoriumNumber":1}}}}"#
        )
    };
    let body = format!(
        r#"{{"data":[{},{}]}}"#,
        show(34709, 189, "2026-10-17T09:00:00+02:00"),
        show(34772, 190, "2026-10-17T19:10:00+02:00")
    );
    let text = proposed(&body).unwrap();
    assert_eq!(field(&text, "key"), sure("\".id\""), "{text}");
    assert_eq!(field(&text, "film_key"), sure("\".film.id\""), "{text}");
    assert!(field(&text, "film_title").unwrap().1, "{text}");
    assert!(
        field(&text, "starts_at")
            .unwrap()
            .0
            .contains("\".showDate\""),
        "{text}"
    );
}

#[test]
fn a_title_that_is_not_there_is_marked() {
    let event = |id: u32, hour: u32| {
        format!(
            r#"{{"id":"{id}","filmId":"ho{}","businessDay":"2026-12-05","eventDateTime":"2026-12-05T{hour}:30:00","auditorium":"Screen {}"}}"#,
            id / 2,
            id % 2
        )
    };
    let body = format!(
        r#"{{"body":{{"events":[{},{},{}]}}}}"#,
        event(4, 12),
        event(5, 15),
        event(6, 18)
    );
    let text = proposed(&body).unwrap();
    assert_eq!(field(&text, "key"), sure("\".id\""), "{text}");
    assert_eq!(field(&text, "film_key"), sure("\".filmId\""), "{text}");
    assert_eq!(
        field(&text, "film_title"),
        Some(("\".filmId\"".to_owned(), true)),
        "{text}"
    );
    assert!(text.contains("join the list of films"), "{text}");
}

#[test]
fn a_cinema_has_a_name_and_no_zone_or_postal_code_for_it() {
    let site = |id: u32, name: &str| {
        format!(
            r#"{{"node":{{"theatreId":{id},"name":{{"text":"{name}"}},"postalCode":"6310{id}","ianaTimeZoneName":"Europe/London","location":{{"latitude":51.{id},"longitude":-0.1}}}}}}"#
        )
    };
    let body = format!(
        r#"{{"theatres":{{"edges":[{},{}]}}}}"#,
        site(6, "Esquire"),
        site(7, "Roxy")
    );
    let text = proposed(&body).unwrap();
    assert_eq!(field(&text, "key"), sure("\".node.theatreId\""), "{text}");
    assert_eq!(field(&text, "name"), sure("\".node.name.text\""), "{text}");
    assert_eq!(
        field(&text, "timezone"),
        sure("\".node.ianaTimeZoneName\""),
        "{text}"
    );
    let one = format!(r#"{{"theatres":{{"edges":[{}]}}}}"#, site(6, "Esquire"));
    let text = proposed(&one).unwrap();
    assert!(
        field(&text, "key").unwrap().1,
        "one row proves nothing: {text}"
    );
}

#[test]
fn the_place_in_a_grid_is_no_label() {
    let seat = |name: &str, row: u32, column: u32, status: &str| {
        format!(r#"{{"name":"{name}","row":{row},"column":{column},"seatStatus":"{status}"}}"#)
    };
    let body = format!(
        r#"{{"seats":[{},{},{},{},{},{}]}}"#,
        seat("", 1, 1, ""),
        seat("", 1, 2, ""),
        seat("A2", 1, 3, "Sold"),
        seat("B3", 2, 1, "Sold"),
        seat("B2", 2, 2, "Available"),
        seat("B1", 2, 3, "Available")
    );
    let text = proposed(&body).unwrap();
    assert_eq!(field(&text, "row"), None, "{text}");
    assert_eq!(field(&text, "number"), None, "{text}");
    assert_eq!(
        (field(&text, "x"), field(&text, "y")),
        (sure("\".column\""), sure("\".row\""))
    );
    assert!(field(&text, "key").unwrap().1, "{text}");
}

/// A proposal that is wrong costs its reader more than none.
#[test]
fn what_is_something_else_is_refused() {
    let films = r#"{"films":[{"edi":1,"title":"2D - Zug","id":6251,"classification":"U","film_url":"http://x.example/1"},{"edi":2,"title":"3D - Zug","id":6251,"classification":"U","film_url":"http://x.example/2"}]}"#;
    let prices = r#"{"data":{"id":1,"showtimePricing":[{"id":5,"title":"PLEIN TARIF","amountTaxesIncluded":8},{"id":6,"title":"PASS","amountTaxesIncluded":6}]}}"#;
    let product = r#"{"products":[{"area_code":"01","id":"5c15","original_price":80000,"product_name":"VIP"}]}"#;
    let attributes = r#"<listing><attribute code="3D">3D film</attribute><attribute code="AD">described</attribute><attribute code="ST">subtitled</attribute></listing>"#;
    let widgets = r#"{"widgets":[{"id":"a","__typename":"Hero","title":"x"},{"id":"b","__typename":"Grid","title":"y"}]}"#;
    let images = r#"<div class="box"><img width="9" src="/a.png" class="x"><img width="9" src="/b.png"></div><div class="box"><img width="9" src="/c.png" class="x"></div>"#;
    let inputs = r#"<ul class="list"><li><input name="q" id="q" class="btn" type="text"></li><li><input name="from" id="f" type="date"></li></ul><ul class="list"><li><input name="to" class="btn" type="date"></li></ul>"#;
    let shows = r#"<div class="row"><div><a data-showtime="20:00" class="now" href="/7">20:00</a></div><div><a data-showtime="21:00" href="/8">21:00</a></div></div><div class="row"><div><a data-showtime="22:00" class="now" href="/9">22:00</a></div></div>"#;
    let links = r#"<a target="_blank" title="Facebook" href="/f">f</a><a target="_blank" title="X" href="/x">x</a><a target="_blank" title="Press" href="/p">p</a>"#;
    for body in [
        films, prices, product, attributes, widgets, images, inputs, shows, links,
    ] {
        let message = proposed(body).unwrap_err();
        assert!(
            message.contains("a guess would be worse than nothing"),
            "{message}"
        );
    }
    let message = proposed(films).unwrap_err();
    assert!(
        message.contains("its lists are `.films[]` (2 with "),
        "{message}"
    );
}
