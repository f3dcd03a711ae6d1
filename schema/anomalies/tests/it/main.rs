//! Tests of the package as its users call it.

#![allow(clippy::unwrap_used)]

use std::{fmt::Debug, ops::Range, str::FromStr};

mod clean;
mod faults;
mod memory;
mod observed;
mod random;
mod world;

/// Reads a number from the environment, if it is set.
fn setting<T: FromStr<Err: Debug>>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap())
}

/// Seeds of a test: `ANOMALIES_SEEDS` says how many, if it is set, and `ANOMALIES_FIRST_SEED` from
/// which one on; else from 1 on.
fn seeds(default: u64) -> Range<u64> {
    let first = setting("ANOMALIES_FIRST_SEED").unwrap_or(1);
    first..first + setting("ANOMALIES_SEEDS").unwrap_or(default)
}

/// Cinemas of a world: `ANOMALIES_CINEMAS`, if it is set.
fn cinemas(default: usize) -> usize {
    setting("ANOMALIES_CINEMAS").unwrap_or(default)
}
