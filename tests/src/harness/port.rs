//! Ports for programs that choose none themselves.

use std::net::TcpListener;

use super::error::HarnessError;

/// Returns a port that was free a moment ago.
///
/// # Errors
///
/// If none is free.
pub(super) fn free() -> Result<u16, HarnessError> {
    let listener = TcpListener::bind(("127.0.0.1", 0));
    let address = listener.and_then(|listener| listener.local_addr());
    let address = address.map_err(HarnessError::file("a port of this machine"))?;
    Ok(address.port())
}
