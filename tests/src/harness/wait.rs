//! Waiting for a state, with a bound.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::HarnessError;

/// What a wait needs at most on a machine that is busy with other things. It bounds a
/// test that hangs and promises nothing: how long things take, benchmarks say.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Time between two looks.
const POLL: Duration = Duration::from_millis(20);

/// Looks until `probe` gives something, and returns it.
///
/// A database that is away counts as not yet.
///
/// # Errors
///
/// [`HarnessError::TooLate`] after `bound`, and any other error of the probe at once.
pub async fn wait_until<T>(
    what: &str,
    bound: Duration,
    mut probe: impl AsyncFnMut() -> Result<Option<T>, HarnessError>,
) -> Result<T, HarnessError> {
    let deadline = Instant::now() + bound;
    loop {
        match probe().await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            Err(error) if error.is_outage() => {}
            Err(error) => return Err(error),
        }
        if Instant::now() >= deadline {
            return Err(HarnessError::TooLate {
                what: what.to_owned(),
                bound,
            });
        }
        sleep(POLL).await;
    }
}
