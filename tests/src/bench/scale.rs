//! How long and how large a benchmark is: variables of the environment.
//!
//! What stands in a figure's name holds for the defaults; a smaller run shows that a
//! benchmark works, a longer one what it was made to show.

use std::{env, time::Duration};

/// Returns the number that the variable `name` gives, else `default`.
#[must_use]
pub fn of(name: &str, default: u32) -> u32 {
    let given = env::var(name).ok().and_then(|text| text.parse().ok());
    given.unwrap_or(default)
}

/// Returns for how long is measured: `MEASURE_SECONDS`, else `default`.
#[must_use]
pub fn duration(default: Duration) -> Duration {
    let default = u32::try_from(default.as_secs()).unwrap_or(u32::MAX);
    Duration::from_secs(u64::from(of("MEASURE_SECONDS", default).max(1)))
}
