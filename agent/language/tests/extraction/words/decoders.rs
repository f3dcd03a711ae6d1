//! `decode`: each decoder, and which may follow which.

use super::*;

const ID: &str = r#"rows = ".[]"
fields = { key = ".id" }"#;
const TEXT: &str = r#"rows = ".[]"
fields = { key = "." }"#;

fn keys_of(decode: &str, rows: &str, key: &str, body: &str) -> Vec<String> {
    let words = format!("decode = {decode}\nrows = '{rows}'\nfields = {{ key = '{key}' }}");
    keys(&words, body)
}

#[test]
fn neighbours_fit_or_are_refused() {
    let refused =
        |decode: &str| compile(&item_step(&format!("decode = {decode}\n{ID}"))).unwrap_err();
    let message = refused(r#"["json", "css:a"]"#);
    assert!(
        message.contains("in `json → css:a`, `css:a` takes a page, but is given JSON"),
        "{message}"
    );
    assert!(refused(r#"["json_ld:Event"]"#).contains("takes a page, but is given text"));
    assert!(refused(r#"["json", "charset:utf-8"]"#).contains("must come first"));
    assert!(refused(r#"["jsno"]"#).contains("there is no decoder `jsno`"));
    assert!(refused(r#"["regex:abc"]"#).contains("no group"));
    assert!(refused("[]").contains("empty"));
}

#[test]
fn a_charset_counts_more_than_the_header() {
    let source = items(&format!(
        "decode = [\"charset:windows-1250\", \"json\"]\n{ID}"
    ));
    let (body, _, _) = encoding_rs::WINDOWS_1250.encode(r#"[{"id":"Žižkov"}]"#);
    let answer = Answer {
        content_type: Some("application/json; charset=utf-8"),
        ..answer(&body)
    };
    let Ok(Rows::Items(rows)) = source.extract("items", &Map::new(), &answer) else {
        panic!()
    };
    assert_eq!(rows[0].key, "Žižkov");
}

#[test]
fn xml_is_a_tree_of_json() {
    let body = r#"<?xml version="1.0"?>
        <x:feed xmlns:x="urn:x"><films><film id="1" x:kind="a">One &amp; only</film></films>
        <note/><note><![CDATA[ <b> ]]></note></x:feed>"#;
    let rows = r#"rows = ".feed.films.film[]""#;
    let fields = r##"fields = { key = ".[\"@id\"]" }
        carry = { kind = ".[\"@kind\"]", title = ".[\"#text\"]", notes = "body.feed.note" }"##;
    let source = items(&format!("decode = \"xml\"\n{rows}\n{fields}"));
    let film = read(&source, json!({}), body).unwrap().remove(0);
    assert_eq!(film.key, "1");
    let carried = json!({ "kind": "a", "title": "One & only", "notes": ["", "<b>"] });
    assert_eq!(Value::Object(film.carry), carried);
}

#[test]
fn an_element_before_brackets_is_a_list_however_often_it_comes() {
    let rows = |body| keys_of("\"xml\"", ".a.b[].c[]", ".", body);
    assert_eq!(rows("<a><b><c>1</c></b></a>"), ["1"]);
    assert_eq!(
        rows("<a><b><c>1</c><c>2</c></b><b><c>3</c></b></a>"),
        ["1", "2", "3"]
    );
    let words = "decode = \"xml\"\nrows = \".a.b[]\"\nfields = { key = \".\" }";
    assert_eq!(keys(words, "<a/>"), [""; 0]);
    assert!(matches!(
        error(words, "<other/>"),
        ExtractError::NoContainer { .. }
    ));
    let jq = "[.a.b | .[] | .c] | .[]";
    assert_eq!(
        keys_of("\"xml:b\"", jq, ".", "<a><b><c>1</c></b></a>"),
        ["1"]
    );
}

#[test]
fn json_stands_in_the_text_of_xml() {
    let body = r#"<E><Body><R> {"Films": [{"id": 7}]} </R></Body></E>"#;
    let decode = r#"["xml", "json_string:.E.Body.R"]"#;
    assert_eq!(keys_of(decode, ".Films[]", ".id", body), ["7"]);
}

#[test]
fn delimited_text_has_a_header() {
    let body = "id;name\n1;\"Foyer; large\"\n2;Bar\n";
    assert_eq!(
        keys_of("\"delimited:;\"", ".[]", ".name", body),
        ["Foyer; large", "Bar"]
    );
    assert_eq!(
        keys_of("\"delimited:tab\"", ".[]", ".id", "id\tb\n1\t2\n"),
        ["1"]
    );
    let words = format!("decode = \"delimited:,\"\n{ID}");
    let message = error(&words, "id,b\n1\n").to_string();
    assert!(
        message.contains("`delimited:,` cannot read the body"),
        "{message}"
    );
}

#[test]
fn lines_are_texts() {
    assert_eq!(keys_of("\"lines\"", ".[]", ".", "a\r\n\n b \n"), ["a", "b"]);
}

#[test]
fn a_script_gives_the_literal_that_it_assigns() {
    let page = r"<script>//<![CDATA[
        var other = 1, rows = [ /* all */ {id: 'a', 'b': `x
y`, when: new Date(2026, 0, 23), flag: !0, none: undefined,}, // one
        {id: 0x10}, ];
        //]]></script>";
    let fields = "fields = { key = \".id\" }\ncarry = { all = { path = \".\" } }";
    let source = items(&format!("decode = \"js:rows\"\nrows = \".[]\"\n{fields}"));
    let rows = read(&source, json!({}), page).unwrap();
    let all = json!({ "id": "a", "b": "x\ny", "when": [2026, 0, 23], "flag": true, "none": null });
    assert_eq!(rows[0].carry["all"], all);
    assert_eq!(rows[1].key, "16");
}

#[test]
fn a_script_names_its_literal_in_many_ways() {
    let js = |body| keys_of("\"js:rows\"", ".[]", ".", body);
    assert_eq!(js(r#"window.rows=["a"];f()"#), ["a"]);
    assert_eq!(js(r#"x({ "rows": ["b"], more: 1 })"#), ["b"]);
    assert_eq!(
        js(r#"if (rows == 1) {} myrows = ["no"]; rows = ["c"]"#),
        ["c"]
    );
    assert_eq!(
        js(r#"rows = JSON.parse('["d\u0065", "\\"f\\""]')"#),
        ["de", "\"f\""]
    );
    let message = |body| error(&format!("decode = \"js:rows\"\n{TEXT}"), body).to_string();
    assert!(message("rows = a + [1]").contains("`js:rows` cannot read the body"));
    assert!(message("rows = [1].map(f)").contains("part of an expression"));
    assert!(message("nothing").contains("there is no `js:rows`"));
}

#[test]
fn an_expression_cuts_text_out_for_the_next() {
    let decode = r#"["regex:data=(\\S*);", "json"]"#;
    assert_eq!(keys_of(decode, ".[]", ".", "x data=[1]; y"), ["1"]);
    let words = format!("decode = [\"regex:x=(.)\", \"json\"]\n{TEXT}");
    assert!(matches!(
        error(&words, "y"),
        ExtractError::NoContainer { .. }
    ));
}

#[test]
fn a_selector_takes_text_or_an_attribute_out_of_a_page() {
    let body = r#"<script id="s">["a<b"]</script><p data-rows='["c"]'></p>"#;
    assert_eq!(
        keys_of(r#"["html", "css:script#s", "json"]"#, ".[]", ".", body),
        ["a<b"]
    );
    assert_eq!(
        keys_of(r#"["html", "css:p@data-rows", "json"]"#, ".[]", ".", body),
        ["c"]
    );
}

#[test]
fn a_page_may_stand_in_json() {
    let decode = r#"["json", "string:.html", "html"]"#;
    assert_eq!(
        keys_of(decode, "b", "text", r#"{"html":"<b>x</b><b>y</b>"}"#),
        ["x", "y"]
    );
    let words = format!("decode = {decode}\nrows = \"b\"\nfields = {{ key = \"text\" }}");
    assert!(matches!(
        error(&words, "{}"),
        ExtractError::NoContainer { .. }
    ));
}

#[test]
fn linked_data_is_found_by_type_wherever_it_is() {
    let body = r#"
        <script type="application/ld+json">{"@graph":[{"@type":["Event","ScreeningEvent"],"id":1}]}</script>
        <script type="application/ld+json">{broken</script>
        <script type="application/ld+json">//<![CDATA[
        [{"@type":"Place","event":{"@type":"http://schema.org/ScreeningEvent","id":2}}] //]]></script>"#;
    let decode = r#"["html", "json_ld:ScreeningEvent"]"#;
    assert_eq!(keys_of(decode, ".[]", ".id", body), ["1", "2"]);
    let several = r#"["html", "json_ld:Place, ScreeningEvent"]"#;
    let types = "(.id // .event.id) | tostring";
    assert_eq!(keys_of(several, ".[]", types, body), ["1", "2"]);
    let words = format!("decode = {decode}\n{ID}");
    assert!(matches!(
        error(&words, "<p></p>"),
        ExtractError::NoContainer { .. }
    ));
}

#[test]
fn jq_makes_one_value_of_another() {
    let keys = |jq: &str, body: &str| keys_of(&format!("[\"lines\", '{jq}']"), ".[]", ".id", body);
    let body = "{\"id\": \"a\"}\n{\"id\": \"b\"}\n";
    assert_eq!(keys("jq:map(fromjson)", body), ["a", "b"]);
    let words = |jq: &str| format!("decode = [\"json\", '{jq}']\n{ID}");
    let message = error(&words("jq:.[]"), r#"[[{"id": 1}], [{"id": 2}]]"#).to_string();
    assert!(
        message.contains("it gives 2 values: put [ ] around it"),
        "{message}"
    );
    assert!(matches!(
        error(&words("jq:empty"), "[]"),
        ExtractError::NoContainer { .. }
    ));
    let message = error(&words("jq:error(\"no\")"), "[]").to_string();
    assert!(message.contains("fails: no"), "{message}");
    let refused = compile(&item_step(&format!("decode = [\"json\", \"jq:|\"]\n{ID}")));
    assert!(refused.unwrap_err().contains("is not jq"));
}
