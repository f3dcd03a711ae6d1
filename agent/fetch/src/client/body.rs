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

/// Name of the reserved bytes in errors: the body as it is sent, or unpacked.
const WHAT: &str = "the bytes of its body";
/// Room for a body that says how long it is: no more than this before it comes.
const FIRST_BYTES: usize = 64 << 10;
/// First estimate of the unpacked size, as a multiple of the packed size.
const USUAL_RATIO: usize = 8;
/// Factor of the next estimate, if that was not enough.
const NEXT_RATIO: usize = 4;
/// A larger body is unpacked on a thread of its own, so as not to delay others.
const LARGE_BYTES: usize = 1 << 20;

/// How many bytes of a body are read, as it is sent and after unpacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// A larger body is an error.
    Refuse(usize),
    /// The rest of a larger body is not read.
    Cut(usize),
}

impl Limit {
    fn bytes(self) -> usize {
        match self {
            Self::Refuse(bytes) | Self::Cut(bytes) => bytes,
        }
    }

    fn cuts(self) -> bool {
        matches!(self, Self::Cut(_))
    }
}

/// A body, or the beginning of one.
struct Part {
    bytes: Vec<u8>,
    is_cut: bool,
}

/// Reads the body of an answer, up to `limit`.
///
/// # Errors
///
/// [`ErrorClass::Oversized`] if it is larger than may be or there is no memory for it, and what
/// else goes wrong with it.
pub(super) async fn read(
    response: Response,
    headers: &HeaderMap,
    limit: Limit,
    memory: &mut Reservation,
) -> Result<Vec<u8>, FetchError> {
    let announced = response.content_length().unwrap_or(0);
    let announced = usize::try_from(announced).unwrap_or(usize::MAX);
    if announced > limit.bytes() && !limit.cuts() {
        return Err(oversized("that is announced", limit.bytes()));
    }
    let announced = announced.min(limit.bytes());
    let mut layers = Layers::of(headers)?;
    memory.begin_reading();
    let sent = receive(response, announced, limit, memory).await;
    memory.end_reading();
    let mut body = sent?;
    while let Some(packing) = layers.next_of(&body.bytes)? {
        body = unpack(body, packing, limit, memory).await?;
    }
    Ok(body.bytes)
}

fn oversized(what: &str, limit: usize) -> FetchError {
    let message = format!("the body {what} is larger than agent.body_limit, {limit} bytes");
    FetchError::new(ErrorClass::Oversized, message)
}

async fn receive(
    mut response: Response,
    announced: usize,
    limit: Limit,
    memory: &mut Reservation,
) -> Result<Part, FetchError> {
    let (mut body, mut since_progress) = (Vec::new(), 0);
    loop {
        let chunk = tokio::select! {
            chunk = response.chunk() => chunk.map_err(failed)?,
            lost = memory.revoked() => return Err(lost.into()),
        };
        let Some(chunk) = chunk else {
            return Ok(Part {
                bytes: body,
                is_cut: false,
            });
        };
        let left = limit.bytes() - body.len();
        let is_cut = chunk.len() > left;
        if is_cut && !limit.cuts() {
            return Err(oversized("as it is sent", limit.bytes()));
        }
        let chunk = chunk.get(..left).unwrap_or(&chunk);
        let needed = body.len() + chunk.len();
        if needed > body.capacity() {
            let first = announced.min(FIRST_BYTES);
            let room = needed.max(2 * body.capacity()).max(first);
            // What is announced is not believed before it comes, but nothing is set aside
            // beyond it.
            let room = room.min(announced.max(needed)).min(limit.bytes());
            memory.resize(room, WHAT).await?;
            body.reserve_exact(room - body.len());
        }
        since_progress += chunk.len();
        if memory.progresses(since_progress) {
            since_progress = 0;
        }
        body.extend_from_slice(chunk);
        if is_cut {
            return Ok(Part {
                bytes: body,
                is_cut,
            });
        }
    }
}

/// Unpacks a body, with more and more room as long as that is not enough.
async fn unpack(
    packed: Part,
    packing: Packing,
    limit: Limit,
    memory: &mut Reservation,
) -> Result<Part, FetchError> {
    let working = packing.working_bytes(&packed.bytes)?;
    let held = packed.bytes.capacity() + working;
    let packed = Arc::new(packed);
    let most = limit.bytes();
    let mut room = if limit.cuts() {
        most
    } else {
        let usual = packed.bytes.len().saturating_mul(USUAL_RATIO);
        usual.max(FIRST_BYTES).min(most)
    };
    loop {
        memory.resize(held + room, WHAT).await?;
        let unpacked = if room > LARGE_BYTES {
            let packed = packed.clone();
            let unpacked =
                tokio::task::spawn_blocking(move || unpack_part(&packed, packing, room, limit));
            let ended = |_| Unpack::Broken("the unpacking did not end".to_owned());
            unpacked.await.map_err(ended).flatten()
        } else {
            unpack_part(&packed, packing, room, limit)
        };
        match unpacked {
            Ok(body) => {
                drop(packed);
                memory.resize(body.bytes.capacity(), WHAT).await?;
                return Ok(body);
            }
            Err(Unpack::TooLarge) if room < most => {
                room = room.saturating_mul(NEXT_RATIO).min(most);
            }
            Err(Unpack::TooLarge) => return Err(oversized("unpacked", most)),
            Err(error @ Unpack::Broken(_)) => return Err(error.into()),
        }
    }
}

fn unpack_part(packed: &Part, packing: Packing, room: usize, limit: Limit) -> Result<Part, Unpack> {
    let bytes = match limit {
        Limit::Refuse(_) => packing.unpack(&packed.bytes, room)?,
        Limit::Cut(_) => packing.unpack_first(&packed.bytes, packed.is_cut, room)?,
    };
    Ok(Part {
        is_cut: packed.is_cut || (limit.cuts() && bytes.len() == room),
        bytes,
    })
}
