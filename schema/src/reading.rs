//! Reads of the web page and the HTTP API: bounded in time, in rows, and without effect.

mod reader;
pub mod fleet;
pub mod showtimes;
pub mod seats;
pub mod sale;
pub mod cinemas;
pub mod films;
pub mod totals;

pub use reader::{MAX_SECONDS, ReadError, Reader};
