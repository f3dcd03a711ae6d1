//! Tests of the package as its users call it.

#![allow(clippy::unwrap_used)]

mod clean;
mod faults;
mod memory;
mod observed;
mod random;
mod world;

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

/// Seeds of a test: `ANOMALIES_SEEDS` says how many, if it is set.
fn seeds(default: u64) -> std::ops::RangeInclusive<u64> {
    1..=setting("ANOMALIES_SEEDS").unwrap_or(default)
}

/// Cinemas of a world: `ANOMALIES_CINEMAS`, if it is set.
fn cinemas(default: usize) -> usize {
    setting("ANOMALIES_CINEMAS").unwrap_or(default)
}
