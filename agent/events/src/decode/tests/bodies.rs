//! Bodies as clients send them.

use super::*;

#[test]
fn a_batch_of_segments_library_for_node_is_read() {
    let body = json!({
        "batch": [{
            "timestamp": "2026-03-01T20:14:58.100Z",
            "integrations": {},
            "type": "track",
            "userId": "u-1",
            "event": "Ticket Bought",
            "properties": {"seats": 2, "price": 25.8},
            "context": {"library": {"name": "@segment/analytics-node", "version": "2.2.1"}},
            "messageId": "node-next-1772396098100-2f0a",
            "_metadata": {"nodeVersion": "22.1.0", "jsRuntime": "node"},
        }],
        "sentAt": "2026-03-01T20:14:59.000Z",
    });
    let event = taken(Endpoint::Batch, &body);

    assert_eq!(
        (event.kind, event.name.as_str()),
        (EventKind::Track, "Ticket Bought")
    );
    assert_eq!(event.user_id.as_deref(), Some("u-1"));
    assert_eq!(event.properties.get("price"), Some(&json!(25.8)));
    assert_eq!(
        event.context.library_name.as_deref(),
        Some("@segment/analytics-node")
    );
    assert_eq!(
        event.message_id.map(|id| id.uuid.get_version_num()),
        Some(8)
    );
    assert_eq!(event.clock.adjustment, Adjustment::None);
    assert!(event.clock.sent_at.is_some());
    assert_eq!(
        (event.warnings, event.pointer.as_str()),
        (vec![], "/batch/0")
    );
}

#[test]
fn a_batch_of_segments_library_for_python_is_read() {
    let body = json!({
        "batch": [{
            "integrations": {},
            "anonymousId": null,
            "timestamp": "2026-03-01T21:14:58.100+01:00",
            "context": {"library": {"name": "analytics-python", "version": "2.3.4"}},
            "type": "identify",
            "userId": "4711",
            "traits": {"plan": "gold"},
            "messageId": "0b7a5f5e-8d4b-4a9e-9d0a-3f1d1f7f2f10",
        }],
        "sentAt": "2026-03-01T20:14:59.123456+00:00",
        "writeKey": "fhe_secret",
    });
    let request = decode(receipt(Endpoint::Batch), body.to_string().as_bytes()).unwrap();
    let event = request.events[0].as_ref().unwrap();

    assert_eq!(request.write_key.as_deref(), Some("fhe_secret"));
    assert_eq!(
        (event.name.as_str(), event.properties_field),
        ("identify", "traits")
    );
    assert_eq!(event.anonymous_id, None);
    assert_eq!(
        event.message_id.as_ref().unwrap().uuid.to_string(),
        "0b7a5f5e-8d4b-4a9e-9d0a-3f1d1f7f2f10"
    );
    assert!(event.warnings.is_empty());
    assert!(!format!("{event:?}").contains("fhe_secret"));
}

#[test]
fn one_event_of_segments_library_for_browsers_is_read() {
    let body = json!({
        "timestamp": "2026-03-01T20:14:59Z", "sentAt": "2026-03-01T20:14:59Z",
        "integrations": {}, "anonymousId": "8f2c", "userId": null, "type": "page",
        "name": "Seats", "category": "Booking", "properties": {"path": "/seats"},
        "context": {"userAgent": "Mozilla/5.0 Firefox/123.0", "locale": "de-AT"},
        "messageId": "ajs-next-1", "writeKey": "fhe_public", "_metadata": {"bundled": []},
    });
    let request = decode(
        receipt(Endpoint::Single(EventKind::Page)),
        body.to_string().as_bytes(),
    )
    .unwrap();
    let event = request.events[0].as_ref().unwrap();

    assert_eq!(request.write_key.as_deref(), Some("fhe_public"));
    assert_eq!(
        event.properties,
        *json!({"path": "/seats", "name": "Seats", "category": "Booking"})
            .as_object()
            .unwrap()
    );
    assert_eq!(event.pointer, "");
    assert!(!event.is_bot && event.warnings.is_empty());
}

#[test]
fn groups_and_aliases_keep_the_other_identifier() {
    let group = taken(
        Endpoint::Events,
        &json!({"type": "group", "userId": "u", "groupId": 7, "traits": {"name": "Odeon"}}),
    );
    assert_eq!(
        group.properties,
        *json!({"name": "Odeon", "group_id": "7"})
            .as_object()
            .unwrap()
    );

    let alias = taken(
        Endpoint::Events,
        &json!({"type": "alias", "user_id": "u", "previous_id": "a-1"}),
    );
    assert_eq!(
        alias.properties,
        *json!({"previous_id": "a-1"}).as_object().unwrap()
    );

    for (body, pointer) in [
        (json!({"type": "group", "userId": "u"}), "/group_id"),
        (json!({"type": "group", "groupId": "g"}), "/user_id"),
        (json!({"type": "identify"}), "/user_id"),
        (
            json!({"type": "alias", "userId": "u", "previousId": "undefined"}),
            "/previousId",
        ),
        (
            json!({"type": "alias", "userId": "u", "properties": {"previous_id": "null"}}),
            "/properties/previous_id",
        ),
        (
            json!({"type": "group", "userId": "u", "groupId": "a", "traits": {"group_id": "b"}}),
            "/traits/group_id",
        ),
    ] {
        assert_eq!(
            rejected(Endpoint::Events, &body.to_string()).pointer,
            pointer,
            "{body}"
        );
    }
}

#[test]
fn the_type_must_agree_with_the_address() {
    let track = Endpoint::Single(EventKind::Track);
    let rejection = rejected(track, r#"{"type":"page","userId":"u"}"#);

    assert_eq!(
        (rejection.kind, rejection.pointer.as_str()),
        (RejectionKind::Conflict, "/type")
    );
    assert_eq!(taken(track, &json!({"event": "a"})).kind, EventKind::Track);
    assert_eq!(
        rejected(Endpoint::Events, r#"{"type":"delete"}"#).kind,
        RejectionKind::BadValue
    );
}

#[test]
fn what_an_envelope_says_holds_for_events_that_do_not_say_otherwise() {
    let body = json!({
        "context": {"locale": "de", "country": "AT"}, "historical": true, "sent_at": 1_772_396_099,
        "events": [
            {"event": "a", "timestamp": "2020-01-01T00:00:00Z"},
            {"event": "b", "historical": false, "context": {"locale": "fr"}, "sentAt": 1_772_396_000},
        ],
    });
    let results = results(Endpoint::Events, &body.to_string());
    let (a, b) = (results[0].as_ref().unwrap(), results[1].as_ref().unwrap());

    assert!(a.is_historical && !b.is_historical);
    assert_eq!(a.context.locale.as_deref(), Some("de"));
    assert_eq!(b.context.locale.as_deref(), Some("fr"));
    assert_eq!(b.context.country.as_deref(), Some("AT"));
    assert_eq!(
        a.clock.sent_at.map(|at| at.timestamp()),
        Some(1_772_396_099)
    );
    assert_eq!(
        b.clock.sent_at.map(|at| at.timestamp()),
        Some(1_772_396_000)
    );
}

#[test]
fn the_clock_of_a_device_is_corrected_by_the_time_of_sending() {
    // The device is an hour ahead.
    let event = taken(
        Endpoint::Events,
        &json!({
            "event": "a", "timestamp": "2026-03-01T21:14:00Z", "sentAt": "2026-03-01T21:15:00Z",
        }),
    );

    assert_eq!(event.clock.adjustment, Adjustment::Skew);
    assert_eq!(
        event.clock.occurred_at.to_rfc3339(),
        "2026-03-01T20:14:00+00:00"
    );
    assert_eq!(
        event.clock.original_at.unwrap().to_rfc3339(),
        "2026-03-01T21:14:00+00:00"
    );
}

#[test]
fn a_historical_event_needs_its_time() {
    let rejection = rejected(Endpoint::Events, r#"{"event":"a","historical":true}"#);
    assert_eq!(
        (rejection.kind, rejection.pointer.as_str()),
        (RejectionKind::Missing, "/timestamp")
    );
}

#[test]
fn a_field_that_no_event_has_is_warned_of() {
    let event = taken(Endpoint::Events, &json!([{"event": "a", "seats": 2}]));

    assert_eq!(event.warnings.len(), 1);
    assert_eq!(event.warnings[0].pointer, "/0/seats");
    assert_eq!(
        event.warnings[0].reason,
        "\"seats\" is not a field of an event and was not kept: send it in properties"
    );
}

#[test]
fn a_bot_is_marked_by_its_own_user_agent_or_else_by_the_requests() {
    let request = |user_agent, body: &str| {
        let receipt = Receipt {
            user_agent: Some(user_agent),
            ..receipt(Endpoint::Events)
        };
        let events = decode(receipt, body.as_bytes()).unwrap().events;
        events[0].as_ref().unwrap().is_bot
    };
    let crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

    assert!(request(crawler, r#"{"event":"a"}"#));
    assert!(!request(
        crawler,
        r#"{"event":"a","context":{"userAgent":"Mozilla/5.0"}}"#
    ));
    assert!(request(
        "curl/8",
        r#"{"event":"a","context":{"userAgent":"Googlebot/2.1"}}"#
    ));
    assert!(!request("python-requests/2.31.0", r#"{"event":"a"}"#));
}

#[test]
fn lines_are_read_one_by_one() {
    let body = "{\"event\":\"a\"}\n{\"event\":\n\n{\"event\":\"c\"}\n";
    let results = results(Endpoint::Events, body);

    assert!(results[0].is_ok() && results[2].is_ok());
    let rejection = results[1].as_ref().unwrap_err();
    assert_eq!(
        (rejection.kind, rejection.pointer.as_str()),
        (RejectionKind::Malformed, "/1/event")
    );
    assert_eq!(results[2].as_ref().unwrap().pointer, "/2");
}

#[test]
fn an_event_of_every_kind_can_be_sent_again_as_it_is_kept() {
    for kind in EventKind::ALL {
        let event = taken(
            Endpoint::Single(kind),
            &json!({
                "event": "seat_chosen", "userId": "u", "messageId": "m", "groupId": "g", "previousId": "p",
                "name": "Seats", "historical": true, "timestamp": 1_700_000_000.5, "schemaVersion": "1-0-2",
                "context": {"userAgent": "Googlebot/2.1", "app": {"version": "5"}, "ip": "::1"},
            }),
        );
        let expected = ReceivedEvent {
            warnings: vec![],
            ..event
        };

        assert_eq!(taken(Endpoint::Events, &expected.to_body()), expected);
    }
}
