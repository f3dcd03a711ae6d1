//! The tests of Fullhouse: what they run against, and what they share.

pub mod simulated;
pub mod harness;
pub mod bench;
