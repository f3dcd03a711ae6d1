//! Answers a request: from its head to what became of each of its events.

use std::time::SystemTime;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, ORIGIN, USER_AGENT},
    },
    web::{Bytes, Data, Payload},
};
use chrono::{DateTime, Utc};
use event_contract::{
    Answer, BodyFormat, DecodedRequest, Endpoint, Receipt, decode, limits::MAX_BODY_BYTES,
};

use telemetry::{Span, SpanKind, Telemetry};

use crate::{
    body, cors,
    keys::from_header,
    memory::Reservation,
    pipeline::{Shared, beside},
    problem::{MAX_KEYLESS_BYTES, Problem},
    unpack::Coding,
};

/// A larger body is decoded on another thread than the one that serves requests.
const MAX_INLINE_BYTES: usize = 64 << 10;
/// Bytes that decoded events take for each byte of the body, at most, as measured with `[1,1,…]`.
const DECODED_FACTOR: usize = 8;

/// Where a request was sent.
#[derive(Debug, Clone, Copy)]
struct Target {
    endpoint: Endpoint,
    /// Whether events are judged and not stored.
    is_validation: bool,
}

impl Target {
    fn from_path(path: &str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let endpoint = match path {
            "/v1/events/validate" => Endpoint::Events,
            // As older libraries of Segment call a batch.
            "/v1/import" => Endpoint::Batch,
            path => Endpoint::from_path(path)?,
        };
        Some(Self {
            endpoint,
            is_validation: path == "/v1/events/validate",
        })
    }
}

/// The head of a request, as far as its body is read by it.
struct Head {
    target: Target,
    format: BodyFormat,
    coding: Option<Coding>,
    received_at: DateTime<Utc>,
    user_agent: Option<String>,
}

/// Answers any request to the server.
pub(crate) async fn receive(
    request: HttpRequest,
    payload: Payload,
    shared: Data<Shared>,
) -> HttpResponse {
    let began_at = SystemTime::now();
    let mut response = match answer(&request, payload, &shared).await {
        Ok(response) => response,
        Err(problem) => problem.response(),
    };
    cors::add(&mut response, shared.origins.allowed(request.headers()));
    let requests = &shared.metrics.requests;
    requests
        .with_label_values(&[response.status().as_str()])
        .inc();
    trace(&request, &response, began_at, &shared.telemetry);
    response
}

/// Gives telemetry the span of a request, if its trace is kept. It has no header, key or body.
fn trace(
    request: &HttpRequest,
    response: &HttpResponse,
    began_at: SystemTime,
    telemetry: &Telemetry,
) {
    let Some((trace, root)) = telemetry.new_trace() else {
        return;
    };
    let status = response.status();
    let times = (began_at, SystemTime::now().max(began_at));
    let mut span = Span::new((trace, root, None), SpanKind::Server, "receive", times);
    // Any other path is what a stranger made up.
    let route = Target::from_path(request.path()).map(|_| request.path().to_owned());
    span.set_known("http.route", route);
    span.set("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.fail(status.as_u16().to_string());
    }
    telemetry.record(vec![span]);
}

async fn answer(
    request: &HttpRequest,
    mut payload: Payload,
    shared: &Data<Shared>,
) -> Result<HttpResponse, Problem> {
    let path = || request.path().chars().take(100).collect();
    let target = Target::from_path(request.path()).ok_or_else(|| Problem::NotFound(path()))?;
    match *request.method() {
        Method::POST => {}
        Method::OPTIONS => return Ok(cors::preflight()),
        _ => return Err(Problem::MethodNotAllowed),
    }
    let headers = request.headers();
    let head = Head {
        target,
        format: BodyFormat::from_content_type(text(headers, &CONTENT_TYPE))?,
        coding: Coding::from_header(text(headers, &CONTENT_ENCODING).unwrap_or_default())?,
        received_at: shared.database.now().ok_or(Problem::Unavailable)?,
        user_agent: text(headers, &USER_AGENT).map(str::to_owned),
    };
    let origin = text(headers, &ORIGIN);
    let mut key = None;
    if let Some(given) = from_header(headers)? {
        let found = shared.keys.find(&given).await?;
        shared.admit(&found, origin, 1)?;
        key = Some(found);
    }
    let max = if key.is_some() {
        MAX_BODY_BYTES
    } else {
        MAX_KEYLESS_BYTES
    };
    let mut memory = shared.memory.begin();
    let packed = body::read(request, &mut payload, &mut memory, shared.body_timeout, max).await?;
    let (decoded, memory) = decode_body(head, packed, memory).await?;
    let events = decoded.events.len();
    let (key, headers) = match key {
        // One was taken before the body was read.
        Some(key) if events > 1 => {
            let headers = shared.admit(&key, origin, events - 1)?;
            (key, Some(headers))
        }
        Some(key) => (key, None),
        None => {
            let given = decoded.write_key.as_deref().ok_or(Problem::NoKey)?;
            let key = shared.keys.find(given).await?;
            let headers = shared.admit(&key, origin, events)?;
            (key, Some(headers))
        }
    };
    shared.usage.used(key.key_id);
    let (checked, memory) = shared.check(key.clone(), decoded, memory).await?;
    let answer = if target.is_validation {
        Answer {
            results: checked.answers,
        }
    } else {
        shared.store(&key, checked, memory).await?
    };
    let mut response = HttpResponse::Ok();
    for (name, value) in headers.into_iter().flatten() {
        response.insert_header((name, value));
    }
    Ok(response.json(answer))
}

/// Unpacks and decodes a body.
async fn decode_body(
    head: Head,
    packed: Bytes,
    mut memory: Reservation,
) -> Result<(DecodedRequest, Reservation), Problem> {
    let is_large = head.coding.is_some() || packed.len() > MAX_INLINE_BYTES;
    let decode = move || {
        let unpacked = head
            .coding
            .map(|coding| coding.unpack(&packed, &mut memory));
        let unpacked = unpacked.transpose()?;
        let body = unpacked.as_deref().unwrap_or(&packed);
        let growth = body.len().saturating_mul(DECODED_FACTOR);
        memory.grow(growth).map_err(|_| Problem::Full)?;
        let receipt = Receipt {
            endpoint: head.target.endpoint,
            format: head.format,
            received_at: head.received_at,
            user_agent: head.user_agent.as_deref(),
        };
        Ok((decode(receipt, body)?, memory))
    };
    beside(is_large, decode).await?
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
