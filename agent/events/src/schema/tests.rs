#![allow(clippy::unwrap_used)]

use serde_json::{Map, json};

use super::*;
use crate::limits::{MAX_DEPTH, MAX_SCHEMA_BYTES, MAX_SCHEMA_PATTERNS};
use crate::{BodyFormat, Endpoint, Receipt, Rejection, RejectionKind, decode};

fn event(properties: &Value) -> ReceivedEvent {
    let body = json!({"events": [{"event": "ticket_bought", "properties": properties}]});
    let receipt = Receipt {
        endpoint: Endpoint::Events,
        format: BodyFormat::Json,
        received_at: chrono::DateTime::from_timestamp(1_772_000_000, 0).unwrap(),
        user_agent: None,
    };
    let request = decode(receipt, body.to_string().as_bytes()).unwrap();
    request.events.into_iter().next().unwrap().unwrap()
}

fn tickets() -> EventSchema {
    EventSchema::compile(&json!({
        "type": "object",
        "properties": {
            "seats": {"type": "integer", "minimum": 1, "x-privacy": "free"},
            "mail": {"type": "string", "format": "email", "x-privacy": "personal"},
            "customer": {"type": "object", "x-privacy": "pseudonym", "additionalProperties": {"type": "string"}},
            "price": {"$ref": "#/$defs/price"},
        },
        "$defs": {"price": {"type": "number", "maximum": 100}},
        "required": ["seats"],
    }))
    .unwrap()
}

#[track_caller]
fn refused(schema: &Value) -> SchemaError {
    EventSchema::compile(schema).unwrap_err()
}

#[test]
fn a_valid_event_violates_nothing() {
    let event = event(&json!({"seats": 2, "price": 12.5, "mail": "a@example.com", "other": null}));
    assert_eq!(tickets().violations(&event), []);
}

#[test]
fn a_violation_points_into_the_body_and_names_value_and_limit() {
    let violations = tickets().violations(&event(&json!({"seats": 0, "price": "12"})));

    assert_eq!(
        violations,
        [
            Violation {
                pointer: "/events/0/properties/price".into(),
                message: "\"12\" is not of type \"number\"".into(),
            },
            Violation {
                pointer: "/events/0/properties/seats".into(),
                message: "0 is less than the minimum of 1".into(),
            },
        ]
    );
}

#[test]
fn a_violation_does_not_repeat_personal_values() {
    let properties = json!({"seats": 1, "mail": "secret person", "customer": {"a": 4711}});
    let text = format!("{:?}", tickets().violations(&event(&properties)));

    assert!(text.contains("value is not a"), "{text}");
    assert!(!text.contains("secret") && !text.contains("4711"), "{text}");
}

#[test]
fn violations_are_bounded_in_number_and_length() {
    let schema = EventSchema::compile(&json!({"additionalProperties": false})).unwrap();
    let names: Map<_, _> = (0..900).map(|n| (format!("name_{n}"), json!(1))).collect();
    let violations = schema.violations(&event(&Value::Object(names)));
    assert!(
        violations
            .iter()
            .all(|violation| violation.message.chars().count() <= MAX_REASON_CHARS)
    );

    let schema =
        EventSchema::compile(&json!({"additionalProperties": {"type": "string"}})).unwrap();
    let values: Map<_, _> = (0..900).map(|n| (format!("name_{n}"), json!(1))).collect();
    assert_eq!(
        schema.violations(&event(&Value::Object(values))).len(),
        MAX_WARNINGS
    );
}

#[test]
fn the_marks_of_privacy_can_be_asked_for() {
    let schema = tickets();

    assert_eq!(schema.privacy("seats"), Some(Privacy::Free));
    assert_eq!(schema.privacy("mail"), Some(Privacy::Personal));
    assert_eq!(schema.privacy("customer"), Some(Privacy::Pseudonym));
    assert_eq!(schema.privacy("price"), None);
    assert_eq!(schema.privacy("unknown"), None);
}

#[test]
fn a_mark_without_effect_is_refused() {
    for schema in [
        json!({"properties": {"a": {"x-privacy": "secret"}}}),
        json!({"properties": {"a": {"x-privacy": true}}}),
        json!({"x-privacy": "personal"}),
        json!({"properties": {"a": {"properties": {"b": {"x-privacy": "personal"}}}}}),
        json!({"$defs": {"a": {"x-privacy": "personal"}}}),
    ] {
        assert!(
            matches!(refused(&schema), SchemaError::Invalid { .. }),
            "{schema}"
        );
    }
}

#[test]
fn references_lead_to_the_same_document_only() {
    for reference in [
        "https://example.com/schema.json",
        "file:///etc/passwd",
        "other.json",
        "#anchor",
        "#/$defs/missing",
        "#/$defs/%61",
    ] {
        let schema =
            json!({"$defs": {"a": {}, "%61": {}}, "properties": {"a": {"$ref": reference}}});
        assert!(
            matches!(refused(&schema), SchemaError::Reference { .. }),
            "{reference}"
        );
    }
    for keyword in ["$dynamicRef", "$recursiveRef", "$id"] {
        assert!(matches!(
            refused(&json!({keyword: "#"})),
            SchemaError::Reference { .. }
        ));
    }
    assert!(
        EventSchema::compile(
            &json!({"properties": {"id": {"type": "string"}}, "examples": [{"id": "a"}]})
        )
        .is_ok()
    );
}

#[test]
fn circular_references_are_refused() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"properties": {"a": {"$ref": "#"}}}),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
    ] {
        assert_eq!(refused(&schema), SchemaError::TooManyNodes, "{schema}");
    }
}

#[test]
fn references_that_double_at_each_level_are_refused() {
    let mut definitions = Map::new();
    for level in 0..7 {
        let reference = json!({"$ref": format!("#/$defs/d{}", level + 1)});
        definitions.insert(format!("d{level}"), json!({"allOf": vec![reference; 8]}));
    }
    definitions.insert("d7".into(), json!({}));

    assert_eq!(
        refused(&json!({"$defs": definitions})),
        SchemaError::TooManyNodes
    );
}

#[test]
fn the_deepest_schema_that_is_compiled_does_not_overflow_the_stack() {
    let nest =
        |inner: Value, levels: usize| (0..levels).fold(inner, |inner, _| json!({"not": inner}));
    let mut definitions = Map::new();
    for level in 0..7 {
        let reference = json!({"$ref": format!("#/$defs/d{}", level + 1)});
        definitions.insert(format!("d{level}"), nest(reference, 27));
    }
    definitions.insert("d7".into(), nest(json!({"type": "object"}), 27));
    let schema =
        EventSchema::compile(&json!({"$ref": "#/$defs/d0", "$defs": definitions})).unwrap();

    assert!(schema.violations(&event(&json!({}))).len() <= 1);
}

#[test]
fn a_document_over_a_bound_is_refused() {
    let large = json!({"description": "x".repeat(MAX_SCHEMA_BYTES)});
    assert!(matches!(refused(&large), SchemaError::TooLarge { .. }));

    let patterns = vec![json!({"pattern": "a"}); MAX_SCHEMA_PATTERNS + 1];
    assert_eq!(
        refused(&json!({"anyOf": patterns})),
        SchemaError::TooManyPatterns { count: 101 }
    );

    let deep = (0..MAX_DEPTH).fold(json!({}), |inner, _| json!({"not": inner}));
    assert_eq!(refused(&deep), SchemaError::TooDeep);
}

#[test]
fn a_pattern_is_bounded_and_takes_linear_time() {
    for pattern in [
        "(a+)+\\1",
        "(?=a)b",
        "(?<!a)b",
        "[",
        "(((a{1000}){1000}){1000})",
    ] {
        let schema = json!({"properties": {"a": {"pattern": pattern}}});
        assert!(
            matches!(refused(&schema), SchemaError::Invalid { .. }),
            "{pattern}"
        );
    }
    let schema =
        EventSchema::compile(&json!({"properties": {"a": {"pattern": "^(a+)+$"}}})).unwrap();
    let event = event(&json!({"a": format!("{}b", "a".repeat(50_000))}));
    assert_eq!(schema.violations(&event).len(), 1);
}

#[test]
fn what_is_no_schema_is_refused() {
    for schema in [
        json!(5),
        json!({"type": "nothing"}),
        json!({"$schema": "https://example.com/x"}),
    ] {
        assert!(
            matches!(refused(&schema), SchemaError::Invalid { .. }),
            "{schema}"
        );
    }
}

#[test]
fn the_mode_decides_what_becomes_of_a_violation() {
    let schema = tickets();
    let bad = event(&json!({"seats": 0}));
    let good = event(&json!({"seats": 1}));

    for mode in [SchemaMode::Off, SchemaMode::Warn, SchemaMode::Enforce] {
        assert_eq!(judge(mode, Some(&schema), &good), SchemaVerdict::Accept);
    }
    assert_eq!(
        judge(SchemaMode::Off, Some(&schema), &bad),
        SchemaVerdict::Accept
    );
    assert_eq!(judge(SchemaMode::Off, None, &bad), SchemaVerdict::Accept);
    assert!(matches!(
        judge(SchemaMode::Warn, Some(&schema), &bad),
        SchemaVerdict::AcceptWithWarning(violations) if violations.len() == 1
    ));
    assert!(matches!(
        judge(SchemaMode::Enforce, Some(&schema), &bad),
        SchemaVerdict::Reject(_)
    ));
    assert!(matches!(
        judge(SchemaMode::Warn, None, &good),
        SchemaVerdict::AcceptWithWarning(_)
    ));
    assert!(matches!(
        judge(SchemaMode::Enforce, None, &good),
        SchemaVerdict::Reject(_)
    ));
}

#[test]
fn a_rejection_by_schema_keeps_the_event_and_counts_the_violations() {
    let event = event(&json!({"price": "much"}));
    let SchemaVerdict::Reject(violations) = judge(SchemaMode::Enforce, Some(&tickets()), &event)
    else {
        panic!("an event without seats is rejected");
    };
    let rejection = Rejection::by_schema(&event, &violations);

    assert_eq!(rejection.kind, RejectionKind::Schema);
    assert!(
        rejection.pointer.starts_with("/events/0/properties"),
        "{}",
        rejection.pointer
    );
    assert!(
        rejection.reason.ends_with("(and 1 more violation)"),
        "{}",
        rejection.reason
    );
    assert!(rejection.body.contains("\"much\""));

    let missing = judge(SchemaMode::Enforce, None, &event);
    let SchemaVerdict::Reject(violations) = missing else {
        panic!("an event without a schema is rejected");
    };
    assert_eq!(violations[0].pointer, "/events/0/event");
}

#[test]
fn the_drafts_of_json_schema_need_no_network() {
    for draft in [
        "https://json-schema.org/draft/2020-12/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "http://json-schema.org/draft-07/schema#",
    ] {
        let schema = json!({"$schema": draft, "required": ["seats"]});
        let schema = EventSchema::compile(&schema).unwrap();
        assert_eq!(schema.violations(&event(&json!({}))).len(), 1, "{draft}");
    }
}

#[test]
fn the_extremes_of_numbers_are_compared_without_a_panic() {
    let numbers = [
        json!(5e-324),
        json!(1e-300),
        json!(0.01),
        json!(1),
        json!(u64::MAX),
        json!(f64::MAX),
    ];
    let values =
        json!({"x": [0, -0.0, 5e-324, 0.1, 1e300, f64::MAX, f64::MIN, u64::MAX, i64::MIN]});
    for number in numbers {
        for keyword in ["multipleOf", "minimum", "exclusiveMaximum", "const"] {
            let schema =
                json!({"properties": {"x": {"items": {keyword: number}, "uniqueItems": true}}});
            let schema = EventSchema::compile(&schema).unwrap();
            assert!(schema.violations(&event(&values)).len() <= MAX_WARNINGS);
        }
    }
}
