//! The database 12 ms away: the same saturated fleet beside its database, and behind a
//! proxy that lets everything arrive 6 ms later in each direction.

use std::time::Duration;

use super::{
    Measured,
    error::BenchError,
    figure::{Figure, Reach},
    saturated::Saturated,
    scale,
};
use crate::harness::fleet::Way;

/// Name on the command line.
pub const NAME: &str = "remote";

/// There and back again are twelve milliseconds.
const ONE_WAY: Duration = Duration::from_millis(6);
const DURATION: Duration = Duration::from_secs(20);
/// Of the local throughput.
const MIN_SHARE: f64 = 0.9;

/// Measures.
///
/// # Errors
///
/// If a program was not built, or a part of the fleet fails.
pub async fn run() -> Measured {
    eprintln!("  the database beside the fleet");
    let local = snapshots_per_second(Way::Direct).await?;
    eprintln!("  the database {:?} away", ONE_WAY * 2);
    let remote = snapshots_per_second(Way::Delayed(ONE_WAY)).await?;
    if local <= 0.0 {
        return Err(BenchError::nothing(
            "the fleet beside its database stored nothing",
        ));
    }
    Ok(vec![
        Figure::new(NAME, NAME, remote, "snapshots/s").beside("local", local),
        Figure::new(NAME, format!("{NAME}.ratio"), remote / local, "of local")
            .reach(Reach::AtLeast(MIN_SHARE)),
    ])
}

async fn snapshots_per_second(way: Way) -> Result<f64, BenchError> {
    let saturated = Saturated::start(way).await?;
    let rate = saturated
        .snapshots_per_second(scale::duration(DURATION))
        .await?;
    saturated.end().await?;
    Ok(rate)
}
