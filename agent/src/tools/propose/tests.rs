#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Map;

use super::{super::check, *};
use crate::{definition::Definition, extract::Answer, rows::Rows};

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
