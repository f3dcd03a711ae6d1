//! The tests of Fullhouse: what they run against, and what they share.

pub mod harness;
pub mod bench;
