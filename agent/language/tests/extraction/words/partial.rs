//! What cannot be read is an error, or is counted: never silently nothing (invariant 5).

use super::*;

fn extracted(words: &str, body: &str) -> Result<(Vec<String>, Gaps, usize), ExtractError> {
    let page = page(&items(words), "items", &params(json!({})), body)?;
    let Rows::Items(rows) = page.rows else {
        panic!("items are read as items")
    };
    let keys = rows.into_iter().map(|row| row.key).collect();
    Ok((keys, page.gaps, page.left_out))
}

fn message(words: &str, body: &str) -> String {
    extracted(words, body).unwrap_err().to_string()
}

const SHOWS: &str =
    "rows = \".films[].shows[]\"\nlevels = [\"film\", \"show\"]\nfields = { key = \".id\" }\n";

fn film(shows: &str) -> String {
    format!(r#"{{"films":[{{"shows":[{{"id":11}}]}},{shows},{{"shows":[{{"id":41}}]}}]}}"#)
}

/// One record of a listing is false, null, or lacks its list: what is behind it is read.
#[test]
fn a_list_that_is_none_does_not_hide_the_rows_behind_it() {
    for (none, found) in [
        (r#"{"shows":false}"#, "false"),
        (r#"{"shows":null}"#, "null or missing"),
        (r#"{"t":"B"}"#, "null or missing"),
        (r#"{"shows":"soon"}"#, "a text"),
        (r#"{"shows":0}"#, "a number"),
        ("null", "null or missing"),
    ] {
        let body = film(none);
        let place = format!("`.films[1].shows` is {found} where a list belongs");
        assert!(
            message(SHOWS, &body).contains(&place),
            "{}",
            message(SHOWS, &body)
        );

        let tolerant = format!("{SHOWS}may_be_empty = true");
        let (keys, gaps, _) = extracted(&tolerant, &body).unwrap();
        assert_eq!((keys.join(","), gaps.missing), ("11,41".to_owned(), 1));
        assert!(gaps.sentence().unwrap().contains(&place));

        let skips = format!("{SHOWS}skip_unreadable = \"40%\"");
        let (keys, gaps, _) = extracted(&skips, &body).unwrap();
        assert_eq!((keys.join(","), gaps.missing), ("11,41".to_owned(), 1));
    }
}

#[test]
fn a_marked_list_may_be_none_and_the_answer_is_whole() {
    let words = SHOWS.replace(".shows[]", ".shows[]?");
    let (keys, gaps, _) = extracted(&words, &film(r#"{"shows":false}"#)).unwrap();
    assert_eq!(
        (keys.join(","), gaps),
        ("11,41".to_owned(), Gaps::default())
    );
    let (keys, gaps, _) = extracted(&words, r#"{"films":[{"shows":null}]}"#).unwrap();
    assert_eq!((keys.len(), gaps), (0, Gaps::default()));
    // A mark stands for its own list only.
    assert!(matches!(
        extracted(&words, r#"{"films":false}"#),
        Err(ExtractError::NoContainer { .. })
    ));
}

#[test]
fn a_list_of_one_may_come_as_its_item() {
    let words = "rows = \".days[][]\"\nfields = { key = \".id\" }\n";
    let read = |body: &str| extracted(words, body).unwrap().0.join(",");
    assert_eq!(read(r#"{"days":{"5":{"id":9,"t":"A","h":"20:00"}}}"#), "9");
    assert_eq!(
        read(r#"{"days":{"5":{"id":9},"6":[{"id":3},{"id":4}]}}"#),
        "9,3,4"
    );
    // An object of rows is one, as before; so is an object of values that are the rows.
    assert_eq!(read(r#"{"days":{"5":{"a":{"id":1},"b":{"id":2}}}}"#), "1,2");
    let values = "rows = \".prices[]\"\nfields = { key = \".\" }\n";
    let (keys, ..) = extracted(values, r#"{"prices":{"adult":12,"child":8}}"#).unwrap();
    assert_eq!(keys, ["12", "8"]);
}

#[test]
fn rows_that_cannot_be_read_are_left_out_up_to_a_share() {
    let words = "rows = \".[]\"\nskip_unreadable = \"25%\"\nfields = { key = \".id\" }\n";
    let (keys, gaps, _) = extracted(words, r#"[{"id":1},{"no":2},{"id":3},{"id":4}]"#).unwrap();
    assert_eq!((keys.join(","), gaps.missing), ("1,3,4".to_owned(), 1));
    assert!(
        gaps.described[0].starts_with("row 1: field `key`"),
        "{gaps:?}"
    );
    assert_eq!(
        message(words, r#"[{"id":1},{"no":2},{"id":3}]"#),
        "1 of 3 rows cannot be read, more than `skip_unreadable = \"25%\"` accepts; the first: \
         row 1: field `key` has no value"
    );
    let strict = words.replace("skip_unreadable = \"25%\"", "");
    assert!(matches!(
        extracted(&strict, r#"[{"id":1},{"no":2},{"id":3},{"id":4}]"#),
        Err(ExtractError::Field { row: 1, .. })
    ));
    let split = "rows = \".[]\"\nskip_unreadable = \"50%\"\nsplit = { of = \".ids\", by = \",\" }\nfields = { key = { path = \"part\", regex = '([0-9]+)' } }\n";
    let (keys, gaps, _) = extracted(split, r#"[{"ids":"1,x,2"},{"ids":"3"}]"#).unwrap();
    assert_eq!((keys.join(","), gaps.missing), ("1,2,3".to_owned(), 1));
}

#[test]
fn a_seat_map_is_whole_or_none() {
    let words = "rows = \".rows[].seats[]\"\nmay_be_empty = true\nfields = { key = \".n\" }\nstatus = { of = \".s\", otherwise = \"unmapped\", map = { f = \"available\" } }";
    let body = r#"{"rows":[{"seats":[{"n":1,"s":"f"}]},{"seats":null}]}"#;
    let message = seats(words, json!({}), body).unwrap_err().to_string();
    assert!(
        message.starts_with("the seats are not whole") && message.contains("`.rows[1].seats`"),
        "{message}"
    );
    let refused = compile(&format!(
        "[steps.seats]\nfor_each = \"showtimes\"\nevery = \"1h\"\nyields = \"seats\"\nrequest = {{ url = \"https://host.example\" }}\nskip_unreadable = \"5%\"\n{words}"
    ));
    assert!(refused.unwrap_err().contains("is another auditorium"));
}

/// An optional partner is missing where its row is; where the whole list is, nobody knows.
#[test]
fn a_list_that_is_joined_and_missing_is_a_gap() {
    let words = "rows = \".map[]\"\nfields = { key = \".n\" }\nstatus = { of = \"sold.s\", absent_means = \"available\", otherwise = \"unmapped\", map = { S = \"sold\" } }\njoin = { sold = { rows = \".sold[]\", key = \".n\", on = \".n\", optional = true } }";
    let read = |body: &str| seats(words, json!({}), body);
    assert_eq!(
        read(r#"{"map":[{"n":1}],"sold":[]}"#).unwrap().seats.len(),
        1
    );
    for sold in ["null", "false", "\"\""] {
        let body = format!(r#"{{"map":[{{"n":1}}],"sold":{sold}}}"#);
        assert!(
            matches!(read(&body), Err(ExtractError::Partial { .. })),
            "{sold}"
        );
    }
    assert!(matches!(
        read(r#"{"map":[{"n":1}]}"#),
        Err(ExtractError::Partial { .. })
    ));
    let marked = words.replace(".sold[]", ".sold[]?");
    assert!(seats(&marked, json!({}), r#"{"map":[{"n":1}]}"#).is_ok());
}

#[test]
fn one_key_for_two_seats_is_an_error_whatever_same_key_says() {
    let words = |rule: &str| {
        format!(
            "rows = \".[]\"\nsame_key = \"{rule}\"\nfields = {{ key = \".n\", area = \".z\" }}\nstatus = {{ of = \".s\", otherwise = \"unmapped\", map = {{ f = \"available\", s = \"sold\" }} }}"
        )
    };
    let zones = r#"[{"n":"A1","z":"stalls","s":"f"},{"n":"A1","z":"balcony","s":"s"}]"#;
    for rule in ["first", "last"] {
        assert_eq!(
            seats(&words(rule), json!({}), zones)
                .unwrap_err()
                .to_string(),
            "rows 0 and 1 have the same key `A1` and differ in area, status: they are two, so \
             `same_key` must not drop one; make the key of more values, such as { template = \
             \"{row}-{number}\" }"
        );
    }
    let twice = r#"[{"n":"A1","z":"stalls","s":"f"},{"n":"A1","z":"stalls","s":"f"}]"#;
    assert_eq!(
        seats(&words("first"), json!({}), twice)
            .unwrap()
            .seats
            .len(),
        1
    );
}

#[test]
fn showtimes_that_share_a_key_and_differ_are_counted() {
    let source = source(
        &SHOWTIMES
            .replace("rows = \".[]\"", "rows = \".[]\"\nsame_key = \"first\"")
            .replace("steps.showtimes", "steps.shows"),
    );
    let read = |second: &str| {
        let body =
            format!(r#"[{{"id":1,"at":"2026-12-05T20:00:00Z"}},{{"id":1,"at":"{second}"}}]"#);
        page(&source, "shows", &Map::new(), &body).unwrap().gaps
    };
    assert!(read("2026-12-05T20:00:00Z").is_whole());
    let gaps = read("2026-12-06T20:00:00Z");
    assert_eq!(gaps.missing, 1);
    assert!(
        gaps.described[0].contains("differ in starts_at"),
        "{gaps:?}"
    );
}

#[test]
fn a_script_that_cannot_be_read_is_no_listing_without_its_rows() {
    let words = |more: &str| {
        format!(
            "decode = [\"html\", \"json_ld:ScreeningEvent\"]\nrows = \".[]\"\nfields = {{ key = \".id\" }}\n{more}"
        )
    };
    let script = |text: &str| format!("<script type=\"application/ld+json\">{text}</script>");
    let good = script(r#"{"@type":"ScreeningEvent","id":1}"#);
    let broken = script(r#"{"@type":"ScreeningEvent","id":}"#);
    let other = script(r#"{"@type":"BreadcrumbList","x":}"#);
    let message = message(&words(""), &format!("{good}{broken}"));
    assert!(
        message.contains("a script of JSON-LD is not JSON at line 1"),
        "{message}"
    );
    assert!(
        extracted(&words(""), &format!("{good}{other}"))
            .unwrap()
            .1
            .is_whole()
    );
    let skips = words("skip_unreadable = \"50%\"");
    let (keys, gaps, _) = extracted(&skips, &format!("{good}{broken}")).unwrap();
    assert_eq!((keys.len(), gaps.missing), (1, 1));
}

#[test]
fn silence_is_not_taken_for_an_empty_listing() {
    let gaps = |words: &str, body: &str| extracted(words, body).unwrap().1;
    let plain = "rows = \".shows[]\"\nmay_be_empty = true\nfields = { key = \".id\" }\n";
    assert!(gaps(plain, r#"{"shows":[]}"#).is_whole());
    for silent in ["{}", "false", r#"{"shows":false}"#] {
        assert!(gaps(plain, silent).is_silent, "{silent}");
    }
    let jq = "rows = \".shows // [] | .[]\"\nmay_be_empty = true\nfields = { key = \".id\" }\n";
    assert!(gaps(jq, r#"{"shows":[]}"#).is_silent);
    let says = "rows = \".shows[]\"\nempty_if = \".none\"\nfields = { key = \".id\" }\n";
    assert!(gaps(says, r#"{"none":true}"#).is_whole());
    // What `where` looks at may have got another name.
    let kept = "rows = \".[]\"\nwhere = \".kind == 1\"\nfields = { key = \".id\" }\n";
    let (keys, gaps, left_out) = extracted(kept, r#"[{"id":1,"type":1},{"id":2}]"#).unwrap();
    assert_eq!((keys.len(), gaps.is_silent, left_out), (0, true, 2));
}
