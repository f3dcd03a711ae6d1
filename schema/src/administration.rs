//! Queries of operators and of the web page about the whole fleet.

pub mod vitals;
pub mod pulse;
pub mod progress;
