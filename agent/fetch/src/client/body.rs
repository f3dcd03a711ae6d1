//! Reads a body as it comes, then unpacks it, in memory that was set aside for it.

use std::sync::Arc;

use reqwest::{Response, header::HeaderMap};
use source_language::response::FetchError;
use vocabulary::ErrorClass;

use super::failed;
use crate::{
    memory_budget::Reservation,
    unpack::{Layers, Packing, Unpack},
};

/// What is set aside for is the body as it is sent, or unpacked.
const WHAT: &str = "the bytes of its body";
/// Room for a body that says how long it is: no more than this before it comes.
const FIRST_BYTES: usize = 64 << 10;
/// What a body is first expected to unpack to, as a multiple of its packed size.
const USUAL_RATIO: usize = 8;
/// Where that was not enough, it is tried again with so many times as much.
const NEXT_RATIO: usize = 4;
/// What may be larger than this is unpacked on a thread of its own, not to hold up others.
const LARGE_BYTES: usize = 1 << 20;

/// Reads the body of an answer, up to `limit` bytes as it is sent and after unpacking.
///
/// # Errors
///
/// [`ErrorClass::Oversized`] if it is larger or there is no memory for it, and what else goes
/// wrong with it.
pub(super) async fn read(
    response: Response,
    headers: &HeaderMap,
    limit: usize,
    memory: &mut Reservation,
) -> Result<Vec<u8>, FetchError> {
    let announced = usize::try_from(response.content_length().unwrap_or(0));
    let announced = announced.ok().filter(|&length| length <= limit);
    let announced = announced.ok_or_else(|| oversized("that is announced", limit))?;
    let mut layers = Layers::of(headers)?;
    memory.begin_reading();
    let sent = receive(response, announced, limit, memory).await;
    memory.end_reading();
    let mut body = sent?;
    while let Some(packing) = layers.next_of(&body)? {
        body = unpack(body, packing, limit, memory).await?;
    }
    Ok(body)
}

fn oversized(what: &str, limit: usize) -> FetchError {
    let message = format!("the body {what} is larger than agent.body_limit, {limit} bytes");
    FetchError::new(ErrorClass::Oversized, message)
}

async fn receive(
    mut response: Response,
    announced: usize,
    limit: usize,
    memory: &mut Reservation,
) -> Result<Vec<u8>, FetchError> {
    let (mut body, mut since_progress) = (Vec::new(), 0);
    loop {
        let chunk = tokio::select! {
            chunk = response.chunk() => chunk.map_err(failed)?,
            lost = memory.revoked() => return Err(lost.into()),
        };
        let Some(chunk) = chunk else {
            return Ok(body);
        };
        let needed = body.len() + chunk.len();
        if needed > limit {
            return Err(oversized("as it is sent", limit));
        }
        if needed > body.capacity() {
            let first = announced.min(FIRST_BYTES);
            let room = needed.max(2 * body.capacity()).max(first);
            // What is announced is not believed before it comes, but nothing is set aside
            // beyond it.
            let room = room.min(announced.max(needed)).min(limit);
            memory.resize(room, WHAT).await?;
            body.reserve_exact(room - body.len());
        }
        since_progress += chunk.len();
        if memory.progresses(since_progress) {
            since_progress = 0;
        }
        body.extend_from_slice(&chunk);
    }
}

/// Unpacks a body, with more and more room as long as that is not enough.
async fn unpack(
    packed: Vec<u8>,
    packing: Packing,
    limit: usize,
    memory: &mut Reservation,
) -> Result<Vec<u8>, FetchError> {
    let working = packing.working_bytes(&packed)?;
    let held = packed.capacity() + working;
    let packed = Arc::new(packed);
    let mut room = packed.len().saturating_mul(USUAL_RATIO).min(limit);
    room = room.max(FIRST_BYTES.min(limit));
    loop {
        memory.resize(held + room, WHAT).await?;
        let unpacked = if room > LARGE_BYTES {
            let packed = packed.clone();
            let unpacked = tokio::task::spawn_blocking(move || packing.unpack(&packed, room));
            let ended = |_| Unpack::Broken("the unpacking did not end".to_owned());
            unpacked.await.map_err(ended).flatten()
        } else {
            packing.unpack(&packed, room)
        };
        match unpacked {
            Ok(body) => {
                drop(packed);
                memory.resize(body.capacity(), WHAT).await?;
                return Ok(body);
            }
            Err(Unpack::TooLarge) if room < limit => {
                room = room.saturating_mul(NEXT_RATIO).min(limit);
            }
            Err(Unpack::TooLarge) => return Err(oversized("unpacked", limit)),
            Err(error @ Unpack::Broken(_)) => return Err(error.into()),
        }
    }
}
