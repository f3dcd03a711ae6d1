//! Where rows are, and how they are reshaped.

use super::*;

#[test]
fn rows_start_at_what_was_handed_down() {
    let words = r#"rows = "showtime.list.inner[]"
        fields = { key = { template = "{.id}-{body.x}" } }"#;
    let given = json!({ "showtime": { "list": { "inner": [{ "id": 1 }, { "id": 2 }] } } });
    assert_eq!(given_keys(words, given, r#"{"x":"b"}"#), ["1-b", "2-b"]);
    let missing = read(&items(words), json!({}), "{}").unwrap_err();
    assert!(matches!(missing, ExtractError::NoContainer { .. }));
}

/// Without a mark, nothing tells an answer that lost its list from one that has none.
#[test]
fn what_may_be_empty_has_the_marks_of_a_true_answer() {
    let page = r#"decode = "html"
        rows = "li"
        fields = { key = "text" }
        may_be_empty = true"#;
    assert_eq!(keys(page, "<p></p>"), [""; 0]);
    let marked = format!("{page}\ncontainer = \"ul\"");
    assert_eq!(keys(&marked, "<ul></ul>"), [""; 0]);
    assert!(matches!(
        error(&marked, "<p></p>"),
        ExtractError::NoContainer { .. }
    ));
    let linked = r#"decode = ["html", "json_ld:Cinema,Event"]
        rows = ".[]"
        where = '.["@type"] == "Event"'
        fields = { key = ".id" }
        may_be_empty = true"#;
    assert_eq!(keys(linked, "<p></p>"), [""; 0]);
    let marked = format!("{linked}\nok = 'any(.[]; .[\"@type\"] == \"Cinema\")'");
    let cinema = r#"<script type="application/ld+json">{"@type": "Cinema"}</script>"#;
    assert_eq!(keys(&marked, cinema), [""; 0]);
    assert!(matches!(
        error(&marked, "<p></p>"),
        ExtractError::NoContainer { .. }
    ));
}

#[test]
fn one_object_may_be_the_only_row() {
    let words = "rows = \".film\"\nlevels = [\"film\"]\nfields = { key = \"film.id\" }";
    assert_eq!(keys(words, r#"{"film":{"id":7}}"#), ["7"]);
    assert!(matches!(
        error(words, "{}"),
        ExtractError::NoContainer { .. }
    ));
    let message = error(words, r#"{"film":[{"id":7}]}"#).to_string();
    assert_eq!(
        message,
        "`.film` is a list: write `.film[]` if its items are the rows"
    );
    let whole = "rows = \".\"\nfields = { key = \".id\" }";
    assert_eq!(keys(whole, r#"{"id":8}"#), ["8"]);
}

#[test]
fn a_header_names_the_values_of_a_list() {
    let words = r#"rows = ".rows[]"
        header = ".names"
        fields = { key = ".[\"a b\"]" }"#;
    assert_eq!(
        keys(words, r#"{"names":["x","a b"],"rows":[[1,2],[3,4]]}"#),
        ["2", "4"]
    );
    let message = error(words, r#"{"names":["x"],"rows":[[1,2]]}"#).to_string();
    assert_eq!(message, "a row has 2 values for 1 names");
}

#[test]
fn columns_become_rows() {
    let words = "rows = \".[]\"\ncolumns = true\nfields = { key = { template = \"{.day}{.id}\" } }";
    assert_eq!(
        keys(words, r#"[{"id":[1,2],"day":"x"},{"id":[3],"day":"y"}]"#),
        ["x1", "x2", "y3"]
    );
    let message = error(words, r#"[{"id":[1,2],"at":[1]}]"#).to_string();
    assert_eq!(message, "column `id` has 2 values, and `at` 1");
}

#[test]
fn a_row_is_split_into_parts() {
    let words = r#"rows = ".[]"
        split = { of = ".times", by = "[,;]" }
        fields = { key = { template = "{.id} {part}" } }"#;
    assert_eq!(
        keys(words, r#"[{"id":1,"times":"10:00, 12:00;"}]"#),
        ["1 10:00", "1 12:00"]
    );
    let page = words.replace("\".[]\"", "\"p\"\ndecode = \"html\"");
    let page = page.replace(".times", "text").replace("{.id} ", "");
    assert_eq!(keys(&page, "<p>a, b</p>"), ["a", "b"]);
}

#[test]
fn rows_that_fail_a_check_are_left_out() {
    let kept = |check: &str, body: &str| {
        keys(
            &format!("rows = \".[]\"\nwhere = '{check}'\nfields = {{ key = \".id\" }}"),
            body,
        )
    };
    let body = r#"[{"id":1,"on":true,"n":2},{"id":2,"on":false,"n":3},{"id":3}]"#;
    assert_eq!(kept(".on", body), ["1"]);
    assert_eq!(kept(".n != 3", body), ["1", "3"]);
    assert_eq!(kept(".n > 2", body), ["2"]);
    let raw = "rows = \".[]\"\nwhere = \"text:x\"\nfields = { key = \".id\" }";
    assert!(
        compile(&item_step(raw))
            .unwrap_err()
            .contains("not at a row")
    );
    let page = "decode = \"html\"\nrows = \"p\"\nwhere = \"p.on, b\"\nfields = { key = \"text\" }";
    assert_eq!(
        keys(page, "<p class=on>1</p><p>2</p><p><b>3</b></p>"),
        ["1", "3"]
    );
}

#[test]
fn the_first_or_the_last_of_one_key_counts() {
    let rows = |rule: &str| {
        let words = format!(
            "rows = \".[]\"\nsame_key = \"{rule}\"\nfields = {{ key = \".id\" }}\ncarry = {{ n = \".n\" }}"
        );
        let rows = read(
            &items(&words),
            json!({}),
            r#"[{"id":1,"n":1},{"id":2,"n":2},{"id":1,"n":3}]"#,
        );
        rows.unwrap()
            .iter()
            .map(|row| row.carry["n"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(rows("first"), [1, 2]);
    assert_eq!(rows("last"), [2, 3]);
}

#[test]
fn a_row_finds_its_partner() {
    let words = |optional: &str, more: &str| {
        format!(
            r#"rows = ".shows[]"
            join.film = {{ rows = ".films[]", key = ".id", on = ".film"{optional} }}
            join.genre = {{ rows = "showtime.genres[]", key = ".id", on = "film.genre", optional = true }}
            fields = {{ key = ".id" }}
            carry = {{ title = {{ path = "film.title", optional = true }}, genre = {{ path = "genre.name", optional = true }} }}
            {more}"#
        )
    };
    let body = r#"{"films":[{"id":1,"title":"One","genre":"g"},{"id":"2","title":"Two"}],
        "shows":[{"id":"a","film":1},{"id":"b","film":2},{"id":"c","film":3}]}"#;
    let given = json!({ "showtime": { "genres": [{ "id": "g", "name": "Drama" }] } });
    let rows = read(&items(&words(", optional = true", "")), given.clone(), body).unwrap();
    let carried: Vec<Value> = rows
        .into_iter()
        .map(|row| Value::Object(row.carry))
        .collect();
    let expected = json!([{ "title": "One", "genre": "Drama" }, { "title": "Two" }, {}]);
    assert_eq!(Value::Array(carried), expected);
    let message = read(&items(&words("", "")), given.clone(), body)
        .unwrap_err()
        .to_string();
    assert_eq!(message, "row 2: field `join.film` has no row `3`");
    let kept = words(", optional = true", "where = 'film.title == \"Two\"'");
    assert_eq!(given_keys(&kept, given.clone(), body), ["b"]);
    let twice = body.replace("\"2\"", "1");
    let message = read(&items(&words("", "")), given, &twice)
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "the key of join `film` is `1` in two rows that differ"
    );
}

#[test]
fn jq_sees_what_was_handed_down() {
    let words = r#"rows = '.[] | select(.cinema == $given.cinema.key)'
        fields = { key = '"\($given.cinema.key)-\(.id)"' }"#;
    let given = json!({ "cinema": { "key": "x" } });
    let body = r#"[{"id":1,"cinema":"x"},{"id":2,"cinema":"y"}]"#;
    assert_eq!(given_keys(words, given, body), ["x-1"]);
}

#[test]
fn a_heading_holds_for_the_siblings_after_it() {
    let headings = |body| {
        let words = "decode = \"html\"\nrows = \"li, p\"\nfields = { key = { template = \"{film} {time}\" } }\ncarry = { film = { before = \"h3\", text = \"all\" } }";
        let words = words.replace("{film} {time}", "{own_text}");
        let rows = read(&items(&words), json!({}), body).unwrap();
        let row = |row: Item| format!("{} {}", row.carry["film"].as_str().unwrap(), row.key);
        rows.into_iter().map(row).collect::<Vec<_>>()
    };
    let lists = "<h3>A</h3><ul><li>1</li></ul><ul><li>2</li></ul><h3>B</h3><ul><li>3</li></ul>";
    assert_eq!(headings(lists), ["A 1", "A 2", "B 3"]);
    let mixed = "<h3>A</h3><p>1</p><div><p>2</p><div><p>3</p></div></div><h3>B</h3><p>4</p>";
    assert_eq!(headings(mixed), ["A 1", "A 2", "A 3", "B 4"]);
}
