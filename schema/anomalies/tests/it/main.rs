//! Tests of the package as its users call it.

#![allow(clippy::unwrap_used)]

mod clean;
mod faults;
mod observed;
mod random;
mod world;

/// Seeds of a test: `ANOMALIES_SEEDS` says how many, if it is set.
fn seeds(default: u64) -> std::ops::RangeInclusive<u64> {
    let wanted = std::env::var("ANOMALIES_SEEDS").ok();
    1..=wanted.and_then(|text| text.parse().ok()).unwrap_or(default)
}
