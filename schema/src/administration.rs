//! Queries of operators and of the web page about the whole fleet.

pub mod diagnostics;
pub mod fleet_status;
pub mod progress;
pub mod background;
pub mod token;
pub mod audit;
pub mod idempotency;
