//! Expressions without an end, and small ones that make much; and that ours is jq.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use super::*;

/// Steps that are enough for all that is meant to end.
const EFFORT: usize = 300_000;

fn made(jq: &str, input: &str) -> Result<Vec<Value>, String> {
    let filter = Filter::compile(jq)?;
    let input: Value = serde_json::from_str(input).unwrap();
    let (outputs, _) = filter.within(EFFORT, value(&Node::from(&input)), Val::Null);
    Ok(outputs?.iter().map(Node::to_json).collect())
}

fn refused(jq: &str, input: &str, why: &str) {
    let error = made(jq, input).unwrap_err();
    assert!(error.contains(why), "{jq}: {error}");
    assert!(error.len() < 400, "{jq}: {} bytes", error.len());
}

#[test]
fn a_loop_without_an_end_ends() {
    for endless in [
        "def f: f; f",
        "def f: f, f; f",
        "def f($x): f($x + 1); f(0)",
        "repeat(.)",
        "[repeat(.)]",
        "repeat(empty)",
        "first(repeat(empty))",
        "[range(1e12)]",
        "last(range(1e12))",
        "[range(0; 1; 0)]",
        "range(1e12) | empty",
        "[limit(1e12; repeat(1))]",
        "until(false; .)",
        "while(true; .) | empty",
        "label $out | repeat(empty)",
        "reduce range(1e12) as $n (0; $n)",
        "foreach repeat(1) as $n (0; .; empty)",
        "isempty(repeat(empty))",
        "[range(1000)] | combinations(1000)",
        ". |= last(range(1e12))",
        "path(repeat(.)) | empty",
        "try repeat(empty) catch repeat(empty)",
    ] {
        refused(endless, "[]", "takes too long");
    }
}

#[test]
fn what_calls_itself_too_often_ends() {
    for deep in [
        "def f: [f]; f",
        "def f: 1 + f; f",
        "def f: {a: f}; f",
        "def f: \"\\(f)\"; f",
        "def f: f | f; f",
        "def f: (f, 1) | .; f",
        "def f: -f; f",
        "def f: try f catch f; f",
    ] {
        refused(deep, "[]", "calls itself too often");
    }
    let error = made("def f(g): f(g | 1); f(.)", "[]").unwrap_err();
    assert!(error.contains("takes a filter and calls itself"), "{error}");
}

#[test]
fn what_makes_too_much_ends() {
    for (much, why) in [
        ("\"x\" * 1.5", "fails"),
        ("\"x\" * 1000000000000", "takes too long"),
        ("\"x\" * 100000000000000000000000", "takes too long"),
        ("reduce range(100) as $n (\"x\"; . + .)", "takes too long"),
        ("reduce range(100) as $n ([1]; . + .)", "takes too long"),
        ("reduce range(100) as $n ([1]; [., .])", "takes too long"),
        (
            "reduce range(100) as $n ([1]; [., .]) | tojson",
            "takes too long",
        ),
        (
            "reduce range(100) as $n ([1]; [., .]) | [..]",
            "takes too long",
        ),
        (
            "reduce range(100) as $n ([1]; [., .]) | flatten",
            "takes too long",
        ),
        (
            "reduce range(100) as $n ([1]; [., .]) | . == (. | map(.))",
            "takes too long",
        ),
        (
            "reduce range(100) as $n ([1]; [., .]) | [., .] | sort",
            "takes too long",
        ),
        ("reduce range(100) as $n (10; . * .)", "bits"),
        (
            "reduce range(1000) as $n (\"x\"; @base64)",
            "takes too long",
        ),
        (
            "reduce range(1000) as $n (\"x\"; [.] | tojson)",
            "takes too long",
        ),
        ("reduce range(1000000) as $n (0; [.])", "levels"),
        ("reduce range(1000000) as $n ({}; {a: .})", "levels"),
        ("reduce range(1000000) as $n ([0]; .[0] = [.[0]])", "levels"),
        ("[recurse([.])]", "levels"),
        ("{([1]): 1}", "as a name"),
        (
            "\"x\" * 100000 | test(\"(x{1000}){1000}y\")",
            "takes too long",
        ),
    ] {
        refused(much, "[]", why);
    }
}

#[test]
fn a_body_cannot_make_an_expression_take_for_ever() {
    let deep = format!("[\"{}\"]", "[".repeat(1_000_000));
    refused(".[] | fromjson", &deep, "no JSON");
    refused(".[] | tonumber", &deep, "no JSON");
    let long = format!("[{}\"x\"]", "\"x\",".repeat(20_000));
    refused(
        "[.[] as $a | .[] | select(. == $a)]",
        &long,
        "takes too long",
    );
}

/// What the functions of our own say is what jq says.
#[test]
fn functions_are_those_of_jq() {
    let body = r#"{
        "text": "naïve, naïve", "list": [3, 1, [2], null, "x"], "numbers": [1, 3, 3, 7],
        "object": {"a": 0, "b": {"c": [1, 2]}}, "json": "{\"a\":[1,2.5]}"
    }"#;
    for (jq, given) in [
        (
            "[.text, .list, .object, null, -4.5] | map(length)",
            json!([12, 5, 2, 0, 4.5]),
        ),
        (
            ".text | [indices(\"naï\"), index(\"v\"), rindex(\"v\")]",
            json!([[0, 7], 3, 10]),
        ),
        (
            ".numbers | [indices(3), indices([3, 7]), indices([]), bsearch(7), bsearch(2)]",
            json!([[1, 2], [2], [], 3, -2]),
        ),
        (".json | fromjson", json!({"a": [1, 2.5]})),
        (".object | tojson", json!("{\"a\":0,\"b\":{\"c\":[1,2]}}")),
        (".object | tostring", json!("{\"a\":0,\"b\":{\"c\":[1,2]}}")),
        (
            "[\"12\", \"007\", \" 1.5 \", 3] | map(tonumber)",
            json!([12, 7, 1.5, 3]),
        ),
        (
            "[(.text | contains(\"ve,\")), (.object | contains({b: {c: [2]}})), (.list | contains([\"y\"]))]",
            json!([true, true, false]),
        ),
        (
            "[(.object | has(\"a\", \"z\")), (.list | has(4, 5))]",
            json!([true, false, true, false]),
        ),
        (
            "[range(3), range(2; 4), range(5; 0; -2)]",
            json!([0, 1, 2, 2, 3, 5, 3, 1]),
        ),
        (".list | sort", json!([null, 1, 3, "x", [2]])),
        (".numbers | unique | add", json!(11)),
        (".list[1:3], .list[-2:], .text[0:3]", json!([1, [2]])),
        (".object | keys", json!(["a", "b"])),
        (".object | to_entries | map(.key)", json!(["a", "b"])),
        (
            ".object | del(.b) | .n = 1 | .a += 2",
            json!({"a": 2, "n": 1}),
        ),
        (
            ".list | .[0] |= . + 1 | .[1:3] = [9] | del(.[-1])",
            json!([4, 9, null]),
        ),
        (".object | map_values(numbers)", json!({"a": 0})),
        (
            ".object | [paths]",
            json!([["a"], ["b"], ["b", "c"], ["b", "c", 0], ["b", "c", 1]]),
        ),
        (
            ".object | walk(if isnumber then . + 1 else . end)",
            json!({"b": {"c": [2, 3]}, "a": 1}),
        ),
        (
            ".object * {b: {d: 1}}",
            json!({"b": {"c": [1, 2], "d": 1}, "a": 0}),
        ),
        (".numbers - [3]", json!([1, 7])),
        (".text / \", \"", json!(["naïve", "naïve"])),
        ("\"ab\" * 2", json!("abab")),
        (".text | [match(\"ï\"; \"g\").offset]", json!([2, 9])),
        (
            ".text | gsub(\"ï\"; \"i\") | splits(\", \")",
            json!("naive"),
        ),
        ("[[1, 2], [3]] | transpose", json!([[1, 3], [2, null]])),
        (".text | test(\"^n.*e$\")", json!(true)),
        ("try error(\"no\") catch .", json!("no")),
        ("[1, [2]] | getpath([1, 0])", json!(2)),
        (
            "def up: if . < 5 then . + 1 | up else . end; 0 | up",
            json!(5),
        ),
        ("[limit(3; repeat(1))]", json!([1, 1, 1])),
        ("{\"a\": 1} | with_entries(.value += 1)", json!({"a": 2})),
        ("[.numbers | group_by(. > 2)[] | length]", json!([1, 3])),
        ("@base64 \"\\(.numbers[0])\"", json!("MQ==")),
        (
            "\"2026-11-21T20:00:00Z\" | fromdateiso8601",
            json!(1_795_291_200),
        ),
    ] {
        let first = made(jq, body)
            .unwrap_or_else(|error| panic!("{error}"))
            .into_iter()
            .next();
        assert_eq!(first, Some(given), "{jq}");
    }
}
