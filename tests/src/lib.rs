//! The tests of Fullhouse: what they run against, and what they share.
//!
//! The package names `jsonschema` for its features alone: with them, the programs and the tests are
//! built alike, and once.

pub mod harness;
pub mod metrics_page;
pub mod bench;
