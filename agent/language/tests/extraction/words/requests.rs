//! Answers as wholes: marks of failure, first requests, pages.

use super::*;

#[test]
fn a_mark_of_refusal_is_found_before_anything_is_decoded() {
    let words = "blocked_if = [\"text:Just a moment\", \".challenge\"]\nrows = \".rows[]\"\nfields = { key = \".\" }";
    let mark = |body| match error(words, body) {
        ExtractError::Blocked { mark } => mark,
        other => panic!("{other}"),
    };
    assert_eq!(mark("<html>Just a moment"), "text:Just a moment");
    assert_eq!(mark(r#"{"challenge":1,"rows":[]}"#), ".challenge");
    assert_eq!(keys(words, r#"{"rows":["a"]}"#), ["a"]);
    let refused = Answer {
        status: 403,
        ..answer(b"Just a moment")
    };
    let blocked = items(words).extract("items", &Map::new(), &refused);
    assert!(matches!(blocked, Err(ExtractError::Blocked { .. })));
    let message = error(words, " <!doctype html>").to_string();
    assert!(
        message.contains("a page came where JSON was expected"),
        "{message}"
    );
}

#[test]
fn an_answer_may_say_that_it_is_empty() {
    let words = "empty_if = [\".none\", \"text:no shows\"]\nrows = '.rows // [] | .[]'\nfields = { key = \".\" }";
    assert!(matches!(error(words, "{}"), ExtractError::Empty));
    assert_eq!(keys(words, r#"{"none":true}"#), [""; 0]);
    assert_eq!(keys(words, "Sorry, no shows today"), [""; 0]);
    let plain = words.replace("'.rows // [] | .[]'", "\".rows[]\"");
    assert!(matches!(
        error(&plain, "{}"),
        ExtractError::NoContainer { .. }
    ));
    assert_eq!(keys(&plain, r#"{"none":true}"#), [""; 0]);
}

#[test]
fn a_first_request_gives_values_to_what_comes_later() {
    let source = items(
        r#"rows = "layout.seats[]"
        fields = { key = ".id" }
        where = ".zone == 1"
        [steps.items.first.token]
        request = { url = "https://host.example/page" }
        decode = "html"
        ok = "script"
        take = { value = { css = "script", text = "all", regex = "token='([^']*)'" } }
        [steps.items.first.layout]
        request = { url = "https://host.example/{{ token.value }}" }
        take = { seats = ".seats", version = { path = ".v", default = "0" } }
        [steps.items.first.warm]
        request = { url = "https://host.example/warm" }"#,
    );
    let mut given = Map::new();
    let page = answer(b"<script>token='abc'</script>");
    let token = source.take("items", "token", &given, &page).unwrap();
    assert_eq!(Value::Object(token.clone()), json!({ "value": "abc" }));
    let missing = source.take("items", "token", &given, &answer(b"<script></script>"));
    assert!(matches!(missing, Err(ExtractError::Field { .. })));
    given.insert("token".to_owned(), Value::Object(token));
    let layout = answer(br#"{"seats":[{"id":1,"zone":1},{"id":2,"zone":2}]}"#);
    let layout = source.take("items", "layout", &given, &layout).unwrap();
    assert_eq!(layout["version"], "0");
    given.insert("layout".to_owned(), Value::Object(layout));
    assert!(
        source
            .take("items", "warm", &given, &answer(b"<<"))
            .unwrap()
            .is_empty()
    );
    let rows = read(&source, Value::Object(given), "{}").unwrap();
    assert_eq!((rows.len(), rows[0].key.as_str()), (1, "1"));
}

#[test]
fn a_page_tells_of_those_after_it() {
    let source = items(
        r#"pages = { total = ".pages", rows = ".count", cursor = ".next", link = { path = ".links.next", optional = true }, more = ".next" }
        rows = ".rows[]"
        where = ". != 2"
        same_key = "first"
        fields = { key = "." }"#,
    );
    let none = Map::new();
    let read =
        |body: &str, index| source.extract_page("items", &none, &answer(body.as_bytes()), index);
    let first = read(
        r#"{"pages":2,"count":"5","next":"x","links":{"next":"/2"},"rows":[1,2,3]}"#,
        0,
    )
    .unwrap();
    let facts = &first.facts;
    assert_eq!(
        (facts.total_pages, facts.total_rows, facts.row_count),
        (Some(2), Some(5), 3)
    );
    assert_eq!(
        (facts.cursor.as_deref(), facts.link.as_deref(), facts.more),
        (Some("x"), Some("/2"), Some(true))
    );
    let last = read(r#"{"pages":2,"count":5,"next":null,"rows":[3,4]}"#, 1).unwrap();
    assert_eq!(
        (last.facts.cursor.as_deref(), last.facts.more),
        (None, Some(false))
    );
    let Rows::Items(rows) = source
        .merge("items", vec![first.rows, last.rows])
        .unwrap()
        .rows
    else {
        panic!()
    };
    assert_eq!(
        rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(),
        ["1", "3", "4"]
    );
}

#[test]
fn only_pages_after_the_first_may_be_empty() {
    let source = items("decode = \"html\"\nrows = \"b\"\nfields = { key = \"text\" }");
    let none = Map::new();
    let first = source.extract_page("items", &none, &answer(b"<p>"), 0);
    assert!(matches!(first, Err(ExtractError::Empty)));
    let later = source
        .extract_page("items", &none, &answer(b"<p>"), 1)
        .unwrap();
    assert_eq!(
        (later.rows, later.facts.row_count),
        (Rows::Items(Vec::new()), 0)
    );
    // An error page in the middle is no end of the pages.
    let json = items("rows = \".rows[]\"\nfields = { key = \".\" }");
    let later = json.extract_page("items", &none, &answer(b"{}"), 1);
    assert!(matches!(later, Err(ExtractError::NoContainer { .. })));
}

#[test]
fn a_status_may_say_that_there_is_nothing() {
    let source = items("empty_if = \"status:404\"\nrows = \".[]\"\nfields = { key = \".id\" }");
    let with = |status| {
        let answer = Answer {
            status,
            ..answer(b"not found")
        };
        source.extract("items", &Map::new(), &answer)
    };
    assert_eq!(with(404).unwrap(), Rows::Items(Vec::new()));
    assert!(matches!(
        with(410),
        Err(ExtractError::Status { status: 410 })
    ));
    for (word, why) in [
        ("empty_if = \"status:none\"", "is no HTTP status"),
        ("ok = \"status:200\"", "says that there are no rows"),
        ("where = \"status:404\"", "looks at the whole answer"),
    ] {
        let words = format!("{word}\nrows = \".[]\"\nfields = {{ key = \".id\" }}");
        let refused = compile(&item_step(&words)).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}
