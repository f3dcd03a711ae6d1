//! Texts as they are stored: without what nobody sees, and members that come twice.

use super::*;

fn cinemas(body: &str) -> Result<Vec<source_language::rows::Cinema>, ExtractError> {
    let source = source("");
    match page(&source, "cinemas", &Map::new(), body)?.rows {
        Rows::Cinemas(rows) => Ok(rows),
        other => panic!("{other:?}"),
    }
}

#[test]
fn keys_that_look_the_same_are_the_same() {
    let words = "rows = \".[]\"\nfields = { key = \".id\" }";
    assert_eq!(
        keys(
            words,
            r#"[{"id":" a\r\n"},{"id":"b\u0000c"},{"id":"\u200bd"}]"#
        ),
        ["a", "bc", "d"]
    );
    for twice in [
        r#""a\r""#,
        r#"" a""#,
        r#""\u200ba""#,
        r#""a\u00ad""#,
        r#""\ufeffa""#,
        r#""a\u0000""#,
    ] {
        let message = error(words, &format!(r#"[{{"id":"a"}},{{"id":{twice}}}]"#));
        assert!(
            matches!(message, ExtractError::DuplicateKey { .. }),
            "{twice}: {message}"
        );
    }
    let message = error(words, r#"[{"id":"e\u0301"},{"id":"\u00e9"}]"#);
    assert!(
        matches!(message, ExtractError::DuplicateKey { .. }),
        "{message}"
    );
    for empty in [r#"" ""#, r#""\u200b""#, r#""\u0000""#, r#""\n""#] {
        let message = error(words, &format!(r#"[{{"id":{empty}}}]"#)).to_string();
        assert!(message.contains("is empty"), "{message}");
    }
    let parts = "rows = \".[]\"\nfields = { key = \"{.a}-{.b}\" }"
        .replace("\"{.a}-{.b}\"", "{ template = \"{.a}-{.b}\" }");
    assert_eq!(keys(&parts, r#"[{"a":"A ","b":"\r1"}]"#), ["A-1"]);
}

#[test]
fn a_name_of_white_space_is_no_name() {
    let head = HEAD.replace("name = \".id\"", "name = \".name\"");
    let source = Source::compile(Definition::parse(&head, "test.toml").unwrap()).unwrap();
    let read = |name: &str| {
        let body = format!(r#"[{{"id":1,"name":"{name}"}}]"#);
        let rows = page(&source, "cinemas", &Map::new(), &body)?.rows;
        let Rows::Cinemas(rows) = rows else { panic!() };
        Ok::<_, ExtractError>(rows[0].name.clone())
    };
    assert_eq!(read(" Ad\\u0000ult\\n").unwrap(), "Adult");
    for blank in ["", " ", "\\n", "\\u200b", "\\u0000"] {
        let message = read(blank).unwrap_err().to_string();
        assert!(message.contains("field `name` is empty"), "{message}");
    }
    assert_eq!(cinemas(r#"[{"id":"x "}]"#).unwrap()[0].name, "x");
}

#[test]
fn no_text_has_a_nul_whatever_decodes_it() {
    for (decode, body) in [
        (r#""json""#, r#"[{"id":"a","t":"x\u0000y","\u0000u":1}]"#),
        (r#""js:rows""#, r#"rows = [{id: "a", t: "x\0y", u: 1}]"#),
        (r#""delimited:;""#, "id;t;u\na;x\0y;1"),
        (r#"["json", 'jq:[{id: "a", t: "x\u0000y", u: 1}]']"#, "1"),
    ] {
        let words = format!(
            "decode = {decode}\nrows = \".[]\"\nfields = {{ key = \".id\" }}\ncarry = {{ t = \".t\", u = \".u\" }}"
        );
        let rows = read(&items(&words), json!({}), body)
            .unwrap_or_else(|message| panic!("{decode}: {message}"));
        assert_eq!(rows[0].carry["t"], "xy", "{decode}");
        assert!(rows[0].carry.contains_key("u"), "{decode}");
    }
    let page = "decode = \"html\"\nrows = \"b\"\nfields = { key = \"text\" }";
    assert_eq!(keys(page, "<b>x\0y</b>"), ["xy"]);
    let lines = "decode = \"lines\"\nrows = \".[]\"\nfields = { key = \".\" }";
    assert_eq!(keys(lines, "x\0y"), ["xy"]);
    // What the author writes is stored too.
    let message = compile(&item_step(
        "rows = \".[]\"\nfields = { key = { const = \"a\\u0000\" } }",
    ));
    assert!(message.unwrap_err().contains("U+0000"));
}

#[test]
fn of_two_members_with_one_name_the_last_counts_for_all() {
    let body = r#"[{"id":"first","id":"last","a":{"x":1},"a":{"x":2}}]"#;
    for field in [
        "\".id\"",
        "'.id | tostring'",
        "{ path = \".\", jq = \".id\" }",
    ] {
        let words = format!("rows = \".[]\"\nfields = {{ key = {field} }}");
        assert_eq!(keys(&words, body), ["last"], "{field}");
    }
    assert_eq!(
        keys("rows = \".[].a[]\"\nfields = { key = \".\" }", body),
        ["2"]
    );
    assert_eq!(
        keys(
            "decode = [\"json\", \"jq:.\"]\nrows = \".[].a[]\"\nfields = { key = \".\" }",
            body
        ),
        ["2"]
    );
    let columns = "columns = true\nrows = \".\"\nfields = { key = \".id\" }";
    assert_eq!(keys(columns, r#"{"id":["a"],"id":["b"]}"#), ["b"]);
    let header = "header = \".names\"\nrows = \".rows[]\"\nfields = { key = \".id\" }";
    assert_eq!(
        keys(header, r#"{"names":["id","id"],"rows":[["a","b"]]}"#),
        ["b"]
    );
    let table = "decode = \"delimited:;\"\nrows = \".[]\"\nfields = { key = \".id\" }";
    assert_eq!(keys(table, "id;id\na;b"), ["b"]);
}

#[test]
fn a_level_has_no_name_that_means_something_else() {
    let refused = |words: &str| compile(&item_step(words)).unwrap_err();
    for name in ["run", "cinema", "showtime", "answer", "body", "thing"] {
        let message = refused(&format!(
            "rows = \".a[].b[]\"\nlevels = [\"{name}\", \"row\"]\nfields = {{ key = \".\" }}"
        ));
        assert!(message.contains(&format!("`{name}`")), "{message}");
    }
    let message = refused(
        "days = 3\nrows = \".a[].b[]\"\nlevels = [\"day\", \"row\"]\nfields = { key = \".\" }",
    );
    assert!(message.contains("the day of the task"), "{message}");
    // Without days there is no other `day`.
    let free = "rows = \".a[].b[]\"\nlevels = [\"day\", \"row\"]\nfields = { key = \"day.name\" }";
    assert_eq!(keys(free, r#"{"a":[{"name":"x","b":[1]}]}"#), ["x"]);
}

#[test]
fn a_seat_without_a_place_has_none() {
    let words = |fields: &str| {
        format!(
            "rows = \".[]\"\nfields = {{ key = \".id\"{fields} }}\nstatus = {{ of = \".s\", otherwise = \"unmapped\", map = {{ F = \"available\" }} }}"
        )
    };
    let read = |fields: &str, body: &str| {
        let map = seats(&words(fields), json!({}), body).unwrap();
        map.seats
            .into_iter()
            .map(|seat| (seat.x, seat.y))
            .collect::<Vec<_>>()
    };
    let body = r#"[{"id":"a","s":"F","x":0,"y":3},{"id":"b","s":"F"}]"#;
    assert_eq!(read("", body), [(None, None), (None, None)]);
    let optional =
        ", x = { path = \".x\", optional = true }, y = { path = \".y\", optional = true }";
    assert_eq!(read(optional, body), [(Some(0), Some(3)), (None, None)]);
}

#[test]
fn labels_and_codes_are_without_what_nobody_sees() {
    let words = r#"rows = ".[]"
        fields = { key = ".n", row = { path = ".n", regex = '^\s*(.*?)-?[0-9]+\s*$' }, number = { path = ".n", regex = '([0-9]+)\s*$' }, area = ".a" }
        status = { of = [".s", ".t"], gap = " |", otherwise = "unmapped", map = { "F|1" = "available", "X |" = "sold" } }"#;
    let body = r#"[
        {"n":"1-16","a":"\u200eStalls ","s":"F","t":1},
        {"n":"A-B-3","a":"","s":"F ","t":"1\r"},
        {"n":" E-01 ","a":"","s":"X ","t":""},
        {"n":"E12","a":"","s":"\u00a0Q","t":""},
        {"n":"E13","a":"","s":" ","t":""}
    ]"#;
    let map = seats(words, json!({}), body).unwrap();
    let seat = |at: usize| {
        let seat = &map.seats[at];
        (
            seat.key.as_str(),
            seat.row.as_str(),
            seat.number.as_str(),
            seat.code.as_str(),
        )
    };
    assert_eq!(seat(0), ("1-16", "1", "16", "F|1"));
    assert_eq!(map.seats[0].area, "Stalls");
    assert_eq!(seat(1), ("A-B-3", "A-B", "3", "F|1"));
    assert_eq!(seat(2), ("E-01", "E", "01", "X |"));
    assert_eq!(seat(3), ("E12", "E", "12", "Q|"));
    assert_eq!(map.seats.len(), 4);
}

#[test]
fn a_text_is_read_without_references_and_blanks() {
    let words = |field: &str| {
        format!("rows = \".[]\"\nfields = {{ key = \".id\" }}\ncarry = {{ t = {field} }}")
    };
    let read = |field: &str, body: &str| {
        let rows = read(&items(&words(field)), json!({}), body);
        rows.map(|rows| rows[0].carry.get("t").cloned().unwrap_or_default())
    };
    let body = r#"[{"id":1,"t":" Tom &amp; Jerry &#x1F3AC; ","n":7,"e":" "}]"#;
    assert_eq!(
        read(r#"{ path = ".t", unescape = "html" }"#, body).unwrap(),
        " Tom & Jerry 🎬 "
    );
    let both = r#"{ path = ".t", trim = true, unescape = "html", regex = "^(Tom & .*)$" }"#;
    assert_eq!(read(both, body).unwrap(), "Tom & Jerry 🎬");
    assert_eq!(
        read(r#"{ path = ".n", trim = true, unescape = "html" }"#, body).unwrap(),
        7
    );
    assert_eq!(
        read(r#"{ path = ".e", trim = true, optional = true }"#, body).unwrap(),
        Value::Null
    );
    assert!(read(r#"{ path = ".e", trim = true }"#, body).is_err());
}

#[test]
fn nothing_at_all_may_be_an_empty_answer() {
    for (decode, rows) in [
        ("\"json\"", ".[]"),
        ("\"xml\"", ".a[]"),
        ("\"js:rows\"", ".[]"),
        ("\"json5\"", ".[]"),
    ] {
        let silent = format!("decode = {decode}\nrows = \"{rows}\"\nfields = {{ key = \".\" }}");
        let words = format!("empty_if = \"body:empty\"\n{silent}");
        for body in ["", " \r\n", "\u{FEFF}"] {
            assert_eq!(keys(&words, body), [""; 0], "{decode}");
            let result = read(&items(&silent), json!({}), body);
            assert!(result.is_err(), "{decode}");
        }
        assert!(read(&items(&words), json!({}), "{").is_err(), "{decode}");
    }
    let page =
        "empty_if = \"body:empty\"\ndecode = \"html\"\nrows = \"b\"\nfields = { key = \"text\" }";
    assert_eq!(keys(page, ""), [""; 0]);
    assert!(matches!(error(page, "<p>"), ExtractError::Empty));
    let message = compile(&item_step(
        "where = \"body:empty\"\nrows = \".[]\"\nfields = { key = \".\" }",
    ));
    assert!(message.unwrap_err().contains("looks at the whole answer"));
}

#[test]
fn rows_are_kept_by_what_their_levels_say() {
    let words = |keep: &str| {
        format!(
            "rows = \".f[].s[]\"\nlevels = [\"film\", \"show\"]\nwhere = {keep}\nfields = {{ key = \".\" }}"
        )
    };
    let body = r#"{"f":[{"g":"live","n":3,"s":[1]},{"g":"film","n":0,"s":[2]},{"s":[3]}]}"#;
    for (keep, kept) in [
        ("'film.g == \"live\"'", vec!["1"]),
        ("'film.n > 0'", vec!["1"]),
        ("'film.g | . == \"live\" or . == \"film\"'", vec!["1", "2"]),
        ("'film.g | test(\"^li\")?'", vec!["1"]),
        ("['film.g', 'film.n <= 0']", vec!["2"]),
        ("'showtime.key != \"x\"'", vec!["1", "2", "3"]),
    ] {
        let given = json!({ "showtime": { "key": "7" } });
        assert_eq!(given_keys(&words(keep), given, body), kept, "{keep}");
    }
    let message = compile(&item_step(&words("'film.n > 0 and show > 1'"))).unwrap_err();
    assert!(message.contains("show"), "{message}");
}

#[test]
fn numbers_that_are_none_are_null_where_the_definition_says_so() {
    let words = r#"decode = "json5"
        rows = ".seats[]"
        fields = { key = ".id" }
        status = { of = ".s", otherwise = "unmapped", map = { f = "available" } }
        prices = { ticket = ".id", amount = { path = ".price", optional = true } }"#;
    let body = r#"{"seats":[{"id":"A1","s":"f","price":NaN},{"id":"A2","s":"f","price":9.5}, // two
        ],"fill":-Infinity}"#;
    let map = seats(words, json!({}), body).unwrap();
    assert_eq!(map.seats.len(), 2);
    let prices: Vec<_> = map
        .prices
        .iter()
        .map(|price| (price.ticket.as_str(), price.amount.to_string()))
        .collect();
    assert_eq!(prices, [("A2", "9.5".to_owned())]);
    let message = seats(&words.replace("json5", "json"), json!({}), body).unwrap_err();
    assert!(message.to_string().contains("json5"), "{message}");
    for broken in ["[1] [2]", "[1", "", "[1] x", "[a]"] {
        assert!(seats(words, json!({}), broken).is_err(), "{broken}");
    }
}

#[test]
fn a_document_type_without_declarations_is_passed_over() {
    let words = "decode = \"xml\"\nrows = \".p.s[]\"\nfields = { key = \".\" }";
    for prolog in [
        "<?xml version=\"1.0\"?>\n<!DOCTYPE p SYSTEM \"p.dtd\">",
        "<!-- a > b --><!DOCTYPE p PUBLIC \"-//X//[DTD]\" 'p.dtd' >",
        "<!DOCTYPE p>",
    ] {
        assert_eq!(
            keys(words, &format!("{prolog}<p><s>1</s></p>")),
            ["1"],
            "{prolog}"
        );
    }
    assert_eq!(
        keys(words, "<p><s><![CDATA[<!DOCTYPE html>]]></s></p>"),
        ["<!DOCTYPE html>"]
    );
    for prolog in [
        "<!DOCTYPE p [<!ENTITY a 'b'>]>",
        "<!DOCTYPE p [ ]>",
        "<!DOCTYPE p SYSTEM 'x' [<!ENTITY % a 'b'>]>",
    ] {
        let message = error(words, &format!("{prolog}<p><s>1</s></p>")).to_string();
        assert!(message.contains("declarations of its own"), "{message}");
    }
}
