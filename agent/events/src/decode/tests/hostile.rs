//! Bodies that should not have been sent.

use super::*;

#[test]
fn one_bad_event_does_not_spoil_the_others() {
    let bad = [
        "5",
        "null",
        "[]",
        "\"x\"",
        "{}",
        r#"{"event":1}"#,
        r#"{"event":"a","event":"b"}"#,
        r#"{"event":"a","properties":{"x":"\u0000"}}"#,
        r#"{"event":"a","properties":{"x":"\ud800"}}"#,
        r#"{"event":"a","properties":{"x":1e999}}"#,
        r#"{"event":"a","properties":[]}"#,
        r#"{"event":"a","timestamp":"soon"}"#,
        r#"{"event":"a","userId":"undefined"}"#,
        r#"{"event":"a","context":"web"}"#,
        r#"{"event":"a","historical":1}"#,
        r#"{"event":"a","schema_version":"1.0"}"#,
        r#"{"event":"a","messageId":""}"#,
    ];
    for bad in bad {
        let body = format!(r#"{{"events":[{{"event":"x"}},{bad},{{"event":"y"}}]}}"#);
        let results = results(Endpoint::Events, &body);

        assert_eq!(results.len(), 3, "{bad}");
        assert!(results[0].is_ok() && results[2].is_ok(), "{bad}");
        let rejection = results[1].as_ref().unwrap_err();
        assert!(
            rejection.pointer.starts_with("/events/1"),
            "{bad}: {}",
            rejection.pointer
        );
        assert_eq!((rejection.index, rejection.body.as_str()), (1, bad));
    }
}

#[test]
fn a_rejection_names_pointer_value_and_way_out() {
    let body =
        r#"{"events":[{},{},{},{"event":"a","user_id":"[object Object]","message_id":"m-3"}]}"#;
    let results = results(Endpoint::Events, body);
    let rejection = results[3].as_ref().unwrap_err();

    assert_eq!(rejection.pointer, "/events/3/user_id");
    assert_eq!(
        rejection.reason,
        "user_id is \"[object Object]\", which is no identifier: send the real one, or leave user_id out"
    );
    assert_eq!(rejection.message_id.as_deref(), Some("m-3"));
    assert_eq!(rejection.event.as_deref(), Some("a"));
}

#[test]
fn the_message_id_is_known_of_events_that_cannot_be_read() {
    let body = r#"{"message_id":"m-1","event":"a","properties":{"x":1,"x":2}}"#;
    let rejection = rejected(Endpoint::Events, body);

    assert_eq!(
        (rejection.kind, rejection.pointer.as_str()),
        (RejectionKind::DuplicateName, "/properties/x")
    );
    assert_eq!(rejection.message_id.as_deref(), Some("m-1"));
}

#[test]
fn the_bound_of_an_events_size_is_exact() {
    let with_size = |bytes: usize| {
        let frame = r#"{"event":"a","properties":{"x":""}}"#.len();
        format!(
            r#"{{"event":"a","properties":{{"x":"{}"}}}}"#,
            "x".repeat(bytes - frame)
        )
    };

    assert!(results(Endpoint::Events, &with_size(MAX_EVENT_BYTES))[0].is_ok());
    let rejection = rejected(Endpoint::Events, &with_size(MAX_EVENT_BYTES + 1));
    assert_eq!(rejection.kind, RejectionKind::TooLarge);
    assert_eq!(rejection.body.len(), MAX_EVENT_BYTES);
}

#[test]
fn a_million_levels_are_answered() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let body = format!(r#"[{{"event":"a","properties":{{"x":{deep}}}}},{{"event":"b"}}]"#);
    let results = results(Endpoint::Events, &body);
    assert_eq!(
        results[0].as_ref().unwrap_err().kind,
        RejectionKind::TooLarge
    );
    assert!(results[1].is_ok());

    let unclosed = "[".repeat(1_000_000);
    assert!(decode(receipt(Endpoint::Events), unclosed.as_bytes()).is_err());
    let objects = r#"{"a":"#.repeat(500_000);
    assert!(decode(receipt(Endpoint::Events), objects.as_bytes()).is_err());
    let context = format!(
        r#"{{"events":[],"context":{{"a":{}{}}}}}"#,
        "[".repeat(1_000),
        "]".repeat(1_000)
    );
    assert_eq!(
        decode(receipt(Endpoint::Events), context.as_bytes())
            .unwrap_err()
            .status(),
        400
    );
}

#[test]
fn a_rejected_body_holds_no_write_key_and_nothing_that_postgres_refuses() {
    for body in [
        r#"{"writeKey" : "fhe_secret", "event": ""}"#,
        r#"{"write_key":"fhe_secret","event":"#,
        r#"{"event":"a","userId":0,"writeKey":"fhe_secret""#,
        "{\"event\":\"a\u{0}\",\"writeKey\":\"fhe_secret\"}",
    ] {
        let lines = format!("{{\"event\":\"x\"}}\n{body}");
        let results = results(Endpoint::Events, &lines);
        let kept = &results[1].as_ref().unwrap_err().body;

        assert!(
            !kept.contains("fhe_secret") && kept.contains("***"),
            "{kept}"
        );
        assert!(!kept.contains('\0'), "{kept}");
    }
}

#[test]
fn a_name_of_a_write_key_that_stands_everywhere_is_masked_in_one_pass() {
    for name in ["\"writeKey\"", "\"write_key\" ", "\"write"] {
        let body = format!("{{}}\n{}", name.repeat(300_000));
        let receipt = Receipt {
            format: BodyFormat::Ndjson,
            ..receipt(Endpoint::Events)
        };
        let events = decode(receipt, body.as_bytes()).unwrap().events;
        assert!(events[1].as_ref().unwrap_err().body.len() <= MAX_EVENT_BYTES);
    }
}

#[test]
fn reasons_and_pointers_are_bounded_and_hold_no_nul() {
    let long = "n".repeat(60_000);
    for body in [
        format!(r#"{{"event":"{long}"}}"#),
        format!(r#"{{"{long}":1}}"#),
        format!(r#"{{"event":"a","userId":"{long}"}}"#),
        format!(r#"{{"event":"a","timestamp":"{long}"}}"#),
        format!(r#"{{"event":"a","messageId":"{long}"}}"#),
        r#"{"event":"a","\u0000":1}"#.to_owned(),
    ] {
        let rejection = rejected(Endpoint::Events, &body);
        assert!(rejection.reason.chars().count() <= MAX_REASON_CHARS);
        assert!(rejection.pointer.chars().count() <= 512);
        assert!(!rejection.pointer.contains('\0') && !rejection.reason.contains('\0'));
        assert!(
            rejection
                .message_id
                .is_none_or(|id| id.chars().count() <= MAX_MESSAGE_ID_CHARS)
        );
    }
}
