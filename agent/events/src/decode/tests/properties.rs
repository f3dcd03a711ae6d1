//! What holds for every body.

use proptest::prelude::*;
use serde_json::{Map, Number, Value};

use super::*;

fn endpoint() -> impl Strategy<Value = Endpoint> {
    let single = prop::sample::select(EventKind::ALL.to_vec()).prop_map(Endpoint::Single);
    prop_oneof![Just(Endpoint::Events), Just(Endpoint::Batch), single]
}

fn format() -> impl Strategy<Value = BodyFormat> {
    prop_oneof![Just(BodyFormat::Json), Just(BodyFormat::Ndjson)]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
        "[^\\x00]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[^\\x00]{0,8}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn json_object() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map("[a-z_/~]{1,8}", json_value(), 0..4)
        .prop_map(|members| members.into_iter().collect())
}

/// An event that is taken, in the fields of the API.
fn sound_event() -> impl Strategy<Value = Value> {
    let times = prop::option::of(1_700_000_000_000_i64..1_800_000_000_000);
    let identifier = prop::option::of("u-[a-zA-Z0-9 é]{1,20}");
    (
        "e[a-z_ ]{0,20}[a-z]",
        (identifier.clone(), identifier.clone(), identifier),
        (times.clone(), times.clone(), times),
        (json_object(), json_object()),
        prop::option::of((1_u16..9, 0_u16..9, 0_u16..9)),
    )
        .prop_map(|(event, ids, times, (properties, context), version)| {
            json!({
                "event": event, "message_id": ids.0, "user_id": ids.1, "anonymous_id": ids.2,
                "timestamp": times.0, "original_timestamp": times.1, "sent_at": times.2,
                "properties": properties, "context": context,
                "schema_version": version.map(|(model, revision, addition)| format!("{model}-{revision}-{addition}")),
            })
        })
}

/// Checks what an answer promises.
fn check(request: &DecodedRequest) {
    assert!(request.events.len() <= MAX_EVENTS);
    for (index, result) in request.events.iter().enumerate() {
        match result {
            Ok(event) => {
                assert_eq!(event.index, index);
                assert!(event.clock.occurred_at <= received_at() + crate::clock::MAX_AHEAD);
                assert!(!event.to_body().to_string().contains("\\u0000"));
            }
            Err(rejection) => {
                assert_eq!(rejection.index, index);
                assert!(!rejection.reason.is_empty());
                assert!(rejection.reason.chars().count() <= MAX_REASON_CHARS);
                assert!(rejection.body.len() <= MAX_EVENT_BYTES && !rejection.body.contains('\0'));
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(
        endpoint in endpoint(),
        format in format(),
        body in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let receipt = Receipt { format, ..receipt(endpoint) };
        if let Ok(request) = decode(receipt, &body) {
            check(&request);
        }
    }

    #[test]
    fn any_tokens_of_json_are_answered(
        endpoint in endpoint(),
        format in format(),
        body in r#"([\[\]{}:,\n]|"event"|"batch"|"events"|"type"|"track"|"userId"|"\\u0000"|"\\ud800"|null|1e999|-0|0){0,40}"#,
    ) {
        let receipt = Receipt { format, ..receipt(endpoint) };
        if let Ok(request) = decode(receipt, body.as_bytes()) {
            check(&request);
        }
    }

    #[test]
    fn every_element_of_an_array_has_a_result(elements in prop::collection::vec(json_value(), 0..20)) {
        let count = elements.len();
        for body in [json!(elements), json!({"events": elements}), json!({"batch": elements})] {
            let request = decode(receipt(Endpoint::Events), body.to_string().as_bytes()).unwrap();
            prop_assert_eq!(request.events.len(), count);
            check(&request);
        }
    }

    #[test]
    fn every_line_that_is_not_blank_has_a_result(lines in prop::collection::vec("[^\\n]{0,20}", 1..20)) {
        let receipt = Receipt { format: BodyFormat::Ndjson, ..receipt(Endpoint::Events) };
        let body = lines.join("\n");
        if let Ok(request) = decode(receipt, body.as_bytes()) {
            let count = lines.iter().filter(|line| !line.as_bytes().trim_ascii().is_empty()).count();
            // A byte order mark is no part of the first line.
            let has_mark = body.starts_with('\u{feff}');
            prop_assert!(has_mark || request.events.len() == count);
            check(&request);
        }
    }

    #[test]
    fn a_sound_event_is_taken_beside_any_other(event in sound_event(), other in json_value()) {
        let body = json!([other, event]);
        let request = decode(receipt(Endpoint::Events), body.to_string().as_bytes()).unwrap();
        prop_assert!(request.events[1].is_ok(), "{:?}", request.events[1]);
        check(&request);
    }

    #[test]
    fn a_damaged_body_is_answered(event in sound_event(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut body = json!({"batch": [event.clone(), event]}).to_string().into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        if let Ok(request) = decode(receipt(Endpoint::Events), &body) {
            check(&request);
        }
    }

    #[test]
    fn an_event_is_the_same_when_its_body_is_sent_again(event in sound_event()) {
        let read = |body: &Value| {
            let request = decode(receipt(Endpoint::Events), body.to_string().as_bytes()).unwrap();
            request.events.into_iter().next().unwrap().unwrap()
        };
        let once = read(&event);
        let again = read(&once.to_body());
        prop_assert_eq!(&again, &once);
        prop_assert_eq!(Some(&Value::Object(again.properties)), event.get("properties"));
    }
}
