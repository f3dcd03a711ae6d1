//! Reads the body of a request, within bounds of time and size.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    error::PayloadError,
    http::header::CONTENT_LENGTH,
    web::{Bytes, BytesMut, Payload},
};
use event_contract::limits::MAX_BODY_BYTES;
use futures_util::StreamExt as _;

use crate::{memory::Reservation, problem::Problem};

/// Reads the whole body as it was sent, compressed or not, of at most `max` bytes.
pub(crate) async fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    memory: &mut Reservation,
    timeout: Duration,
    max: usize,
) -> Result<Bytes, Problem> {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|text| text.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > max) {
        return Err(too_large(max));
    }
    let reading = collect(payload, memory, max);
    match tokio::time::timeout(timeout, reading).await {
        Ok(read) => read,
        Err(_) => Err(Problem::SlowBody(timeout.as_secs())),
    }
}

async fn collect(
    payload: &mut Payload,
    memory: &mut Reservation,
    max: usize,
) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(incomplete)?;
        if body.len() + chunk.len() > max {
            return Err(too_large(max));
        }
        memory.grow(chunk.len()).map_err(|_| Problem::Full)?;
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn too_large(max: usize) -> Problem {
    if max < MAX_BODY_BYTES {
        Problem::KeylessTooLarge
    } else {
        Problem::BodyTooLarge
    }
}

fn incomplete(error: PayloadError) -> Problem {
    match error {
        PayloadError::Overflow => Problem::BodyTooLarge,
        error => Problem::Incomplete(error.to_string()),
    }
}
