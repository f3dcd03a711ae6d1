//! Spans as JSON of OTLP/HTTP.
//!
//! The mapping is that of the OpenTelemetry Protocol 1.x: ids in hexadecimal, 64-bit integers as
//! texts, enums as numbers.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::span::{Attribute, Span, SpanKind};

/// The name of what made the spans.
const SCOPE: &str = "fullhouse";

/// Returns the body of a request to `/v1/traces`; `resource` says which program made the spans.
///
/// # Errors
///
/// If a number cannot be written, such as an infinite one.
pub fn encode(
    resource: &[(&'static str, Attribute)],
    spans: &[Span],
) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Body {
        resource_spans: [ResourceSpans {
            resource: Resource {
                attributes: Attributes(resource),
            },
            scope_spans: [ScopeSpans {
                scope: Scope {
                    name: SCOPE,
                    version: env!("CARGO_PKG_VERSION"),
                },
                spans: spans.iter().map(EncodedSpan::from).collect(),
            }],
        }],
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    resource_spans: [ResourceSpans<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: Resource<'a>,
    scope_spans: [ScopeSpans<'a>; 1],
}

#[derive(Serialize)]
struct Resource<'a> {
    attributes: Attributes<'a>,
}

#[derive(Serialize)]
struct ScopeSpans<'a> {
    scope: Scope,
    spans: Vec<EncodedSpan<'a>>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EncodedSpan<'a> {
    trace_id: String,
    span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<String>,
    name: &'a str,
    kind: u8,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Attributes<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
    status: Status,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    trace_id: String,
    span_id: String,
}

#[derive(Serialize)]
struct Status {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u8>,
}

impl<'a> From<&'a Span> for EncodedSpan<'a> {
    fn from(span: &'a Span) -> Self {
        Self {
            trace_id: span.trace.to_string(),
            span_id: span.id.to_string(),
            parent_span_id: span.parent.map(|parent| parent.to_string()),
            name: &span.name,
            kind: match span.kind {
                SpanKind::Internal => 1,
                SpanKind::Server => 2,
                SpanKind::Client => 3,
                SpanKind::Producer => 4,
                SpanKind::Consumer => 5,
            },
            start_time_unix_nano: nanos(span.started_at),
            end_time_unix_nano: nanos(span.ended_at),
            attributes: Attributes(&span.attributes),
            links: span
                .links
                .iter()
                .map(|(trace, span)| Link {
                    trace_id: trace.to_string(),
                    span_id: span.to_string(),
                })
                .collect(),
            status: Status {
                code: span.is_failed.then_some(2),
            },
        }
    }
}

fn nanos(at: SystemTime) -> String {
    at.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos()
        .to_string()
}

struct Attributes<'a>(&'a [(&'static str, Attribute)]);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct KeyValue<'a> {
            key: &'static str,
            value: Value<'a>,
        }
        let pairs = self.0.iter().map(|(key, value)| KeyValue {
            key,
            value: Value(value),
        });
        serializer.collect_seq(pairs)
    }
}

struct Value<'a>(&'a Attribute);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut value = serializer.serialize_map(Some(1))?;
        match self.0 {
            Attribute::Text(text) => value.serialize_entry("stringValue", text)?,
            Attribute::Word(word) => value.serialize_entry("stringValue", word)?,
            Attribute::Int(number) => value.serialize_entry("intValue", &number.to_string())?,
            Attribute::Float(number) => value.serialize_entry("doubleValue", number)?,
            Attribute::Bool(is_so) => value.serialize_entry("boolValue", is_so)?,
        }
        value.end()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::ids::{SpanId, TraceId};

    #[test]
    fn a_span_is_written_as_the_protocol_says() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let ids = (TraceId(0xab), SpanId(2), Some(SpanId(1)));
        let mut span = Span::new(ids, SpanKind::Client, "GET", (at(1), at(2)));
        span.links.push((TraceId(3), SpanId(4)));
        span.set("server.address", "host".to_owned());
        span.set("server.port", 443);
        span.set("seconds", 0.5);
        span.set_known("absent", None::<String>);
        span.fail("timeout");
        let body = encode(&[("service.name", "agent".into())], &[span]).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let resource = &body["resourceSpans"][0];
        assert_eq!(
            resource["resource"],
            json!({ "attributes": [{ "key": "service.name", "value": { "stringValue": "agent" } }] })
        );
        assert_eq!(
            resource["scopeSpans"][0]["spans"][0],
            json!({
                "traceId": "000000000000000000000000000000ab",
                "spanId": "0000000000000002",
                "parentSpanId": "0000000000000001",
                "name": "GET",
                "kind": 3,
                "startTimeUnixNano": "1000000000",
                "endTimeUnixNano": "2000000000",
                "attributes": [
                    { "key": "server.address", "value": { "stringValue": "host" } },
                    { "key": "server.port", "value": { "intValue": "443" } },
                    { "key": "seconds", "value": { "doubleValue": 0.5 } },
                    { "key": "error.type", "value": { "stringValue": "timeout" } },
                ],
                "links": [{
                    "traceId": "00000000000000000000000000000003",
                    "spanId": "0000000000000004",
                }],
                "status": { "code": 2 },
            })
        );
    }
}
