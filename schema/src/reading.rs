//! Reads of the web page and the HTTP API: bounded in time, in rows, and without effect.

mod reader;
pub mod fleet;

pub use reader::{MAX_SECONDS, ReadError, Reader};
