//! An expression without an end, in a definition: its answer fails.

use super::*;

#[test]
fn an_expression_without_an_end_fails_its_answer() {
    let words = HEAD.replace("\".[]\"", "'def f: f; f'");
    let source = Source::compile(Definition::parse(&words, "test.toml").unwrap()).unwrap();
    let error = read(&source, "cinemas", "[]").unwrap_err().to_string();
    assert!(error.contains("`def f: f; f` takes too long"), "{error}");
}

/// What one row may cost is what all rows may cost together.
#[test]
fn rows_share_what_expressions_may_cost() {
    let costly = "fields = { key = \".id\", name = { path = \".id\", jq = \"reduce range(200000) as $n (.; .)\" } }";
    let words = HEAD.replace("fields = { key = \".id\", name = \".id\" }", costly);
    let source = Source::compile(Definition::parse(&words, "test.toml").unwrap()).unwrap();
    let body = |rows: usize| {
        let rows: Vec<Value> = (0..rows)
            .map(|id| json!({ "id": id.to_string() }))
            .collect();
        json!(rows).to_string()
    };
    assert!(read(&source, "cinemas", &body(1)).is_ok());
    let error = read(&source, "cinemas", &body(20)).unwrap_err().to_string();
    assert!(error.contains("takes too long"), "{error}");
}
