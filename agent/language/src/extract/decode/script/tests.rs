#![allow(clippy::unwrap_used)]

use super::*;

fn right(text: &str) {
    let found = read(text, "Events").map(|node| node.to_json());
    assert_eq!(found.unwrap(), serde_json::json!([1]), "{text}");
}

#[test]
fn only_code_assigns() {
    for before in [
        "/* Events = [2] */",
        "// Events = [2]\n",
        "<!-- Events = [2]\n",
        r#"var note = "Events = [2]";"#,
        r"var note = 'it\'s Events = [2]';",
        r#"var note = "a\\"; // Events = [2]
        "#,
        "var note = `Events = [2]`;",
        "var note = `${a ? `Events = [2]` : {b: \"}\"}} Events = [2]`;",
        "var test = /Events = [2]/;",
        r"if (x) return /[/] Events = [2]/g;",
        r"s.replace(/'/g, '').replace(/\// , 'Events = [2]');",
        "var half = a / 2; var third = b / 3; /* Events = [2] */",
        "var note = \"it's\"; /* Events = [2] */",
    ] {
        right(&format!("{before}\nvar Events = [1];"));
        right(&format!(
            "<p>Don't</p><script>{before}\nvar Events = [1];</script>"
        ));
    }
    right("<!-- <script>Events = [2]</script> --><SCRIPT>Events = [1]</SCRIPT>");
    right("<p>It's</p><script>var a = 1;</script><p>isn't</p><script>Events = [1]</script>");
}

#[test]
fn a_name_in_quotes_may_be_that_of_a_member() {
    right(r#"<script>window.data = {"Events": [1]}</script>"#);
    right(r#"{"note": "Events: [2]", "Events": [1]}"#);
    right("data = {'Events': [1]}");
    right("var a = 4 / 2, Events = [1], b = 3 / 1;");
}

#[test]
fn a_scan_ends_whatever_is_open() {
    for text in [
        "/*",
        "\"",
        "'\\",
        "`",
        "`${",
        "`${`${{",
        "/",
        "/[",
        "<script",
        "<!--",
        "<script>`",
    ] {
        let result = read(&format!("{text} Events"), "Events");
        assert!(result.is_err(), "{text}");
        let deep = text.repeat(20_000);
        assert!(read(&format!("{deep} Events"), "Events").is_err());
    }
}
